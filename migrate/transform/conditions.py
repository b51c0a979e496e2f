"""Which rows meet a condition, and of which can nobody say?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import reduce

import pandas as pd

from migrate.specs.conditionfile import PLAIN_DATE, PLAIN_NUMBER
from migrate.specs.mapping import Condition

_DAY = re.compile(rf"({PLAIN_DATE.pattern})([T ].*)?", re.DOTALL)


def meets(frame: pd.DataFrame, condition: Condition) -> pd.Series:
    """A mask of the rows that meet a condition; text is compared trimmed and without case.

    What is not comparable (see :func:`incomparable`) does not meet it.

    >>> rows = pd.DataFrame({"deleted": ["1", "0", None], "amount": ["7", "12.5", "x"]}, dtype="str")
    >>> meets(rows, Condition("deleted", "is", ("1",))).tolist()
    [True, False, False]
    >>> meets(rows, Condition("amount", "greater", ("10",))).tolist()
    [False, True, False]
    """
    if condition.test in {"all", "any"}:
        masks = [meets(frame, part) for part in condition.parts]
        both = (lambda a, b: a & b) if condition.test == "all" else (lambda a, b: a | b)
        return reduce(both, masks)
    values = frame[condition.column].str.strip()
    filled = (values.notna() & (values != "")).astype(bool)
    if condition.test == "filled":
        return filled
    if condition.test == "empty":
        return ~filled
    if condition.test == "matches":
        return _by_text(values, filled, re.compile(condition.values[0]).fullmatch)
    if condition.test in {"less", "greater"}:
        return _compared(values, condition)
    listed = values.str.casefold().isin([v.strip().casefold() for v in condition.values])
    return listed if condition.test == "is" else filled & ~listed


def incomparable(frame: pd.DataFrame, condition: Condition) -> pd.Series:
    """A mask of the rows whose text ``less`` or ``greater`` cannot compare with its bound.

    >>> rows = pd.DataFrame({"amount": ["7", "1.234,50", None]}, dtype="str")
    >>> incomparable(rows, Condition("amount", "less", ("10",))).tolist()
    [False, True, False]
    """
    values = frame[condition.column].str.strip()
    filled = (values.notna() & (values != "")).astype(bool)
    form = PLAIN_NUMBER if PLAIN_NUMBER.fullmatch(condition.values[0]) else _DAY
    return filled & ~_by_text(values, filled, form.fullmatch)


def _compared(values: pd.Series, condition: Condition) -> pd.Series:
    bound = condition.values[0]
    if PLAIN_NUMBER.fullmatch(bound):
        fits = values.where(values.str.fullmatch(PLAIN_NUMBER.pattern).fillna(False).astype(bool))
        order = _by_decimal(fits, bound)
    else:
        # days as texts: in this form they are in the order of time
        days = values.str.extract(rf"^(?:{_DAY.pattern})$", expand=True, flags=re.DOTALL)[0]
        order = (days > bound).astype(int) - (days < bound).astype(int)
        order = order.where(days.notna(), 0)
    return (order < 0) if condition.test == "less" else (order > 0)


def _by_decimal(values: pd.Series, bound: str) -> pd.Series:
    """-1, 0 or 1 for each plain number against the bound; 0 for what is missing."""
    limit = Decimal(bound)
    known = {text: Decimal(text) for text in values.dropna().unique()}
    order = {text: (number > limit) - (number < limit) for text, number in known.items()}
    return values.map(order).fillna(0).astype(int)


def _by_text(values: pd.Series, filled: pd.Series, test: Callable[[str], object]) -> pd.Series:
    """A mask of the filled values that pass a test, which is asked once for each distinct text."""
    passing = [text for text in values[filled].unique() if test(text)]
    return values.isin(passing) & filled


def size_tests(conditions: Iterable[Condition]) -> list[Condition]:
    """The tests that compare sizes, once each."""
    found = [test for condition in conditions for test in condition.tests]
    return list(dict.fromkeys(test for test in found if test.test in {"less", "greater"}))
