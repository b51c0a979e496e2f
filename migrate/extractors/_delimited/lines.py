"""The lines of a text file, as UTF-8 in blocks of whole lines, whatever it was written in.

A line ends with LF, CR or CRLF, whatever the others end with; a page break or U+2028 is part of a
value. Nothing here holds more than one block.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

BLOCK_BYTES = 8 << 20
SAMPLE_BYTES = 1 << 18
_MARK = "\ufeff"
_LF, _CR = 10, 13
_UTF8 = frozenset({"utf-8", "utf-8-sig", "ascii"})

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True)
class TextFile:
    """A file and the encoding it is read in; lines that are not in it are in ``fallback``.

    ``is_sound`` tells that every byte is known to be in the encoding.
    """

    path: Path
    encoding: str
    fallback: str = ""
    is_sound: bool = False

    @property
    def needs_decoding(self) -> bool:
        return bool(self.fallback) or not self.is_sound or self.encoding not in _UTF8

    def chunks(self, size: int = BLOCK_BYTES) -> Iterator[bytes]:
        """Yield the file as UTF-8; a byte that no encoding knows becomes ``\\x81``."""
        with self.path.open("rb") as file:
            if not self.needs_decoding:
                mark = file.read(3)
                yield mark.removeprefix(codecs.BOM_UTF8)
                while chunk := file.read(size):
                    yield chunk
                return
            errors = _other_page(self.fallback) if self.fallback else "backslashreplace"
            decoder = codecs.getincrementaldecoder(self.encoding)(errors)
            while chunk := file.read(size):
                yield decoder.decode(chunk).encode("utf-8", "backslashreplace")
            yield decoder.decode(b"", final=True).encode("utf-8", "backslashreplace")


@lru_cache(maxsize=32)
def _other_page(fallback: str) -> str:
    """Register how bytes that are not UTF-8 are read: in the other page, as far as they reach."""
    name = f"crm-migrate-{fallback}"

    def read(problem: UnicodeError) -> tuple[str, int]:
        if not isinstance(problem, UnicodeDecodeError):
            raise problem
        data, start, end = problem.object, problem.start, problem.end
        while end < len(data) and data[end] > 127:
            end += 1
        return data[start:end].decode(fallback, "backslashreplace"), end

    codecs.register_error(name, read)
    return name


@dataclass
class Stripped:
    """How many control characters were taken out while reading."""

    nul: int = 0
    end_marks: int = 0
    marks: int = 0

    def clean(self, line: str) -> str:
        """Take NUL, an end-of-file mark (Ctrl-Z) and byte order marks out of one line."""
        if "\0" in line:
            self.nul += line.count("\0")
            line = line.replace("\0", "")
        if _MARK in line:
            self.marks += line.count(_MARK)
            line = line.replace(_MARK, "")
        if "\x1a" in line and line.strip("\x1a\r\n") == "":
            self.end_marks += 1
            line = line.replace("\x1a", "")
        return line


def is_odd(block: bytes) -> bool:
    """Whether a block holds what :meth:`Stripped.clean` takes out."""
    return b"\0" in block or b"\x1a" in block or _MARK.encode() in block


class LineSource:
    """Blocks of whole lines from ``first`` to ``last`` (0: the end), counted from 1.

    ``line`` is the number of the first line of the next block.
    """

    def __init__(
        self, file: TextFile, first: int = 1, last: int = 0, *, small: bool = False
    ) -> None:
        self._size = SAMPLE_BYTES if small else BLOCK_BYTES
        self._chunks = file.chunks(self._size)
        self._held = b""
        self._is_done = False
        self._last = last
        self.line = 1
        self._skip_to(first)

    def next_block(self) -> bytes:
        """Give the next block; b"" where there is no more."""
        if self._last and self.line > self._last:
            return b""
        block = self._take()
        if self._last:
            ends = line_ends(block)
            left = self._last - self.line + 1
            if len(ends) >= left:
                cut = int(ends[left - 1])
                self._held = block[cut:] + self._held
                block = block[:cut]
        return block

    def give_back(self, text: bytes) -> None:
        """Put what was taken and not used before what comes next."""
        self._held = text + self._held

    def _take(self) -> bytes:
        while True:
            if not self._is_done and len(self._held) < self._size:
                chunk = next(self._chunks, None)
                if chunk is None:
                    self._is_done = True
                else:
                    self._held += chunk
                    if len(self._held) < self._size:
                        continue
            if self._is_done:
                block, self._held = self._held, b""
                return block
            cut = _last_end(self._held)
            if cut:
                block, self._held = self._held[:cut], self._held[cut:]
                return block
            chunk = next(self._chunks, None)  # one line longer than a block
            if chunk is None:
                self._is_done = True
            else:
                self._held += chunk

    def _skip_to(self, first: int) -> None:
        while self.line < first:
            block = self._take()
            if not block:
                return
            ends = line_ends(block)
            left = first - self.line
            if len(ends) >= left:
                self._held = block[int(ends[left - 1]) :] + self._held
                self.line = first
                return
            self.line += len(ends)


def _last_end(block: bytes) -> int:
    """Where the last whole line ends; a CR at the very end may be half of a CRLF."""
    return max(block.rfind(b"\n"), block.rfind(b"\r", 0, len(block) - 1)) + 1


def line_ends(block: bytes) -> Positions:
    """Give the positions after each line of a block, the last one whether it is ended or not.

    >>> line_ends(b"a\\rb\\r\\nc").tolist()
    [2, 5, 6]
    """
    codes = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(codes == _LF)
    if b"\r" in block:
        returns = np.flatnonzero(codes == _CR)
        following = codes[np.minimum(returns + 1, len(codes) - 1)]
        alone = returns[(following != _LF) | (returns == len(codes) - 1)]
        ends = np.sort(np.concatenate([ends, alone]))
    ends = ends + 1
    if len(codes) and (len(ends) == 0 or ends[-1] != len(codes)):
        ends = np.append(ends, len(codes))
    return ends.astype(np.int64)


def text_lines(block: bytes) -> list[str]:
    """Cut a block into lines with their ends.

    >>> text_lines("a\\rb\\r\\nc\\u2028d\\n".encode())
    ['a\\r', 'b\\r\\n', 'c\\u2028d\\n']
    """
    return list(io.StringIO(block.decode("utf-8", "backslashreplace"), newline=""))


def all_lines(file: TextFile, stripped: Stripped, first: int = 1, last: int = 0) -> Iterator[str]:
    """Yield the lines of a part of the file, cleaned."""
    source = LineSource(file, first, last)
    while block := source.next_block():
        lines = text_lines(block)
        source.line += len(lines)
        yield from map(stripped.clean, lines)
