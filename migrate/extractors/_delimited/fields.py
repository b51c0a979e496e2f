"""How does one line become fields? The dialect of a delimited text, and the strict way to read it.

Strict means: a field that begins with a quotation mark ends with one, and those inside it are
doubled or escaped. What is not strict is not guessed here (see :mod:`migrate.extractors._delimited.repairs`).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

csv.field_size_limit(2**31 - 1)

BACKSLASH = "\\"
NO_DELIMITER = "\uffff"  # no character at all: what a text of one column is cut at


class Broken(Enum):
    """Why a text is no record as it stands: a quote is still open, or one is out of place."""

    OPEN = "open"
    STRAY = "stray"


Fields = list[str] | Broken


@dataclass(frozen=True)
class Dialect:
    """How the text is written.

    ``quote`` is "" where no field is in quotes; ``escape`` is the backslash, or "" where a quote
    inside quotes is doubled. ``skip_lines`` counts the `sep=` line before the first record.
    """

    delimiter: str
    quote: str = '"'
    escape: str = ""
    skip_lines: int = 0

    @property
    def is_plain(self) -> bool:
        """Whether the csv module (and Arrow) can read it: one sign each, quotes doubled."""
        return len(self.delimiter) == 1 and len(self.quote) <= 1 and not self.escape


def split_plain(text: str, dialect: Dialect) -> list[str]:
    """Split at every delimiter, whatever the quotes.

    >>> split_plain('1;"a', Dialect(";"))
    ['1', '"a']
    """
    delimiter = dialect.delimiter
    if delimiter.endswith(" ") and text.endswith(stem := delimiter.rstrip()) and len(stem) > 0:
        text += delimiter[len(stem) :]  # the blank after the last delimiter is trimmed by many
    return text.split(delimiter)


def split_leniently(text: str, dialect: Dialect) -> list[str]:
    """Split so that a field in quotes ends where a quote stands before a delimiter or the end.

    >>> split_leniently('1;"a "b"; c";"d', Dialect(";"))
    ['1', 'a "b', ' c"', '"d']
    """
    if not dialect.quote:
        return split_plain(text, dialect)
    pattern, fields, at = _lenient(dialect), [], 0
    while True:
        found = pattern.match(text, at)
        if found is None:
            return split_plain(text, dialect)
        fields.append(found[2] if found[1] is None else found[1])
        if not found[3]:
            return fields
        at = found.end()


@lru_cache(maxsize=64)
def _lenient(dialect: Dialect) -> re.Pattern[str]:
    sign, quote = re.escape(dialect.delimiter), re.escape(dialect.quote)
    return re.compile(rf"(?:{quote}(.*?){quote}(?={sign}|\Z)|(.*?))({sign}|\Z)", re.DOTALL)


@lru_cache(maxsize=64)
def parser_of(dialect: Dialect) -> Callable[[str], Fields]:
    """Give the function that reads one text (without its line end) into fields, or says why not.

    >>> parse = parser_of(Dialect(";"))
    >>> parse('1;"a ""b"" c";5" pipe'), parse('1;"a'), parse('1;"a"b')
    (['1', 'a "b" c', '5" pipe'], <Broken.OPEN: 'open'>, <Broken.STRAY: 'stray'>)
    >>> parser_of(Dialect("||", escape="\\\\"))('a||"x \\\\" || y"||\\\\N')
    ['a', 'x " || y', '\\\\N']
    """
    if dialect.escape:
        return _pattern_parser(dialect)
    if not dialect.quote:
        return lambda text: split_plain(text, dialect)
    if dialect.is_plain and dialect.delimiter != " ":
        return _csv_parser(dialect)
    return _pattern_parser(dialect)


def _csv_parser(dialect: Dialect) -> Callable[[str], Fields]:
    delimiter, quote = dialect.delimiter, dialect.quote

    def parse(text: str) -> Fields:
        try:
            for fields in csv.reader([text], delimiter=delimiter, quotechar=quote, strict=True):
                return fields or [""]
        except csv.Error as problem:
            return Broken.OPEN if "end of data" in str(problem) else Broken.STRAY
        return [""]

    return parse


def _pattern_parser(dialect: Dialect) -> Callable[[str], Fields]:
    delimiter, quote, escape = map(re.escape, (dialect.delimiter, dialect.quote, dialect.escape))
    stem = re.escape(dialect.delimiter.rstrip(" "))
    end = (
        rf"(?:{delimiter}|{stem}\Z|\Z)" if dialect.delimiter.rstrip(" ") else rf"(?:{delimiter}|\Z)"
    )
    inner = rf"[^{quote}{escape}]|{quote}{quote}"
    free = rf"(?!{delimiter})" + (rf"[^{escape}]" if escape else ".")
    if escape:
        inner += rf"|{escape}.|{escape}\Z"
        free = rf"(?:{free}|{escape}.|{escape}\Z)"
    quoted = rf"{quote}((?:{inner})*){quote}(?={end})" if quote else r"(?!)(x)"
    opened = re.compile(rf"{quote}(?:{inner})*\Z", re.DOTALL) if quote else None
    field = re.compile(rf"(?:{quoted}|((?:{free})*))({end})", re.DOTALL)
    sign = dialect.quote

    def parse(text: str) -> Fields:
        if escape and text.endswith(dialect.escape) and _ends_escaped(text, dialect.escape):
            return Broken.OPEN
        at, fields = 0, []
        while True:
            begins_quoted = bool(sign) and text.startswith(sign, at)
            found = field.match(text, at)
            if found is None or (begins_quoted and found[1] is None):
                is_open = opened is not None and begins_quoted and opened.match(text, at)
                return Broken.OPEN if is_open else Broken.STRAY
            value = found[1].replace(sign * 2, sign) if begins_quoted else found[2]
            fields.append(_unescaped(value, dialect) if escape else value)
            at = found.end()
            if not found[3]:
                return fields
            if at >= len(text):
                return [*fields, ""]

    return parse


def _ends_escaped(text: str, escape: str) -> bool:
    return (len(text) - len(text.rstrip(escape))) % 2 == 1


def _unescaped(value: str, dialect: Dialect) -> str:
    r"""Take out the backslashes that protect a sign of the dialect; any other is the data's own.

    >>> _unescaped(r"C:\temp \"x\" \; \\ \N", Dialect(";", escape=BACKSLASH))
    'C:\\temp "x" ; \\ \\N'
    """
    if dialect.escape not in value:
        return value
    protected = {dialect.escape, dialect.quote, dialect.delimiter[0], "\n", "\r"}
    return re.sub(
        re.escape(dialect.escape) + r"(.)",
        lambda found: found[1] if found[1] in protected else found[0],
        value,
        flags=re.DOTALL,
    )
