"""Where do the records of a delimited text begin and end?

Two ways of telling that must agree: :func:`read_records` through the csv module, and
:func:`count_records` through a state machine of its own.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from math import log
from pathlib import Path
from typing import TextIO

from migrate.errors import SourceError

DELIMITERS = (";", ",", "\t", "|")
MAX_LINES = 1000
_END = "\0end\0"  # NUL bytes are stripped from the data, so no record can look like this one
csv.field_size_limit(2**31 - 1)


@dataclass(frozen=True)
class Dialect:
    """How the text is written; ``skip_lines`` counts the `sep=` line before the first record."""

    encoding: str
    delimiter: str
    quote: str = '"'
    skip_lines: int = 0
    evidence: str = ""
    runner_up: str = ""


@dataclass
class Stripped:
    """How many control characters were taken out while reading."""

    nul: int = 0
    end_marks: int = 0
    lines: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Record:
    """One logical record: the line it begins on, its fields, and its text as it stood."""

    line: int
    fields: list[str]
    raw: str

    @property
    def is_blank(self) -> bool:
        return not any(field and not field.isspace() for field in self.fields)


def open_text(path: Path, encoding: str) -> TextIO:
    """Open for reading; a byte that the encoding does not know stays visible as ``\\x81``."""
    return path.open("r", encoding=encoding, errors="backslashreplace", newline="")


def read_records(
    path: Path, dialect: Dialect, stripped: Stripped | None = None
) -> Iterator[Record]:
    """Yield every record, blank ones too; refuse a quote that is never closed."""
    removed = stripped or Stripped()
    removed.nul = removed.end_marks = 0
    buffer: list[str] = []
    with open_text(path, dialect.encoding) as file:
        lines = islice(file, dialect.skip_lines, None)

        def fed() -> Iterator[str]:
            for line in lines:
                if "\0" in line:
                    removed.nul += line.count("\0")
                    line = line.replace("\0", "")
                if "\x1a" in line and line.strip("\x1a\r\n") == "":
                    removed.end_marks += 1  # DOS end-of-file mark
                    line = line.replace("\x1a", "")
                buffer.append(line)
                if len(buffer) > MAX_LINES:
                    raise _unclosed(path, start, buffer, dialect)
                yield line
            yield _END

        reader = csv.reader(fed(), delimiter=dialect.delimiter, quotechar=dialect.quote)
        start = dialect.skip_lines + 1
        for fields in reader:
            if not buffer and fields == [_END]:
                return
            if fields and fields[-1].endswith(_END):
                raise _unclosed(path, start, buffer, dialect)
            yield Record(start, fields, buffer[0] if len(buffer) == 1 else "".join(buffer))
            start += len(buffer)
            buffer.clear()


def _unclosed(path: Path, start: int, lines: list[str], dialect: Dialect) -> SourceError:
    opened = start
    quoted = False
    for offset, line in enumerate(lines):
        was_quoted = quoted
        quoted, reopened = _quote_state(line, quoted, dialect.delimiter, dialect.quote)
        if quoted and (not was_quoted or reopened):
            opened = start + offset
    return SourceError(
        f"the quotation mark opened on line {opened} is never closed: it would swallow the lines"
        " after it into one field",
        hint=f"close or double the {dialect.quote} on line {opened}, or give the option `quote`",
        where=f"{path}:{opened}",
    )


def count_records(path: Path, dialect: Dialect, after_line: int) -> int:
    """Count the records that begin after a line and are not blank, without the csv module."""
    delimiter, quote = dialect.delimiter, dialect.quote
    content = re.compile(rf"[^\s{re.escape(delimiter)}{re.escape(quote)}]")
    total = 0
    quoted = has_content = False
    doubtful = ""
    with open_text(path, dialect.encoding) as file:
        for raw in islice(file, max(after_line, dialect.skip_lines), None):
            line = raw.replace("\0", "")
            is_end_mark = "\x1a" in line and line.strip("\x1a\r\n") == ""
            has_content = has_content or bool(content.search(line) and not is_end_mark)
            if quoted or quote in line:
                quoted, _ = _quote_state(line, quoted, delimiter, quote)
                doubtful = "" if has_content else doubtful + line
            if not quoted:
                total += has_content or _holds_signs(doubtful, delimiter, quote)
                has_content, doubtful = False, ""
    return total + has_content


def _holds_signs(record: str, delimiter: str, quote: str) -> bool:
    """Tell whether a record of quotes and delimiters alone has such a sign as its data.

    >>> _holds_signs('"";""', ";", '"'), _holds_signs('"";";"', ";", '"')
    (False, True)
    """
    fields = next(csv.reader([record], delimiter=delimiter, quotechar=quote), [])
    return any(text.strip() for text in fields)


def _quote_state(line: str, quoted: bool, delimiter: str, quote: str) -> tuple[bool, bool]:
    """Tell whether a line ends inside quotes, and whether a field opened them on this line.

    >>> _quote_state('a;"b', False, ";", '"')
    (True, True)
    >>> _quote_state('5" pipe;"x ""y"" z"', False, ";", '"')
    (False, True)
    """
    at, size, opened = 0, len(line), False
    while True:
        if quoted:
            at = line.find(quote, at)
            if at < 0:
                return True, opened
            if line.startswith(quote, at + 1):
                at += 2
                continue
            quoted = False
            at += 1
        elif line.startswith(quote, at):
            quoted = opened = True
            at += 1
            continue
        at = line.find(delimiter, at) + 1
        if at == 0 or at > size:
            return False, opened


def find_dialect(
    path: Path, encoding: str, *, delimiter: str = "", quote: str = "", records: int = 300
) -> Dialect:
    """Find the delimiter under which the most records have the same number of fields."""
    mark = quote or '"'
    with open_text(path, encoding) as file:
        first = file.readline(100).strip("\r\n\ufeff ")
    if first.lower().startswith("sep=") and len(first) == 5:
        said = delimiter or first[4]
        return Dialect(encoding, said, mark, 1, "given" if delimiter else "the line sep=")
    if delimiter:
        return Dialect(encoding, delimiter, mark, evidence="given")
    scores = sorted(
        (_constancy(path, Dialect(encoding, sign, mark), records) for sign in DELIMITERS),
        reverse=True,
    )
    (best, share, width, found), (second, _, _, other) = scores[0], scores[1]
    if best <= 0:
        return Dialect(encoding, ",", mark, evidence="one column")
    return Dialect(
        encoding,
        found,
        mark,
        evidence=f"{share:.0%} of the first records have {width} fields",
        runner_up=f"{other!r} {second:.2f} against {best:.2f}" if second > 0 else "",
    )


def _constancy(path: Path, dialect: Dialect, records: int) -> tuple[float, float, int, str]:
    widths: Counter[int] = Counter()
    try:
        for record in islice(read_records(path, dialect), records):
            if not record.is_blank:
                widths[len(record.fields)] += 1
    except SourceError:  # under this delimiter a quote stays open; under another it may not
        pass
    if not widths:
        return 0.0, 0.0, 0, dialect.delimiter
    width, often = max(widths.items(), key=lambda pair: (pair[1], pair[0]))
    share = often / widths.total()
    return share**3 * log(width), share, width, dialect.delimiter


def find_header(records: Iterable[Record], width: int) -> tuple[int, Record] | None:
    """Find the record that names the columns: how many come before it, and itself.

    Title lines have fewer filled fields than the table is wide.
    """
    filled = [r for r in records if not r.is_blank]
    for before, record in enumerate(filled):
        names = [f.strip() for f in record.fields if f.strip()]
        if len(record.fields) == width and len(names) * 2 >= width and not _has_figures(names):
            return before, record
    return next(((i, r) for i, r in enumerate(filled) if len(r.fields) == width), None)


def _has_figures(names: list[str]) -> bool:
    """Tell whether most of the cells are numbers, which no header is.

    >>> _has_figures(["1", "2,5", "Ján"]), _has_figures(["id", "2019", "2020", "name", "x"])
    (True, False)
    """
    figures = [name for name in names if re.fullmatch(r"[+-]?\d[\d.,]*", name)]
    return len(figures) * 2 > len(names)
