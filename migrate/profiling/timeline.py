"""How old are the records, and do the people who own them still work there?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from migrate.profiling._kinds import is_false, is_true
from migrate.profiling.assessment import (
    ColumnProfile,
    Owners,
    Reference,
    Staleness,
    TableProfile,
)
from migrate.profiling.names import (
    active_flag,
    created_score,
    is_users,
    says_gone,
    says_owner,
    touched_score,
)
from migrate.profiling.scratch import Stored, figure
from migrate.store.duck import Connection

STALE_YEARS = 3
_YEAR = 365  # days
_MOST_OWNERS = 500

Days = Mapping[str, Mapping[date, int]]
"""For every column of dates: how many rows each day has."""


def volumes(
    columns: Sequence[ColumnProfile], days: Days
) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Count the rows per year, by the date that most likely says when a record was made."""
    dates = [
        (created_score(column.name), column.fill_rate, -index, column.name)
        for index, column in enumerate(columns)
        if column.name in days and column.fill_rate >= 0.5
    ]
    best = max((found for found in dates if found[0] > 0), default=None)
    if best is None:
        return "", ()
    years: Counter[int] = Counter()
    for day, count in days[best[3]].items():
        years[day.year] += count
    return best[3], tuple(sorted(years.items()))


def touched_rank(column: ColumnProfile) -> tuple[int, float]:
    """Rank a column by how well it tells when a row was last touched; nothing below (1, 0)."""
    if column.type not in ("date", "datetime") or not column.filled:
        return (0, 0.0)
    return touched_score(column.name), column.fill_rate


def staleness(rows: int, by: str, days: Mapping[date, int], *, today: date) -> Staleness | None:
    """Count the rows by the years since they were touched, up to the newest day of the table.

    An old extract is judged as of its own day.

    >>> days = {date(2024, 5, 1): 2, date(2020, 5, 2): 1}
    >>> staleness(4, "modified", days, today=date(2026, 1, 1))
    Staleness(column='modified', newest='2024-05-01', years=3, stale=1, undated=1, by_age=((0, 2), (3, 1)))
    """
    newest = max((day for day in days if day <= today), default=None)
    if newest is None:
        return None
    ages: Counter[int] = Counter()
    for day, count in days.items():
        full = newest.year - day.year - ((newest.month, newest.day) < (day.month, day.day))
        ages[max(0, full)] += count
    stale = sum(count for age, count in ages.items() if age >= STALE_YEARS)
    undated = rows - sum(ages.values())
    return Staleness(
        by, newest.isoformat(), STALE_YEARS, stale, undated, tuple(sorted(ages.items()))
    )


def owners(
    connection: Connection,
    stored: Stored,
    table: TableProfile,
    references: Sequence[Reference],
    views: dict[str, Stored],
) -> Owners | None:
    """Count the people of a users table, active and gone, and what the gone ones still own."""
    if not is_users(table.name):
        return None
    flag = next((column for column in table.columns if active_flag(column.name)), None)
    if flag is None:
        return Owners("", active=0, gone=0, unknown=table.rows)
    gone = _gone(flag)
    active, away = connection.execute(
        f"SELECT count(*) FILTER (gone IS FALSE), count(*) FILTER (gone IS TRUE)"
        f" FROM (SELECT {gone} AS gone FROM"
        f" (SELECT {stored.columns[flag.name]} AS v FROM {stored.view}))"
    ).fetchall()[0]
    owned = []
    for reference in references:
        if reference.target_table != table.name or len(reference.columns) != 1:
            continue
        child = views[reference.table]
        ours = stored.columns[reference.target_columns[0]]
        count = figure(
            connection,
            f"SELECT count(*) FROM {child.view} AS child"
            f" WHERE child.{child.columns[reference.columns[0]]} IN (SELECT k FROM"
            f" (SELECT {ours} AS k, {gone} AS gone FROM"
            f" (SELECT *, {stored.columns[flag.name]} AS v FROM {stored.view})) WHERE gone)",
        )
        if count:
            owned.append((f"{reference.table}.{reference.columns[0]}", count))
    unknown = table.rows - int(active) - int(away)
    return Owners(flag.name, int(active), int(away), unknown, tuple(owned))


def named_owners(
    connection: Connection, stored: Stored, columns: Sequence[ColumnProfile], touched_by: str
) -> Owners | None:
    """Count the owners that a table names: who has touched nothing in its last year, or is called gone.

    The moments of ``touched_by`` must have been kept.
    """
    found = next(
        (
            column
            for column in columns
            if says_owner(column.name)
            and column.type == "text"
            and 2 <= column.distinct <= min(_MOST_OWNERS, column.filled // 2)
        ),
        None,
    )
    if found is None:
        return None
    last = "max(k)" if touched_by else "NULL"
    joined = f" LEFT JOIN moments ON v = {stored.columns[touched_by]}" if touched_by else ""
    people = connection.execute(
        f"SELECT {stored.columns[found.name]} AS owner, count(*), {last} FROM {stored.view}{joined}"
        " WHERE owner IS NOT NULL GROUP BY 1"
    ).fetchall()
    newest = max((when for *_, when in people if when is not None), default=None)
    least = newest - timedelta(days=_YEAR) if newest is not None else None
    gone = [
        count
        for owner, count, when in people
        if says_gone(owner) or (least is not None and when is not None and when < least)
    ]
    unknown = sum(when is None and not says_gone(owner) for owner, _, when in people)
    owned = ((f"{stored.name}.{found.name}", sum(gone)),) if gone else ()
    return Owners(
        touched_by, len(people) - len(gone) - unknown, len(gone), unknown, owned, found.name
    )


def _gone(flag: ColumnProfile) -> str:
    """Write the expression that a person is gone: true, false, or null where nobody can say."""
    says_gone = active_flag(flag.name) == "gone"
    if says_gone and flag.type in ("date", "datetime"):
        return "v IS NOT NULL"  # the day on which they left
    if says_gone:
        return f"CASE WHEN {is_true()} THEN true WHEN {is_false()} OR v IS NULL THEN false END"
    return f"CASE WHEN {is_false()} THEN true WHEN {is_true()} THEN false END"
