"""What values stand in the fields of dBase records, and which of them are damaged?

Whole columns at once: a field of many records is a block of bytes, one row per record. What cannot
be read keeps its raw text, and is told by a mask: blank and damaged are never the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from migrate.extractors._code_pages import cut, decode, text_column, trimmed
from migrate.extractors._dbf.header import FieldHead, Head
from migrate.extractors._dbf.memos import MemoFile
from migrate.extractors._text import text_of

_SPACE, _STAR, _ZERO = 0x20, 0x2A, 0x30
_NUMBER = r"^[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+-]?[0-9]+)?$"
_PLAIN_NUMBER = r"^-?[0-9]+(\.[0-9]+)?$"
_MONTH_DAYS = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)
_DAY_ZERO = 1721425  # the Julian day number of 0001-01-01, less one
_DAY_MS = 86_400_000


@dataclass(frozen=True)
class Values:
    """The texts of one field, missing where it is blank, and which rows are damaged, by code."""

    texts: pa.Array
    damaged: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Reader:
    """What is needed to read the fields of one table."""

    head: Head
    page: str
    memos: MemoFile | None = None

    def values(self, records: np.ndarray, of: FieldHead) -> Values:
        """Read one field of a block of records (one row of bytes each)."""
        slots = records[:, of.start : of.start + of.size]
        bits = self._bits(records, of)
        kind = self._kind(of)
        if of.is_memo:
            found = _memo_values(slots, of, self.memos, self.page)
        elif kind in ("V", "Q"):
            found = _varying(slots, bits.get("length"), kind, self.page)
        else:
            found = _READERS.get((kind, self.head.layout == 7), _text)(slots, self.page)
        if (null := bits.get("null")) is None or not null.any():
            return found
        texts = pc.if_else(pa.array(~null), found.texts, pa.scalar(None, pa.large_string()))
        damaged = {code: mask & ~null for code, mask in found.damaged.items()}
        return Values(texts, {code: mask for code, mask in damaged.items() if mask.any()})

    def _kind(self, of: FieldHead) -> str:
        width = _WIDTHS.get(of.type)
        return of.type if width is None or width == of.size else "C"

    def _bits(self, records: np.ndarray, of: FieldHead) -> dict[str, np.ndarray]:
        """Give the bits of Visual FoxPro's hidden field that speak of this field."""
        flags = next((f for f in self.head.fields if f.type == "0"), None)
        if flags is None or not self.head.is_visual_foxpro:
            return {}
        found, at = {}, 0
        for one in self.head.fields:
            for kind in ("length",) * (one.type in "VQ") + ("null",) * one.is_nullable:
                if one is of and at < flags.size * 8:
                    byte = records[:, flags.start + at // 8]
                    found[kind] = (byte >> (at % 8)) & 1 == 1
                at += 1
        return found


# -- text -------------------------------------------------------------------------------------


def _text(slots: np.ndarray, page: str) -> Values:
    return Values(*text_column(trimmed(slots), page))


def _varying(slots: np.ndarray, is_short: np.ndarray | None, kind: str, page: str) -> Values:
    """Visual FoxPro's varchar: its length is in the last byte where it does not fill the field."""
    width = slots.shape[1]
    if is_short is None:
        packed = trimmed(slots)
    else:
        lengths = np.where(is_short, np.minimum(slots[:, -1], width - 1), width)
        packed = cut(slots, lengths.astype(np.int64))
    if kind == "Q":
        raw, ends = packed.data.tobytes(), packed.ends.tolist()
        texts = [text_of(raw[start:end]) if end > start else None for start, end in pairwise(ends)]
        return Values(pa.array(texts, pa.large_string()))
    return Values(*text_column(packed, page))


def _signs(slots: np.ndarray) -> pa.Array:
    """The text of a field that holds signs only, without what fills it up at both ends."""
    return pc.utf8_trim_whitespace(text_column(trimmed(slots), "latin-1")[0])


def _bool(mask: pa.Array) -> np.ndarray:
    return np.asarray(pc.fill_null(mask, False).to_numpy(zero_copy_only=False), dtype=bool)


# -- numbers, dates, logical ------------------------------------------------------------------


def _number(slots: np.ndarray, _page: str) -> Values:
    texts = _signs(slots)
    is_blank = _bool(pc.equal(pc.utf8_length(texts), 0))
    odd = ~_bool(pc.match_substring_regex(texts, _PLAIN_NUMBER)) & ~is_blank
    if not odd.any():
        return Values(texts)
    is_number = _bool(pc.match_substring_regex(texts, _NUMBER))
    stars = odd & (slots == _STAR).any(axis=1) & ~is_number
    has_comma = odd & is_number & _bool(pc.match_substring(texts, ","))
    damaged = {
        "overflow": stars, "number_unreadable": odd & ~stars & ~is_number,
        "decimal_comma": has_comma,
    }  # fmt: skip
    rewritten = np.flatnonzero(odd & is_number & ~has_comma)
    if len(rewritten):
        listed = texts.to_pylist()
        for row in rewritten:
            listed[row] = _plain_number(listed[row])
        texts = pa.array(listed, pa.large_string())
    return Values(texts, {code: mask for code, mask in damaged.items() if mask.any()})


def _plain_number(text: str) -> str:
    """Write a number in its one form.

    >>> [_plain_number(text) for text in ("-.5", "5.", "+7", "1.5E+3")]
    ['-0.5', '5', '7', '1500']
    """
    try:
        return text_of(Decimal(text)) or text
    except InvalidOperation:
        return text


def _date(slots: np.ndarray, page: str) -> Values:
    count = len(slots)
    digits = slots.astype(np.int64) - _ZERO
    is_digits = np.asarray(((digits >= 0) & (digits <= 9)).all(axis=1))
    digits = np.where(is_digits[:, None], digits, 0)
    year = digits[:, :4] @ np.array([1000, 100, 10, 1])
    month = digits[:, 4] * 10 + digits[:, 5]
    day = digits[:, 6] * 10 + digits[:, 7]
    month_days = _MONTH_DAYS[np.minimum(month, 12)]
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    month_days = np.where((month == 2) & ~is_leap, 28, month_days)
    is_good = (
        is_digits & (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= month_days)
    )
    written = np.full((count, 10), ord("-"), np.uint8)
    written[:, [0, 1, 2, 3, 5, 6, 8, 9]] = slots
    raw = _text(slots, page)
    is_blank = _bool(pc.equal(pc.utf8_length(raw.texts), 0))
    texts, _ = text_column(cut(written, np.where(is_good, 10, 0)), "ascii")
    if (damaged := ~is_good & ~is_blank).any():
        texts = pc.if_else(pa.array(damaged), raw.texts, texts)
        return Values(texts, {"date_unreadable": damaged})
    return Values(texts)


_LOGICAL = {"T": "true", "t": "true", "Y": "true", "y": "true",
            "F": "false", "f": "false", "N": "false", "n": "false", "?": ""}  # fmt: skip


def _logical(slots: np.ndarray, page: str) -> Values:
    raw = _text(slots, page).texts.dictionary_encode()
    distinct = raw.dictionary.to_pylist()
    texts = pa.array([_LOGICAL.get(text, text) for text in distinct], pa.large_string())
    odd = np.array([bool(text) and text not in _LOGICAL for text in distinct], bool)
    damaged = odd[raw.indices.to_numpy()]
    return Values(texts.take(raw.indices), {"logical_unreadable": damaged} if damaged.any() else {})


# -- binary fields ----------------------------------------------------------------------------


def _by_distinct(
    numbers: np.ndarray, is_blank: np.ndarray, text: Callable[[int], str | None]
) -> pa.Array:
    distinct, at = np.unique(numbers, return_inverse=True)
    texts = pa.array([text(value) for value in distinct.tolist()], pa.large_string())
    taken = texts.take(pa.array(at.reshape(-1)))
    return pc.if_else(pa.array(~is_blank), taken, pa.scalar(None, pa.large_string()))


def _as(slots: np.ndarray, kind: str) -> np.ndarray:
    return np.ascontiguousarray(slots).view(kind).reshape(len(slots))


def _is_spaces(slots: np.ndarray) -> np.ndarray:
    return np.asarray((slots == _SPACE).all(axis=1))


def _is_zeros(slots: np.ndarray) -> np.ndarray:
    return np.asarray((slots == 0).all(axis=1))


def _integer(slots: np.ndarray, _page: str) -> Values:
    return Values(_by_distinct(_as(slots, "<i4"), _is_spaces(slots), str))


def _integer_7(slots: np.ndarray, _page: str) -> Values:
    """dBase 7: big-endian, the sign bit turned so that the bytes sort; all zeros is blank."""
    numbers = _as(slots, ">u4").astype(np.int64) - (1 << 31)
    return Values(_by_distinct(numbers, _is_zeros(slots) | _is_spaces(slots), str))


def _currency(slots: np.ndarray, _page: str) -> Values:
    def text(value: int) -> str:
        return format(Decimal(value).scaleb(-4).normalize(), "f")

    return Values(_by_distinct(_as(slots, "<i8"), _is_spaces(slots), text))


def _double(slots: np.ndarray, _page: str) -> Values:
    return Values(_by_distinct(_as(slots, "<f8"), _is_spaces(slots), text_of))


def _double_7(slots: np.ndarray, _page: str) -> Values:
    return Values(
        _by_distinct(_sorted_double(slots), _is_zeros(slots) | _is_spaces(slots), text_of)
    )


def _sorted_double(slots: np.ndarray) -> np.ndarray:
    """dBase 7 turns the sign bit of a double, and all bits of a negative one, so that they sort."""
    raw = _as(slots, ">u8").astype(np.uint64)
    sign = np.uint64(1 << 63)
    turned = np.where(raw & sign, raw ^ sign, ~raw)
    return turned.astype(np.uint64).view(np.float64)


def _moment(slots: np.ndarray, _page: str) -> Values:
    """FoxPro's datetime: a Julian day number and milliseconds; both zero is blank."""
    pairs = np.ascontiguousarray(slots).view("<i4").reshape(len(slots), 2).astype(np.int64)
    return _moments(pairs[:, 0], pairs[:, 1], slots)


def _moment_7(slots: np.ndarray, _page: str) -> Values:
    """dBase 7's timestamp: two big-endian numbers, or milliseconds since year 1 as a double."""
    pairs = np.ascontiguousarray(slots).view(">i4").reshape(len(slots), 2).astype(np.int64)
    day, ms = pairs[:, 0], pairs[:, 1]
    is_double = (day < 0) | (day >= 0x4000_0000)
    if is_double.any():
        total = np.nan_to_num(_sorted_double(slots), nan=0.0, posinf=0.0, neginf=0.0)
        whole = np.clip(np.rint(total), 0, 4e14).astype(np.int64)
        day = np.where(is_double, whole // _DAY_MS + _DAY_ZERO, day)
        ms = np.where(is_double, whole % _DAY_MS, ms)
    return _moments(day, ms, slots)


def _moments(day: np.ndarray, ms: np.ndarray, slots: np.ndarray) -> Values:
    is_blank = _is_zeros(slots) | _is_spaces(slots)
    last = _DAY_ZERO + date.max.toordinal()
    is_good = (day > _DAY_ZERO) & (day <= last) & (ms >= 0) & (ms < _DAY_MS)
    packed = np.where(is_good, day * _DAY_MS + ms, 0)
    texts = _by_distinct(packed, is_blank | ~is_good, _moment_text)
    damaged = ~is_good & ~is_blank
    if damaged.any():
        raw = pa.array([text_of(row.tobytes()) for row in slots], pa.large_string())
        texts = pc.if_else(pa.array(damaged), raw, texts)
        return Values(texts, {"moment_unreadable": damaged})
    return Values(texts)


def _moment_text(packed: int) -> str:
    day, ms = divmod(packed, _DAY_MS)
    if not packed:
        return ""
    text = date.fromordinal(day - _DAY_ZERO).isoformat()
    if not ms:
        return text
    clock = timedelta(milliseconds=ms)
    seconds, micro = divmod(clock // timedelta(microseconds=1), 1_000_000)
    fraction = f".{micro:06d}".rstrip("0") if micro else ""
    return f"{text}T{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{fraction}"


_WIDTHS = {"B": 8, "D": 8, "L": 1, "T": 8, "@": 8, "O": 8, "Y": 8, "I": 4, "+": 4}
_READERS: dict[tuple[str, bool], Callable[[np.ndarray, str], Values]] = {
    ("N", False): _number, ("N", True): _number, ("F", False): _number, ("F", True): _number,
    ("D", False): _date, ("D", True): _date, ("L", False): _logical, ("L", True): _logical,
    ("I", False): _integer, ("I", True): _integer_7, ("+", False): _integer,
    ("+", True): _integer_7, ("Y", False): _currency, ("Y", True): _currency,
    ("B", False): _double, ("B", True): _double, ("O", True): _double_7, ("O", False): _double_7,
    ("T", False): _moment, ("T", True): _moment_7, ("@", False): _moment_7, ("@", True): _moment_7,
}  # fmt: skip


# -- memos ------------------------------------------------------------------------------------


def pointers_of(slots: np.ndarray) -> tuple[np.ndarray, pa.Array]:
    """Give the block numbers of memo pointers (0: no memo, -1: not a number), and their raw text."""
    if slots.shape[1] == 4:
        numbers = _as(slots, "<u4").astype(np.int64)
        numbers = np.where(_is_spaces(slots), 0, numbers)
        return numbers, pa.array([str(n) for n in numbers.tolist()], pa.large_string())
    raw = _signs(slots)
    digits = pc.match_substring_regex(raw, "^[0-9]{1,10}$")
    blank = pc.equal(pc.utf8_length(raw), 0)
    numbers = pc.if_else(digits, raw, pc.if_else(blank, "0", "-1")).cast(pa.int64())
    return numbers.to_numpy(zero_copy_only=False), raw


def _memo_values(slots: np.ndarray, of: FieldHead, memos: MemoFile | None, page: str) -> Values:
    blocks, raw = pointers_of(slots)
    texts: list[str | None] = [None] * len(blocks)
    damaged: dict[str, np.ndarray] = {}

    def tell(code: str, row: int) -> None:
        damaged.setdefault(code, np.zeros(len(blocks), bool))[row] = True

    for row in np.flatnonzero(blocks).tolist():
        found = memos.read(int(blocks[row])) if memos else None
        if memos is None or found is None:
            tell("memo_unreadable" if memos else "memo_missing", row)
            texts[row] = raw[row].as_py()
        elif of.type == "M":
            texts[row], odd = memo_text(found, page, memos.kind)
            for code in odd:
                tell(code, row)
        elif found:
            texts[row] = text_of(found)
    return Values(pa.array(texts, pa.large_string()), damaged)


def memo_text(raw: bytes, page: str, kind: str) -> tuple[str, list[str]]:
    """Read a memo's bytes, and tell what was odd about them (codes of Issues).

    The editors of dBase and Clipper wrap lines by the pair 8D 0A, which is no line end of the
    writer's: it is read as the space it stands for.

    >>> memo_text(b"a long\\x8d\\nline\\r\\nnext", "cp852", "iii")
    ('a long line\\r\\nnext', ['soft_line_breaks'])
    """
    odd = []
    raw = raw.rstrip(b"\0")
    if kind != "fpt" and not page.startswith("utf") and b"\x8d\n" in raw:
        raw = raw.replace(b" \x8d\n", b" ").replace(b"\x8d\n", b" ")
        odd.append("soft_line_breaks")
    if b"\0" in raw:
        raw = raw.replace(b"\0", b" ")
        odd.append("nul_bytes")
    try:
        return decode(raw, page, "strict"), odd
    except UnicodeDecodeError:
        return decode(raw, page), [*odd, "undecodable_bytes"]
