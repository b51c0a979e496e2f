"""Where are the records of a dBase file, how many are there, and which are marked as deleted?

The head says a count and the size of the file says another: where they differ, both are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from migrate.errors import SourceError
from migrate.extractors._dbf.header import Head

LIVE, DELETED, END_MARK = 0x20, 0x2A, 0x1A
_FILLING = bytes((0, 9, 10, 13, 26, 32))
_CHUNK_BYTES = 32 << 20


@dataclass(frozen=True)
class Body:
    """``records`` whole records; ``cut`` is what the file has of one more; ``after`` is what stands
    behind the end of the table and is no record."""

    path: Path
    head: Head
    records: int
    cut: bytes = b""
    after: bytes = b""
    after_size: int = 0

    @property
    def cut_rows(self) -> int:
        return 1 if self.cut else 0


def find_body(path: Path, head: Head) -> Body:
    """Find the records by the size of the file and by their first bytes. Raises SourceError."""
    size = path.stat().st_size
    if size < head.size:
        raise SourceError(
            f"ends inside its head: {size} bytes of {head.size}",
            hint="ask for the file again: this copy is cut",
            where=str(path),
        )
    whole, rest = divmod(size - head.size, head.record_size)
    with path.open("rb") as file:
        records = min(whole, head.said_rows)
        if whole > head.said_rows:
            records += _appended(path, head, whole)
        at = head.size + records * head.record_size
        file.seek(at)
        left = file.read(head.record_size if records < head.said_rows else 4096)
    is_cut = records < head.said_rows and rest > 0 and bool(left.strip(_FILLING))
    if is_cut:
        return Body(path, head, records, cut=left)
    after = left.lstrip(b"\x1a")
    is_filled = bool(after.strip(_FILLING))
    return Body(path, head, records, b"", after if is_filled else b"", size - at)


def _appended(path: Path, head: Head, whole: int) -> int:
    """Count the records behind those that the head knows: a program that crashed leaves them."""
    found = 0
    for flags in _flags(path, head, head.said_rows, whole):
        odd = np.flatnonzero((flags != LIVE) & (flags != DELETED))
        if len(odd):
            return found + int(odd[0])
        found += len(flags)
    return found


def count_deleted(body: Body) -> int:
    """Count the records marked as deleted, by their flags alone."""
    return sum(
        int(np.count_nonzero(flags == DELETED))
        for flags in _flags(body.path, body.head, 0, body.records)
    )


def _flags(path: Path, head: Head, first: int, last: int) -> Iterator[np.ndarray]:
    if last <= first:
        return
    end = head.size + last * head.record_size
    data = np.memmap(path, np.uint8, mode="r", shape=(end,))
    step = max(1, _CHUNK_BYTES // head.record_size)
    for start in range(first, last, step):
        stop = min(start + step, last)
        offset = head.size + start * head.record_size
        yield data[offset : head.size + stop * head.record_size : head.record_size]


def read_records(body: Body, rows: int) -> Iterator[tuple[int, np.ndarray]]:
    """Yield blocks of records: the number of the first (from 1), and one row of bytes for each."""
    head = body.head
    most = max(1, min(rows, _CHUNK_BYTES // head.record_size))
    done = 0
    with body.path.open("rb") as file:
        file.seek(head.size)
        while done < body.records:
            count = min(most, body.records - done)
            raw = file.read(count * head.record_size)
            if len(raw) < count * head.record_size:
                raise SourceError(
                    f"became shorter while it was read (record {done + 1})",
                    hint="close the program that writes it, or read a copy",
                    where=str(body.path),
                    retryable=True,
                )
            yield done + 1, np.frombuffer(raw, np.uint8).reshape(count, head.record_size)
            done += count


def sample_records(body: Body, blocks: int = 16) -> Iterator[np.ndarray]:
    """Give blocks of records from all over the table, at most 512 KB each."""
    head = body.head
    each = max(1, (512 << 10) // head.record_size)
    starts = sorted({body.records * part // blocks for part in range(blocks)})
    with body.path.open("rb") as file:
        for start in starts:
            count = min(each, body.records - start)
            file.seek(head.size + start * head.record_size)
            raw = file.read(count * head.record_size)
            count = len(raw) // head.record_size
            if count > 0:
                data = np.frombuffer(raw, np.uint8, count * head.record_size)
                yield data.reshape(count, head.record_size)
