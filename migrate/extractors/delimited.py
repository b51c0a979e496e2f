"""What tables does a delimited text file hold (CSV and its relatives)?

The file is streamed, never held whole. No row vanishes: what cannot be placed is an Issue with the
row's own text, and ``count()`` is counted by a second way of finding records.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from migrate.errors import SourceError
from migrate.extractors._encodings import CODE_PAGES, Encoding, find_encoding
from migrate.extractors._records import (
    Dialect,
    Record,
    Stripped,
    count_records,
    find_dialect,
    find_header,
    read_records,
)
from migrate.extractors._text import (
    check_options,
    checked_names,
    chosen,
    existing_file,
    frame_of,
    slug,
)
from migrate.values import Column, Issue, Table

FILE_OPTIONS = ("encoding", "delimiter", "quote", "decimal", "header_row", "name")
_SAMPLE_RECORDS = 300


def read_tables(
    place: str | Path,
    *,
    tables: Mapping[str, Mapping[str, Any]] | None = None,
    only: Sequence[str] | None = None,
    **options: Any,
) -> list[Table]:
    """Give the one table of a delimited text file."""
    path = existing_file(Path(place))
    check_options(options, (*FILE_OPTIONS, "tables", "only"), str(path))
    if tables:
        if len(tables) > 1:
            raise SourceError(
                f"a delimited text holds one table, but options name {len(tables)}:"
                f" {', '.join(tables)}",
                hint="name one table for each file",
                where=str(path),
            )
        ((name, own),) = tables.items()
        check_options(own, FILE_OPTIONS, f"{path}, table {name}")
        options = {**options, "name": name, **own}
    name = str(options.get("name") or slug(path.stem))
    if not chosen([name], only, str(path)):
        return []
    return [_table(path, name, options)]


def _table(path: Path, name: str, options: Mapping[str, Any]) -> Table:
    encoding = find_encoding(path, str(options.get("encoding") or ""))
    dialect = find_dialect(
        path,
        encoding.name,
        delimiter=str(options.get("delimiter") or ""),
        quote=str(options.get("quote") or ""),
    )
    sample = list(islice(read_records(path, dialect), _SAMPLE_RECORDS))
    before, header, why = _header(path, sample, options.get("header_row"))
    names = _names(path, dialect, header, sample)
    kept = [(index, text) for index, text in enumerate(names) if text]
    checked_names([(index + 1, text) for index, text in kept], f"{path}:{header.line}")
    last_header_line = header.line + max(len(header.raw.splitlines()), 1) - 1
    opening = _opening_issues(path, name, encoding, before, header)
    while_reading: list[Issue] = []

    def read(rows: int) -> Iterator[pd.DataFrame]:
        while_reading.clear()
        yield from _batches(path, dialect, header, names, rows, name, while_reading)

    return Table(
        name=name,
        columns=tuple(Column(text) for _, text in kept),
        origin=str(path),
        read=read,
        count=lambda: count_records(path, dialect, last_header_line),
        reading=_reading(path, encoding, dialect, header, why, options, sample),
        issues=lambda: (*opening, *while_reading),
    )


def _header(path: Path, sample: list[Record], given: int | None) -> tuple[int, Record, str]:
    filled = [record for record in sample if not record.is_blank]
    if given is not None:
        for before, record in enumerate(filled):
            if record.line == given:
                return before, record, "given"
        raise SourceError(
            f"has no header row on line {given}; the first filled lines are"
            f" {', '.join(str(r.line) for r in filled[:5]) or 'none'}",
            hint="correct the option `header_row`",
            where=str(path),
        )
    if not filled:
        raise SourceError(
            "the file is empty: it has no header row", hint="export it again", where=str(path)
        )
    width = _usual_width(filled)
    found = find_header(filled, width) or (0, filled[0])
    return *found, f"first record with {width} named fields"


def _usual_width(filled: list[Record]) -> int:
    widths = Counter(len(record.fields) for record in filled)
    return max(widths.items(), key=lambda pair: (pair[1], pair[0]))[0]


def _names(path: Path, dialect: Dialect, header: Record, sample: list[Record]) -> list[str]:
    """Name every column; "" for one that has neither a name nor data."""
    names = [text.strip() for text in header.fields]
    below = [record for record in sample if record.line > header.line and not record.is_blank]
    if below:
        # Exports that forget the last names: then most rows hold more than the header names.
        ends = sorted(max(i for i, t in enumerate(r.fields, start=1) if t.strip()) for r in below)
        names += [""] * (ends[len(ends) // 2] - len(names))
    nameless = {index for index, text in enumerate(names) if not text}
    with_data: set[int] = set()
    if nameless:
        for record in read_records(path, dialect):
            if record.line > header.line:
                with_data |= {
                    i for i in nameless - with_data
                    if i < len(record.fields) and record.fields[i].strip()
                }  # fmt: skip
                if with_data == nameless:
                    break
    return [
        text or (f"column_{index + 1}" if index in with_data else "")
        for index, text in enumerate(names)
    ]


def _batches(
    path: Path,
    dialect: Dialect,
    header: Record,
    names: list[str],
    rows: int,
    table: str,
    issues: list[Issue],
) -> Iterator[pd.DataFrame]:
    width = len(names)
    kept = [index for index, text in enumerate(names) if text]
    labels = [names[index] for index in kept]
    records: list[list[str]] = []
    lines: list[int] = []
    blank = surplus_delimiters = 0
    stripped = Stripped()

    def frame() -> pd.DataFrame:
        columns = list(zip(*records, strict=True)) or [()] * width
        made = frame_of(labels, [columns[index] for index in kept], lines)
        records.clear()
        lines.clear()
        return made

    yielded = False
    for record in read_records(path, dialect, stripped):
        if record.line <= header.line:
            continue
        fields = record.fields
        if len(fields) != width or not fields[0] or fields[0].isspace():
            if record.is_blank:
                blank += 1
                continue
            if len(fields) > width and not any(text.strip() for text in fields[width:]):
                surplus_delimiters += 1
                fields = fields[:width]
            elif len(fields) > width:
                issues.append(_ragged(record, path, table, width))
                continue
            elif len(fields) < width:
                issues.append(_ragged(record, path, table, width))
                fields = [*fields, *[""] * (width - len(fields))]
        records.append(fields)
        lines.append(record.line)
        if len(records) == rows:
            yielded = True
            yield frame()
    if records or not yielded:
        yield frame()
    issues.extend(_closing_issues(path, table, blank, surplus_delimiters, stripped))


def _ragged(record: Record, path: Path, table: str, width: int) -> Issue:
    found = len(record.fields)
    is_short = found < width
    return Issue(
        code="ragged_row" if is_short else "row_not_placed",
        severity="warning" if is_short else "error",
        message=f"the row has {found} fields where the header has {width}; "
        + ("the missing ones are left empty" if is_short else "it is not read"),
        entity=table,
        record=f"line {record.line}",
        place=f"{path}:{record.line}",
        value=record.raw.rstrip("\r\n"),
        hint="correct the row in the source: a field may lack quotation marks",
    )


def _opening_issues(
    path: Path, table: str, encoding: Encoding, before: int, header: Record
) -> tuple[Issue, ...]:
    issues = []
    if not encoding.is_sure:
        runner_up = f"; next: {encoding.runner_up}" if encoding.runner_up else ""
        issues.append(Issue(
            code="encoding_guessed", severity="warning", entity=table, place=str(path),
            message=f"read as {encoding.name} ({encoding.evidence}{runner_up})",
            hint=f"look at the names; if they are wrong give `encoding`: {', '.join(CODE_PAGES)}",
        ))  # fmt: skip
    if encoding.unreadable_bytes:
        issues.append(Issue(
            code="undecodable_bytes", severity="error", entity=table, place=str(path),
            message=f"{encoding.unreadable_bytes} bytes or lines are not valid {encoding.name};"
            " the bytes are kept as \\x..",
            hint="give the right `encoding`, or correct the file",
        ))  # fmt: skip
    if before:
        issues.append(Issue(
            code="title_rows", severity="info", entity=table, place=f"{path}:{header.line}",
            message=f"{before} filled lines above the header (line {header.line}) are not rows",
            hint="give `header_row` if the header is elsewhere",
        ))  # fmt: skip
    return tuple(issues)


def _closing_issues(
    path: Path, table: str, blank: int, surplus: int, stripped: Stripped
) -> Iterator[Issue]:
    counted = (
        ("blank_rows", blank - stripped.end_marks, "blank lines are not rows"),
        ("surplus_delimiters", surplus, "rows end with delimiters that hold nothing"),
        ("nul_bytes", stripped.nul, "NUL characters were taken out"),
        ("end_of_file_marks", stripped.end_marks, "end-of-file marks (Ctrl-Z) were taken out"),
    )
    for code, count, what in counted:
        if count:
            severity = "warning" if code == "nul_bytes" else "info"
            yield Issue(code, severity, f"{count} {what}", entity=table, place=str(path))  # type: ignore[arg-type]


def _reading(
    path: Path,
    encoding: Encoding,
    dialect: Dialect,
    header: Record,
    why_header: str,
    options: Mapping[str, Any],
    sample: list[Record],
) -> dict[str, Any]:
    """Give the guesses under the names of the options that overrule them, and why each was made."""
    comma, point = _decimals(sample, dialect.delimiter)
    decimal = options.get("decimal") or ("," if comma > point else "." if point else "")
    return {
        "encoding": encoding.name,
        "delimiter": dialect.delimiter,
        "quote": dialect.quote,
        "decimal": decimal,
        "header_row": header.line,
        "evidence": {
            "encoding": encoding.evidence,
            "encoding_runner_up": encoding.runner_up,
            "delimiter": dialect.evidence,
            "delimiter_runner_up": dialect.runner_up,
            "decimal": "given"
            if options.get("decimal")
            else f"{comma} with comma, {point} with point",
            "header_row": why_header,
        },
    }


_COMMA, _POINT = re.compile(r"-?\d[\d \u00a0.]*,\d{1,2}"), re.compile(r"-?\d[\d ,]*\.\d{1,2}")


def _decimals(sample: list[Record], delimiter: str) -> tuple[int, int]:
    cells = [text for record in sample for text in record.fields]
    comma = sum(bool(_COMMA.fullmatch(text)) for text in cells) if delimiter != "," else 0
    return comma, sum(bool(_POINT.fullmatch(text)) for text in cells)
