"""How good are the data of a table, as one figure whose parts are shown?

A score is a way to begin a conversation, not a measurement: the parts say what to talk about.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from migrate.profiling.assessment import Reference, TableProfile

WEIGHTS = {"filled": 30, "conforming": 30, "unique": 20, "referring": 15, "keyed": 5}
FORMULA = (
    "Score = 30 × filled (mean share of filled values, empty columns left out)"
    " + 30 × conforming (mean share of values that fit their column's meaning)"
    " + 20 × unique (share of rows that repeat no other, estimated)"
    " + 15 × referring (share of references that find their target)"
    " + 5 when a column or pair of columns is a key."
)


@dataclass(frozen=True)
class Score:
    """The parts, each from 0 to 1."""

    filled: float
    conforming: float
    unique: float
    referring: float
    keyed: float

    @property
    def total(self) -> int:
        """From 0 to 100; only a table without a flaw has 100.

        >>> Score(1.0, 1.0, 1.0, 0.9999, 1.0).total, Score(1.0, 1.0, 1.0, 1.0, 1.0).total
        (99, 100)
        """
        exact = sum(weight * getattr(self, part) for part, weight in WEIGHTS.items())
        return 100 if exact == 100 else min(99, round(exact))


def score(table: TableProfile, references: Iterable[Reference] = ()) -> Score | None:
    """Score a table; None where it has no rows."""
    used = [column for column in table.columns if column.filled]
    if not table.rows or not used:
        return None
    rows = sum(found.rows for found in references if found.table == table.name)
    orphans = sum(found.orphans for found in references if found.table == table.name)
    repeated = max(table.duplicates.exact, table.duplicates.but_key, table.duplicates.estimated)
    return Score(
        filled=sum(column.fill_rate * (1 - column.blank / column.filled) for column in used)
        / len(used),
        conforming=sum(column.meaning.share for column in used) / len(used),
        unique=1 - repeated / table.rows,
        referring=1 - orphans / rows if rows else 1.0,
        keyed=float(bool(table.key or table.composite_keys)),
    )
