"""Which refused row is this line of a workbook? A key that survives sorting, and shows damage."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

_CHECK_LENGTH = 8


class RowKey(NamedTuple):
    """What names one refused row, and the hash of the raw value that was refused."""

    record_id: int
    block: str
    part: str
    code: str
    column: str
    base_hash: str

    @property
    def place(self) -> tuple[int, str, str, str, str]:
        """The row without its value: the same in every run."""
        return self[:5]


def key_text(key: RowKey) -> str:
    """The hidden key as one text with a check sum, so that a damaged one is noticed.

    >>> key_text(RowKey(7, "people", "", "too_long", "name", "ab12"))
    '42f6b7b5 [7,"people","","too_long","name","ab12"]'
    """
    content = json.dumps(list(key), separators=(",", ":"))
    return f"{_check_sum(content)} {content}"


def read_key(text: str) -> RowKey | None:
    """The key that a hidden text holds, or None where it is damaged.

    >>> read_key(key_text(RowKey(7, "people", "", "too_long", "name", "ab12"))).code
    'too_long'
    >>> read_key('42f6b7b5 [8,"people","","too_long","name","ab12"]') is None
    True
    """
    check, _, content = text.strip().partition(" ")
    return RowKey(*json.loads(content)) if check == _check_sum(content) else None


def row_keys(rows: pd.DataFrame) -> Iterator[RowKey]:
    """The key of each refused row."""
    texts = [texts_of(rows[name]) for name in RowKey._fields[1:]]
    for record_id, *rest in zip(rows["record_id"], *texts, strict=True):
        yield RowKey(int(record_id), *rest)


def texts_of(values: pd.Series) -> list[str]:
    """A column as texts, "" where nothing is."""
    if pd.api.types.is_numeric_dtype(values):
        return ["" if pd.isna(value) else str(int(value)) for value in values]
    return values.astype("str").fillna("").tolist()


def _check_sum(content: str) -> str:
    return hashlib.sha256(content.encode("utf-8")).hexdigest()[:_CHECK_LENGTH]
