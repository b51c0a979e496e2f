"""What are the lines of the decision workbook made from, and what does a line hold?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from migrate.mapping.decisions.counts import TableCounts
from migrate.mapping.decisions.model import Choice, Key, uses_of
from migrate.mapping.suggestions import Suggestion
from migrate.mapping.value_maps import ValueChoice
from migrate.specs.mapping import MappingSpec
from migrate.values import TargetField, TargetSchema

CHOSEN, BLOCK, COMMENT, SIGNED = "Chosen", "Block", "Comment", "Signed off by"
USER, KEYS, ORDER = "Chosen user", "Chosen keys", "Survivor: first block first"


@dataclass(frozen=True)
class Line:
    """One line: what it is about, the texts it shows, what is chosen, how a suggestion is written."""

    key: Key
    shown: Mapping[str, str]
    choice: Choice = field(default_factory=Choice)
    plan: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Basis:
    """What the lines are made from.

    ``keys``: table -> the columns that identify its rows; ``owners``: a legacy owner -> the user of
    the target; ``same_value`` says which picklist value each value of a mapped column may become.
    """

    mapping: MappingSpec
    schema: TargetSchema
    counts: Mapping[str, TableCounts] = field(default_factory=dict)
    suggestions: Sequence[Suggestion] = ()
    keys: Mapping[str, Sequence[str]] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    same_value: Callable[[Mapping[str, int], TargetField], Sequence[ValueChoice]] | None = None


@dataclass(frozen=True)
class Decisions:
    """All lines, by sheet; exclusions, new fields and questions are shown only."""

    fields: tuple[Line, ...] = ()
    values: tuple[Line, ...] = ()
    owners: tuple[Line, ...] = ()
    duplicates: tuple[Line, ...] = ()
    exclusions: tuple[Mapping[str, str], ...] = ()

    @property
    def lines(self) -> tuple[Line, ...]:
        return (*self.fields, *self.values, *self.owners, *self.duplicates)

    @property
    def choices(self) -> dict[Key, Choice]:
        """What is chosen now, by key."""
        return {line.key: line.choice for line in self.lines}


def undecided(basis: Basis) -> list[Suggestion]:
    """List the suggestions of a field for columns of which the mapping says nothing."""
    decided = {*uses_of(basis.mapping), *((d.table, d.column) for d in basis.mapping.drops)}
    return [
        found
        for found in basis.suggestions
        if found.best.field and (found.table, found.column) not in decided
    ]
