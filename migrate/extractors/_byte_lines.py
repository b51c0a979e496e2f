"""What are the lines of a text file, before anybody knows its encoding?

Contact files and LDIF fold long lines in the middle of a character, and declare an encoding for
each value: their lines are joined as bytes and decoded afterwards. UTF-16 and UTF-32, which hold
zeros, are turned into UTF-8 first.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from migrate.errors import SourceError
from migrate.extractors._text import unreadable
from migrate.languages.alphabets import PAGE_LANGUAGES, page_score

_CHUNK = 1 << 20
# Contacts and mail came after DOS and before nobody wrote code pages any more: Windows' and ISO's.
LIKELY_PAGES = tuple(page for page in PAGE_LANGUAGES if page.startswith(("cp125", "iso")))
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip


def wide_encoding(head: bytes) -> str:
    """Name the encoding of a file whose characters take two or four bytes, or "".

    >>> wide_encoding("BEGIN".encode("utf-16")), wide_encoding(b"BEGIN"), wide_encoding(b"B\\0E\\0")
    ('utf-16', '', 'utf-16-le')
    """
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name if name != "utf-8-sig" else ""
    zeros = "".join("0" if byte == 0 else "x" for byte in head[:4])
    return {
        "x000": "utf-32-le", "000x": "utf-32-be",
        "x0x0": "utf-16-le", "0x0x": "utf-16-be",
    }.get(zeros, "")  # fmt: skip


def byte_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Give each line with its number, without its end, in an encoding whose ASCII is ASCII.

    Lines end with CRLF, LF or CR; CRCRLF, which careless copying makes, is one end.
    """
    number, waiting = 0, list[bytes]()
    for chunk in _chunks(path):
        # What may go on in the next chunk waits: the last line, and a CR whose LF is to come.
        waiting.append(chunk)
        if len(chunk) > 3 and b"\n" not in chunk and b"\r" not in chunk[:-3]:
            continue
        block = b"".join(waiting)
        cut = max(block.rfind(b"\n"), block.rfind(b"\r", 0, -3)) + 1
        waiting = [block[cut:]]
        for line in block[:cut].replace(b"\r\r\n", b"\r\n").splitlines():
            number += 1
            yield number, line
    for line in b"".join(waiting).replace(b"\r\r\n", b"\r\n").splitlines():
        number += 1
        yield number, line


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            head = file.read(4)
            wide = wide_encoding(head)
            file.seek(len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0)
            if not wide:
                while chunk := file.read(_CHUNK):
                    yield chunk
                return
            decoder = codecs.getincrementaldecoder(wide)("replace")
            while chunk := file.read(_CHUNK):
                yield decoder.decode(chunk).encode("utf-8", "surrogatepass")
            yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")
    except OSError as problem:
        raise unreadable(path, problem) from problem


@dataclass(frozen=True)
class Page:
    """The encoding of what is not UTF-8, why, and what came second."""

    name: str
    evidence: str
    runner_up: str = ""


# Python calls these encodings; no file is written in them.
_NO_CHARSETS = frozenset(
    {"idna", "punycode", "undefined", "unicode-escape", "unicode_escape", "raw-unicode-escape",
     "raw_unicode_escape", "mbcs", "oem"}
)  # fmt: skip


def known_encoding(name: str) -> str:
    """Give Python's name of a text encoding, "" for one it does not know.

    >>> known_encoding("Windows-1250"), known_encoding("klingon"), known_encoding("base64")
    ('cp1250', '', '')
    """
    try:
        found = codecs.lookup(name.strip().strip("\"'"))
    except (LookupError, ValueError):
        return ""
    is_text = getattr(found, "_is_text_encoding", True) and found.name not in _NO_CHARSETS
    return found.name if is_text else ""


def checked_encoding(name: str, place: str) -> str:
    """Give the name of the encoding that an option wants, or raise SourceError."""
    found = known_encoding(name)
    if not found:
        raise SourceError(
            f'the encoding "{name}" is not known; the usual ones: utf-8, cp1250, cp1252, cp1251',
            hint="correct the option `encoding`",
            where=place,
        )
    return "utf-8" if found == "utf-8-sig" else found


class PageSample:
    """Values that declare no encoding, gathered until their letters tell which one it is."""

    def __init__(self, given: str = "") -> None:
        self._given = given
        self._foreign: list[bytes] = []
        self._size = self._utf8 = 0

    def add(self, value: bytes) -> None:
        """Look at one value."""
        if value.isascii():
            return
        try:
            value.decode("utf-8")
        except UnicodeDecodeError:
            if self._size < 200_000:
                self._foreign.append(value[:2000])
                self._size += len(self._foreign[-1])
        else:
            self._utf8 += 1

    def page(self) -> Page:
        """Decide: UTF-8 unless there are values that are not."""
        if self._given:
            return Page(self._given, "given; what is valid UTF-8 is read as such")
        if not self._foreign:
            seen = f"{self._utf8} values beyond ASCII, all valid UTF-8"
            return Page("utf-8", seen if self._utf8 else "only ASCII")
        sample = b" ".join(self._foreign)
        scores = sorted(((page_score(sample, page), page) for page in LIKELY_PAGES),
                        reverse=True, key=lambda pair: pair[0])  # fmt: skip
        (best, name), (second, runner_up) = scores[:2]
        return Page(
            name,
            f"{len(self._foreign)} values are not UTF-8; letters score {best:.2f} of 1",
            f"{runner_up} {second:.2f}",
        )


def decoded(value: bytes, page: str) -> str:
    """Read a value as UTF-8, else in the page; bytes that neither knows become half surrogates.

    >>> decoded("Šťastný".encode("cp1250"), "cp1250"), decoded("Šťastný".encode(), "cp1250")
    ('Šťastný', 'Šťastný')
    """
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        try:
            return value.decode(page, "surrogateescape")
        except (UnicodeError, LookupError):
            return value.decode("utf-8", "surrogateescape")
