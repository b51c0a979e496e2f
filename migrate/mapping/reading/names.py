"""Whose name is it, when a heading says only name? The columns beside it tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from migrate.mapping.reading.facts import ColumnFacts
from migrate.mapping.reading.headings import Reading
from migrate.specs.glossary import Meaning

_SURE = 0.5
_COMPANY_HAS = frozenset(("company", "legal_name", "trade_name"))
_PERSON_HAS = frozenset(("last_name", "full_name", "contact_person", "display_name"))


def with_names(
    columns: Sequence[tuple[ColumnFacts, Sequence[Reading]]],
) -> list[tuple[Reading, ...]]:
    """Say of each reading as a name, nobody's in particular, whose name it is in this table.

    >>> name = Reading(Meaning("name"), 1.0, "de", ("'name'",))
    >>> first = Reading(Meaning("first_name"), 1.0, "de", ("'vorname'",))
    >>> table = [(ColumnFacts("Vorname"), [first]), (ColumnFacts("Name"), [name])]
    >>> [str(readings[0].meaning) for readings in with_names(table)]
    ['first_name', 'last_name']
    """
    said = frozenset(r[0].meaning.concept for _, r in columns if r and r[0].weight >= _SURE)
    return [
        (*_resolved(facts, readings[0], said), *readings)
        if readings and readings[0].meaning == Meaning("name")
        else tuple(readings)
        for facts, readings in columns
    ]


def _resolved(facts: ColumnFacts, reading: Reading, said: frozenset[str]) -> list[Reading]:
    found: list[tuple[str, float]] = []
    if "first_name" in said and "last_name" not in said:
        found.append(("last_name", 1.0))
    elif facts.surely("company") >= 0.3 and not said & _COMPANY_HAS:
        found.append(("company", 0.95))
    elif facts.surely("person_name") >= _SURE and not said & _PERSON_HAS:
        found.append(("full_name", 0.95))
    elif said & _COMPANY_HAS and not said & _PERSON_HAS and facts.could("person_name") >= _SURE:
        found.append(("full_name", 0.85))
    elif said & _PERSON_HAS and not said & _COMPANY_HAS:
        found.append(("company", 0.8))
    return [
        replace(reading, meaning=Meaning(concept), weight=round(reading.weight * sure, 4))
        for concept, sure in found
    ]
