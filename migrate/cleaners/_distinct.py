"""How is a rule for one value applied to a whole column? Once per distinct value."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

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
    readings: list[Reading] = []
    if beside is None:
        readings = [_settled(t, Reading("") if _is_blank(t) else read(t)) for t in originals]
        places = np.where(codes < 0, len(readings), codes)
    else:
        beside_codes, beside_texts = pd.factorize(beside.array)
        companions = ["", *(str(text) for text in beside_texts)]
        keys = np.where(codes < 0, -1, codes * len(companions) + beside_codes + 1)
        dense, pairs = pd.factorize(keys[keys >= 0])
        for key in pairs.tolist():
            place, companion = divmod(key, len(companions))
            text = originals[place]
            reading = Reading("") if _is_blank(text) else read(text, companions[companion])
            readings.append(_settled(text, reading))
        places = np.full(len(keys), len(readings))
        places[keys >= 0] = dense
    readings.append(Reading("", "", SAME))  # of what is missing

    def spread(column: list[str]) -> pd.Series:
        if not any(column):
            return pd.Series(np.nan, index=values.index, dtype="str")
        found = pd.array([text or None for text in column], dtype="str")
        return pd.Series(found.take(places), index=values.index)

    columns = {"value": spread([reading.value for reading in readings])}
    for number, part in enumerate(parts):
        columns[part] = spread([r.parts[number] if number < len(r.parts) else "" for r in readings])
    return Cleaned(
        columns=pd.DataFrame(columns, index=values.index),
        status=spread([reading.status for reading in readings]),
        rule=spread([reading.rule for reading in readings]),
    )


def _is_blank(text: str) -> bool:
    if text and text[0].isalnum():  # of nearly every value, and much faster to see
        return False
    return _BLANK.fullmatch(text) is not None


def _settled(text: str, reading: Reading) -> Reading:
    """The reading with its status filled in; what is unreadable keeps its original text."""
    if reading.status == UNREADABLE:
        return Reading(text, reading.rule, UNREADABLE, reading.parts)
    if reading.status:
        return reading
    if reading.value == text and text:
        return Reading(text, "", SAME, reading.parts)
    rule = reading.rule or ("tidied" if reading.value else "blank")
    return Reading(reading.value, rule, CHANGED, reading.parts)
