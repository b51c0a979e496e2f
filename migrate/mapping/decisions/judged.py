"""What is compared when the decision workbook comes back, and what comes of it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from migrate.mapping.decisions.edits import Edit
from migrate.mapping.decisions.model import NEW, Choice, Use, read_target_text
from migrate.mapping.decisions.reading import Entry
from migrate.mapping.decisions.state import CHOSEN
from migrate.specs.mapping import MappingSpec
from migrate.values import Issue, TargetSchema


class Said(NamedTuple):
    """Who says why that a column goes into a field."""

    comment: str = ""
    signed_off_by: str = ""


Place = tuple[str, str]
"""A block and a field of its object ("Contact.phone"); the block is empty for "do not import"."""


@dataclass
class Judged:
    """What the workbook changes, and what is wrong with it.

    ``homes``: table, column and target -> the block and field that it is in after the changes;
    ``moved``: block and field -> the field's new name, or "" where it goes; ``renamed``: the lines
    that asked for it; ``emptied``: block and field -> the columns that go out of it.
    """

    edits: list[Edit] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    homes: dict[tuple[str, str, str], tuple[str, str]] = field(default_factory=dict)
    moved: dict[tuple[str, str], str] = field(default_factory=dict)
    renamed: list[Added] = field(default_factory=list)
    emptied: dict[tuple[str, str], list[Use]] = field(default_factory=dict)
    written: int = 0
    known_already: int = 0


@dataclass(frozen=True)
class Today:
    """What the workbook is held against: the mapping and the target of now.

    ``references``: table and column -> the table to which the source says that it leads.
    """

    mapping: MappingSpec
    schema: TargetSchema
    references: Mapping[tuple[str, str], str] = field(default_factory=dict)
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Added:
    """A column that is to go into a field that it did not go into."""

    entry: Entry
    block: str
    target: str
    said: Said
    plan: Mapping[str, Any]


def chosen_target(choice: Choice) -> str:
    return read_target_text(choice[CHOSEN]).removeprefix(NEW)


def field_path(block: str, name: str) -> tuple[str, ...]:
    return ("blocks", block, "fields", name)


def sign(judged: Judged, at: Place, before: Said, said: Said) -> None:
    path = field_path(at[0], at[1].partition(".")[2])
    for name in Said._fields:
        old, new = getattr(before, name), getattr(said, name)
        if new and new != old:
            judged.edits.append(Edit("put", (*path, name), new))
        elif old and not new:
            judged.edits.append(Edit("take", (*path, name)))
