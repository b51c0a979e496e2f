"""Does a raw row meet a condition, asked of the extract in SQL and without the transform?"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pandas as pd

from migrate.specs.mapping import Block, Condition
from migrate.store import sets
from migrate.store.sets import literal, quote

_NUMBER = r"[-+]?[0-9]{1,18}(\.[0-9]{1,10})?"
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"


def condition_sql(
    condition: Condition,
    text: Callable[[str], str],
    matching: Mapping[Condition, str],
    trim: str = "outer_trim",
) -> str:
    """SQL that is true or false: text is compared trimmed and without case, and what is not
    comparable does not meet it. ``text`` gives the SQL of a column's text, missing where it says
    nothing; ``matching`` the tables of :func:`matching_texts`;
    ``trim`` is the SQL function that takes the blanks off a text."""
    if condition.test in {"all", "any"}:
        word = " AND " if condition.test == "all" else " OR "
        return f"({word.join(condition_sql(p, text, matching, trim) for p in condition.parts)})"
    raw = text(condition.column)
    if condition.test in {"empty", "filled"}:
        return f"({raw} IS {'' if condition.test == 'empty' else 'NOT '}NULL)"
    if condition.test == "matches":
        return f"coalesce({trim}({raw}) IN (SELECT value FROM {matching[condition]}), FALSE)"
    if condition.test in {"less", "greater"}:
        return _compared(f"{trim}({raw})", condition)
    texts = ", ".join(literal(value.strip().casefold()) for value in condition.values) or "NULL"
    is_listed = f"coalesce({folded_sql(raw, trim)} IN ({texts}), FALSE)"
    return is_listed if condition.test == "is" else f"({raw} IS NOT NULL AND NOT {is_listed})"


def folded_sql(raw: str, trim: str = "outer_trim") -> str:
    """SQL for a text trimmed and without case; what str.casefold folds and lower() does not."""
    return f"replace(replace(lower({trim}({raw})), 'ß', 'ss'), 'ς', 'σ')"


def _compared(text: str, condition: Condition) -> str:
    bound, sign = condition.values[0], "<" if condition.test == "less" else ">"
    if re.fullmatch(_NUMBER, bound):
        number = "try_cast({} AS DECIMAL(38, 10))"
        fits = f"regexp_full_match({text}, {literal(_NUMBER)})"
        compared = f"{number.format(text)} {sign} {number.format(literal(bound))}"
    else:
        fits = f"regexp_matches({text}, {literal(f'^{_DAY}([T ]|$)')})"
        compared = f"left({text}, 10) {sign} {literal(bound)}"
    return f"coalesce({fits} AND {compared}, FALSE)"


def matching_texts(
    connection: sets.Connection, block: Block, text: Callable[[str], str], source: str
) -> dict[Condition, str]:
    """A scratch table for each regular expression of the block, with the texts that it fits.

    Python's expressions are not DuckDB's: they are asked in Python, once for each distinct text.
    ``source`` is the FROM clause of the block's rows.
    """
    conditions = [exclusion.condition for exclusion in block.exclusions]
    conditions += [field.when for field in block.fields if field.when]
    tests = [test for c in conditions for test in c.tests if test.test == "matches"]
    found: dict[Condition, str] = {}
    for test in dict.fromkeys(tests):
        name = quote(f"matching {block.name} {len(found)}")
        pattern = re.compile(test.values[0])
        rows = sets.run(
            connection,
            f"SELECT DISTINCT outer_trim({text(test.column)}) AS value {source} "
            f"WHERE {text(test.column)} IS NOT NULL",
        )
        fitting = [str(row[0]) for row in rows if pattern.fullmatch(str(row[0]))]
        table = pd.DataFrame({"value": pd.Series(fitting, dtype="str")})
        sets.put(connection, f"matching {block.name} {len(found)}", table)
        found[test] = name
    return found
