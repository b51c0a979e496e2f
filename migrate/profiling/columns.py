"""What do the values of one column look like?"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from migrate.languages.mojibake import find_repair
from migrate.profiling._kinds import MOJIBAKE, ORDER, conforms, is_placeholder, sort_key
from migrate.profiling._shapes import far_dates, far_lengths, far_numbers, patterns, rare_shapes
from migrate.profiling.assessment import ColumnProfile, Kind, Outliers, Pattern
from migrate.profiling.names import says_phone
from migrate.profiling.scratch import Stored
from migrate.profiling.semantics import Semantic, semantic_type
from migrate.store.duck import Connection
from migrate.values import Column

_SAMPLE = 8_000
_IS_TYPE = 0.8
_TOP = 10
_SPACE = r"[\s\x{85}\x{A0}\x{1680}\x{2000}-\x{200B}\x{202F}\x{205F}\x{3000}\x{FEFF}]"
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_SHOWN = 200  # characters of a value; a note can be a page long
_FREQUENT, _EVEN = 150, 850  # values looked at for their meaning: the most frequent, and others
# What people type where a field insists on a value, and dates on which nothing happened.
_MADE_UP = re.compile(
    r"([0-9])\1{2,}|0?123456(7(8(90?)?)?)?|9{3,}([.,]0+|[.,]9+)?|(.)\3{2,}|"
    r"te[sz]t\w*|asdf\w*|qwert[yz]\w*|dummy|foo|foobar|sample|example|demo|abc|none|"
    r"(no|bez|kein|ohne|brak|sin)[ -]?(e-?mail\w*|mailu?|phone|tel\w*)|nomail@.*|none@.*|no@.*|"
    r"test@.*|a@a\..*|x@x\..*|\+?[0-9]{0,3} ?0{6,}|"
    r"(1900|1899|1970|1753|9999|1980)-(01|12)-(01|30|31)([T ]00:00(:00(\.0+)?)?)?|"
    r"0?1[./]0?1[./](1900|1970|1980)|31[./]12[./](1899|9999)",
    re.IGNORECASE,
)
_SPIKE_SHARE, _SPIKE_TIMES, _FEWEST_DISTINCT = 0.005, 10, 50
_NUMBERS = frozenset(("integer", "decimal", "money", "percent"))
_MANY = frozenset(("category", "boolean", "country", "city", "subdivision", "language", "long_text",
                   "first_name", "last_name", "postcode", "company", "text"))  # fmt: skip


def profile_column(
    connection: Connection,
    stored: Stored,
    column: Column,
    *,
    month_first: bool,
    region: str = "",
    today: date | None = None,
) -> ColumnProfile:
    """Profile one column, over its distinct values and how often each occurs."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE one AS SELECT {stored.columns[column.name]} AS v,"
        f" count(*) AS n FROM {stored.view} WHERE {stored.columns[column.name]} IS NOT NULL GROUP BY 1"
    )
    basic = _basic(connection, column, stored.rows)
    if not basic.filled:
        return basic
    hint = says_phone(column.name)
    kind = _kind(connection, basic.distinct, hint)
    sentinels = _counted(connection, f"(FROM one WHERE {is_placeholder()})", 10)
    real = basic.filled - sum(count for _, count in sentinels)
    conforming, minimum, maximum = _read_as(connection, kind, hint, month_first=month_first)
    if conforming < _IS_TYPE * real:  # the sample was kinder than the whole
        kind = "text"
        conforming, minimum, maximum = _read_as(connection, kind, hint, month_first=month_first)
    shapes, cases, is_sampled = patterns(connection, basic.distinct, basic.filled)
    meaning = _meaning(connection, column.name, region)
    return replace(
        basic,
        type=kind,
        conforming=conforming / basic.filled,
        minimum=minimum,
        maximum=maximum,
        sentinels=sentinels,
        patterns=shapes,
        cases=cases,
        is_sampled=is_sampled,
        meaning=meaning,
        outliers=_outliers(connection, kind, meaning, shapes, basic.filled, today or date.today()),
        spikes=_spikes(basic, meaning),
        repair=_repair(connection) if basic.mojibake else "",
    )


def _basic(connection: Connection, column: Column, rows: int) -> ColumnProfile:
    """The figures that one scan of the distinct values gives."""
    odd = f"regexp_matches(v, '^{_SPACE}|{_SPACE}$|{_CONTROL}')"
    row = connection.execute(
        "SELECT count(*), coalesce(sum(n), 0), coalesce(min(length(v)), 0),"
        " coalesce(max(length(v)), 0), coalesce(sum(length(v) * n), 0),"
        f" coalesce(sum(n) FILTER (CASE WHEN odd THEN regexp_full_match(v, '{_SPACE}*') END), 0),"
        f" coalesce(sum(n) FILTER (CASE WHEN odd THEN regexp_matches(v, '^{_SPACE}|{_SPACE}$') END), 0),"
        f" coalesce(sum(n) FILTER (CASE WHEN odd THEN regexp_matches(v, '{_CONTROL}') END), 0),"
        " coalesce(sum(n) FILTER (CASE WHEN strlen(v) <> length(v)"
        f" THEN regexp_matches(v, '{MOJIBAKE}') END), 0)"
        f" FROM (SELECT *, {odd} AS odd FROM one)"
    ).fetchall()[0]
    distinct, filled, least, most, total, blank, padded, controls, broken = map(int, row)
    return ColumnProfile(
        name=column.name,
        declared=column.type,
        type="empty",
        conforming=1.0,
        filled=filled,
        fill_rate=filled / rows if rows else 0.0,
        distinct=distinct,
        max_length=most,
        top=_counted(connection, "one", _TOP),
        mojibake=broken,
        min_length=least,
        mean_length=total / filled if filled else 0.0,
        blank=blank,
        padded=padded - blank,
        controls=controls,
    )


def _read_as(
    connection: Connection, kind: Kind, hint: bool, *, month_first: bool
) -> tuple[int, str, str]:
    """Read the values as a type, once: how many are of it, and the smallest and largest.

    Of figures and dates the table ``keyed`` (v, n, fits, k) stays behind.
    """
    condition, key = conforms(kind, says_phone=hint), sort_key(kind, month_first=month_first)
    if key == "v":
        query = f"SELECT sum(n), min(v), max(v) FROM one WHERE {condition}"
    else:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE keyed AS SELECT *, CASE WHEN fits THEN {key} END AS k FROM"
            f" (SELECT v, n, {condition} AS fits FROM one)"
        )
        query = "SELECT sum(n), arg_min(v, k), arg_max(v, k) FROM keyed WHERE fits"
    fits, least, most = connection.execute(query).fetchall()[0]
    return int(fits or 0), str(least or "")[:_SHOWN], str(most or "")[:_SHOWN]


def _counted(connection: Connection, source: str, limit: int) -> tuple[tuple[str, int], ...]:
    rows = connection.execute(
        f"SELECT left(v, {_SHOWN}), n FROM {source} ORDER BY n DESC, v LIMIT {limit}"
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


def _meaning(connection: Connection, name: str, region: str) -> Semantic:
    """Judge the most frequent values and an even sample of the others, which stands for them all."""
    rows = connection.execute(
        f"WITH ranked AS (SELECT left(v, 500) AS v, n, hash(v) AS h FROM one),"
        f" often AS (SELECT * FROM ranked ORDER BY n DESC, h LIMIT {_FREQUENT}),"
        " rest AS (SELECT * FROM ranked ANTI JOIN often USING (h)),"
        f" few AS (SELECT * FROM rest ORDER BY h LIMIT {_EVEN})"
        " SELECT v, n::DOUBLE FROM often UNION ALL"
        " SELECT v, n * (SELECT sum(n) FROM rest) / (SELECT sum(n) FROM few) FROM few"
    ).fetchall()
    values = [str(value) for value, _ in rows]
    return semantic_type(name, values, [max(1, round(count)) for _, count in rows], region=region)


def _outliers(
    connection: Connection,
    kind: Kind,
    meaning: Semantic,
    shapes: tuple[Pattern, ...],
    filled: int,
    today: date,
) -> tuple[Outliers, ...]:
    found: list[Outliers | None] = []
    if kind in ("integer", "decimal") and meaning.type in _NUMBERS:
        found.append(far_numbers(connection))
    if kind in ("date", "datetime"):
        found.append(far_dates(connection, today))
    if kind in ("text", "email", "phone", "url") and meaning.type not in ("long_text", "boolean"):
        found.append(far_lengths(connection))
    if meaning.type not in ("long_text", "company", "text"):
        found.append(rare_shapes(connection, shapes, filled))
    return tuple(each for each in found if each is not None)


def _spikes(column: ColumnProfile, meaning: Semantic) -> tuple[tuple[str, int], ...]:
    """Values that stand for nothing: made up ones, and one far more frequent than any other.

    A value of a list (a status, a city) may be frequent by right.
    """
    found = [
        (value, count)
        for value, count in column.top
        if count > 1 and _MADE_UP.fullmatch(value.strip()) and meaning.type not in ("boolean", "category")
        and column.distinct > 3
    ]  # fmt: skip
    if (
        column.distinct >= _FEWEST_DISTINCT
        and meaning.type not in _MANY
        and len(column.top) == _TOP
    ):
        usual = column.top[-1][1]
        found += [
            (value, count)
            for value, count in column.top
            if count >= max(_SPIKE_TIMES * usual, _SPIKE_SHARE * column.filled)
        ]
    return tuple(dict.fromkeys(found))


def _repair(connection: Connection) -> str:
    rows = connection.execute(
        "SELECT left(v, 400) FROM one WHERE strlen(v) <> length(v) ORDER BY hash(v) LIMIT 2000"
    ).fetchall()
    repair = find_repair(str(value) for (value,) in rows)
    return repair.name if repair else ""


def day_counts(connection: Connection) -> dict[date, int]:
    """Count the rows per day of the column last profiled, where it holds dates."""
    rows = connection.execute(
        "SELECT k::DATE, sum(n)::BIGINT FROM keyed WHERE k IS NOT NULL GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return {day: int(count) for day, count in rows}


def keep_moments(connection: Connection) -> None:
    """Keep how the column last profiled was read, for :func:`newest_where_filled`."""
    connection.execute("CREATE OR REPLACE TEMP TABLE moments AS SELECT v, k FROM keyed WHERE fits")


def newest_where_filled(connection: Connection, stored: Stored, by: str) -> dict[str, str]:
    """Give for every column the newest day, by the column ``by`` whose moments were kept, of a row
    that fills it."""
    names = list(stored.columns)
    chosen = ", ".join(f"max(k) FILTER ({stored.columns[name]} IS NOT NULL)" for name in names)
    row = connection.execute(
        f"SELECT {chosen} FROM {stored.view} JOIN moments ON v = {stored.columns[by]}"
    ).fetchall()[0]
    return {
        name: moment.date().isoformat()
        for name, moment in zip(names, row, strict=True)
        if moment is not None
    }
