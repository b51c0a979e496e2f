"""Which 18 characters are the safe form of a Salesforce id of 15, and which id was damaged?

An id of 15 characters tells upper from lower case, which spreadsheets and most databases do not
when they compare. The form of 18 adds three characters that say where the capitals are. Ids of 15
get them before anything is compared; an id of 18 is never changed.
"""

from __future__ import annotations

import re

import pandas as pd

_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHORT = re.compile(r"[A-Za-z0-9]{15}")
_LONG = re.compile(r"[A-Za-z0-9]{18}")


def checksum(short: str) -> str:
    """Give the three characters that say where the capitals of 15 are: five bits each.

    >>> checksum("0036e00004P27R7"), checksum("0014000000Lmabc")
    ('AAJ', 'AAB')
    """
    return "".join(
        _DIGITS[sum(1 << bit for bit in range(5) if "A" <= short[start + bit] <= "Z")]
        for start in (0, 5, 10)
    )


def long_id(text: str) -> str:
    """Give an id's form of 18 characters; what is no id of 15 stays as it is.

    >>> long_id("0036e00004P27R7"), long_id("0036e00004P27R7AAJ"), long_id("n/a")
    ('0036e00004P27R7AAJ', '0036e00004P27R7AAJ', 'n/a')
    """
    return text + checksum(text) if _SHORT.fullmatch(text) else text


def is_damaged(text: str) -> bool:
    """Tell an id of 18 whose capitals are not where its end says: somebody changed its case.

    >>> is_damaged("0036e00004P27R7AAJ"), is_damaged("0036E00004P27R7AAJ")
    (False, True)
    """
    return _LONG.fullmatch(text) is not None and checksum(text[:15]) != text[15:].upper()


def is_id(text: str) -> bool:
    """Tell whether a text has the form of an id, with its checksum right where it has one.

    Fifteen letters may be a word and fifteen digits a number: an id of 15 holds letters and, in
    the ids that are published, four zeros or more (inferred; nothing documents it).

    >>> [is_id(text) for text in ("a0B4x00000ABcde", "Internationally", "0036e00004P27R7AAJ")]
    [True, False, True]
    """
    if _LONG.fullmatch(text):
        return checksum(text[:15]) == text[15:]
    return _SHORT.fullmatch(text) is not None and (
        text.count("0") >= 4 and any(c.isalpha() for c in text)
    )


def long_ids(values: pd.Series) -> tuple[pd.Series, int, list[str]]:
    """Give a column with every id of 15 as 18, how many were, and the damaged ones of 18."""
    distinct = [text for text in values.dropna().unique() if isinstance(text, str)]
    short = {text: long_id(text) for text in distinct if _SHORT.fullmatch(text)}
    damaged = [text for text in distinct if is_damaged(text)]
    if not short:
        return values, 0, damaged
    is_short = values.isin(list(short))
    return values.mask(is_short, values.map(short)), int(is_short.sum()), damaged
