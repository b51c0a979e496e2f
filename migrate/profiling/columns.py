"""What do the values of one column look like?"""

from __future__ import annotations

from migrate.profiling._kinds import MOJIBAKE, ORDER, conforms, is_placeholder, sort_key
from migrate.profiling.assessment import ColumnProfile, Kind
from migrate.profiling.names import says_phone
from migrate.profiling.scratch import Stored, figure
from migrate.store.duck import Connection
from migrate.values import Column

_SAMPLE = 20_000
_IS_TYPE = 0.8
_TOP = 5
_SHOWN = 200  # characters of a value; a note can be a page long


def profile_column(
    connection: Connection, stored: Stored, column: Column, *, month_first: bool
) -> ColumnProfile:
    """Profile one column, over its distinct values and how often each occurs."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE one AS SELECT {stored.columns[column.name]} AS v,"
        f" count(*) AS n FROM {stored.view} WHERE {stored.columns[column.name]} IS NOT NULL GROUP BY 1"
    )
    distinct, filled, max_length, mojibake = connection.execute(
        "SELECT count(*), coalesce(sum(n), 0), coalesce(max(length(v)), 0),"
        f" coalesce(sum(n) FILTER (regexp_matches(v, '{MOJIBAKE}')), 0) FROM one"
    ).fetchall()[0]
    if not filled:
        return ColumnProfile(column.name, column.type, "empty", 1.0, 0, 0.0, 0)
    hint = says_phone(column.name)
    kind = _kind(connection, int(distinct), hint)
    condition = conforms(kind, says_phone=hint)
    conforming = figure(connection, f"SELECT sum(n) FILTER ({condition}) FROM one")
    real = figure(connection, f"SELECT sum(n) FILTER (NOT {is_placeholder()}) FROM one")
    if conforming < _IS_TYPE * real:  # the sample was kinder than the whole
        kind, condition, conforming = "text", "true", int(filled)
    key = sort_key(kind, month_first=month_first)
    minimum, maximum = connection.execute(
        f"SELECT arg_min(v, k), arg_max(v, k) FROM (SELECT v, {key} AS k FROM one WHERE {condition})"
    ).fetchall()[0]
    return ColumnProfile(
        name=column.name,
        declared=column.type,
        type=kind,
        conforming=conforming / int(filled),
        filled=int(filled),
        fill_rate=int(filled) / stored.rows,
        distinct=int(distinct),
        minimum=(minimum or "")[:_SHOWN],
        maximum=(maximum or "")[:_SHOWN],
        max_length=int(max_length),
        top=_counted(connection, "true", _TOP),
        sentinels=_counted(connection, is_placeholder(), 10),
        mojibake=int(mojibake),
    )


def _counted(connection: Connection, condition: str, limit: int) -> tuple[tuple[str, int], ...]:
    rows = connection.execute(
        f"SELECT left(v, {_SHOWN}), n FROM one WHERE {condition} ORDER BY n DESC, v LIMIT {limit}"
    ).fetchall()
    return tuple((str(value), int(count)) for value, count in rows)


def _kind(connection: Connection, distinct: int, hint: bool) -> Kind:
    """Choose the type that the most values have; the narrowest where several fit alike.

    Placeholders say nothing about a type. A large column is judged by an even sample of its
    distinct values.
    """
    step = distinct // _SAMPLE + 1
    candidates: list[Kind] = [kind for kind in ORDER if kind != "boolean" or distinct <= 3]
    if hint:
        candidates.sort(key=lambda kind: kind != "phone")
    sums = ", ".join(f"sum(n) FILTER ({conforms(kind, says_phone=hint)})" for kind in candidates)
    total, *found = connection.execute(
        f"SELECT sum(n), {sums} FROM one WHERE hash(v) % {step} = 0 AND NOT {is_placeholder()}"
    ).fetchall()[0]
    if not total:
        return "text"
    best = max(range(len(candidates)), key=lambda index: (int(found[index] or 0), -index))
    return candidates[best] if int(found[best] or 0) >= _IS_TYPE * int(total) else "text"
