"""What values does mdbtools give of an Access table, and which of them are not what they were?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from migrate.extractors._access.source import Source
from migrate.extractors._text import text_of
from migrate.values import Column, Issue

_UNKNOWN_DATE = "1900-01-00"  # what mdbtools write for a date that they cannot compute
_DAY_ZERO = "1899-12-30T"  # a time of day alone is a moment of Access's first day
_CHARACTER = 10  # a value that is cut ends at a whole character, a few bytes before
_MOST = 1000


@dataclass
class Tally:
    """Gathers what is met while reading, within a bound."""

    table: str
    place: str
    found: list[Issue] = field(default_factory=list)
    counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def clear(self) -> None:
        self.found.clear()
        self.counts.clear()

    def add(self, pattern: Issue, column: str, row: int, value: str) -> None:
        """Note one value; after many of a kind they are only counted."""
        key = (pattern.code, column)
        self.counts[key] = self.counts.get(key, 0) + 1
        if self.counts[key] <= _MOST or pattern.code == "row_not_placed":
            self.found.append(replace(
                pattern, entity=self.table, column=column, record=f"row {row}",
                place=f"{self.place}:{row}", value=value[:2000],
            ))  # fmt: skip

    def issues(self) -> Iterator[Issue]:
        yield from self.found
        for (code, column), count in self.counts.items():
            if count > _MOST and code != "row_not_placed":
                pattern = next(one for one in self.found if one.code == code)
                yield replace(
                    pattern, column=column, record="", place=self.place, value="",
                    message=f"{pattern.message}: {count - _MOST} more rows",
                )  # fmt: skip


_DATE_LOST = Issue(
    "date_unreadable", "error",
    "mdbtools cannot show this date: it is before 1899-12-30 or after the year 4637",
    hint="look it up in Access (a far date often means: without end), or correct it there",
)  # fmt: skip
_TEXT_CUT = Issue(
    "value_cut", "error", "mdbtools cut the long value: its end is not here",
    hint="export the row from Access",
)  # fmt: skip
_TIME = Issue(
    "time_without_day", "info", "Access keeps a time of day alone as a moment of 1899-12-30;"
    " it is read as the time",
)  # fmt: skip
_UNKNOWN_BYTES = Issue(
    "undecodable_bytes", "error", "the text holds bytes that the code page does not know;"
    " kept as \\x..",
    hint="give the right `encoding`",
)  # fmt: skip
NOT_PLACED = Issue(
    "row_not_placed", "error", "the row has another number of values than the table has columns",
    hint="open the database in Access and run Compact and Repair",
)  # fmt: skip


def values_of(
    source: Source, column: Column, texts: Sequence[str], numbers: Sequence[int], tally: Tally
) -> Sequence[str]:
    kind = column.type.partition(" (")[0]
    if kind in ("Text", "Memo/Hyperlink"):
        return _texts(source, column, texts, numbers, tally)
    if kind == "DateTime":
        return _moments(column, texts, numbers, tally)
    if kind in ("OLE", "Binary"):
        _cut(column, texts, numbers, tally, (source.bind_bytes - _CHARACTER) * 2)
        return [f"\\x{text.lower()}" if text else "" for text in texts]
    if own := _FORMS.get(kind):
        return [own(text) if text else "" for text in texts]
    return texts


def _texts(
    source: Source, column: Column, texts: Sequence[str], numbers: Sequence[int], tally: Tally
) -> Sequence[str]:
    if "Memo" in column.type:
        _cut(column, texts, numbers, tally, source.bind_bytes - _CHARACTER)
    if not source.page:
        return texts
    read = [source.text(text) for text in texts]
    for number, was, text in zip(numbers, texts, read, strict=True):
        if "\\x" in text and "\\x" not in was:
            tally.add(_UNKNOWN_BYTES, column.name, number, text)
    return read


def _cut(
    column: Column, texts: Sequence[str], numbers: Sequence[int], tally: Tally, most: int
) -> None:
    for number, text in zip(numbers, texts, strict=True):
        if len(text) * 3 >= most and len(text.encode("utf-8")) >= most:
            tally.add(_TEXT_CUT, column.name, number, text)


def _moments(
    column: Column, texts: Sequence[str], numbers: Sequence[int], tally: Tally
) -> list[str]:
    read = []
    for number, text in zip(numbers, texts, strict=True):
        if text.startswith(_UNKNOWN_DATE):
            tally.add(_DATE_LOST, column.name, number, text)
            read.append(text)
            continue
        day, _, clock = text.partition("T")
        if clock == "24:00:00":  # mdbtools round the last half second of a day up
            day, clock = _next_day(day), "00:00:00"
        if clock in ("", "00:00:00"):
            read.append(day)
        elif text.startswith(_DAY_ZERO):
            tally.add(_TIME, column.name, number, clock)
            read.append(clock)
        else:
            read.append(f"{day}T{clock}")
    return read


def _next_day(day: str) -> str:
    try:
        return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return day


def _money(text: str) -> str:
    """Drop the zeros that fill an amount up to four decimals.

    >>> _money("12.7500"), _money("1995.0000"), _money("-0.0001")
    ('12.75', '1995', '-0.0001')
    """
    return re.sub(r"\.?0+$", "", text) if "." in text else text


def _number(text: str) -> str:
    """Write a floating number without an exponent.

    >>> _number("1e-10"), _number("3.5")
    ('0.0000000001', '3.5')
    """
    if "e" not in text:
        return text
    try:
        return text_of(Decimal(text)) or text
    except InvalidOperation:
        return text


def _guid(text: str) -> str:
    """Read an identifier, which mdbtools write as the hex of its own text, and without its last
    hyphen.

    >>> _guid(b"{12345678-1234-1234-1234123456789ABC}".hex())
    '{12345678-1234-1234-1234-123456789ABC}'
    """
    try:
        plain = bytes.fromhex(text).decode("ascii")
    except ValueError:
        plain = text
    return re.sub(r"^(\{\w{8}-\w{4}-\w{4}-\w{4})(\w{12}\})$", r"\1-\2", plain)


_FORMS: dict[str, Callable[[str], str]] = {
    "Currency": _money, "Double": _number, "Single": _number, "Replication ID": _guid,
}  # fmt: skip
