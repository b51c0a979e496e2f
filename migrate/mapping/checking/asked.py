"""What is asked of the rows of one block, and in which words is it told?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from migrate.specs.mapping import Block, FieldMap
from migrate.store import sets
from migrate.store.sets import literal
from migrate.values import ROLE, Issue, TargetField, TargetObject

OUTCOMES = {"quarantine": "their records wait in quarantine", "keep": "they are kept as they are",
             "blank": "the field stays empty"}  # fmt: skip


@dataclass(frozen=True)
class Homeless:
    """A value that the picklist of a field has no place for, and how often it occurs."""

    block: str
    field: str
    value: str
    count: int
    where: str = ""


@dataclass(frozen=True)
class TooLong:
    """Values longer than their field: ``worst`` are the longest, each with its length."""

    block: str
    field: str
    column: str
    length: int
    count: int
    filled: int
    worst: tuple[tuple[int, str], ...]
    where: str = ""

    @property
    def longest(self) -> int:
        return self.worst[0][0]


@dataclass(frozen=True)
class Asked:
    """One block, its object, and where its rows are."""

    connection: sets.Connection
    block: Block
    target: TargetObject
    path: Path

    @property
    def rows(self) -> str:
        """The rows that are meant to go on, as SQL."""
        return f"(SELECT * FROM {sets.parquet([self.path])} WHERE {ROLE} <> 'excluded')"

    @property
    def pairs(self) -> list[tuple[FieldMap, TargetField]]:
        """The mapped fields that hold values of their own."""
        found = ((f, self.target.field(f.field)) for f in self.block.fields if not f.lookup)
        return [(one, field) for one, field in found if field is not None]

    def who(self, field: str) -> str:
        return f"block {self.block.name!r}: {self.target.name}.{field}"

    def counts(self, expressions: Sequence[str]) -> list[int]:
        """The answers to some aggregates over the rows."""
        if not expressions:
            return []
        row = sets.run(self.connection, f"SELECT {', '.join(expressions)} FROM {self.rows}")[0]
        return [int(value or 0) for value in row]

    def problems(self, condition: str) -> list[tuple[str, str, str, str, int, int, str]]:
        """Field, column, code, severity, how many, of how many distinct values, an example."""
        rows = sets.run(
            self.connection,
            'SELECT field, "column", code, severity, count(*), count(DISTINCT value), '
            f"mode(value) FROM problems WHERE block = {literal(self.block.name)} AND {condition} "
            "GROUP BY 1, 2, 3, 4 ORDER BY 1, 5 DESC, 3",
        )
        return [(str(a or ""), str(b or ""), c, d, int(e), int(f), str(g or "")) for a, b, c, d, e, f, g in rows]  # fmt: skip


def columns_of(field_map: FieldMap) -> str:
    """What a field is taken from, in words."""
    names = ", ".join(repr(column) for column in field_map.columns)
    return names or {"constant": "the constant", "template": "the template"}.get(
        field_map.kind, "the field"
    )


def with_value(issue: Issue, value: str) -> Issue:
    """A problem with an example, which reports mask."""
    return replace(issue, value=value)
