"""What is the one text form of what a database sends, a whole column at a time?

The forms are those of :func:`migrate.extractors._text.text_of`; here they are made from text that
the server wrote, because a driver's own types know neither infinity nor the 0th of a month.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from migrate.extractors._text import text_of

TEXT, CHAR, NUMBER, FLOAT, FLOAT32, BOOLEAN, BITS, BYTES, DAY, MOMENT, INSTANT, OTHER = (
    "text", "char", "number", "float", "float32", "boolean", "bits", "bytes", "day", "moment",
    "instant", "other",
)  # fmt: skip
TEXT_KINDS = (TEXT, CHAR)
_LARGE = pa.large_string()
_EXACT = 2.0**53  # beyond it the digits of a float's shortest text are not those of its integer


@dataclass(frozen=True)
class SourceColumn:
    """A column as it is read: its name, the type that is declared, and the kind of its texts.

    ``is_large`` marks values of any length (LONGTEXT, LONGBLOB), which are fetched one by one;
    ``page`` is the code page of its bytes that are no UTF-8, empty where none is known; ``cast`` is
    how it is asked for where its bare name will not do ({} stands for the name).
    """

    name: str
    type: str = "text"
    kind: str = TEXT
    is_large: bool = False
    page: str = ""
    cast: str = ""


@dataclass(frozen=True)
class Part:
    """A batch: its columns as texts, and by position what was met in them.

    ``mixed`` are the columns whose values are of several types, ``not_utf8`` how many texts of a
    column were other bytes than UTF-8.
    """

    columns: tuple[pa.Array, ...]
    mixed: frozenset[int] = frozenset()
    not_utf8: Mapping[int, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return len(self.columns[0])


def part_of(columns: Sequence[SourceColumn], values: Sequence[Sequence[object]]) -> Part:
    """Make a batch of columns of Python values."""
    arrays: list[pa.Array] = []
    mixed: set[int] = set()
    not_utf8: dict[int, int] = {}
    for index, (column, found) in enumerate(zip(columns, values, strict=True)):
        if column.cast and all(value is None or isinstance(value, bytes) for value in found):
            # A text without a character set comes as the bytes that it is.
            texts, odd = decoded_texts(found, column.page)
            arrays.append(standard_texts(texts, CHAR if column.kind == CHAR else OTHER))
        else:
            texts, is_mixed, odd = column_texts(found, column.kind, column.page)
            arrays.append(texts)
            mixed |= {index} if is_mixed else set()
        if odd:
            not_utf8[index] = odd
    return Part(tuple(arrays), frozenset(mixed), not_utf8)


def standard_texts(values: pa.Array, kind: str) -> pa.Array:
    """Give the one text form of a column that came as text from the server.

    >>> moments = pa.array(["2019-03-01 00:00:00", "2019-03-01 10:05:00.500", "infinity", None])
    >>> standard_texts(moments, MOMENT).to_pylist()
    ['2019-03-01', '2019-03-01T10:05:00.5', 'infinity', None]
    >>> standard_texts(pa.array(["2019-03-01 00:00:00+00"]), INSTANT).to_pylist()
    ['2019-03-01T00:00:00+00:00']
    >>> standard_texts(pa.array(["t", "f"]), BOOLEAN).to_pylist()
    ['true', 'false']
    >>> standard_texts(pa.array(["1e-07", "1e+20", "0.5", "NaN"]), FLOAT).to_pylist()
    ['0.0000001', '100000000000000000000', '0.5', 'NaN']
    >>> standard_texts(pa.array(["AB  ", "  x"]), CHAR).to_pylist()
    ['AB', '  x']
    """
    form = _FORMS.get(kind)
    texts = values.cast(_LARGE)
    return form(texts) if form else texts


def column_texts(values: Sequence[object], kind: str, page: str = "") -> tuple[pa.Array, bool, int]:
    """Give the texts of a column of Python values, whether several types stood in it, and how many
    of its texts were no UTF-8.

    >>> texts, is_mixed, _ = column_texts([1, None, "x"], OTHER)
    >>> texts.to_pylist(), is_mixed
    (['1', None, 'x'], True)
    """
    types = set(map(type, values))
    types.discard(type(None))
    is_mixed = len(types) > 1 and not types <= {int, float, Decimal}
    last = CHAR if kind == CHAR else OTHER
    if types == {int} and kind != BITS:
        try:
            return pa.array(values, pa.int64()).cast(_LARGE), is_mixed, 0
        except (pa.ArrowInvalid, OverflowError):
            pass  # beyond 64 bits
    if types == {float}:
        floats = pa.array(values, pa.float64())
        bounds = pc.min_max(floats).as_py()
        if bounds["min"] > -_EXACT and bounds["max"] < _EXACT:
            return _of_floats(floats), is_mixed, 0
    if types != {str}:
        if kind == BITS:
            values = [int.from_bytes(v, "big") if isinstance(v, bytes) else v for v in values]
        values = [value if type(value) is str else _text_of(value) for value in values]
    try:
        return standard_texts(pa.array(values, _LARGE), last), is_mixed, 0
    except UnicodeEncodeError:
        raw = [v.encode("utf-8", "surrogateescape") if isinstance(v, str) else None for v in values]
        texts, odd = decoded_texts(raw, page)
        return standard_texts(texts, last), is_mixed, odd


def _of_floats(values: pa.Array) -> pa.Array:
    """The texts of floats: the shortest that means the same, without exponent and ``.0``."""
    texts = standard_texts(values.cast(_LARGE), FLOAT)
    return replaced(texts, {"-0": "0", "nan": "NaN"})


def decoded_texts(values: Sequence[Any], page: str = "") -> tuple[pa.Array, int]:
    r"""Decode texts one by one: as UTF-8, else by the page; without one the bytes stay visible.

    >>> found, odd = decoded_texts([b"Ko\xe8i", "Koči".encode()], "cp1250")
    >>> found.to_pylist(), odd
    (['Koči', 'Koči'], 1)
    >>> decoded_texts([b"Ko\xe8i"])[0].to_pylist()
    ['Ko\\xe8i']
    """
    texts: list[str | None] = []
    odd = 0
    for value in values:
        try:
            texts.append(None if value is None else value.decode())
        except UnicodeDecodeError:
            odd += 1
            texts.append((value or b"").decode(page or "utf-8", "backslashreplace"))
    return pa.array(texts, _LARGE), odd


def _text_of(value: object) -> str | None:
    if isinstance(value, float) and value != value:
        return "NaN"  # a database that holds it says so; nothing would hide it
    return text_of(value)


def _booleans(values: pa.Array) -> pa.Array:
    return pc.if_else(
        pc.equal(values, "t"), "true", pc.if_else(pc.equal(values, "f"), "false", values)
    )


def _moments(values: pa.Array) -> pa.Array:
    if _all_seconds(values):
        texts = pc.utf8_replace_slice(values, 10, 11, "T")
    else:
        fraction = pc.replace_substring_regex(values, r"^(\d\S* \d\S*\.\d*?)0+$", r"\1")
        fraction = pc.replace_substring_regex(fraction, r"^(\d\S* \d\S*)\.$", r"\1")
        texts = pc.replace_substring_regex(fraction, r"^(\d\S*) (\d[\d:.]*)$", r"\1T\2")
    is_midnight = pc.fill_null(pc.ends_with(texts, "T00:00:00"), False)
    if not pc.any(is_midnight).as_py():
        return texts
    return pc.if_else(is_midnight, pc.utf8_slice_codeunits(texts, 0, -9), texts)


def _all_seconds(values: pa.Array) -> bool:
    """Tell a column of plain moments ("2019-03-01 10:05:00"), which need no regular expression."""
    lengths = pc.min_max(pc.binary_length(values)).as_py()
    if lengths["min"] != 19 or lengths["max"] != 19:
        return False
    return bool(pc.all(pc.equal(pc.utf8_slice_codeunits(values, 10, 11), " ")).as_py())


def _instants(values: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(values, r"^(\d\S*) (\d[\d:.]*)\+00$", r"\1T\2+00:00")


def _floats(values: pa.Array) -> pa.Array:
    is_short = pc.fill_null(pc.match_substring(values, "e", ignore_case=True), False)
    if not pc.any(is_short).as_py():
        return values
    return _changed(values, is_short, _plain_number)


def _plain_number(text: str) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return format(number, "f") if number.is_finite() else text


def _floats32(values: pa.Array) -> pa.Array:
    """Doubles that stand for 4-byte floats: the shortest text that means the same float."""
    distinct = pc.unique(values.drop_null()).to_pylist()
    short = [_plain_number(str(np.float32(text))) for text in distinct]
    plain = [text.removesuffix(".0") for text in short]
    return replaced(values, dict(zip(distinct, plain, strict=True)))


def _without_padding(values: pa.Array) -> pa.Array:
    return pc.utf8_rtrim(values, " ")


_FORMS: dict[str, Callable[[pa.Array], pa.Array]] = {
    BOOLEAN: _booleans, MOMENT: _moments, INSTANT: _instants, FLOAT: _floats,
    FLOAT32: _floats32, CHAR: _without_padding,
}  # fmt: skip


def _changed(values: pa.Array, mask: pa.Array, change: Callable[[str], str]) -> pa.Array:
    """Change the distinct values that a mask marks."""
    distinct = pc.unique(values.filter(mask)).to_pylist()
    return replaced(values, {text: change(text) for text in distinct})


def replaced(values: pa.Array, changes: dict[str, str]) -> pa.Array:
    """Replace whole values; the others stay.

    >>> replaced(pa.array(["a", None, "b"], pa.large_string()), {"a": "x"}).to_pylist()
    ['x', None, 'b']
    """
    if not changes:
        return values
    places = pc.index_in(values, pa.array(list(changes), _LARGE))
    new = pc.take(pa.array(list(changes.values()), _LARGE), places)
    return pc.coalesce(new, values)
