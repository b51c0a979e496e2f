"""What rows does a dBase or FoxPro table hold, its memos with them?

The bytes are read by us, so that a blank value and a damaged one are told apart: a damaged value
keeps its raw text and is an Issue. Rows marked as deleted are left out unless they are asked for,
and every one of them is told. Index files are not needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from migrate.errors import SourceError, UsageError
from migrate.extractors._code_pages import LANGUAGE_PAGES, Page, decode, find_page, known_page
from migrate.extractors._dbf.body import (
    DELETED,
    LIVE,
    Body,
    count_deleted,
    find_body,
    read_records,
    sample_records,
)
from migrate.extractors._dbf.header import FieldHead, Head, read_head
from migrate.extractors._dbf.issues import Tally, opening_issues, renamed
from migrate.extractors._dbf.memos import MemoShape, find_memo_path, find_shape, opened
from migrate.extractors._dbf.values import Reader, pointers_of
from migrate.extractors._text import (
    check_options,
    chosen,
    existing_file,
    frame_of,
    slug,
    unique_names,
)
from migrate.values import BATCH_ROWS, RESERVED_COLUMNS, Column, Issue, Table

FILE_OPTIONS = ("name", "encoding", "deleted", "memo", "row_count")
DELETED_COLUMN = "is_deleted"
_CHOICES = {"deleted": ("skip", "read"), "row_count": ("header", "file")}
_HEAD_BYTES = 1 << 16
_SAMPLE_TEXTS, _SAMPLE_POINTERS = 20_000, 200


def read_tables(
    place: str | Path,
    *,
    tables: Mapping[str, Mapping[str, Any]] | None = None,
    only: Sequence[str] | None = None,
    **options: Any,
) -> list[Table]:
    """Give the one table of a dBase file, whatever its name ends in (.dbf, .adb, .hdb, .gdb).

    ``encoding`` beats what the file says of itself; ``deleted`` is "skip" or "read" (then the column
    ``is_deleted`` tells them); ``memo`` names the memo file where it cannot be found by the table's
    name; ``row_count`` "file" trusts the size of the file where the head says another count.
    Raises SourceError where the file is no readable table, UsageError for a wrong option.
    """
    path = existing_file(Path(place))
    check_options(options, (*FILE_OPTIONS, "tables", "only"), str(path))
    if tables:
        if len(tables) > 1:
            raise SourceError(
                f"a dBase file holds one table, but options name {len(tables)}: {', '.join(tables)}",
                hint="name one table for each file",
                where=str(path),
            )
        ((name, own),) = tables.items()
        check_options(own, FILE_OPTIONS, f"{path}, table {name}")
        options = {**options, "name": name, **own}
    for option, allowed in _CHOICES.items():
        if options.get(option) and options[option] not in allowed:
            raise UsageError(
                f'the option `{option}` is "{options[option]}"; allowed: {", ".join(allowed)}',
                hint=f"write {option}: {allowed[0]}",
                where=str(path),
            )
    name = str(options.get("name") or slug(path.stem))
    if not chosen([name], only, str(path)):
        return []
    try:
        return [_table(path, name, options)]
    except OSError as problem:
        raise _closed(path, problem) from problem


def _closed(path: Path, problem: OSError) -> SourceError:
    return SourceError(
        f"cannot be read ({problem.strerror})",
        hint="close it in other programs, and check that you may read it",
        where=str(path),
    )


@dataclass(frozen=True)
class _Source:
    """All that is known of one file before its rows are read."""

    name: str
    body: Body
    page: Page
    names: tuple[str, ...]
    memo: MemoShape | None
    keeps_deleted: bool
    trusts_file: bool

    @property
    def fields(self) -> tuple[FieldHead, ...]:
        return visible(self.body.head)

    @property
    def columns(self) -> tuple[Column, ...]:
        own = tuple(Column(n, f.declared) for n, f in zip(self.names, self.fields, strict=False))
        return (*own, Column(self.names[-1], "L")) if self.keeps_deleted else own


def visible(head: Head) -> tuple[FieldHead, ...]:
    """The fields that hold data: Visual FoxPro hides its null flags in a field of type 0."""
    return tuple(one for one in head.fields if one.type != "0")


def _table(path: Path, name: str, options: Mapping[str, Any]) -> Table:
    with path.open("rb") as file:
        head = read_head(file.read(_HEAD_BYTES), str(path))
    body = find_body(path, head)
    memo = _memo(path, body, str(options.get("memo") or ""))
    given = str(options.get("encoding") or "")
    sample = [] if given else _sample(body, memo)
    page = find_page(
        sample, place=str(path), declared=LANGUAGE_PAGES.get(head.language, ""),
        says=f"language byte 0x{head.language:02X}", given=given, beside=_page_beside(path),
    )  # fmt: skip
    said = [decode(f.raw_name, page.name).strip() for f in visible(head)]
    keeps_deleted = options.get("deleted") == "read"
    names = _names([*said, DELETED_COLUMN] if keeps_deleted else said)
    source = _Source(
        name, body, page, names, memo, keeps_deleted, options.get("row_count") == "file"
    )
    opening = (
        *opening_issues(name, body, page, trusts_file=source.trusts_file),
        *renamed(name, str(path), said, names),
    )
    while_reading: list[Issue] = []

    def read(rows: int) -> Iterator[pd.DataFrame]:
        while_reading.clear()
        tally = Tally(name, str(path), keeps_deleted=keeps_deleted)
        try:
            yield from _batches(source, rows, tally)
        except OSError as problem:
            raise _closed(path, problem) from problem
        while_reading.extend(tally.issues())

    return Table(
        name=name,
        columns=source.columns,
        origin=str(path),
        read=read,
        count=lambda: _count(source),
        reading=_reading(source),
        issues=lambda: (*opening, *while_reading),
    )


def _count(source: _Source) -> int:
    """The count of the table's head (or of the file's size), without the rows marked as deleted."""
    body = source.body
    total = body.records + body.cut_rows if source.trusts_file else body.head.said_rows
    try:
        return total if source.keeps_deleted else total - count_deleted(body)
    except OSError as problem:
        raise _closed(body.path, problem) from problem


def _names(said: Sequence[str]) -> tuple[str, ...]:
    """Name every column: a field without a name by its number, a name used twice by a number.

    >>> _names(["NAME", "", "NAME", "_key"])
    ('NAME', 'field_2', 'NAME_2', '_key_2')
    """
    filled = [name or f"field_{number}" for number, name in enumerate(said, start=1)]
    ours = sorted(RESERVED_COLUMNS)
    return tuple(unique_names([*ours, *filled])[len(ours) :])


def _memo(path: Path, body: Body, given: str) -> MemoShape | None:
    head = body.head
    fields = [one for one in head.fields if one.is_memo]
    if not fields:
        return None
    found = find_memo_path(path, given)
    if found is None:
        return None
    pointers: list[int] = []
    for records in sample_records(body):
        for one in fields:
            blocks, _ = pointers_of(records[:, one.start : one.start + one.size])
            pointers += blocks[blocks > 0].tolist()
        if len(pointers) >= _SAMPLE_POINTERS:
            break
    return find_shape(found, head.memo_kind, pointers[:_SAMPLE_POINTERS])


def _sample(body: Body, memo: MemoShape | None) -> list[bytes]:
    """Gather texts with bytes beyond ASCII: names of fields, text fields, then memos."""
    head = body.head
    found: dict[bytes, None] = {
        one.raw_name: None for one in visible(head) if not one.raw_name.isascii()
    }
    texts = [one for one in head.fields if one.type in "CV"]
    memos = [one for one in head.fields if one.type == "M" and one.is_memo]
    blocks: list[int] = []
    for records in sample_records(body):
        found |= dict.fromkeys(_foreign(records, texts))
        for one in memos:
            numbers, _ = pointers_of(records[:, one.start : one.start + one.size])
            blocks += numbers[numbers > 0].tolist()[:_SAMPLE_POINTERS]
        if len(found) >= _SAMPLE_TEXTS:
            break
    if not found:
        # One letter beyond ASCII in a million rows is enough to be read wrongly.
        for _, records in read_records(body, BATCH_ROWS):
            if found := dict.fromkeys(_foreign(records, texts)):
                break
    if memo and blocks:
        with opened(memo) as file:
            for block in blocks[: 20 * _SAMPLE_POINTERS]:
                text = file.read(block) or b""
                if not text.isascii():
                    found[text[:2000]] = None
    return list(found)[:_SAMPLE_TEXTS]


def _foreign(records: np.ndarray, fields: Sequence[FieldHead]) -> Iterator[bytes]:
    for one in fields:
        slots = records[:, one.start : one.start + one.size]
        for row in slots[(slots > 127).any(axis=1)]:
            yield row.tobytes().rstrip(b" \0")


def _page_beside(path: Path) -> str:
    """Give the encoding that a .cpg file beside the table names, "" where there is none."""
    for suffix in (".cpg", ".CPG"):
        try:
            said = path.with_suffix(suffix).read_bytes()[:100].decode("ascii", "replace").strip()
        except OSError:
            continue
        plain = re.sub(r"^(ansi|oem|windows|cp)[ _-]*(?=\d)", "", said.lower())
        plain = re.sub(r"^8859[ _-]*(?=\d)", "iso-8859-", plain)
        try:
            return known_page(f"cp{plain}" if plain.isdigit() else plain, str(path))
        except SourceError:
            return ""
    return ""


def _reading(source: _Source) -> dict[str, Any]:
    memo, page = source.memo, source.page
    return {
        "encoding": page.name,
        "deleted": "read" if source.keeps_deleted else "skip",
        "memo": memo.path.name if memo else "",
        "row_count": "file" if source.trusts_file else "header",
        "evidence": {
            "format": source.body.head.product,
            "encoding": page.evidence,
            "encoding_runner_up": page.runner_up,
            **(
                {"memo": f"{memo.kind}, blocks of {memo.block_size}: {memo.evidence}"}
                if memo
                else {}
            ),
        },
    }


def _batches(source: _Source, rows: int, tally: Tally) -> Iterator[pd.DataFrame]:
    body = source.body
    yielded = False
    with ExitStack() as stack:
        file = stack.enter_context(opened(source.memo)) if source.memo else None
        reader = Reader(body.head, source.page.name, file)
        for first, block in read_records(body, rows):
            numbers = np.arange(first, first + len(block))
            flags = block[:, 0]
            is_deleted = flags == DELETED
            if is_deleted.any():
                tally.deleted(numbers[is_deleted])
            odd = ~is_deleted & (flags != LIVE)
            if odd.any():
                tally.odd_flags(numbers[odd], flags[odd])
            records = block
            if is_deleted.any() and not source.keeps_deleted:
                records, numbers = block[~is_deleted], numbers[~is_deleted]
            columns = []
            for column, one in zip(source.names, source.fields, strict=False):
                values = reader.values(records, one)
                for code, mask in values.damaged.items():
                    tally.damaged(code, column, one, numbers[mask], values.texts.filter(mask))
                columns.append(values.texts)
            if source.keeps_deleted:
                marks = pa.array(["false", "true"], pa.large_string())
                columns.append(marks.take(pa.array(is_deleted.astype(np.int8))))
            if len(records) or not yielded:
                yielded = True
                yield frame_of(source.names, columns, numbers.tolist())
    if not yielded:
        empty = pa.array([], pa.large_string())
        yield frame_of(source.names, [empty] * len(source.names), [])
    if body.cut:
        tally.cut(body.records + 1, decode(body.cut, source.page.name))
