"""How old are the records, and do the people who own them still work there?"""

from __future__ import annotations

from collections.abc import Sequence

from migrate.profiling._kinds import conforms, is_false, is_true, moment
from migrate.profiling.assessment import ColumnProfile, Owners, Reference, TableProfile
from migrate.profiling.names import active_flag, created_score, is_users
from migrate.profiling.scratch import Stored, figure
from migrate.store.duck import Connection


def volumes(
    connection: Connection,
    stored: Stored,
    columns: Sequence[ColumnProfile],
    *,
    month_first: bool,
) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Count the rows per year, by the date that most likely says when a record was made."""
    dates = [
        (created_score(column.name), column.fill_rate, -index, column.name)
        for index, column in enumerate(columns)
        if column.type in ("date", "datetime") and column.fill_rate >= 0.5
    ]
    best = max((found for found in dates if found[0] > 0), default=None)
    if best is None:
        return "", ()
    rows = connection.execute(
        f"SELECT year({moment(month_first=month_first)}) AS y, count(*)"
        f" FROM (SELECT {stored.columns[best[3]]} AS v FROM {stored.view})"
        f" WHERE {conforms('datetime')} GROUP BY 1 HAVING y IS NOT NULL ORDER BY 1"
    ).fetchall()
    return best[3], tuple((int(year), int(count)) for year, count in rows)


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


def _gone(flag: ColumnProfile) -> str:
    """Write the expression that a person is gone: true, false, or null where nobody can say."""
    says_gone = active_flag(flag.name) == "gone"
    if says_gone and flag.type in ("date", "datetime"):
        return "v IS NOT NULL"  # the day on which they left
    if says_gone:
        return f"CASE WHEN {is_true()} THEN true WHEN {is_false()} OR v IS NULL THEN false END"
    return f"CASE WHEN {is_false()} THEN true WHEN {is_true()} THEN false END"
