"""What is in the legacy system: tables, columns, keys, references, ages, owners?

Every table is read once, in batches, into Parquet; the figures are computed there within a memory
limit. Tables are known by name: two of one name cannot be told apart and are refused.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from migrate.errors import UsageError
from migrate.profiling.assessment import Assessment, ColumnProfile, Reference, TableProfile
from migrate.profiling.columns import profile_column
from migrate.profiling.names import key_score
from migrate.profiling.references import find_references
from migrate.profiling.scratch import Stored, store
from migrate.profiling.timeline import owners, volumes
from migrate.store.duck import Connection, connect
from migrate.values import Issue, Progress, Table, silent

NOT_PLACED = "row_not_placed"
_MONTH_FIRST = frozenset(("US", "PH"))


def profile(
    tables: Iterable[Table],
    *,
    locale: str = "",
    region: str = "",
    today: date | None = None,
    progress: Progress = silent,
) -> Assessment:
    """Profile the tables of a source, or of several.

    ``locale`` ("en_US") and ``region`` ("US") decide how 03/04/2019 is read where a column does
    not; ``today`` from when on a year is the future.
    """
    given = list(tables)
    doubled = [name for name, count in Counter(t.name for t in given).items() if count > 1]
    if doubled:
        raise UsageError(
            f"two tables have one name: {', '.join(doubled)}",
            hint="give one of them another name in the options of its source",
        )
    month_first = (region or locale.partition("_")[2]).upper() in _MONTH_FIRST
    with tempfile.TemporaryDirectory(prefix="crm-migrate-") as name:
        folder = Path(name)
        connection = connect(temp_folder=folder / "spill")
        try:
            return _profiled(connection, given, folder, month_first, today, progress)
        finally:
            connection.close()  # before the folder goes: Windows deletes no open file


def _profiled(
    connection: Connection,
    tables: Sequence[Table],
    folder: Path,
    month_first: bool,
    today: date | None,
    progress: Progress,
) -> Assessment:
    views: dict[str, Stored] = {}
    profiles: list[TableProfile] = []
    for number, table in enumerate(tables):
        views[table.name] = store(table, number, folder, connection, progress)
        profiles.append(_table(connection, table, views[table.name], month_first))
    references = find_references(connection, tables, profiles, views)
    profiles = [
        replace(found, owners=owners(connection, views[found.name], found, references, views))
        for found in profiles
    ]
    issues = [issue for table in tables for issue in table.issues()]
    issues += _table_issues(profiles, (today or date.today()).year)
    issues += _reference_issues(references)
    return Assessment(tuple(profiles), references, tuple(issues))


def _table(connection: Connection, table: Table, stored: Stored, month_first: bool) -> TableProfile:
    columns = tuple(
        profile_column(connection, stored, column, month_first=month_first)
        for column in table.columns
    )
    candidates = _candidate_keys(table, columns, stored.rows)
    volume_column, per_year = volumes(connection, stored, columns, month_first=month_first)
    return TableProfile(
        name=table.name,
        origin=table.origin,
        rows=stored.rows,
        not_placed=sum(issue.code == NOT_PLACED for issue in table.issues()),
        own_count=table.count(),
        key=table.key or candidates[:1],
        key_is_declared=bool(table.key),
        candidate_keys=candidates,
        columns=columns,
        volume_column=volume_column,
        volumes=per_year,
        reading=dict(table.reading),
        control_totals=dict(table.control_totals),
    )


def _candidate_keys(table: Table, columns: Sequence[ColumnProfile], rows: int) -> tuple[str, ...]:
    """Give the columns that tell every row apart, the most likely key first.

    Free text, amounts and dates are unique by chance; they come last.
    """
    if not rows:
        return ()
    ranked = []
    for position, column in enumerate(columns):
        if column.distinct == column.filled == rows:
            is_declared = table.key == (column.name,)
            by_chance = column.type in ("decimal", "date", "datetime") or column.max_length > 100
            score = key_score(column.name, table.name)
            ranked.append((not is_declared, by_chance, -score, position, column.name))
    return tuple(name for *_, name in sorted(ranked))


def _table_issues(profiles: Sequence[TableProfile], this_year: int) -> Iterator[Issue]:
    for table in profiles:
        if table.rows + table.not_placed != table.own_count:
            yield Issue(
                code="count_differs", severity="error", entity=table.name, place=table.origin,
                message=f"{table.rows} rows were read and {table.not_placed} could not be placed,"
                f" but the source itself counts {table.own_count}",
                hint="do not migrate before this is explained",
            )  # fmt: skip
        if not table.key and table.rows:
            yield Issue(
                code="no_key", severity="warning", entity=table.name, place=table.origin,
                message="no column tells the rows apart",
                hint="name the columns that do as `key`, or declare the table one-shot",
            )  # fmt: skip
        for column in table.columns:
            if column.mojibake:
                yield Issue(
                    code="mojibake", severity="warning", entity=table.name, column=column.name,
                    message=f"{column.mojibake} values look like text in a wrong encoding",
                    hint="check the encoding of the source, or clean the column as text",
                )  # fmt: skip
            if placeholders := sum(count for _, count in column.sentinels):
                yield Issue(
                    code="sentinels", severity="info", entity=table.name, column=column.name,
                    message=f"{placeholders} values look like placeholders for nothing",
                    hint="say in the mapping which of them mean empty",
                )  # fmt: skip
        if future := sum(count for year, count in table.volumes if year > this_year):
            yield Issue(
                code="future_dates", severity="warning", entity=table.name,
                column=table.volume_column, message=f"{future} rows are from years to come",
                hint="check how the column's dates are read",
            )  # fmt: skip


def _reference_issues(references: Sequence[Reference]) -> Iterator[Issue]:
    for found in references:
        columns = ", ".join(found.columns)
        if found.orphans:
            yield Issue(
                code="orphans", severity="warning", entity=found.table, column=columns,
                message=f"{found.orphans} of {found.rows} references find no row in"
                f" {found.target_table}",
                value=", ".join(found.examples), hint="decide in the mapping what becomes of them",
            )  # fmt: skip
        if found.cycles:
            yield Issue(
                code="reference_cycle", severity="warning", entity=found.table, column=columns,
                message=f"{found.cycles} closed circles: rows that are their own ancestors",
                hint="the load writes such references in a second pass",
            )  # fmt: skip
