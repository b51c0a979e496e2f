"""What is the next value in a JSON text that may be larger than memory?

The text is read a piece at a time and each value is decoded as it is reached. Numbers stay the
text they are: neither a long id nor an amount ever becomes a float.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import IO, Any

from migrate.errors import SourceError
from migrate.extractors._byte_lines import PageSample, known_encoding, wide_encoding
from migrate.extractors._text import unreadable

_CHUNK = 1 << 20
_MOST_VALUE = 256 << 20  # characters of one value: more is a quote that nobody closed
_NEAR_END = 16  # a number, a word or an escape that is cut may be reported this far before the end


class Number(str):
    """A number, as its digits stand in the source."""

    __slots__ = ()


class CutShortError(Exception):
    """The text ends in the middle of a value; ``raw`` is what there is of it."""

    def __init__(self, raw: str) -> None:
        super().__init__("cut short")
        self.raw = raw


def plain_number(text: str) -> Number:
    """Write out an exponent where that is readable.

    >>> plain_number("1.50"), plain_number("1E+3"), plain_number("1e999999")
    ('1.50', '1000', '1e999999')
    """
    if "e" in text or "E" in text:
        try:
            exact = Decimal(text)
        except InvalidOperation:
            return Number(text)
        if abs(exact.adjusted()) <= 40:
            return Number(format(exact, "f"))
    return Number(text)


@dataclass
class Oddities:
    """What JSON texts hold that is no JSON, or says a thing twice."""

    duplicate_keys: int = 0
    not_numbers: int = 0
    duplicate_sample: str = ""


def decoder(odd: Oddities, *, strict: bool = True) -> json.JSONDecoder:
    """Make a decoder that keeps numbers as text and notes what is odd.

    >>> decoder(Oddities()).decode('{"id": 12345678901234567890, "a": 1, "a": 2}')
    {'id': '12345678901234567890', 'a': '1', 'a_2': '2'}
    """

    def constant(text: str) -> Number:
        odd.not_numbers += 1
        return Number(text)

    def pairs(found: list[tuple[str, Any]]) -> Any:
        made = dict(found)
        if len(made) != len(found):
            odd.duplicate_keys += 1
            odd.duplicate_sample = odd.duplicate_sample or next(
                key for index, (key, _) in enumerate(found) if key in dict(found[:index])
            )
            return _numbered(found)
        if len(made) == 1 and found[0][0][:1] == "$":
            return _of_mongo(*found[0])
        return made

    return json.JSONDecoder(
        object_pairs_hook=pairs, parse_float=plain_number, parse_int=Number,
        parse_constant=constant, strict=strict,
    )  # fmt: skip


def _numbered(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    names = {key for key, _ in pairs}
    for key, value in pairs:
        number, free = 1, key
        while free in made or (number > 1 and free in names):
            number += 1
            free = f"{key}_{number}"
        made[free] = value
    return made


_MONGO_PLAIN = frozenset(
    {"$oid", "$numberLong", "$numberInt", "$numberDouble", "$numberDecimal", "$uuid", "$symbol"}
)


def _of_mongo(key: str, value: Any) -> Any:
    """Take the type that MongoDB's Extended JSON wraps around a value off it."""
    if key in _MONGO_PLAIN and isinstance(value, str):
        return Number(value) if key.startswith("$number") else value
    if key == "$date" and isinstance(value, str):
        return _moment(value) if isinstance(value, Number) else value
    return {key: value}


def _moment(milliseconds: str) -> str:
    try:
        start = datetime(1970, 1, 1, tzinfo=UTC)
        return (start + timedelta(milliseconds=int(milliseconds[:20]))).isoformat()
    except (ValueError, OverflowError):
        return milliseconds


def file_page(path: Path, given: str) -> tuple[str, str, str]:
    """Tell a file's encoding, why, and what came second; valid UTF-8 is UTF-8."""
    utf8 = codecs.getincrementaldecoder("utf-8")("strict")
    sample = PageSample(given)
    try:
        with path.open("rb") as file:
            wide = wide_encoding(file.read(4))
            if wide:
                return wide, "byte order mark, or zeros", ""
            file.seek(0)
            is_utf8 = True
            while chunk := file.read(_CHUNK):
                if is_utf8:
                    try:
                        utf8.decode(chunk)
                    except UnicodeDecodeError:
                        is_utf8 = False
                if not is_utf8:
                    for word in chunk.split(b'"'):
                        sample.add(word)
    except OSError as problem:
        raise unreadable(path, problem) from problem
    if is_utf8:
        return given or "utf-8", "valid UTF-8" if not given else "given; but it is valid UTF-8", ""
    page = sample.page()
    return page.name, page.evidence, page.runner_up


def is_valid_utf8(path: Path) -> bool:
    """Tell whether a file is UTF-8 from beginning to end."""
    utf8 = codecs.getincrementaldecoder("utf-8")("strict")
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                utf8.decode(chunk)
        except UnicodeDecodeError:
            return False
    return True


@dataclass
class Reader:
    """A JSON text, read forward only."""

    path: Path
    encoding: str
    odd: Oddities = field(default_factory=Oddities)

    def __post_init__(self) -> None:
        name = known_encoding(self.encoding) or "utf-8"
        if not name.startswith(("utf-16", "utf-32")) and is_valid_utf8(self.path):
            name = "utf-8"
        errors = "replace" if name.startswith(("utf-16", "utf-32")) else "surrogateescape"
        self._file: IO[bytes] = self.path.open("rb")
        self._bytes = codecs.getincrementaldecoder(name)(errors)
        self._text, self._at, self._line, self._column = "", 0, 1, 1
        self._is_end = False
        self._decode: Callable[[str, int], tuple[Any, int]] = decoder(self.odd).raw_decode
        self._is_strict = True
        self.peek()
        if self._text.startswith("\ufeff", self._at):
            self._at += 1

    def close(self) -> None:
        self._file.close()

    def more(self, size: int = _CHUNK) -> bool:
        """Read on; False at the end. What was passed is forgotten."""
        if self._is_end:
            return False
        passed = self._text[: self._at]
        ends = passed.count("\n")
        self._line += ends
        self._column = len(passed) - passed.rfind("\n") if ends else self._column + len(passed)
        content = self._file.read(size)
        self._is_end = not content
        self._text = self._text[self._at :] + self._bytes.decode(content, final=self._is_end)
        self._at = 0
        return True

    def peek(self) -> str:
        """Give the next character that is no white space, "" at the end."""
        while True:
            text, at, size = self._text, self._at, len(self._text)
            while at < size and text[at] in " \t\r\n\x1e\0\x1a":
                at += 1
            self._at = at
            if at < size:
                return text[at]
            if not self.more():
                return ""

    def begins_with_object(self) -> bool:
        """Tell whether the array that is next has an object for its first entry."""
        inside = 1
        while True:
            tail = self._text[self._at + inside : self._at + inside + 4096].lstrip(" \t\r\n")
            if tail or not self.more():
                return tail.startswith("{")

    def skip(self) -> None:
        """Go past the character that was peeked at."""
        self._at += 1

    def place(self, further: int = 0) -> str:
        """Give where the reader stands, as line:column."""
        passed = self._text[: self._at + further]
        ends = passed.count("\n")
        column = len(passed) - passed.rfind("\n") if ends else self._column + len(passed)
        return f"{self._line + ends}:{column}"

    def rest(self, most: int = 10_000) -> str:
        """Give what stands ahead, as far as it has been read."""
        return self._text[self._at : self._at + most]

    def value(self) -> Any:
        """Decode the next value. Raises CutShortError, or SourceError where it is no JSON."""
        size = _CHUNK
        if not self.peek():
            raise CutShortError("")
        while True:
            before = (self.odd.duplicate_keys, self.odd.not_numbers)
            try:
                made, end = self._decode(self._text, self._at)
            except json.JSONDecodeError as problem:
                self.odd.duplicate_keys, self.odd.not_numbers = before
                if self._is_strict and problem.msg.startswith("Invalid control character"):
                    # Line ends inside of texts: forbidden, and written by many exports.
                    self._is_strict = False
                    self._decode = decoder(self.odd, strict=False).raw_decode
                    continue
                is_open = problem.msg.startswith("Unterminated string")
                if not is_open and problem.pos < len(self._text) - _NEAR_END:
                    raise self.wrong(problem.msg, problem.pos - self._at) from problem
                if self._is_end:
                    if (
                        is_open
                        or problem.pos >= len(self._text.rstrip())
                        or _is_cut(problem.msg, self._text[problem.pos :])
                    ):
                        raise CutShortError(self.rest()) from problem
                    raise self.wrong(problem.msg, problem.pos - self._at) from problem
            except RecursionError as problem:
                raise SourceError(
                    "holds objects within objects, deeper than can be read",
                    hint="ask for a flatter export",
                    where=f"{self.path}:{self.place()}",
                ) from problem
            else:
                if end < len(self._text) or self._is_end or self._text[end - 1] in '}]"':
                    self._at = end
                    return made
                self.odd.duplicate_keys, self.odd.not_numbers = before
            if len(self._text) - self._at > _MOST_VALUE:
                raise SourceError(
                    f"holds one value of more than {_MOST_VALUE >> 20} million characters",
                    hint="look for a quote that is never closed",
                    where=f"{self.path}:{self.place()}",
                )
            self.more(size)
            size = min(size * 2, 64 << 20)

    def expect(self, character: str) -> None:
        """Go past one character. Raises CutShortError at the end, SourceError for another one."""
        found = self.peek()
        if not found:
            raise CutShortError("")
        if found != character:
            raise self.wrong(f"Expecting '{character}'", 0)
        self.skip()

    def wrong(self, message: str, further: int) -> SourceError:
        """Make the error that says what is wrong with the text, and where."""
        around = self._text[max(self._at + further - 2, 0) : self._at + further + 2]
        before = self._text[self._at : self._at + further].rstrip()
        found = self._text[self._at + further : self._at + further + 1]
        hint = "ask for another export, or correct the file there"
        if (before.endswith(",") and found in ("}", "]")) or (
            found in "}]" and found and message.startswith(("Expecting value", "Expecting prop"))
        ):
            message, hint = "a comma stands behind the last entry", "take the comma away"
        elif "//" in around or "/*" in around or found == "#":
            message, hint = "a comment stands there; JSON has none", "take the comments away"
        elif found == "'":
            message, hint = (
                "a text stands in single quotes",
                "JSON has double quotes: write it with a JSON library",
            )
        elif self._text.startswith(("None", "True", "False"), self._at + further):
            message, hint = (
                "a word of Python stands there, not of JSON",
                "write the file with json.dump, not with print",
            )
        return SourceError(
            f"is no valid JSON: {message[:1].lower()}{message[1:]}",
            hint=hint,
            where=f"{self.path}:{self.place(further)}",
        )


def _is_cut(message: str, tail: str) -> bool:
    """Tell a word, a number or an escape whose end is missing from one that is wrong."""
    plain = tail.strip()
    if message.startswith("Invalid \\"):
        return re.fullmatch(r"\\?u?[0-9A-Fa-f]{0,3}", plain) is not None
    words = ("true", "false", "null", "NaN", "Infinity", "-Infinity")
    return plain == "-" or any(word.startswith(plain) and word != plain for word in words)
