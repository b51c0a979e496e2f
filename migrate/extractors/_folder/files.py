"""Which files does a folder or an archive hold, and which of them are no data?

Nothing outside the folder is ever read: links are not followed, and a zip's members are unpacked
under names of our own into a temporary folder, which is gone as soon as no table needs it.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from migrate.errors import SourceError
from migrate.extractors._profiles.files import is_attached
from migrate.values import Issue

_CHUNK = 1 << 20
_MAX_DEPTH = 4
_BOMB_BYTES = 1 << 30
_BOMB_RATIO = 250  # a CSV of mostly empty columns packs about 1 to 60; a bomb 1 to 1,000 and more
_SPARE_BYTES = 256 << 20
_MOST_MEMBERS = 1_000_000

ARCHIVE_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)

SYSTEM, INDEX, MEMO, LOCK = (
    "left by an operating system",
    "an index, which can be made again from its table",
    "memos, which are read with their table",
    "a lock or journal of a program that has the data open",
)
_BY_NAME = {
    "thumbs.db": SYSTEM, "ehthumbs.db": SYSTEM, "desktop.ini": SYSTEM, "icon\r": SYSTEM,
    "$recycle.bin": SYSTEM, "system volume information": SYSTEM, "__macosx": SYSTEM,
}  # fmt: skip
_BY_SUFFIX = {
    **dict.fromkeys((".mdx", ".cdx", ".ndx", ".idx", ".ntx", ".nsx", ".inx"), INDEX),
    **dict.fromkeys((".dbt", ".fpt", ".blb", ".smt"), MEMO),
    **dict.fromkeys((".ldb", ".laccdb", ".lck", "-wal", "-shm", "-journal"), LOCK),
}
OWN_FILES = frozenset({"reading.yaml", "issues.jsonl", "issues.xlsx"})
OWN = "written by crm-migrate beside its tables"


class Unpacked:
    """A temporary folder that lives as long as something holds this value."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="crm-migrate-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


@dataclass(frozen=True)
class SourceFile:
    """A file to be read: what it is called inside the place, where its bytes are, and ``shown``."""

    label: str
    path: Path
    shown: str


@dataclass
class Listing:
    """What was found in a place."""

    place: Path
    files: list[SourceFile] = field(default_factory=list)
    attached: list[str] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    unpacked: Unpacked | None = None
    shown_for: dict[str, str] = field(default_factory=dict)
    stems: frozenset[str] = frozenset()

    def shown(self, text: str) -> str:
        """Name a file as the user knows it, where a text names the unpacked copy."""
        for real, told in self.shown_for.items():
            text = text.replace(real, told)
        return text


def list_files(place: Path) -> Listing:
    """List the files of a folder or zip, archives in it opened; junk becomes an Issue.

    Files that hang on records, as a profile tells, stay packed and are only listed. Raises
    SourceError where the place itself cannot be opened.
    """
    listing = Listing(place)
    ignored: dict[str, list[str]] = {}
    if place.is_dir():
        paths = list(_walked(place, listing, ignored))
        listing.stems = _stems(paths)
        for path in paths:
            label = path.relative_to(place).as_posix()
            _add(listing, label, path, str(path), ignored, depth=0)
    else:
        listing.stems = _stems([place])
        _open_archive(listing, "", place, str(place), ignored, depth=0)
        if not listing.files and not listing.attached and listing.issues:
            first = listing.issues[0]
            raise SourceError(first.message, hint=first.hint, where=str(place))
    listing.issues += _ignored_issues(place, ignored)
    return listing


def _walked(root: Path, listing: Listing, ignored: dict[str, list[str]]) -> Iterator[Path]:
    def refused(problem: OSError) -> None:
        listing.issues.append(_unreadable(
            str(problem.filename or root), f"cannot be opened ({problem.strerror})",
            "check that you may read it",
        ))  # fmt: skip

    for folder, folders, names in os.walk(root, onerror=refused):
        folders.sort(key=_natural)
        for name in list(folders):
            path = Path(folder, name)
            if path.is_symlink():
                folders.remove(name)
                listing.issues.append(_link(path))
            elif reason := _BY_NAME.get(name.lower()) or (SYSTEM if name.startswith(".") else ""):
                folders.remove(name)
                ignored.setdefault(reason, []).append(path.relative_to(root).as_posix() + "/")
        for name in sorted(names, key=_natural):
            path = Path(folder, name)
            if path.is_symlink():
                listing.issues.append(_link(path))
            elif path.is_file():
                yield path
            else:
                listing.issues.append(_unreadable(
                    str(path), "is no file (a device or a pipe)", "take it out of the folder"
                ))  # fmt: skip


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort part_10 behind part_9."""
    return [(int(p), "") if p.isdecimal() else (-1, p) for p in re.split(r"(\d+)", name.lower())]


def _add(
    listing: Listing,
    label: str,
    path: Path,
    shown: str,
    ignored: dict[str, list[str]],
    *,
    depth: int,
) -> None:
    if is_attached(label, listing.stems):
        listing.attached.append(label)
    elif reason := why_ignored(label):
        ignored.setdefault(reason, []).append(label)
    elif _is_archive(path):
        _open_archive(listing, label, path, shown, ignored, depth=depth + 1)
    else:
        listing.files.append(SourceFile(label, path, shown))


def _stems(paths: Sequence[Path]) -> frozenset[str]:
    """The names of all files without suffix, those in zips included: which tables are there."""
    stems = {path.stem.casefold() for path in paths}
    for path in paths:
        try:
            if path.suffix.lower() == ".zip":
                with zipfile.ZipFile(path) as archive:
                    stems |= {Path(name).stem.casefold() for name in archive.namelist()}
        except (OSError, *ARCHIVE_ERRORS):
            continue  # told where it is opened
    return frozenset(stems)


def why_ignored(label: str) -> str:
    """Tell why a file is no data; "" where it may be.

    >>> why_ignored("data/Thumbs.db"), why_ignored("CONTACT1.MDX")[:8], why_ignored("a.csv")
    ('left by an operating system', 'an index', '')
    """
    *folders, name = label.lower().split("/")
    if name in OWN_FILES:
        return OWN
    if name in _BY_NAME or name.startswith((".", "~$")) or set(folders) & set(_BY_NAME):
        return SYSTEM
    return next((why for suffix, why in _BY_SUFFIX.items() if name.endswith(suffix)), "")


def _is_archive(path: Path) -> bool:
    """Tell a zip of files from a workbook, which is a zip too."""
    try:
        with path.open("rb") as file:
            if not file.read(4).startswith((b"PK\x03\x04", b"PK\x05\x06")):
                return False
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except OSError:
        return False
    except ARCHIVE_ERRORS:
        return path.suffix.lower() == ".zip"
    return not names & {"[Content_Types].xml", "content.xml", "EncryptionInfo"}


def _open_archive(
    listing: Listing,
    label: str,
    path: Path,
    shown: str,
    ignored: dict[str, list[str]],
    *,
    depth: int,
) -> None:
    """Unpack what may be data; a member that cannot be had is an Issue, and the rest goes on."""
    if depth > _MAX_DEPTH:
        listing.issues.append(_unreadable(
            shown, f"is a zip inside {_MAX_DEPTH} others", "unpack it, and give the folder"
        ))  # fmt: skip
        return
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(entries) > _MOST_MEMBERS:
                raise zipfile.BadZipFile("too many members")
            prefix = f"{label}/" if label else ""
            names = _unique([prefix + _clean_name(entry) for entry in entries])
            wanted = []
            for name, entry in zip(names, entries, strict=True):
                if is_attached(name, listing.stems):
                    listing.attached.append(name)
                elif (reason := why_ignored(name)) and reason != MEMO:
                    ignored.setdefault(reason, []).append(name)
                else:
                    wanted.append((name, entry))
            _unpack(listing, archive, wanted, prefix, path, shown, ignored, depth)
    except OSError as problem:
        listing.issues.append(_unreadable(
            shown, f"cannot be opened ({problem.strerror or type(problem).__name__})",
            "check that you may read it, and that the disk has room for its content",
        ))  # fmt: skip
    except ARCHIVE_ERRORS:
        listing.issues.append(_unreadable(
            shown, "is a damaged zip archive: its list of files cannot be read",
            "copy or download it again; every part of an export in parts must be there",
        ))  # fmt: skip


def _unpack(
    listing: Listing,
    archive: zipfile.ZipFile,
    wanted: Sequence[tuple[str, zipfile.ZipInfo]],
    prefix: str,
    path: Path,
    shown: str,
    ignored: dict[str, list[str]],
    depth: int,
) -> None:
    if listing.unpacked is None:
        listing.unpacked = Unpacked()
    folder = listing.unpacked.path / str(len(listing.shown_for))
    listing.shown_for[f"{folder}/"] = f"{shown}!"
    packed = max(path.stat().st_size, 1)
    written = 0
    for name, entry in wanted:
        member = name.removeprefix(prefix)
        target = folder.joinpath(*(_plain(part) for part in member.split("/")))
        told = f"{shown}!{member}"
        trouble = _refusal(entry, written, packed, folder.parent)
        if not trouble:
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(entry) as packed_file, target.open("wb") as file:
                    shutil.copyfileobj(packed_file, file, _CHUNK)
                written += entry.file_size
            except ARCHIVE_ERRORS:
                trouble = ("is damaged in the archive", "copy or download the archive again")
        if trouble:
            listing.issues.append(_unreadable(told, *trouble))
        elif why_ignored(name) == MEMO:
            ignored.setdefault(MEMO, []).append(name)
        else:
            _add(listing, name, target, told, ignored, depth=depth)


def _refusal(
    entry: zipfile.ZipInfo, written: int, packed: int, folder: Path
) -> tuple[str, str] | None:
    """Say why a member is not unpacked: what is wrong, and what to do."""
    if entry.flag_bits & 0x1:
        return "is encrypted with a password", "unpack it with the password, and give the folder"
    total = written + entry.file_size
    if total > _BOMB_BYTES and total / packed > _BOMB_RATIO:
        return (
            f"would grow to {total} bytes from {packed}: that is no export",
            "look at the archive; if it is sound, unpack it and give the folder",
        )
    free = shutil.disk_usage(folder).free
    if entry.file_size + _SPARE_BYTES > free:
        return (
            f"needs {entry.file_size} bytes, and the temporary disk has {free} left",
            "unpack it where there is room and give the folder, or set TMPDIR",
        )
    return None


def _clean_name(entry: zipfile.ZipInfo) -> str:
    """Give a member's name without roots and dots; UTF-8 where a Mac forgot to say so."""
    name = entry.filename
    if not entry.flag_bits & 0x800 and not name.isascii():
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = entry.filename
    pieces = re.split(r"[\\/]+", re.sub(r"^[a-zA-Z]:", "", name))
    return "/".join(piece for piece in pieces if piece not in ("", ".", "..")) or "nameless"


def _plain(part: str) -> str:
    """Give a file name that every disk takes, its suffix kept."""
    safe = re.sub(r'[\x00-\x1f<>:"|?*]', "_", part)
    if len(safe.encode("utf-8", "replace")) <= 200:
        return safe
    stem, dot, suffix = safe.rpartition(".")
    return f"{(stem or suffix)[:40]}-{zlib.crc32(part.encode('utf-8', 'replace')):08x}{dot}{suffix[:10]}"


def _unique(names: Sequence[str]) -> list[str]:
    """Number a member that is there twice, before its suffix."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        stem, dot, suffix = name.rpartition(".")
        if seen[name] > 1:
            number = f" again {seen[name]}"
            name = f"{stem}{number}.{suffix}" if dot and "/" not in suffix else name + number
        result.append(name)
    return result


def _unreadable(place: str, message: str, hint: str) -> Issue:
    return Issue("file_unreadable", "warning", message, place=place, hint=hint)


def _link(path: Path) -> Issue:
    return Issue(
        "link_not_followed", "warning", "is a link to another place; links are not followed",
        place=str(path), hint="copy what it names into the folder, if it belongs there",
    )  # fmt: skip


def _ignored_issues(place: Path, ignored: dict[str, list[str]]) -> Iterator[Issue]:
    for reason, names in ignored.items():
        yield Issue(
            "files_ignored", "info", f"{len(names)} files are no tables: {reason}",
            place=str(place), value="; ".join(names),
        )  # fmt: skip
