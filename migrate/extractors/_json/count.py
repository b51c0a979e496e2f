"""How many rows does a JSON text hold, counted by its brackets alone?

No value is decoded: a second look at the text, taken another way than by reading its rows.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path

from migrate.extractors._byte_lines import known_encoding, wide_encoding
from migrate.extractors._json.layout import Keys

_CHUNK = 1 << 20
# What stands below the rows is passed over in one step, up to the next bracket.
_BELOW = re.compile(r'(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
_TOKEN = re.compile(
    r'[\s\0\x1a\x1e\ufeff]++|"((?:[^"\\]++|\\.)*+)"|([{}\[\],:])|[^\s"{}\[\],:]++', re.DOTALL
)


def count_values(path: Path, encoding: str, section: Keys, *, is_stream: bool) -> int:
    """Count the values that stand right below ``section``; with ``is_stream`` those at the top."""
    return _Scan(section, is_stream=is_stream).count(_texts(path, encoding))


def _texts(path: Path, encoding: str) -> Iterator[str]:
    with path.open("rb") as file:
        wide = wide_encoding(file.read(4))
        file.seek(0)
        name = wide or ("utf-8" if encoding == "utf-8" else known_encoding(encoding))
        # Only ASCII counts here, and all pages agree on that.
        decoder = codecs.getincrementaldecoder(name or "latin-1")("replace")
        while chunk := file.read(_CHUNK):
            yield decoder.decode(chunk)


class _Scan:
    """Follows the brackets, and the keys as far down as the section is."""

    def __init__(self, section: Keys, *, is_stream: bool) -> None:
        self._section = section
        self._depth = 0 if is_stream else len(section) + 1
        self._stack: list[str] = []
        self._keys: list[str | None] = []
        self._is_key_next = False
        self._count = 0

    def count(self, texts: Iterator[str]) -> int:
        text, at = "", 0
        for piece in texts:
            text, at = text[at:] + piece, 0
            at = self._pass(text, at, is_end=False)
        self._pass(text, at, is_end=True)
        return self._count

    def _pass(self, text: str, at: int, *, is_end: bool) -> int:
        """Go as far as the text is complete; give where it stopped."""
        size = len(text)
        while at < size:
            if len(self._stack) > self._depth:
                found = _BELOW.match(text, at)
                at = found.end() if found else at
                if at >= size:
                    return size
            token = _TOKEN.match(text, at)
            if token is None:  # a text whose end is not here yet, or never comes
                if is_end:
                    self._value()
                return at
            if token.end() == size and not is_end and token[2] is None:
                return at
            at = token.end()
            if token[2]:
                self._bracket(token[2])
            elif token[1] is not None:
                self._text(token[1])
            elif not token[0].isspace() and token[0].strip("\0\x1a\x1e\ufeff"):
                self._value()
        return at

    def _bracket(self, mark: str) -> None:
        if mark in "{[":
            self._value()
            self._stack.append(mark)
            self._keys.append(None)
            self._is_key_next = mark == "{"
        elif mark in "}]":
            if self._stack:
                self._stack.pop()
                self._keys.pop()
            self._is_key_next = False
        elif mark == ",":
            self._is_key_next = bool(self._stack) and self._stack[-1] == "{"

    def _text(self, raw: str) -> None:
        if self._is_key_next:
            self._is_key_next = False
            try:
                self._keys[-1] = json.loads(f'"{raw}"', strict=False)
            except ValueError:
                self._keys[-1] = raw
        else:
            self._value()

    def _value(self) -> None:
        """A value begins: is it one of the rows?"""
        if len(self._stack) != self._depth:
            return
        if tuple(self._keys[: len(self._section)]) == self._section:
            self._count += 1
