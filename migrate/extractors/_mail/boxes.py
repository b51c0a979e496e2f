"""Where does a message begin and end in a mailbox file?

A mailbox is messages one behind the other, each below a line that begins with "From ". Lines of a
text that begin so are escaped with ">" (mboxo, mboxrd) or protected by a Content-Length (mboxcl),
and often neither: a separator is only what looks like one, with a header below it.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from migrate.errors import SourceError
from migrate.extractors._byte_lines import wide_encoding
from migrate.extractors._text import unreadable

# "From jana@example.com Fri Mar  1 10:00:00 2019", "From - Fri, 1 Mar 2019 10:00:00 +0100", and
# Gmail's with the zone before the year; a header has to stand below.
_LINE = (
    rb"From (?=\S)(?:[^\r\n]{0,300}?\d{1,2}:\d\d[^\r\n]{0,60}|[^\r\n]{0,300}? (?:19|20)\d\d[^\r\n]{0,30})"
    rb"\r?\n(?=[!-9;-~]+[ \t]*:|>From )"
)
_SEPARATOR = re.compile(rb"\n" + _LINE)
_FIRST_SEPARATOR = re.compile(rb"(?:\xef\xbb\xbf)?From [^\r\n]*(?:\r?\n|$)")
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_MESSAGE_END = re.compile(rb"[\r\n]*(?:From |$)")
_CONTENT_LENGTH = re.compile(
    rb"^Content-Length:[ \t]*(\d{1,15})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE
)
_MOST_HEADER_BYTES = 1 << 20
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)
_EMLX = re.compile(rb"(\d{1,12})[ \t]*\r?\n(?=[!-9;-~]+:)")
_OUTLOOK_MSG = b"\xd0\xcf\x11\xe0"
_MOST_WIDE_BYTES = 64 << 20


@dataclass(frozen=True)
class Raw:
    """One message: its bytes, the line it begins on, and the date of its "From " line."""

    line: int
    content: bytes
    separator: bytes = b""
    problem: str = ""


def read_box(path: Path, *, is_escaped: bool = True) -> Iterator[Raw]:
    """Give the messages of a mailbox, of an .eml or of an .emlx, one at a time.

    Raises SourceError where the file cannot be opened, or is an Outlook .msg.
    """
    try:
        with path.open("rb") as file:
            head = file.read(4096)
            file.seek(0)
            if head.startswith(_OUTLOOK_MSG):
                raise SourceError(
                    "is a message or data file of Outlook, which is not read",
                    hint="export it as .eml, or with: readpst -o FOLDER FILE.pst",
                    where=str(path),
                )
            if wide := wide_encoding(head):
                text = file.read(_MOST_WIDE_BYTES).decode(wide, "replace")
                yield Raw(1, text.encode("utf-8", "replace"))
            elif head.removeprefix(b"\xef\xbb\xbf").startswith(b"From "):
                for raw in _ranges(file):
                    plain = _ESCAPED.sub(rb"\1", raw.content) if is_escaped else raw.content
                    yield replace(raw, content=plain)
            elif counted := _EMLX.match(head):
                file.seek(counted.end())
                yield Raw(2, file.read(int(counted[1])))
            else:
                content = file.read().removeprefix(b"\xef\xbb\xbf")
                if content.strip():
                    yield Raw(1, content)
    except OSError as problem:
        raise unreadable(path, problem) from problem


def _ranges(file: IO[bytes]) -> Iterator[Raw]:
    """Cut a mailbox at its separators. The file is mapped, not read: only a message is copied."""
    try:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except ValueError:
        return  # emptied since it was looked at
    with mapped as box:
        found = _FIRST_SEPARATOR.match(box)
        line, place = 1, 0
        while found:
            start = found.end()
            following = _SEPARATOR.search(box, _covered(box, start))
            end = following.start() + 1 if following else len(box)
            content = box[start:end]
            yield Raw(line, content, found[0].strip())
            line += box[place:start].count(b"\n") + content.count(b"\n")
            found, place = following, end


def _covered(box: mmap.mmap, start: int) -> int:
    """Tell where to look for the next separator: behind what a true Content-Length covers."""
    header_end = _HEADER_END.search(box, start, start + _MOST_HEADER_BYTES)
    begins = header_end.end() if header_end else start
    found = _CONTENT_LENGTH.search(box, start, begins)
    if found:
        end = begins + int(found[1])
        if end == len(box) or (end < len(box) and _MESSAGE_END.match(box, end)):
            return max(end - 1, start)
    return max(start - 1, 0)


def count_messages(path: Path) -> int:
    """Count the messages of a file by its separators alone; none is parsed."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
            file.seek(0)
            if head.removeprefix(b"\xef\xbb\xbf").startswith(b"From ") and not wide_encoding(head):
                return sum(1 for _ in _ranges(file))
            return 1 if head.strip() or file.read().strip() else 0
    except OSError:
        return 1
