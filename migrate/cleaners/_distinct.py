"""How is a rule for one value applied to a whole column? Once per distinct value."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from migrate.values import CHANGED, SAME, UNREADABLE, Cleaned

# Spaces, controls and the invisible characters that web pages and Outlook leave behind.
_BLANK = re.compile(
    "[\\s\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]*"
)


class Reading(NamedTuple):
    """What a rule made of one text.

    ``status`` is left empty where comparing ``value`` with the original tells it. ``parts`` follow
    the order in which the cleaner declares them; an empty part is a missing one.
    """

    value: str
    rule: str = ""
    status: str = ""
    parts: tuple[str, ...] = ()


_BLANKED = Reading("")


def read_distinct(
    values: pd.Series,
    read: Callable[..., Reading],
    *,
    parts: tuple[str, ...] = (),
    beside: pd.Series | None = None,
) -> Cleaned:
    """Apply ``read(text)``, or ``read(text, companion)``, to each distinct text of a column.

    >>> cleaned = read_distinct(pd.Series(["a", None, "a"], dtype="str"), lambda t: Reading(t * 2))
    >>> cleaned.columns["value"].tolist()
    ['aa', nan, 'aa']
    >>> cleaned.status.tolist()
    ['changed', 'same', 'changed']
    """
    codes, texts = pd.factorize(values.array)
    originals: list[str] = np.asarray(texts, dtype=object).tolist()  # one by one from Arrow is slow
    results = _Results(parts)
    if beside is None:
        for text in originals:
            results.add(text, _BLANKED if _is_blank(text) else read(text))
        places = np.where(codes < 0, len(originals), codes)
    else:
        beside_codes, beside_texts = pd.factorize(beside.array)
        companions = ["", *(str(text) for text in beside_texts)]
        keys = np.where(codes < 0, -1, codes * len(companions) + beside_codes + 1)
        dense, pairs = pd.factorize(keys[keys >= 0])
        for key in pairs.tolist():
            place, companion = divmod(key, len(companions))
            text = originals[place]
            results.add(text, _BLANKED if _is_blank(text) else read(text, companions[companion]))
        places = np.full(len(keys), len(pairs))
        places[keys >= 0] = dense
    return results.spread(values, places)


class _Results:
    """What became of each distinct text, in lists that are spread over the column at the end."""

    def __init__(self, parts: tuple[str, ...]) -> None:
        self._names = parts
        self._values: list[str] = []
        self._parts: list[tuple[str, ...]] = []
        self._statuses: list[str] = []
        self._rules: list[str] = []
        self._is_changed = False

    def add(self, text: str, reading: Reading) -> None:
        """Settle the status, where comparing tells it; what is unreadable keeps its own text."""
        value, rule, status, parts = reading
        if status == UNREADABLE:
            value = text
        elif not status:
            if value == text and text:
                rule, status = "", SAME
            else:
                rule, status = rule or ("tidied" if value else "blank"), CHANGED
        if value != text or not text:
            self._is_changed = True
        self._values.append(value)
        self._parts.append(parts)
        self._statuses.append(status)
        self._rules.append(rule)

    def spread(self, values: pd.Series, places: np.ndarray[Any, Any]) -> Cleaned:
        """Each result to the rows that hold its text; one more result is that of a missing value."""
        index = values.index

        def texts(column: list[str]) -> pd.Series:
            if not any(column):
                return pd.Series(np.nan, index=index, dtype="str")
            found = pd.array([*(text or None for text in column), None], dtype="str")
            return pd.Series(found.take(places), index=index)

        def names(column: list[str], missing: str) -> pd.Series:
            known = {missing: 0}
            codes = [known.setdefault(name, len(known)) for name in column]
            found = pd.array([name or None for name in known], dtype="str")
            return pd.Series(found.take(np.array([*codes, 0])[places]), index=index)

        columns = {"value": texts(self._values) if self._is_changed else values.astype("str")}
        for number, part in enumerate(self._names):
            columns[part] = texts([p[number] if number < len(p) else "" for p in self._parts])
        return Cleaned(
            columns=pd.DataFrame(columns, index=index),
            status=names(self._statuses, SAME),
            rule=names(self._rules, ""),
        )


def _is_blank(text: str) -> bool:
    if text and text[0].isalnum():  # of nearly every value, and much faster to see
        return False
    return _BLANK.fullmatch(text) is not None
