"""Where in the small file system of an .xls is the stream of its workbook?

The file is an "OLE compound file" ([MS-CFB]): sectors of equal size, chained by tables. A stream
keeps where each of its sectors lies in the file, so that a byte of it can be corrected in place.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

_FREE = 0xFFFFFFF0  # sector numbers from here on mean something else
_NAMES = ("workbook", "book")  # the newer first: a file may hold both


@dataclass(frozen=True)
class Stream:
    """A stream's bytes, and where in the file the sectors (of ``size`` bytes) of it begin."""

    data: bytes = field(repr=False)
    sectors: tuple[int, ...] = field(default=(0,), repr=False)
    size: int = 1 << 62

    def place(self, at: int) -> int:
        """Where in the file a byte of the stream is.

        >>> Stream(b"abcd", (512, 1024), 2).place(3)
        1025
        """
        return self.sectors[at // self.size] + at % self.size


def workbook_stream(data: bytes) -> Stream:
    """Give the stream of the workbook. Raises ValueError, struct.error or IndexError."""
    if data[:2] == b"\x09\x08":  # records without a file system
        return Stream(data)
    shift, small_shift = struct.unpack_from("<HH", data, 30)
    if not 7 <= shift <= 16 or not 4 <= small_shift <= shift:
        raise ValueError("no such sector size")
    size = 1 << shift
    directory, _, cutoff, small_table, _, more, _ = struct.unpack_from("<7I", data, 48)
    links = _links(data, size, more)

    def chained(start: int) -> Stream:
        return _chain(data, tuple((s + 1) * size for s in _followed(links, start)), size)

    root, entries = _entries(chained(directory).data)
    for name in _NAMES:
        if name not in entries:
            continue
        start, length = entries[name]
        if length >= cutoff or root is None:
            found = chained(start)
        else:
            held = chained(root)
            table = chained(small_table).data
            small = list(struct.unpack(f"<{len(table) // 4}I", table))
            tiny = 1 << small_shift
            starts = [s * tiny for s in _followed(small, start)]
            places = [held.place(s) for s in starts if s // size < len(held.sectors)]
            found = _chain(data, tuple(places), tiny)
        return Stream(found.data[:length], found.sectors, found.size)
    raise ValueError("no workbook in it")


def _links(data: bytes, size: int, more: int) -> list[int]:
    """Which sector follows each one."""
    tables = list(struct.unpack_from("<109I", data, 76))
    seen: set[int] = set()
    while more < _FREE and more not in seen:  # the list of tables goes on in sectors of its own
        seen.add(more)
        part = struct.unpack_from(f"<{size // 4}I", data, (more + 1) * size)
        tables += part[:-1]
        more = part[-1]
    links: list[int] = []
    for sector in tables:
        if sector < _FREE and (sector + 2) * size <= len(data) + size:
            block = data[(sector + 1) * size : (sector + 2) * size].ljust(size, b"\xff")
            links += struct.unpack(f"<{size // 4}I", block)
    return links


def _entries(directory: bytes) -> tuple[int | None, Mapping[str, tuple[int, int]]]:
    """Where the root begins, and each stream: its first sector and its length."""
    root = None
    entries: dict[str, tuple[int, int]] = {}
    for place in range(0, len(directory) - 127, 128):
        entry = directory[place : place + 128]
        size = max(struct.unpack_from("<H", entry, 64)[0] - 2, 0)
        name = entry[:size].decode("utf-16-le", "replace").lower()
        start, length = struct.unpack_from("<II", entry, 116)
        if entry[66] == 5:
            root = start
        elif entry[66] == 2:
            entries.setdefault(name, (start, length))
    return root, entries


def _followed(links: list[int], start: int) -> list[int]:
    """The sectors that follow each other; one that comes twice ends the chain."""
    sectors: dict[int, None] = {}
    while start < _FREE and start not in sectors:
        sectors[start] = None
        start = links[start] if start < len(links) else _FREE
    return list(sectors)


def _chain(data: bytes, places: tuple[int, ...], size: int) -> Stream:
    return Stream(b"".join(data[place : place + size] for place in places), places, size)
