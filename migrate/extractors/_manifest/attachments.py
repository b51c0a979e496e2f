"""Which files hang on the records of a source, and which of them will make trouble?

The manifest lists every attachment with its size, its SHA-256, the record it belongs to and the
name it had. Whoever reads a source (mail, contact files, the export of a CRM) gives the entries;
this module finds their bytes and tells which are missing, empty, blocked, oversized or there twice.
Nothing is unpacked or copied, and no entry is ever left out.
"""

from __future__ import annotations

import hashlib
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from migrate.errors import UsageError
from migrate.extractors._manifest.files import FileIndex, Found, read_found
from migrate.extractors._manifest.issues import (
    BLOCKED,
    DUPLICATE,
    EMPTY,
    MAX_NAME_BYTES,
    MAX_PATH,
    MISSING,
    OVERSIZED,
    Met,
    issues_of,
)
from migrate.extractors._text import frame_of
from migrate.values import Column, ForeignKey, Issue, Table

MANIFEST_COLUMNS = (
    "attachment_id", "parent_table", "parent_key", "name", "place", "media_type", "size",
    "sha256", "problem",
)  # fmt: skip

MAX_ATTACHMENT_BYTES = 25 * 1024 * 1024
"""What Salesforce takes for one attachment, and Gmail for one message; an option overrules it."""


# Microsoft Dataverse's default "blocked attachments" (its knowledge base, article 4577387) and the
# list of Gmail (support.google.com/mail/answer/6590), both as of 2025. Kept as one: a file that
# either refuses will be asked about.
BLOCKED_EXTENSIONS = frozenset(
    [
        "ade",
        "adp",
        "app",
        "asa",
        "ashx",
        "asmx",
        "asp",
        "bas",
        "bat",
        "cdx",
        "cer",
        "chm",
        "class",
        "cmd",
        "com",
        "config",
        "cpl",
        "crt",
        "csh",
        "dll",
        "exe",
        "fxp",
        "hlp",
        "hta",
        "htr",
        "htw",
        "ida",
        "idc",
        "idq",
        "inf",
        "ins",
        "isp",
        "its",
        "jar",
        "js",
        "jse",
        "ksh",
        "lnk",
        "mad",
        "maf",
        "mag",
        "mam",
        "maq",
        "mar",
        "mas",
        "mat",
        "mau",
        "mav",
        "maw",
        "mda",
        "mdb",
        "mde",
        "mdt",
        "mdw",
        "mdz",
        "msc",
        "msh",
        "msh1",
        "msh1xml",
        "msh2",
        "msh2xml",
        "mshxml",
        "msi",
        "msp",
        "mst",
        "ops",
        "pcd",
        "pif",
        "prf",
        "prg",
        "printer",
        "pst",
        "reg",
        "rem",
        "scf",
        "scr",
        "sct",
        "shb",
        "shs",
        "shtm",
        "shtml",
        "soap",
        "stm",
        "tmp",
        "url",
        "vb",
        "vbe",
        "vbs",
        "vsmacros",
        "vss",
        "vst",
        "vsw",
        "ws",
        "wsc",
        "wsf",
        "wsh",
        "apk",
        "appx",
        "appxbundle",
        "cab",
        "diagcab",
        "diagcfg",
        "diagpkg",
        "dmg",
        "ex",
        "ex_",
        "img",
        "iso",
        "jnlp",
        "lib",
        "mjs",
        "msix",
        "msixbundle",
        "nsh",
        "ps1",
        "sys",
        "vhd",
        "vxd",
        "xll",
    ]
)


@dataclass(frozen=True)
class Attachment:
    """One file that hangs on a record.

    ``place`` says where it is: a path as the source writes it (``\\\\server\\docs\\a.pdf``,
    ``Attachments/00P1``), or a part of a file (``box.mbox#12/2``). ``size`` and ``sha256`` are
    given where the bytes have been seen already; else ``read`` gives the bytes; else ``place`` is
    looked for in the folders. ``attachment_id`` is the source's own, "" to have one made.
    ``source_row`` is the row the entry comes from, 0 for its ordinal. ``problem`` is one that the
    reader of the source knows of.
    """

    parent_table: str
    parent_key: str
    name: str
    place: str
    media_type: str = ""
    attachment_id: str = ""
    size: int | None = None
    sha256: str = ""
    read: Callable[[], Iterable[bytes]] | None = field(default=None, repr=False)
    source_row: int = 0
    problem: str = ""


@dataclass(frozen=True)
class Limits:
    """What a target takes: bytes for one file, and no file with these extensions."""

    max_attachment_bytes: int = MAX_ATTACHMENT_BYTES
    blocked_extensions: frozenset[str] = BLOCKED_EXTENSIONS


def sized(content: bytes) -> tuple[int, str]:
    """Give the size and the SHA-256 of an attachment's bytes.

    >>> sized(b"abc")[0], sized(b"abc")[1][:12]
    (3, 'ba7816bf8f01')
    """
    return len(content), hashlib.sha256(content).hexdigest()


def manifest_table(
    entries: Callable[[], Iterable[Attachment]],
    origin: str,
    *,
    name: str = "attachments",
    folders: Sequence[Path] = (),
    limits: Limits | None = None,
    count: Callable[[], int] | None = None,
    parent_key: tuple[str, str] | None = None,
    reading: Mapping[str, Any] | None = None,
    ignore_case: bool = True,
) -> Table:
    """Make the table of a source's attachments; no entry is asked for before its batches are.

    ``entries`` gives them anew at every call. ``folders`` are where files are looked for (the
    source's own folder, and the option ``attachments_folder``), zips in them included; nothing
    outside of them is ever opened, whatever path a row names. ``count`` counts the entries another
    way. ``parent_key`` is (table, key column) where all entries hang on one table.
    """
    while_reading: list[Issue] = []
    taken = limits or Limits()

    def read(rows: int) -> Iterator[pd.DataFrame]:
        while_reading.clear()
        index = FileIndex(folders, ignore_case=ignore_case)
        checked = _Checked(index, taken)
        lines = checked.of(entries())
        batch = list(islice(lines, rows))
        yield _frame(batch)
        while batch := list(islice(lines, rows)):
            yield _frame(batch)
        where = ", ".join(map(str, folders)) or "the source itself"
        most = taken.max_attachment_bytes
        while_reading.extend(
            issues_of(checked.met, table=name, origin=origin, where=where, most=most)
        )

    return Table(
        name=name,
        columns=tuple(
            Column(label, "integer" if label == "size" else "text") for label in MANIFEST_COLUMNS
        ),
        origin=origin,
        read=read,
        count=count or (lambda: sum(1 for _ in entries())),
        key=("attachment_id",),
        foreign_keys=(
            (ForeignKey(("parent_key",), parent_key[0], (parent_key[1],)),) if parent_key else ()
        ),
        reading={"max_attachment_bytes": taken.max_attachment_bytes} | dict(reading or {}),
        issues=lambda: tuple(while_reading),
    )


def _frame(batch: list[tuple[int, list[str | None]]]) -> pd.DataFrame:
    columns = list(zip(*(row for _, row in batch), strict=True)) or [()] * len(MANIFEST_COLUMNS)
    return frame_of(MANIFEST_COLUMNS, columns, [source_row for source_row, _ in batch])


class _Checked:
    """The rows of a manifest, and what was met while making them."""

    def __init__(self, index: FileIndex, limits: Limits) -> None:
        self._index, self._limits = index, limits
        self.met = Met()
        self._hashes: set[bytes] = set()
        self._names: set[bytes] = set()
        self._ids: set[str] = set()

    def of(self, entries: Iterable[Attachment]) -> Iterator[tuple[int, list[str | None]]]:
        for ordinal, entry in enumerate(entries, start=1):
            yield entry.source_row or ordinal, self._row(entry)

    def _row(self, entry: Attachment) -> list[str | None]:
        found = self._found(entry)
        problem = entry.problem or self._problem(entry, found)
        if problem:
            self.met.note(problem, entry.place or entry.name, found.size or 0)
        self._note_names(entry)
        return [
            self._id(entry), entry.parent_table, entry.parent_key, entry.name, found.place,
            entry.media_type, "" if found.size is None else str(found.size), found.sha256, problem,
        ]  # fmt: skip

    def _found(self, entry: Attachment) -> Found:
        if entry.size is not None:
            return Found(entry.place, entry.size, entry.sha256)
        if entry.read is not None:
            try:
                return read_found(entry.place, entry.read())
            except (OSError, EOFError, ValueError, NotImplementedError, RuntimeError,
                    zipfile.BadZipFile, zlib.error):  # fmt: skip
                self.met.note("unreadable", entry.place or entry.name)
                return Found(entry.place)
        found = self._index.find(entry.place)
        if found.trouble:
            self.met.note(found.trouble, entry.place or entry.name)
        return found

    def _problem(self, entry: Attachment, found: Found) -> str:
        if found.size is None:
            return MISSING
        if found.size == 0:
            return EMPTY
        if _extension(entry.name) in self._limits.blocked_extensions:
            return BLOCKED
        if found.size > self._limits.max_attachment_bytes:
            return OVERSIZED
        if found.sha256:
            digest = bytes.fromhex(found.sha256)[:16]
            if digest in self._hashes:
                return DUPLICATE
            self._hashes.add(digest)
        return ""

    def _note_names(self, entry: Attachment) -> None:
        name = unicodedata.normalize("NFC", entry.name)
        key = _digest(entry.parent_table, entry.parent_key, name.casefold())
        if key in self._names:
            self.met.note("name twice", entry.place or entry.name)
        self._names.add(key)
        if len(entry.place) > MAX_PATH or len(name.encode("utf-8", "replace")) > MAX_NAME_BYTES:
            self.met.note("path long", entry.place or entry.name)
        if name != entry.name:
            self.met.note("decomposed", entry.place or entry.name)

    def _id(self, entry: Attachment) -> str:
        made = _digest(entry.parent_table, entry.parent_key, entry.name, entry.place).hex()
        wanted = entry.attachment_id or made
        number, free = 1, wanted
        while free in self._ids:
            number += 1
            free = f"{wanted}-{number}"
        if number > 1 and entry.attachment_id:
            self.met.note("id twice", entry.place or entry.name)
        self._ids.add(free)
        return free


def _digest(*texts: str) -> bytes:
    joined = "\0".join(texts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(joined, digest_size=8).digest()


def _extension(name: str) -> str:
    """Give the extension that Windows acts on: what follows the last dot, without trailing dots.

    >>> _extension("faktúra.pdf.EXE. ")
    'exe'
    """
    plain = unicodedata.normalize("NFC", name).rstrip(". \0")
    return plain.rpartition(".")[2].casefold() if "." in plain else ""


def limits_of(options: Mapping[str, object], place: str) -> Limits:
    """Read the option ``max_attachment_bytes``, a whole number above zero.

    >>> limits_of({"max_attachment_bytes": "1000"}, "box.mbox").max_attachment_bytes
    1000
    """
    given = options.get("max_attachment_bytes")
    if given is None:
        return Limits()
    text = str(given)
    if not (text.isascii() and text.isdigit() and int(text[:18]) > 0):
        raise UsageError(
            f'`max_attachment_bytes` is "{text[:40]}"; allowed: a whole number of bytes above 0',
            hint=f"25 MB are {MAX_ATTACHMENT_BYTES}",
            where=place,
        )
    return Limits(max_attachment_bytes=int(text))


def attachment_folders(path: Path, given: object) -> tuple[Path, ...]:
    """Give where a source's files are looked for: ``attachments_folder``, else its own folder.

    Raises UsageError where the folder (or the zip) that the option names is not there.
    """
    own = path if path.is_dir() else path.parent
    if not given:
        return (own,)
    folders = tuple(Path(str(entry)) for entry in (given if isinstance(given, list) else [given]))
    for folder in folders:
        if not folder.exists():
            raise UsageError(
                f"the folder {folder} is not there",
                hint="correct the option `attachments_folder`",
                where=str(path),
            )
    return (own, *folders)
