"""What do the values say of a column whose heading says nothing?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from migrate.mapping.reading.facts import ColumnFacts
from migrate.mapping.reading.headings import Reading
from migrate.specs.glossary import Meaning

# Kinds of values that are seldom anything else -> what they mean, and how far that is believed.
_TOLD = {
    "email": ("email", 0.6), "url": ("website", 0.55), "country": ("country", 0.55),
    "bank_account": ("iban", 0.5), "company": ("company", 0.4), "phone": ("phone", 0.45),
    "subdivision": ("state", 0.4), "postcode": ("postcode", 0.4), "street": ("street", 0.4),
    "language": ("language", 0.4), "percent": ("probability", 0.2), "person_name": ("full_name", 0.3),
    "city": ("city", 0.4),
}  # fmt: skip
_SURE, _UNDERSTOOD = 0.7, 0.4


def with_values(readings: Sequence[Reading], facts: ColumnFacts) -> tuple[Reading, ...]:
    """Add what the values say, unless the heading was understood or says that it says nothing.

    >>> facts = ColumnFacts("XQ", rows=2, filled=2, distinct=2, kinds={"email": (1.0, 1.0)})
    >>> [str(reading.meaning) for reading in with_values((), facts)]
    ['email']
    """
    if _are_whole_numbers(readings, facts):
        return (replace(readings[0], meaning=Meaning("phone", frozenset({"direct"}))), *readings)
    if readings and (
        readings[0].weight >= _UNDERSTOOD or any(r.meaning.concept == "custom" for r in readings)
    ):
        return tuple(readings)
    added = [
        Reading(Meaning(concept), round(trust * facts.surely(kind), 4), "", ("the values",))
        for kind, (concept, trust) in _TOLD.items()
        if facts.surely(kind) >= _SURE
    ]
    return tuple(sorted((*readings, *added), key=lambda reading: -reading.weight))


def _are_whole_numbers(readings: Sequence[Reading], facts: ColumnFacts) -> bool:
    """An extension that is written with the whole number before it is a direct line."""
    is_extension = bool(readings) and readings[0].meaning.concept == "extension"
    return is_extension and facts.surely("phone") >= _SURE
