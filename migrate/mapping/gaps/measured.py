"""How long, how many and of which type are the values of each source column, over all of its rows?

Every table goes through Parquet once, in batches; the figures are taken there. What nobody could
decide from a sample (the longest value, the last odd date) is decided from the whole column.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from migrate.profiling.assessment import ColumnProfile
from migrate.profiling.columns import profile_column
from migrate.profiling.scratch import Stored, store
from migrate.store.duck import Connection, connect
from migrate.values import FieldType, Progress, Table, silent

MOST_CHOICES, LONGEST_CHOICE = 25, 60
"""A column of at most so many different short texts is offered as a picklist."""
_REPEATED = 4  # how often the values of a list must occur on average
_MONTH_FIRST = frozenset(("US", "PH"))
_NEARLY_ALL = 0.98
_WORST = 3
# Figures that nobody counts with: a number field would eat their leading zeros.
_CODES = frozenset(("identifier", "postcode", "phone", "tax_id", "bank_account"))
# Few in this data, many in the next.
_NAMES = frozenset(("city", "street", "company", "person_name", "first_name", "last_name"))
_AS_FIELDS: Mapping[str, FieldType] = {
    "integer": "integer", "decimal": "decimal", "date": "date", "datetime": "datetime",
    "boolean": "boolean", "email": "email", "phone": "phone", "url": "url",
}  # fmt: skip


@dataclass(frozen=True)
class Over:
    """Values longer than ``limit``; ``worst`` are the longest, each with its length."""

    limit: int
    count: int
    worst: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Measured:
    """One source column over all of its rows.

    ``filled`` leaves blanks out; ``kind`` is the type that a field for it would have and ``unfit``
    how many values are not of it; ``whole`` and ``fraction`` are the most digits before and after
    the decimal sign; ``choices`` are all distinct values where they look like a list, each with
    how often it occurs. ``over`` has an entry for each limit that was asked about and exceeded.
    """

    table: str
    column: str
    rows: int
    filled: int
    distinct: int
    longest: int
    kind: FieldType = "text"
    unfit: int = 0
    whole: int = 0
    fraction: int = 0
    is_personal: bool = False
    choices: tuple[tuple[str, int], ...] = ()
    over: tuple[Over, ...] = ()

    @property
    def fill(self) -> float:
        return self.filled / self.rows if self.rows else 0.0


def measure(
    tables: Iterable[Table],
    *,
    locale: str = "",
    region: str = "",
    limits: Mapping[tuple[str, str], Collection[int]] | None = None,
    progress: Progress = silent,
) -> dict[tuple[str, str], Measured]:
    """Measure every column of the tables: (table, column) -> what was found.

    ``limits`` are the lengths of the fields that a column may go into.

    Raises SourceError where a table cannot be read.
    """
    place = (region or locale.partition("_")[2]).upper()
    found: dict[tuple[str, str], Measured] = {}
    with tempfile.TemporaryDirectory(prefix="crm-migrate-") as name:
        folder = Path(name)
        connection = connect(temp_folder=folder / "spill")
        try:
            for number, table in enumerate(t for t in tables if t.columns):
                stored = store(table, number, folder, connection, progress)
                for column in table.columns:
                    told = profile_column(
                        connection, stored, column, month_first=place in _MONTH_FIRST, region=place
                    )
                    one = _measured(connection, table.name, stored, told)
                    asked = sorted((limits or {}).get((table.name, column.name), ()))
                    over = tuple(_over(connection, n) for n in asked if one.longest > n)
                    found[table.name, column.name] = replace(
                        one, over=tuple(o for o in over if o.count)
                    )
        finally:
            connection.close()  # before the folder goes: Windows deletes no open file
    return found


def _over(connection: Connection, limit: int) -> Over:
    """The values of the column last profiled that are longer, blanks at their ends not counted."""
    longer = f"FROM (SELECT trim(v) AS t, n FROM one) WHERE length(t) > {limit}"
    count = connection.execute(f"SELECT coalesce(sum(n), 0)::BIGINT {longer}").fetchall()[0][0]
    worst = connection.execute(
        f"SELECT DISTINCT length(t) AS l, t {longer} ORDER BY l DESC, t LIMIT {_WORST}"
    ).fetchall()
    return Over(limit, int(count), tuple((int(n), str(text)) for n, text in worst))


def _measured(connection: Connection, table: str, stored: Stored, told: ColumnProfile) -> Measured:
    filled = told.filled - told.blank
    distinct = told.distinct - (1 if told.blank else 0)
    kind = _kind(told)
    whole, fraction = _digits(connection) if kind in ("integer", "decimal") else (0, 0)
    choices = _choices(connection, kind, distinct, filled, told) if kind == "text" else ()
    return Measured(
        table=table,
        column=told.name,
        rows=stored.rows,
        filled=filled,
        distinct=distinct,
        longest=told.max_length if filled else 0,
        kind="picklist" if choices else kind,
        unfit=0 if kind == "text" else filled - min(filled, round(told.conforming * told.filled)),
        whole=whole,
        fraction=fraction,
        is_personal=bool(told.meaning.personal),
        choices=choices,
    )


def _kind(told: ColumnProfile) -> FieldType:
    """The type of a field that would take nearly all of the values; text takes them all."""
    kind = _AS_FIELDS.get(told.type, "text")
    if told.conforming < _NEARLY_ALL:
        kind = "text"
    if kind in ("integer", "decimal") and told.meaning.type in _CODES:
        kind = "text"
    return kind


def _digits(connection: Connection) -> tuple[int, int]:
    """The most digits before and after the decimal sign of the column last profiled.

    The last point or comma is the sign, unless three digits follow it and it occurs again.
    """
    rows = connection.execute(
        "WITH said AS (SELECT regexp_replace(v, '[^0-9.,]', '', 'g') AS t FROM one),"
        " cut AS (SELECT t, CASE WHEN regexp_matches(t, '^[0-9]{1,3}([.,][0-9]{3})+$') THEN ''"
        " ELSE regexp_extract(t, '[.,]([0-9]+)$', 1) END AS f FROM said)"
        " SELECT coalesce(max(length(regexp_replace(t, '[^0-9]', '', 'g')) - length(f)), 0),"
        " coalesce(max(length(f)), 0) FROM cut WHERE length(t) < 40"
    ).fetchall()
    whole, fraction = rows[0]
    return int(whole), int(fraction)


def _choices(
    connection: Connection, kind: FieldType, distinct: int, filled: int, told: ColumnProfile
) -> tuple[tuple[str, int], ...]:
    """The values of a column that offers a choice: few, short, repeated and nobody's own."""
    if kind != "text" or not 2 <= distinct <= MOST_CHOICES or filled < _REPEATED * distinct:
        return ()
    if told.meaning.personal or told.max_length > LONGEST_CHOICE:
        return ()
    if told.meaning.type in _CODES | _NAMES:
        return ()
    rows = connection.execute(
        "SELECT trim(v) AS t, sum(n)::BIGINT AS n FROM one WHERE trim(v) <> '' GROUP BY 1"
        " ORDER BY n DESC, t"
    ).fetchall()
    values = tuple((str(value), int(count)) for value, count in rows)
    return () if any(re.search(r"[@\n]", value) for value, _ in values) else values
