"""What is known about a legacy system once every table has been read?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from migrate.profiling.semantics import Semantic
from migrate.values import Issue

Kind = Literal[
    "integer", "decimal", "date", "datetime", "boolean", "email", "phone", "url", "text", "empty"
]
NO_MEANING = Semantic("empty", 1.0, 1.0, "", "")


@dataclass(frozen=True)
class Pattern:
    """A shape that values have ("Aa 99-99"): how many have it, and their share of the filled."""

    shape: str
    count: int
    share: float


@dataclass(frozen=True)
class Outliers:
    """Values far from the others, ``count`` of them, in a way that ``what`` names.

    ``rule`` says in words from where on a value is far. ``examples`` may be personal data.
    """

    what: Literal["number", "length", "shape", "date"]
    count: int
    rule: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class ColumnProfile:
    """One column; ``conforming`` is the share of the filled values that are of the type.

    ``filled`` counts every value that is not missing, ``blank`` those of them that are only white
    space. ``minimum``, ``maximum``, ``top``, ``sentinels`` and ``spikes`` hold values as the source
    has them: they may be personal data. ``patterns`` are of an even sample where ``is_sampled``.
    ``repair`` names the encoding mistake that explains ``mojibake``; ``last_used`` is the newest day,
    by the table's own dates, of a row that fills the column.
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
    min_length: int = 0
    mean_length: float = 0.0
    blank: int = 0
    padded: int = 0
    controls: int = 0
    cases: tuple[tuple[str, int], ...] = ()
    patterns: tuple[Pattern, ...] = ()
    is_sampled: bool = False
    meaning: Semantic = NO_MEANING
    outliers: tuple[Outliers, ...] = ()
    spikes: tuple[tuple[str, int], ...] = ()
    repair: str = ""
    last_used: str = ""

    @property
    def is_constant(self) -> bool:
        """Every filled value is the same."""
        return self.distinct == 1 and self.filled > 1

    @property
    def is_nearly_unique(self) -> bool:
        """Almost a key: a few values occur twice that should not."""
        return self.filled >= 50 and 0.98 * self.filled <= self.distinct < self.filled


@dataclass(frozen=True)
class Owners:
    """The people of a users table: how many still work there, by which column; -1 unknown.

    Where a table names its owners itself, ``column`` does, and those are gone whose rows nobody
    touched in the table's last year, by the column ``flag``.
    """

    flag: str
    active: int
    gone: int
    unknown: int
    owned_by_gone: tuple[tuple[str, int], ...] = ()
    column: str = ""


@dataclass(frozen=True)
class Likeness:
    """Rows that repeat an earlier row by one ``method``: ``groups`` of rows alike, ``rows`` too many."""

    method: str
    columns: tuple[str, ...]
    groups: int
    rows: int


@dataclass(frozen=True)
class Duplicates:
    """``exact`` rows repeat an earlier row in every column (``but_key``: in all but the key).

    ``estimated`` rows repeat an earlier one by at least one of the likenesses: an estimate, because
    nobody has looked at them.
    """

    exact: int = 0
    but_key: int = 0
    likenesses: tuple[Likeness, ...] = ()
    estimated: int = 0


@dataclass(frozen=True)
class Staleness:
    """When the rows were last touched: ``by_age`` counts them per full years since ``newest``.

    ``undated`` rows have no readable date. ``stale`` were not touched in the last ``years``.
    """

    column: str
    newest: str
    years: int
    stale: int
    undated: int
    by_age: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class TableProfile:
    """One table. ``rows`` were read, ``not_placed`` could not be, ``own_count`` the source counts.

    ``key`` is the declared one, else the best candidate; empty when no column can tell rows apart.
    ``composite_keys`` are pairs of columns that can, looked for only where no single one does.
    ``blank_rows`` hold nothing at all, ``test_rows`` look like somebody's trials.
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
    composite_keys: tuple[tuple[str, ...], ...] = ()
    duplicates: Duplicates = Duplicates()
    staleness: Staleness | None = None
    blank_rows: int = 0
    test_rows: int = 0

    def column(self, name: str) -> ColumnProfile | None:
        return next((column for column in self.columns if column.name == name), None)

    @property
    def empty_columns(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if not column.filled)


@dataclass(frozen=True)
class Reference:
    """Columns that refer to another table, declared by the source or inferred from the values.

    ``rows`` have all the columns filled; ``orphans`` of them find nothing. ``cycles`` counts the
    closed circles of a table that refers to itself. ``examples`` are values that find nothing.
    ``score`` is how sure the reference is, from 0 to 1: 1 where the source declares it.
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
    score: float = 1.0

    @property
    def included(self) -> float:
        """The share of the references that find their target."""
        return 1.0 if not self.rows else 1 - self.orphans / self.rows


@dataclass(frozen=True)
class SameMeaning:
    """Two columns of different tables that seem to hold the same kind of thing.

    ``shared`` of the distinct values of the smaller one occur in the other one (``is_estimated``:
    judged from a sample of their hashes), which is the share ``overlap``.
    """

    first: tuple[str, str]
    second: tuple[str, str]
    meaning: str
    shared: int
    overlap: float
    is_estimated: bool
    score: float


@dataclass(frozen=True)
class Assessment:
    """The whole legacy system: the one value that the assess command shows."""

    tables: tuple[TableProfile, ...]
    references: tuple[Reference, ...] = ()
    issues: tuple[Issue, ...] = ()
    same_meanings: tuple[SameMeaning, ...] = ()

    def table(self, name: str) -> TableProfile | None:
        return next((table for table in self.tables if table.name == name), None)
