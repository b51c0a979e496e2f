"""Where do the records of a delimited text begin and end?

A quotation mark that is never closed must not swallow the lines after it: a field may go on over
several lines only if it is closed before a delimiter or a line end, and the record is then of the
usual width. Otherwise the record ends with its line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from migrate.extractors._delimited.fields import (
    Broken,
    Dialect,
    Fields,
    parser_of,
    split_leniently,
    split_plain,
)

MAX_LINES = 5_000
MAX_CHARACTERS = 32_000_000


@dataclass(frozen=True, slots=True)
class Record:
    """One logical record: the line it begins on, its fields, and its text as it stood.

    ``lines`` is how many lines it takes; ``is_strict`` is False where its quotes are out of place,
    and then its fields are one way of cutting it.
    """

    line: int
    fields: list[str]
    raw: str
    lines: int = 1
    is_strict: bool = True

    @property
    def is_blank(self) -> bool:
        return not any(field and not field.isspace() for field in self.fields)

    @property
    def text(self) -> str:
        return self.raw.rstrip("\r\n")

    @property
    def filled(self) -> int:
        return sum(1 for field in self.fields if field and not field.isspace())

    @property
    def last_line(self) -> int:
        return self.line + self.lines - 1


Parse = Callable[[str], Fields]


def read_records(
    lines: Iterable[str], dialect: Dialect, width: int = 0, first_line: int = 1
) -> Iterator[Record]:
    """Yield every record of the lines (with their ends), blank ones too.

    ``width`` is the usual number of fields (0: not known yet).

    >>> lines = ['1;"two\\n', 'lines"\\n', '2;"open\\n', '3;x\\n']
    >>> [(r.line, r.lines, r.fields) for r in read_records(lines, Dialect(";"), 2)]
    [(1, 2, ['1', 'two\\nlines']), (3, 1, ['2', '"open']), (4, 1, ['3', 'x'])]
    """
    ahead = Ahead(iter(lines))
    parse = parser_of(dialect)
    quote, escape = dialect.quote, dialect.escape
    number = first_line
    while raw := ahead.take():
        text = raw.rstrip("\r\n")
        if not (quote and quote in text) and not (escape and escape in text):
            yield Record(number, split_plain(text, dialect), raw)
            number += 1
            continue
        found = parse(text)
        if isinstance(found, list):
            yield Record(number, found, raw)
            number += 1
            continue
        if found is Broken.OPEN and (size := closing_line(raw, ahead.peek, dialect, width, parse)):
            raw += "".join(ahead.take() for _ in range(size))
            fields = parse(raw.rstrip("\r\n"))
            yield Record(number, fields if isinstance(fields, list) else [], raw, size + 1)
            number += size + 1
            continue
        yield Record(number, split_leniently(text, dialect), raw, is_strict=False)
        number += 1


class Ahead:
    """Lines that can be looked at before they are taken."""

    def __init__(self, source: Iterator[str]) -> None:
        self._source = source
        self._held: list[str] = []
        self._at = 0

    def take(self) -> str:
        """Give the next line; "" at the end."""
        if self._at < len(self._held):
            self._at += 1
            line = self._held[self._at - 1]
            if self._at == len(self._held):
                self._held, self._at = [], 0
            return line
        return next(self._source, "")

    def peek(self, index: int) -> str:
        """Give the line that comes ``index`` lines after the next one; "" past the end."""
        while len(self._held) - self._at <= index:
            line = next(self._source, "")
            if not line:
                return ""
            self._held.append(line)
        return self._held[self._at + index]


def closing_line(
    raw: str, peek: Callable[[int], str], dialect: Dialect, width: int, parse: Parse
) -> int:
    """Tell how many further lines a record takes whose quote is open; 0 where it is lost."""
    whole, held = [raw], len(raw)
    quote, escape = dialect.quote, dialect.escape
    for index in range(MAX_LINES):
        line = peek(index)
        held += len(line)
        if not line or held > MAX_CHARACTERS:
            return 0
        whole.append(line)
        if not escape and quote not in line:
            continue
        found = parse("".join(whole).rstrip("\r\n"))
        if found is Broken.OPEN:
            continue
        if found is Broken.STRAY or not is_whole(found, whole, dialect, width):
            return 0
        return index + 1
    return 0


def is_whole(fields: Fields, lines: list[str], dialect: Dialect, width: int) -> bool:
    """Tell a field of several lines from a lost quote that closed by chance some rows later."""
    if not width or not isinstance(fields, list) or len(fields) == width:
        return True
    return not all(len(split_plain(line.rstrip("\r\n"), dialect)) == width for line in lines[1:])
