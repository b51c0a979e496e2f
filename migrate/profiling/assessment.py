"""What is known about a legacy system once every table has been read?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from migrate.values import Issue

Kind = Literal[
    "integer", "decimal", "date", "datetime", "boolean", "email", "phone", "url", "text", "empty"
]


@dataclass(frozen=True)
class ColumnProfile:
    """One column; ``conforming`` is the share of the filled values that are of the type.

    ``minimum``, ``maximum``, ``top`` and ``sentinels`` hold values as the source has them: they
    may be personal data.
    """

    name: str
    declared: str
    type: Kind
    conforming: float
    filled: int
    fill_rate: float
    distinct: int
    minimum: str = ""
    maximum: str = ""
    max_length: int = 0
    top: tuple[tuple[str, int], ...] = ()
    sentinels: tuple[tuple[str, int], ...] = ()
    mojibake: int = 0


@dataclass(frozen=True)
class Owners:
    """The people of a users table: how many still work there, by which column; -1 unknown."""

    flag: str
    active: int
    gone: int
    unknown: int
    owned_by_gone: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class TableProfile:
    """One table. ``rows`` were read, ``not_placed`` could not be, ``own_count`` the source counts.

    ``key`` is the declared one, else the best candidate; empty when no column can tell rows apart.
    """

    name: str
    origin: str
    rows: int
    not_placed: int
    own_count: int
    key: tuple[str, ...]
    key_is_declared: bool
    candidate_keys: tuple[str, ...]
    columns: tuple[ColumnProfile, ...]
    volume_column: str = ""
    volumes: tuple[tuple[int, int], ...] = ()
    owners: Owners | None = None
    reading: Mapping[str, Any] = field(default_factory=dict)
    control_totals: Mapping[str, str] = field(default_factory=dict)

    def column(self, name: str) -> ColumnProfile | None:
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True)
class Reference:
    """Columns that refer to another table, declared by the source or inferred from the values.

    ``rows`` have all the columns filled; ``orphans`` of them find nothing. ``cycles`` counts the
    closed circles of a table that refers to itself. ``examples`` are values that find nothing.
    """

    table: str
    columns: tuple[str, ...]
    target_table: str
    target_columns: tuple[str, ...]
    is_declared: bool
    rows: int
    orphans: int
    examples: tuple[str, ...] = ()
    cycles: int = 0

    @property
    def included(self) -> float:
        """The share of the references that find their target."""
        return 1.0 if not self.rows else 1 - self.orphans / self.rows


@dataclass(frozen=True)
class Assessment:
    """The whole legacy system: the one value that the assess command shows."""

    tables: tuple[TableProfile, ...]
    references: tuple[Reference, ...] = ()
    issues: tuple[Issue, ...] = ()

    def table(self, name: str) -> TableProfile | None:
        return next((table for table in self.tables if table.name == name), None)
