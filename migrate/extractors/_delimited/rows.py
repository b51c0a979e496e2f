"""The rows of one part of a file: read in whole blocks where that is safe, line by line elsewhere.

Both ways give the same rows. :func:`count_rows` counts them a third way, by line ends outside
quotation marks alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from migrate.extractors._delimited.blocks import (
    first_lines,
    is_in_order,
    is_quick,
    records_of,
    table_of,
    whole_records,
)
from migrate.extractors._delimited.fields import Broken, Dialect, parser_of, split_plain
from migrate.extractors._delimited.lines import LineSource, Stripped, TextFile, text_lines
from migrate.extractors._delimited.records import (
    Ahead,
    Record,
    closing_line,
    is_whole,
    read_records,
)


@dataclass(frozen=True)
class Part:
    """The part of a file that holds rows: lines ``first`` to ``last`` (0: to the end).

    ``width`` is the usual number of fields. ``headings`` are the names of the header row in every
    form in which it may come again among the rows, where it is not a row.
    """

    file: TextFile
    dialect: Dialect
    width: int
    first: int = 1
    last: int = 0
    headings: frozenset[tuple[str, ...]] = field(default_factory=frozenset)

    @property
    def mark(self) -> str:
        """The longest name in the headings: a block without it holds no repeated header."""
        return max((max(names, key=len) for names in self.headings), key=len, default="")

    def is_heading(self, fields: list[str]) -> bool:
        return bool(self.headings) and tuple(text.strip() for text in fields) in self.headings


@dataclass(frozen=True)
class Block:
    """Records of the usual width, as columns, and the line on which each begins."""

    table: pa.Table
    lines: npt.NDArray[np.int64]
    size: int = 0


def read_rows(part: Part, stripped: Stripped, *, one: bool = False) -> Iterator[Block | Record]:
    """Yield the records of a part in order, blank ones and repeated headers too.

    ``one`` reads only the first column of whole blocks, whose ``lines`` are then only the first
    and the last: for who wants to know where they are.
    """
    source = LineSource(part.file, part.first, part.last)
    while block := source.next_block():
        size = _size_in_order(block, part)
        table = table_of(block[:size], part.dialect, part.width, one=one) if size else None
        if table is None:
            yield from _line_by_line(part, source, block, stripped)
            continue
        source.give_back(block[size:])
        block = block[:size]
        ends = block.count(b"\n") + (not block.endswith(b"\n"))
        if one:
            lines = np.array([source.line, source.line + ends - 1], np.int64)
        else:
            lines = first_lines(table, block, source.line)
        yield Block(table, lines, size)
        source.line += ends


def _size_in_order(block: bytes, part: Part) -> int:
    """How much of a block is in order, from its beginning; 0 where it must be read by line."""
    if not is_quick(part.dialect, part.width) or (part.mark and part.mark.encode() in block):
        return 0
    size = whole_records(block, part.dialect)
    return size if size and is_in_order(block[:size], part.dialect) else 0


def _line_by_line(
    part: Part, source: LineSource, block: bytes, stripped: Stripped
) -> Iterator[Record]:
    """Read the records that begin in a block; lines that were looked at and not used go back."""
    feed = _Feed(source, block, stripped)
    begin = source.line
    used = 0
    source.line += feed.own
    for record in read_records(feed, part.dialect, part.width, begin):
        used = record.last_line - begin + 1
        yield record
        if used >= feed.own:
            break
    feed.give_back(used)


class _Feed:
    """The lines of a block and, only when more are asked for, of the blocks after it."""

    def __init__(self, source: LineSource, block: bytes, stripped: Stripped) -> None:
        self._source, self._stripped = source, stripped
        self._lines = text_lines(block)
        self._given = 0
        self.own = len(self._lines)

    def __iter__(self) -> Iterator[str]:
        while True:
            if self._given == len(self._lines):
                further = text_lines(self._source.next_block())
                if not further:
                    return
                self._source.line += len(further)
                self._lines.extend(further)
            line = self._lines[self._given]
            self._given += 1
            # A line of nothing but an end mark stays a line: its number counts.
            yield self._stripped.clean(line) or "\n"

    def give_back(self, used: int) -> None:
        """Put back the lines after the first ``used`` ones; they will be cleaned again."""
        rest = self._lines[used:]
        self._source.give_back("".join(rest).encode("utf-8", "backslashreplace"))
        self._source.line -= len(rest)
        again = Stripped()
        for line in self._lines[used : self._given]:
            again.clean(line)
        self._stripped.nul -= again.nul
        self._stripped.marks -= again.marks
        self._stripped.end_marks -= again.end_marks


def count_rows(part: Part) -> int:
    """Count the records that are rows: neither blank nor a repeated header."""
    source = LineSource(part.file, part.first, part.last)
    total = 0
    while block := source.next_block():
        size = _size_in_order(block, part)
        found = records_of(block[:size], part.dialect) if size else None
        if found is None or not all(_is_one(text.decode(), part) for text in found.long):
            total += _counted_by_line(part, source, block)
            continue
        source.give_back(block[size:])
        block = block[:size]
        total += found.shown
        total += sum(_is_row(text.decode().rstrip("\r\n"), part) for text in found.doubtful)
        source.line += block.count(b"\n") + (not block.endswith(b"\n"))
    return total


def _counted_by_line(part: Part, source: LineSource, block: bytes) -> int:
    feed = _Feed(source, block, Stripped())
    source.line += feed.own
    lines = Ahead(iter(feed))
    quote, parse = part.dialect.quote, parser_of(part.dialect)
    total = used = 0
    while used < feed.own and (raw := lines.take()):
        used += 1
        if (quote and quote in raw) or part.dialect.escape:
            text = raw.rstrip("\r\n")
            if parse(text) is Broken.OPEN:
                further = closing_line(raw, lines.peek, part.dialect, part.width, parse)
                raw += "".join(lines.take() for _ in range(further))
                used += further
        total += _is_row(raw.rstrip("\r\n"), part)
    feed.give_back(used)
    return total


def _is_one(text: str, part: Part) -> bool:
    """Whether several lines are one record: not rows that a lost quote holds together."""
    fields = parser_of(part.dialect)(text.rstrip("\r\n"))
    return is_whole(fields, text_lines(text.encode()), part.dialect, part.width)


def _is_row(text: str, part: Part) -> bool:
    """Whether a record shows something in a field, and is not the header once more."""
    if not text or text.isspace():
        return False
    if not (part.mark and part.mark in text) and any(map(str.isalnum, text)):
        return True
    found = parser_of(part.dialect)(text)
    fields = split_plain(text, part.dialect) if isinstance(found, Broken) else found
    return not part.is_heading(fields) and any(field.strip() for field in fields)
