"""Which entries does an LDIF file hold, and what are their values (RFC 2849)?

Lines are joined as bytes, for a fold may cut a character in two. Values are text, base64, or a URL
that is never fetched. What is binary is shown as what it is: a GUID, a SID, a file, or its bytes.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from migrate.extractors._byte_lines import byte_lines, decoded
from migrate.extractors._contacts.vcard_values import unbased

_ATTRIBUTE = re.compile(
    rb"([A-Za-z0-9._-]+)((?:;[A-Za-z0-9=*-]+)*)[ ]*:([:<]?)[ \t]*(.*)", re.DOTALL
)
_DN = re.compile(rb"dn[ ]*:", re.IGNORECASE)
_VERSION = re.compile(rb"version[ ]*:", re.IGNORECASE)
_RANGE = re.compile(r"range=\d+-(\d+|\*)", re.IGNORECASE)
_BASE64 = re.compile(rb"[A-Za-z0-9+/\s]*(?:=\s*){0,2}")
_CONTROL = re.compile(rb"[\0-\x08\x0b\x0c\x0e-\x1f]")
_LONGEST_TEXT = 100_000

FILES = frozenset(
    {"jpegphoto", "thumbnailphoto", "thumbnaillogo", "photo", "audio", "usercertificate",
     "usersmimecertificate", "cacertificate", "userpkcs12"}
)  # fmt: skip


@dataclass(frozen=True)
class Attribute:
    """One value of an entry: ``kind`` is "" for text, ":" for base64, "<" for a URL."""

    line: int
    name: str
    options: tuple[str, ...]
    kind: str
    raw: bytes

    @property
    def label(self) -> str:
        """The name with the options that make another attribute of it (``;lang-sk``)."""
        said = [o for o in self.options if o.lower() != "binary" and not _RANGE.fullmatch(o)]
        return ";".join([self.name, *said])

    @property
    def is_range(self) -> bool:
        """Tell whether Active Directory gave only some of the values."""
        return any((m := _RANGE.fullmatch(o)) and m[1] != "*" for o in self.options)

    @property
    def is_damaged(self) -> bool:
        """Tell base64 that is none."""
        return self.kind == ":" and not _BASE64.fullmatch(self.raw)

    @property
    def content(self) -> bytes:
        """The bytes of the value; where base64 is damaged, what stands there."""
        return unbased(self.raw) if self.kind == ":" and not self.is_damaged else self.raw


@dataclass
class Entry:
    """The lines between two blank ones, unfolded."""

    line: int
    lines: list[tuple[int, bytes]] = field(default_factory=list)

    @property
    def has_dn(self) -> bool:
        return bool(self.lines) and _DN.match(self.lines[0][1]) is not None

    @property
    def change(self) -> str:
        """What a change record does ("modify", "delete"); "" for an entry, and for "add"."""
        for _, text in self.lines[1:4]:
            name, _, value = text.partition(b":")
            if name.strip().lower() == b"changetype":
                said = value.strip().lower().decode("latin-1")
                return "" if said == "add" else said
        return ""


def entries(path: Path) -> Iterator[Entry]:
    """Cut a file into entries: at blank lines, and before a dn that stands without one."""
    entry: Entry | None = None
    pieces: list[bytes] = []
    start = 0
    is_comment = False

    def joined() -> None:
        if pieces and entry is not None:
            entry.lines.append((start, b"".join(pieces)))
        pieces.clear()

    for number, line in byte_lines(path):
        if line[:1] in (b" ", b"\t") and line.strip() and (pieces or is_comment):
            if not is_comment:
                pieces.append(line[1:])
            continue
        if line[:1] == b"#":
            is_comment = True
            joined()
            continue
        is_comment = False
        if not line.strip(b" \t\0\x1a"):
            joined()
            if entry is not None and entry.lines:
                yield entry
            entry = None
            continue
        joined()
        if entry is None or (_DN.match(line) and entry.lines):
            if entry is not None:
                yield entry
            if _VERSION.match(line):
                entry = None
                continue
            entry = Entry(number)
        start, pieces = number, [line]
    joined()
    if entry is not None and entry.lines:
        yield entry


def count_entries(path: Path) -> int:
    """Count entries by the lines they begin with."""
    count, is_open, is_version, is_comment = 0, False, False, False
    for _, line in byte_lines(path):
        if line[:1] == b"#":
            is_comment = True
        elif line[:1] in (b" ", b"\t") and line.strip() and (is_open or is_comment or is_version):
            continue
        else:
            is_comment = False
            if not line.strip(b" \t\0\x1a"):
                is_open = is_version = False
            elif _VERSION.match(line) and not is_open:
                is_version = True
            elif not is_open or _DN.match(line):
                count, is_open, is_version = count + 1, True, False
    return count


def attribute(line: int, text: bytes) -> Attribute | None:
    """Split a line into its parts; None for one that is no attribute.

    >>> attribute(1, b"cn;lang-sk:: xb1pbGluYQ==").content.decode()
    'Žilina'
    >>> attribute(2, b"no colon")
    """
    found = _ATTRIBUTE.fullmatch(text)
    if not found:
        return None
    options = tuple(o for o in found[2].decode("ascii").split(";") if o)
    return Attribute(line, found[1].decode("ascii"), options, found[3].decode(), found[4])


def is_text(content: bytes) -> bool:
    """Tell text in any encoding from what is binary."""
    return len(content) <= _LONGEST_TEXT and not _CONTROL.search(content)


def shown(found: Attribute, page: str) -> str:
    """Give a value as text: what is binary as a GUID, a SID, or its bytes in hexadecimal.

    >>> shown(attribute(1, b"objectGUID:: AAECAwQFBgcICQoLDA0ODw=="), "utf-8")
    '03020100-0504-0706-0809-0a0b0c0d0e0f'
    >>> shown(attribute(1, b"objectSid:: AQUAAAAAAAUVAAAAAQAAAAIAAAADAAAA9AEAAA=="), "utf-8")
    'S-1-5-21-1-2-3-500'
    """
    content = found.content
    name = found.name.lower()
    if found.kind == ":":
        if name in ("objectguid", "mdbguid", "msexchmailboxguid") and len(content) == 16:
            return str(uuid.UUID(bytes_le=content))
        if name in ("objectsid", "sidhistory") and _is_sid(content):
            return _sid(content)
        if not is_text(content):
            return "\\x" + content.hex()
    return decoded(content, page).replace("\r\n", "\n")


def _is_sid(content: bytes) -> bool:
    return len(content) >= 8 and len(content) == 8 + 4 * content[1]


def _sid(content: bytes) -> str:
    """Write a security identifier as Windows does ([MS-DTYP] 2.4.2)."""
    parts = [int.from_bytes(content[i : i + 4], "little") for i in range(8, len(content), 4)]
    authority = int.from_bytes(content[2:8], "big")
    return "-".join(["S", str(content[0]), str(authority), *map(str, parts)])
