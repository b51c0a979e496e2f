"""Which 18 characters are the safe form of a Salesforce id of 15, and which id was damaged?

An id of 15 characters tells upper from lower case, which spreadsheets and most databases do not
when they compare. The form of 18 adds three characters that say where the capitals are. Ids of 15
get them before anything is compared; an id of 18 is never changed.
"""

from __future__ import annotations

import re
from functools import lru_cache

import pandas as pd
import pyarrow as pa

_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHORT = re.compile(r"[A-Za-z0-9]{15}")
_LONG = re.compile(r"[A-Za-z0-9]{18}")


def checksum(short: str) -> str:
    """Give the three characters that say where the capitals of 15 are: five bits each.

    >>> checksum("0036e00004P27R7"), checksum("0014000000Lmabc")
    ('AAJ', 'AAB')
    """
    return _digit(short[:5]) + _digit(short[5:10]) + _digit(short[10:15])


@lru_cache(maxsize=1 << 16)
def _digit(five: str) -> str:
    return _DIGITS[sum(1 << bit for bit, letter in enumerate(five) if "A" <= letter <= "Z")]


def long_id(text: str) -> str:
    """Give an id's form of 18 characters; what is no id of 15 stays as it is.

    >>> long_id("0036e00004P27R7"), long_id("0036e00004P27R7AAJ"), long_id("n/a")
    ('0036e00004P27R7AAJ', '0036e00004P27R7AAJ', 'n/a')
    """
    return text + checksum(text) if len(text) == 15 and _SHORT.fullmatch(text) else text


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


def long_ids(values: pd.Series) -> tuple[list[str | None], int, list[str]]:
    """Give a column with every id of 15 as 18, how many were, and the damaged ones of 18."""
    known: dict[str, str] = {}
    damaged: list[str] = []
    made: list[str | None] = []
    changed = 0
    for text in pa.array(values, pa.large_string()).to_pylist():
        if text is None:
            made.append(None)
            continue
        found = known.get(text)
        if found is None:
            found = known[text] = long_id(text) if len(text) == 15 else text
            if len(text) == 18 and is_damaged(text):
                damaged.append(text)
        changed += found is not text
        made.append(found)
    return made, changed, damaged
