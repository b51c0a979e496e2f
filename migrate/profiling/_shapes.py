"""Which shapes do the values of a column have, and which values are far from all others?

Everything here works on the tables of a column: ``one`` has its distinct values ``v`` and how often
each occurs, ``n``; ``keyed`` the same values read as the column's type, ``k``.
"""

from __future__ import annotations

from datetime import date

from migrate.profiling.assessment import Outliers, Pattern
from migrate.store.duck import Connection

SHAPES_SHOWN = 5
_MOST_SHAPED = 50_000  # distinct values; an even sample of them says the same
_LONGEST_SHAPED = 60
_RARE = 0.001
_REGULAR = 0.9  # of a column that has shapes at all, so much follows its first few
_FAR = 3.0  # interquartile ranges
_EXAMPLES = 3
_FEWEST = 30  # distinct figures: of fewer nobody can say what is usual
_YEARS_AHEAD = 10


def shape_of(value: str = "v") -> str:
    """Write the expression for a value's shape: A, a (a run of small letters) and 9."""
    letters = f"regexp_replace(left({value}, {_LONGEST_SHAPED}), '[\\p{{Lu}}\\p{{Lt}}]', 'A', 'g')"
    small = f"regexp_replace({letters}, '[\\p{{Ll}}\\p{{Lo}}\\p{{Lm}}]+', 'a', 'g')"
    return f"regexp_replace({small}, '\\p{{Nd}}', '9', 'g')"


def patterns(
    connection: Connection, distinct: int, filled: int
) -> tuple[tuple[Pattern, ...], tuple[tuple[str, int], ...], bool]:
    """Count the shapes of the values and the ways they use capitals; the last answer tells whether a
    sample stood for them.

    Leaves the table ``shapes`` (s, n) behind, for :func:`rare_shapes`.
    """
    step = distinct // _MOST_SHAPED + 1
    chosen = f"WHERE hash(v) % {step} = 0" if step > 1 else ""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE shapes AS"
        f" SELECT {shape_of()} AS s, sum(n)::BIGINT AS n, min(v) AS example FROM one {chosen} GROUP BY 1"
    )
    total = connection.execute("SELECT sum(n) FROM shapes").fetchone()
    seen = int(total[0] or 0) if total else 0
    if not seen:
        return (), (), False
    rows = connection.execute(
        f"SELECT s, n FROM shapes ORDER BY n DESC, s LIMIT {SHAPES_SHOWN}"
    ).fetchall()
    found = tuple(
        Pattern(str(shape), round(int(count) * filled / seen), int(count) / seen)
        for shape, count in rows
    )
    capitals, small, mixed = connection.execute(
        "SELECT sum(n) FILTER (has_capital AND NOT has_small), sum(n) FILTER (has_small AND NOT"
        " has_capital), sum(n) FILTER (has_small AND has_capital) FROM (SELECT n,"
        " contains(s, 'A') AS has_capital, contains(s, 'a') AS has_small FROM shapes)"
    ).fetchall()[0]
    counted = (("capitals", capitals), ("small", small), ("mixed", mixed))
    cases = tuple((name, round(int(n) * filled / seen)) for name, n in counted if n)
    return found, cases, step > 1


def rare_shapes(connection: Connection, found: tuple[Pattern, ...], filled: int) -> Outliers | None:
    """Find values of a shape that hardly any other has, where the column has a few usual ones."""
    if filled < 1_000 or sum(pattern.share for pattern in found) < _REGULAR:
        return None
    rows = connection.execute(
        f"SELECT count(*), sum(n), list(example ORDER BY n, s)[:{_EXAMPLES}] FROM"
        f" (SELECT *, sum(n) OVER () AS whole FROM shapes) WHERE n < {_RARE} * whole"
    ).fetchall()
    kinds, count, examples = rows[0]
    if not kinds:
        return None
    seen = connection.execute("SELECT sum(n) FROM shapes").fetchall()[0][0]
    return Outliers(
        "shape", round(int(count) * filled / int(seen)), "shapes of fewer than 1 value in 1,000",
        tuple(str(example) for example in examples or ()),
    )  # fmt: skip


def far_numbers(connection: Connection) -> Outliers | None:
    """Find figures far beyond the middle half of all (in orders of magnitude where they span some)."""
    return _far(connection, "k::DOUBLE", "number")


def far_lengths(connection: Connection) -> Outliers | None:
    """Find texts far longer or shorter than the middle half of all."""
    return _far(connection, "length(v)::DOUBLE", "length")


def far_dates(connection: Connection, today: date) -> Outliers | None:
    """Find days before 1900 and days more than ten years ahead."""
    low, high = "1900-01-01", f"{today.year + _YEARS_AHEAD}-12-31"
    rows = connection.execute(
        f"SELECT sum(n), list(v ORDER BY n DESC, v)[:{_EXAMPLES}] FROM keyed"
        f" WHERE k <= TIMESTAMP '{low}' OR k > TIMESTAMP '{high}'"
    ).fetchall()
    count, examples = rows[0]
    if not count:
        return None
    return Outliers(
        "date", int(count), f"up to {low} or after {high}", tuple(map(str, examples or ()))
    )


def _far(connection: Connection, key: str, what: str) -> Outliers | None:
    source = "keyed" if what == "number" else "one"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE figures AS SELECT k, sum(n)::BIGINT AS n, min(v) AS v FROM"
        f" (SELECT v, n, {key} AS k FROM {source}) WHERE k IS NOT NULL AND isfinite(k)"
        " GROUP BY 1"
    )
    row = connection.execute(
        "SELECT count(*), min(k), min(k) FILTER (c >= 0.25 * t), min(k) FILTER (c >= 0.5 * t),"
        " min(k) FILTER (c >= 0.75 * t) FROM (SELECT k, sum(n) OVER (ORDER BY k) AS c,"
        " sum(n) OVER () AS t FROM figures)"
    ).fetchall()[0]
    different, least, first, _, third = row
    fewest = _FEWEST if what == "number" else 3
    if different < fewest or first is None or third <= first:
        return None
    is_wide = what == "number" and least >= 0 and first > 0 and third / first > 3
    scale = "ln(1 + k)" if is_wide else "k"
    low, high = (
        connection.execute(f"SELECT {scale.replace('k', '?::DOUBLE')}", [value]).fetchall()[0][0]
        for value in (first, third)
    )
    span = max(high - low, 4.0 if what == "length" else 0.0)
    below, above = low - _FAR * span, high + _FAR * span
    count, examples, total = connection.execute(
        f"SELECT sum(n) FILTER (f), (list(v ORDER BY abs(d) DESC, v) FILTER (f))[:{_EXAMPLES}], sum(n)"
        f" FROM (SELECT v, n, {scale} - {high} AS d, {scale} < {below} OR {scale} > {above} AS f"
        " FROM figures)"
    ).fetchall()[0]
    if not count or count > 0.05 * total:  # one in twenty is no exception
        return None
    rule = "3 interquartile ranges beyond the middle half"
    return Outliers(
        "number" if what == "number" else "length", int(count),
        f"{rule} (in orders of magnitude)" if is_wide else rule,
        tuple(str(example) for example in examples or ()),
    )  # fmt: skip
