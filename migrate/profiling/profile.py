"""What is in the legacy system: tables, columns, keys, references, ages, owners?

Every table is read once, in batches, into Parquet; the figures are computed there within a memory
limit. Tables are known by name: two of one name cannot be told apart and are refused.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations
from pathlib import Path

from migrate.errors import UsageError
from migrate.profiling.assessment import (
    Assessment,
    ColumnProfile,
    Owners,
    Reference,
    TableProfile,
)
from migrate.profiling.columns import (
    day_counts,
    keep_moments,
    newest_where_filled,
    profile_column,
)
from migrate.profiling.duplicates import blank_rows, find_duplicates, test_rows, trial_values
from migrate.profiling.findings import owner_issues, reference_issues, table_issues
from migrate.profiling.names import is_users, key_score
from migrate.profiling.references import find_references
from migrate.profiling.same_meaning import Sample, find_same_meanings, sample
from migrate.profiling.scratch import Stored, figure, store
from migrate.profiling.timeline import (
    named_owners,
    owners,
    staleness,
    touched_rank,
    volumes,
)
from migrate.store.duck import Connection, connect
from migrate.values import Progress, Table, silent

NOT_PLACED = "row_not_placed"
_MONTH_FIRST = frozenset(("US", "PH"))
_PAIRS_TRIED, _PAIRS_SHOWN = 30, 3


@dataclass(frozen=True)
class _Given:
    """What the caller says: how dates are read, where the data come from, which day it is."""

    month_first: bool
    region: str
    today: date


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
    place = (region or locale.partition("_")[2]).upper()
    asked = _Given(place in _MONTH_FIRST, place, today or date.today())
    with tempfile.TemporaryDirectory(prefix="crm-migrate-") as name:
        folder = Path(name)
        connection = connect(temp_folder=folder / "spill")
        try:
            full = [table for table in given if table.columns]
            found = _profiled(connection, full, folder, asked, progress)
            empty = [i for table in given if not table.columns for i in table.issues()]
            return replace(found, issues=(*empty, *found.issues))
        finally:
            connection.close()  # before the folder goes: Windows deletes no open file


def _profiled(
    connection: Connection,
    tables: Sequence[Table],
    folder: Path,
    given: _Given,
    progress: Progress,
) -> Assessment:
    views: dict[str, Stored] = {}
    profiles: list[TableProfile] = []
    samples: dict[tuple[str, str], Sample] = {}
    for number, table in enumerate(tables):
        stored = views[table.name] = store(table, number, folder, connection, progress)
        profiles.append(_table(connection, table, stored, given, samples, progress))
    references = find_references(connection, tables, profiles, views, samples)
    profiles = [
        replace(
            found,
            owners=owners(connection, views[found.name], found, references, views)
            or _named_owners(found, references),
        )
        for found in profiles
    ]
    issues = [issue for table in tables for issue in table.issues()]
    issues += table_issues(profiles, given.today)
    issues += reference_issues(references)
    issues += owner_issues(profiles)
    same = find_same_meanings(profiles, samples, references)
    return Assessment(tuple(profiles), references, tuple(issues), same)


def _table(
    connection: Connection,
    table: Table,
    stored: Stored,
    given: _Given,
    samples: dict[tuple[str, str], Sample],
    progress: Progress,
) -> TableProfile:
    columns = []
    days: dict[str, dict[date, int]] = {}
    trials: dict[str, tuple[str, ...]] = {}
    touched_by, best = "", (0, 0.0)
    for number, column in enumerate(table.columns, 1):
        found = profile_column(
            connection, stored, column, month_first=given.month_first, region=given.region,
            today=given.today,
        )  # fmt: skip
        columns.append(found)
        if sampled := sample(connection, found):
            samples[table.name, column.name] = sampled
        if tried := trial_values(connection, found):
            trials[column.name] = tried
        if found.type in ("date", "datetime"):
            days[column.name] = day_counts(connection)
            if (rank := touched_rank(found)) > max(best, (0, 1.0)):
                touched_by, best = column.name, rank
                keep_moments(connection)
        progress(f"{table.name}: columns", number, len(table.columns))
    candidates = _candidate_keys(table, columns, stored.rows)
    key = table.key or candidates[:1]
    volume_column, per_year = volumes(columns, days)
    named = named_owners(connection, stored, columns, touched_by)
    touched = None
    if touched_by:
        touched = staleness(stored.rows, touched_by, days[touched_by], today=given.today)
        used = newest_where_filled(connection, stored, touched_by)
        columns = [replace(found, last_used=used.get(found.name, "")) for found in columns]
    return TableProfile(
        name=table.name,
        origin=table.origin,
        rows=stored.rows,
        not_placed=sum(issue.code == NOT_PLACED for issue in table.issues()),
        own_count=table.count(),
        key=key,
        key_is_declared=bool(table.key),
        candidate_keys=candidates,
        columns=tuple(columns),
        volume_column=volume_column,
        volumes=per_year,
        reading=dict(table.reading),
        control_totals=dict(table.control_totals),
        composite_keys=() if key else _composite_keys(connection, stored, columns),
        duplicates=find_duplicates(connection, stored, columns, key),
        staleness=touched,
        owners=named,
        blank_rows=blank_rows(connection, stored, columns) if stored.rows else 0,
        test_rows=test_rows(connection, stored, trials),
    )


def _named_owners(table: TableProfile, references: Sequence[Reference]) -> Owners | None:
    """The owners that the table names itself, unless a table of users tells of them."""
    found = table.owners
    if found is None:
        return None
    is_told = any(
        one.table == table.name and found.column in one.columns and is_users(one.target_table)
        for one in references
    )
    return None if is_told else found


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


def _composite_keys(
    connection: Connection, stored: Stored, columns: Sequence[ColumnProfile]
) -> tuple[tuple[str, ...], ...]:
    """Give the pairs of columns that together tell every row apart, those named like keys first."""
    if stored.rows < 2:
        return ()
    whole = [
        column
        for column in columns
        if column.filled == stored.rows and column.distinct > 1 and column.max_length <= 100
        and column.type not in ("decimal", "boolean")
    ]  # fmt: skip
    pairs = [
        (-key_score(first.name, stored.name) - key_score(second.name, stored.name),
         -first.distinct * second.distinct, first.name, second.name)
        for first, second in combinations(whole, 2)
        if first.distinct * second.distinct >= stored.rows
    ]  # fmt: skip
    found: list[tuple[str, ...]] = []
    for _, _, first, second in sorted(pairs)[:_PAIRS_TRIED]:
        ours = ", ".join(stored.listed((first, second)))
        distinct = figure(
            connection,
            f"SELECT count(DISTINCT h) FROM (SELECT hash({ours}) AS h FROM {stored.view})",
        )
        if distinct == stored.rows:
            found.append((first, second))
        if len(found) == _PAIRS_SHOWN:
            break
    return tuple(found)
