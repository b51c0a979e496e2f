"""Is a column that says id the key of its own table, or does it lead to another one?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from migrate.mapping.reading.facts import ColumnFacts
from migrate.mapping.reading.headings import Reading
from migrate.specs.glossary import Meaning

_IDS = frozenset(("id", "record_id", "customer_number", "product_code", "order_number"))
# Whose id it is -> what it means as the key of its own table, and as a reference from another.
_KEYS = {
    "company": ("customer_number", "company:id"), "person": ("record_id", "contact_person:id"),
    "deal": ("record_id", "deal:id"), "product": ("product_code", "product:id"),
    "campaign": ("record_id", "campaign:id"), "user": ("owner:id", "owner:id"),
    "lead": ("record_id", "record_id"), "activity": ("record_id", "record_id"),
    "order": ("order_number", "order_number"), "case": ("record_id", "record_id"),
}  # fmt: skip


def with_keys(
    columns: Sequence[tuple[ColumnFacts, Sequence[Reading]]],
) -> list[tuple[Reading, ...]]:
    """Say of each reading as somebody's id what it is in this table: the first one is its key.

    >>> from migrate.specs.glossary import Meaning
    >>> reading = Reading(Meaning("id", subject="company"), 1.0, "en", ("'customer id'",))
    >>> facts = ColumnFacts("customer_id", rows=3, filled=3, distinct=3)
    >>> [str(r[0].meaning) for r in with_keys([(facts, [reading]), (facts, [reading])])]
    ['customer_number', 'company:id']
    """
    found: list[tuple[Reading, ...]] = []
    has_key = False
    for facts, readings in columns:
        is_id = bool(readings) and readings[0].meaning.concept in _IDS
        is_key = is_id and not has_key and facts.filled == facts.rows == facts.distinct
        has_key = has_key or is_key
        found.append(
            tuple(
                replace(r, meaning=_as_key(r.meaning, is_key)) if r.meaning.concept == "id" else r
                for r in readings
            )
        )
    return found


def _as_key(meaning: Meaning, is_key: bool) -> Meaning:
    if not meaning.subject:
        return Meaning("record_id")
    own, other = _KEYS.get(meaning.subject, ("record_id", "record_id"))
    return Meaning.read(own if is_key else other)
