"""Where is a file now, whose path an old system remembers?

Paths come from machines that are gone: ``\\\\server\\docs\\2019\\zmluva.pdf``, ``C:\\ACT\\a.doc``.
The files came in a folder or in zips. They are told by the end of their paths, the longest that
agrees, however the letters are composed (a Mac writes an accent apart).
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_CHUNK = 1 << 20
_URL = re.compile(r"[a-z][a-z0-9+.\-]+://(?!/)", re.IGNORECASE)
_ARCHIVE_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)  # fmt: skip  RuntimeError: a member that wants a password


@dataclass(frozen=True)
class Found:
    """Bytes that were found: their size and SHA-256; without a size, nothing was.

    ``trouble`` is "ambiguous", "name only" or "unreadable".
    """

    place: str
    size: int | None = None
    sha256: str = ""
    trouble: str = ""


@dataclass(frozen=True)
class _File:
    path: Path
    member: str = ""


class FileIndex:
    """The files of some folders and of the zips in them, by name; made when first asked.

    Links that lead out of a folder are not followed: a row must not name a file of this machine.
    """

    def __init__(self, folders: Sequence[Path], *, ignore_case: bool = True) -> None:
        self._folders, self._ignore_case = folders, ignore_case
        self._by_name: dict[str, list[tuple[tuple[str, ...], _File]]] | None = None

    def find(self, place: str) -> Found:
        """Find the file that a source's path means, and read it once for its hash."""
        parts = self._parts(place)
        if not parts or _URL.match(place):
            return Found(place)
        if self._by_name is None:
            self._by_name = self._listed()
        candidates = self._by_name.get(parts[-1], [])
        if not candidates:
            return Found(place)
        ranked = sorted(
            ((_common_end(parts, known), known[1:] == parts, file) for known, file in candidates),
            key=lambda ranking: ranking[:2],
            reverse=True,
        )
        length, is_whole, file = ranked[0]
        if len(ranked) > 1 and ranked[1][:2] == (length, is_whole):
            return Found(place, trouble="ambiguous")
        trouble = "name only" if length == 1 and len(parts) > 1 else ""
        try:
            found = read_found(_place(file), _bytes(file))
        except _ARCHIVE_ERRORS:
            return Found(place, trouble="unreadable")
        return Found(found.place, found.size, found.sha256, trouble)

    def _parts(self, path: str) -> tuple[str, ...]:
        """Split a path of any system; the drive and dots are no part of it."""
        text = unicodedata.normalize("NFC", path)
        if self._ignore_case:
            text = text.casefold()
        pieces = re.split(r"[\\/]+", re.sub(r"^(file://|[a-zA-Z]:(?=[\\/]))", "", text))
        return tuple(piece for piece in pieces if piece.strip() not in ("", ".", ".."))

    def _listed(self) -> dict[str, list[tuple[tuple[str, ...], _File]]]:
        listed: defaultdict[str, list[tuple[tuple[str, ...], _File]]] = defaultdict(list)
        seen: set[Path] = set()
        for folder in self._folders:
            root = folder.resolve()
            for path in _files_under(root):
                if path in seen:
                    continue
                seen.add(path)
                relative = path.relative_to(root)
                parts = self._parts(f"{root.name}/{relative}")
                listed[parts[-1]].append((parts, _File(path)))
                if path.suffix.lower() == ".zip":
                    for member, names in _members(path):
                        for inside in {self._parts(f"{path.stem}/{name}") for name in names}:
                            listed[inside[-1]].append((inside, _File(path, member)))
        return listed


def _files_under(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
        return
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            try:
                is_inside = not path.is_symlink() or path.resolve().is_relative_to(root)
                is_file = path.is_file()
            except (OSError, RuntimeError):
                continue  # a link to itself
            if is_inside and is_file:
                yield path


def _members(archive: Path) -> list[tuple[str, set[str]]]:
    """List the files in a zip, each with the names it may have been given."""
    try:
        with zipfile.ZipFile(archive) as opened:
            return [
                (entry.filename, _readings(entry))
                for entry in opened.infolist()
                if not entry.is_dir()
            ]
    except _ARCHIVE_ERRORS:
        return []


def _readings(entry: zipfile.ZipInfo) -> set[str]:
    """Read a name that does not say its code page as Macs and Windows' own zips write it.

    Without the UTF-8 flag a name is cp437 by the ZIP specification; Windows writes the PC's OEM
    page instead, and macOS UTF-8.
    """
    names = {entry.filename}
    if not entry.flag_bits & 0x800 and not entry.filename.isascii():
        for page in ("utf-8", "cp852", "cp866", "cp850", "cp1250"):
            try:
                names.add(entry.filename.encode("cp437").decode(page))
            except UnicodeError:
                continue
    return names


def _common_end(parts: tuple[str, ...], known: tuple[str, ...]) -> int:
    length = 0
    for ours, theirs in zip(reversed(parts), reversed(known), strict=False):
        if ours != theirs:
            break
        length += 1
    return length


def _place(file: _File) -> str:
    return f"{file.path}!{file.member}" if file.member else str(file.path)


def _bytes(file: _File) -> Iterator[bytes]:
    if not file.member:
        with file.path.open("rb") as opened:
            while chunk := opened.read(_CHUNK):
                yield chunk
        return
    with zipfile.ZipFile(file.path) as archive, archive.open(file.member) as member:
        while chunk := member.read(_CHUNK):
            yield chunk


def read_found(place: str, chunks: Iterable[bytes]) -> Found:
    """Count and hash bytes as they come.

    >>> read_found("a.txt", [b"a", b"bc"]).size
    3
    """
    size, digest = 0, hashlib.sha256()
    for chunk in chunks:
        size += len(chunk)
        digest.update(chunk)
    return Found(place, size, digest.hexdigest())
