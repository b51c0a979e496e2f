"""What long text belongs to a record? The memo file beside a dBase or FoxPro table.

Three layouts: dBase III (text up to the end mark 0x1A), dBase IV and V (FF FF 08 00 and a length),
FoxPro (.fpt: type and length, big-endian). Which one a file has is told by its blocks, because the
first byte of the table is often wrong about it.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from migrate.errors import SourceError
from migrate.extractors._text import nearest

SUFFIXES = (
    ".fpt", ".dbt", ".blb", ".smt", ".dct", ".sct", ".frt", ".lbt", ".mnt", ".pjt", ".vct", ".mmo",
)  # fmt: skip
_MARK_IV = b"\xff\xff\x08\x00"
_END = b"\x1a"
_HEAD_BYTES = 512
_FPT_TYPES = (0, 1, 2)  # picture, text, object
_LEAST_SHARE = 0.5


@dataclass(frozen=True)
class MemoShape:
    """Where a memo file is, its layout ("iii", "iv", "fpt"), the size of a block, and why."""

    path: Path
    kind: str
    block_size: int
    evidence: str


@dataclass(frozen=True)
class MemoFile:
    """An open memo file.

    >>> body = bytes(512) + b"first note\x1a\x1aold rest"
    >>> file = MemoFile(body, "iii", 512)
    >>> file.read(1), file.read(7), file.read(0)
    (b'first note', None, None)
    """

    data: bytes | mmap.mmap
    kind: str
    block_size: int

    def read(self, block: int) -> bytes | None:
        """Give the memo that begins at a block; None where the file holds none there."""
        return _memo(self.data, self.kind, self.block_size, block)


@contextmanager
def opened(shape: MemoShape) -> Iterator[MemoFile]:
    """Open a memo file whose shape is known."""
    with _mapped(shape.path) as data:
        yield MemoFile(data, shape.kind, shape.block_size)


@contextmanager
def _mapped(path: Path) -> Iterator[bytes | mmap.mmap]:
    """Map the file: some are gigabytes, and only the blocks that are pointed to are wanted."""
    try:
        with path.open("rb") as file:
            if not path.stat().st_size:
                yield b""
                return
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                yield data
    except OSError as problem:
        raise SourceError(
            f"the memo file cannot be read ({problem.strerror})",
            hint="close it in other programs, and check that you may read it",
            where=str(path),
        ) from problem


def _memo(data: bytes | mmap.mmap, kind: str, block_size: int, block: int) -> bytes | None:
    at = block * block_size
    if at < _HEAD_BYTES or at >= len(data):
        return None
    if kind == "iii":
        end = data.find(_END, at)
        # A file whose last memo lost its end mark still has the text.
        return data[at:end] if end >= 0 else data[at:].rstrip(b"\0") or None
    if at + 8 > len(data):
        return None
    if kind == "iv":
        if data[at : at + 4] != _MARK_IV:
            return None
        length = struct.unpack_from("<I", data, at + 4)[0] - 8
    else:
        type_, length = struct.unpack_from(">II", data, at)
        if type_ not in _FPT_TYPES:
            return None
    if length < 0 or at + 8 + length > len(data):
        return None
    return data[at + 8 : at + 8 + length]


def find_memo_path(table: Path, given: str) -> Path | None:
    """Find the memo file: named by the option, or beside the table in whatever case. None: gone.

    Raises SourceError where the option names a file that is not there.
    """
    try:
        beside = [entry for entry in sorted(table.parent.iterdir()) if entry.is_file()]
    except OSError:
        beside = []
    if given:
        for path in (table.parent / given, *(e for e in beside if e.name.lower() == given.lower())):
            if path.is_file():
                return path
        near = nearest(given, [entry.name for entry in beside])
        raise SourceError(
            f'the memo file "{given}" is not there',
            hint=f'did you mean "{near}"?' if near else "correct the option `memo`",
            where=str(table),
        )
    of_table = {
        entry.suffix.lower(): entry
        for entry in reversed(beside)
        if entry.stem.lower() == table.stem.lower() and entry.name != table.name
    }
    # CONTACT1.FPT beside contact1.fpt: the one in the table's own case comes first.
    of_table |= {
        entry.suffix.lower(): entry for entry in beside
        if entry.stem == table.stem and entry.name != table.name
    }  # fmt: skip
    return next((of_table[suffix] for suffix in SUFFIXES if suffix in of_table), None)


def find_shape(path: Path, usual: str, pointers: Sequence[int]) -> MemoShape:
    """Tell the layout of a memo file by the blocks that the table points to.

    ``usual`` is the layout that the table's first byte promises. Raises SourceError.
    """
    with _mapped(path) as data:
        shapes = _shapes(data[:512], usual)
        tried = [(_share(data, kind, size, pointers), kind, size) for kind, size in shapes]
    # Any bytes look like a text with an end mark: that layout must be promised, or be the last hope.
    marked = [shape for shape in tried if shape[1] != "iii"]
    plain = next(shape for shape in tried if shape[1] == "iii")
    best = max(marked, key=lambda shape: shape[0])  # the first of equals: the usual one
    is_sure = bool(pointers) and best[0] >= _LEAST_SHARE
    share, kind, size = plain if usual == "iii" and not is_sure else best
    if usual != "iii" and pointers and not best[0] and path.suffix.lower() == ".dbt":
        share, kind, size = plain
    said = (
        f"{share:.0%} of {len(pointers)} sampled pointers lead to a memo" if pointers else "usual"
    )
    return MemoShape(path, kind, size, said)


def _shapes(head: bytes, usual: str) -> list[tuple[str, int]]:
    """The layouts and block sizes that the memo file's own head allows, the likeliest first."""
    head = head.ljust(512, b"\0")
    fpt = struct.unpack_from(">H", head, 6)[0]
    iv, iv_old = struct.unpack_from("<H", head, 20)[0], struct.unpack_from("<I", head, 4)[0]
    # FoxPro's SET BLOCKSIZE TO 0 makes blocks of one byte; some files leave the 0 in the head.
    fpts = [fpt] if fpt else [1, 64, 512]
    ivs = [size for size in (iv, iv_old, 512, 1024) if 0 < size <= 1 << 15]
    shapes = [("fpt", size) for size in fpts] + [("iv", size) for size in ivs] + [("iii", 512)]
    return sorted(dict.fromkeys(shapes), key=lambda shape: shape[0] != usual)


def _share(data: bytes | mmap.mmap, kind: str, size: int, pointers: Sequence[int]) -> float:
    if not pointers:
        return 1.0
    # An empty memo proves nothing: zeros look like one.
    return sum(bool(_memo(data, kind, size, block)) for block in pointers) / len(pointers)
