"""Which text identifies a row for ever, whatever its place in the file."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence

import pandas as pd

_SEPARATOR = "|"


def row_hashes(frame: pd.DataFrame) -> pd.Series:
    """A hash of each row's content, over all columns in order of their names; 16 hex digits.

    >>> one = row_hashes(pd.DataFrame({"a": ["x"], "b": ["y"]}, dtype="str"))
    >>> two = row_hashes(pd.DataFrame({"b": ["y"], "a": ["x"]}, dtype="str"))
    >>> bool((one == two).all())
    True
    """
    joined = pd.Series("", index=frame.index, dtype="str")
    for name in sorted(frame.columns):
        # missing and empty text must differ, hence the mark in front of what is there
        joined = joined + ("+" + frame[name]).fillna("-") + "\x1f"
    return pd.Series([text_hash(text) for text in joined], index=frame.index, dtype="str")


def text_hash(text: str) -> str:
    """16 hex digits of BLAKE2b: enough to tell versions of one row apart."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def normal_key(values: pd.Series, *, digits: int = 0) -> pd.Series:
    """Key texts in the one form in which they are compared: NFC, trimmed, zeros restored.

    >>> normal_key(pd.Series([" 1234", "A-7"], dtype="str"), digits=6).tolist()
    ['001234', 'A-7']
    """
    trimmed = values.str.strip()
    if not trimmed.str.isascii().all():
        trimmed = trimmed.map(lambda t: unicodedata.normalize("NFC", t), na_action="ignore")
    trimmed = trimmed.astype("str")
    trimmed = trimmed.where(trimmed != "")
    if digits:
        trimmed = trimmed.where(
            ~trimmed.str.fullmatch(r"\d+").fillna(False), trimmed.str.zfill(digits)
        )
    return trimmed


def record_keys(frame: pd.DataFrame, columns: Sequence[str], *, digits: int = 0) -> pd.Series:
    """The key of each row, missing where any part of it is.

    Several columns are joined with ``|`` (a ``|`` or ``\\`` inside a value is escaped).

    >>> record_keys(pd.DataFrame({"a": ["1", "2"], "b": ["x|y", None]}, dtype="str"), ["a", "b"]).tolist()
    ['1|x\\\\|y', nan]
    """
    parts = [normal_key(frame[name], digits=digits) for name in columns]
    if len(parts) == 1:
        return parts[0]
    escaped = [
        part.str.replace("\\", "\\\\", regex=False).str.replace(_SEPARATOR, "\\|", regex=False)
        for part in parts
    ]
    key = escaped[0]
    for part in escaped[1:]:
        key = key + _SEPARATOR + part
    return key


def distinct_key(frame: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """The key of a parent derived from repeated text: compared without case, missing when empty.

    >>> distinct_key(pd.DataFrame({"firm": [" ACME ", "Acme", None]}, dtype="str"), ["firm"]).tolist()
    ['acme', 'acme', nan]
    """
    keys = record_keys(frame, columns).str.casefold()
    long = keys.str.len() > 120
    return keys.where(~long.fillna(False), keys.map(text_hash, na_action="ignore").astype("str"))


def derived_keys(hashes: pd.Series, seen: dict[str, int]) -> pd.Series:
    """Keys for rows without one: content hash and occurrence. ``seen`` carries the counts along."""
    keys = []
    for value in hashes:
        seen[value] = seen.get(value, 0) + 1
        keys.append(f"hash:{value}#{seen[value]}")
    return pd.Series(keys, index=hashes.index, dtype="str")
