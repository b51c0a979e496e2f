"""What tables does a delimited text file hold (CSV and its relatives)?

The file is streamed, never held whole. No row vanishes: what cannot be placed is an Issue with the
row's own text, and ``count()`` is counted by a second way of finding records. Every guess (encoding,
dialect, header, where tables begin and end) is in the table's reading, under the name of the option
that overrules it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from migrate.errors import SourceError
from migrate.extractors._delimited.dialects import Guess, find_dialect, sample_records
from migrate.extractors._delimited.encodings import Encoding, find_encoding
from migrate.extractors._delimited.headers import Header, mended_names
from migrate.extractors._delimited.lines import LineSource, Stripped, TextFile, text_lines
from migrate.extractors._delimited.placing import Found, Layout, batches
from migrate.extractors._delimited.reading_notes import closing_issues, opening_issues, reading_of
from migrate.extractors._delimited.records import Record, read_records
from migrate.extractors._delimited.regions import WIDTH_SAMPLE, Region, find_regions, usual_width
from migrate.extractors._delimited.rows import Block, Part, count_rows, read_rows
from migrate.extractors._delimited.shapes import learned
from migrate.extractors._text import (
    check_options,
    chosen,
    existing_file,
    frame_of,
    named_columns,
    slug,
    table_options,
    unique_names,
    unreadable,
)
from migrate.values import Column, Issue, Table

FILE_OPTIONS = (
    "encoding", "fallback_encoding", "languages", "delimiter", "quote", "escape", "decimal",
    "header_row", "header_rows", "first_row", "last_row", "name",
)  # fmt: skip
_SAMPLE_LINES, _SAMPLE_RECORDS = 1_500, 400
_WIDEST_LEARNED = 2_000
MOST_COLUMNS = 50_000


@dataclass(frozen=True)
class _Text:
    """A file that was looked at: its encoding, its dialect, its first records."""

    file: TextFile
    encoding: Encoding
    guess: Guess
    top: tuple[Record, ...]

    @property
    def place(self) -> str:
        return str(self.file.path)


def read_tables(
    place: str | Path,
    *,
    tables: Mapping[str, Mapping[str, Any]] | None = None,
    only: Sequence[str] | None = None,
    **options: Any,
) -> list[Table]:
    """Give the tables of a delimited text file: nearly always one.

    Options: see :data:`FILE_OPTIONS`; ``tables`` gives them for each table by its name. Lines are
    counted from 1; ``header_row`` 0 means that there is no header, ``last_row`` 0 that the rows go
    on to the end. Raises SourceError where the file cannot be read, UsageError for an option that
    is not known.
    """
    path = existing_file(Path(place))
    check_options(options, (*FILE_OPTIONS, "tables", "only"), str(path))
    given = dict(tables or {})
    table_options(given, FILE_OPTIONS, str(path))
    first = {**options, **next(iter(given.values()), {})}
    text = _looked_at(path, first)
    stem = str(options.get("name") or slug(path.stem))
    if text is None:
        names = list(given) or [stem]
        wanted = chosen(names, only, str(path))
        return [_without_anything(path, name) for name in wanted]
    regions = _regions(text, given, options, stem)
    if not regions:
        return [_without_anything(path, name) for name in chosen([stem], only, str(path))]
    wanted = chosen([name for name, _, _ in regions], only, str(path))
    return [
        _table(text, name, region, own, len(regions), is_first=place == 0)
        for place, (name, region, own) in enumerate(regions)
        if name in wanted
    ]


def _looked_at(path: Path, options: Mapping[str, Any]) -> _Text | None:
    """Find the encoding and the dialect; None for a file without a line that shows something."""
    try:
        languages = options.get("languages") or ()
        encoding = find_encoding(
            path,
            str(options.get("encoding") or ""),
            fallback=str(options.get("fallback_encoding") or ""),
            languages=[languages] if isinstance(languages, str) else list(languages),
        )
        file = TextFile(path, encoding.name, encoding.fallback, encoding.unreadable_bytes == 0)
        lines, is_whole = _first_lines(file)
    except OSError as problem:
        raise unreadable(path, problem) from problem
    if not any(line.strip() for line in lines):
        if is_whole:
            return None
        raise SourceError(
            f"its first {len(lines)} lines are empty", hint="export it again", where=str(path)
        )
    escape = str(options.get("escape") or "")
    if escape not in ("", "\\", "doubled"):
        raise SourceError(
            f'`escape` is "{escape}"; it may be "\\" or "doubled"',
            hint="leave it out to have it found",
            where=str(path),
        )
    quote = str(options.get("quote") or "")
    if len(quote) > 1 and quote != "none":
        raise SourceError(
            f'`quote` is "{quote}"; it may be one character, or "none"',
            hint="leave it out to have it found",
            where=str(path),
        )
    guess = find_dialect(
        lines, delimiter=str(options.get("delimiter") or ""), quote=quote, escape=escape
    )
    return _Text(file, encoding, guess, tuple(_top(lines, guess, is_whole=is_whole)))


def _first_lines(file: TextFile) -> tuple[list[str], bool]:
    """The first lines, and whether they are all there are."""
    source = LineSource(file, small=True)
    stripped = Stripped()
    lines: list[str] = []
    while len(lines) < _SAMPLE_LINES and (block := source.next_block()):
        lines += [stripped.clean(line) or "\n" for line in text_lines(block)]
        source.line = len(lines) + 1
    is_whole = len(lines) <= _SAMPLE_LINES and not source.next_block()
    return lines[:_SAMPLE_LINES], is_whole


def _top(lines: list[str], guess: Guess, *, is_whole: bool) -> Iterator[Record]:
    """The first records that do not depend on lines beyond the sample."""
    for count, record in enumerate(sample_records(lines, guess.dialect, guess.width)):
        is_near_end = record.last_line >= len(lines)
        if not is_whole and (count >= _SAMPLE_RECORDS or is_near_end or not record.is_strict):
            return
        yield record


def _regions(
    text: _Text, given: Mapping[str, Mapping[str, Any]], options: Mapping[str, Any], stem: str
) -> list[tuple[str, Region, dict[str, Any]]]:
    """Give every table: its name, where it is, its options."""
    told = {name: {**options, **own} for name, own in given.items()} or {stem: dict(options)}
    if all(own.get("header_row") is not None for own in told.values()):
        return [
            (str(own.get("name") or name), _told(text, own, list(told.values())), own)
            for name, own in told.items()
        ]
    found = find_regions(text.file, text.guess.dialect, text.guess.width, text.top)
    if len(told) == 1:
        ((name, own),) = told.items()
        first = str(own.get("name") or name)
        names = unique_names([first] * len(found))
        return [(name, region, own) for name, region in zip(names, found, strict=True)]
    names = unique_names([stem] * len(found))
    unknown = [name for name in told if name not in names]
    if unknown:
        raise SourceError(
            f"holds {len(found)} table(s) ({', '.join(names)}), but options name"
            f" {', '.join(unknown)}",
            hint="give `header_row` for each of them, or correct the names",
            where=text.place,
        )
    return [
        (
            name,
            _told(text, own, list(told.values())) if own.get("header_row") is not None else region,
            own,
        )
        for name, region in zip(names, found, strict=True)
        for own in (told.get(name, dict(options)),)
    ]


def _told(text: _Text, own: Mapping[str, Any], tables: Sequence[Mapping[str, Any]]) -> Region:
    """Make the region that `header_row`, `header_rows`, `first_row` and `last_row` say."""
    row, count = _whole(text, own, "header_row"), _whole(text, own, "header_rows") or 1
    first, last = _whole(text, own, "first_row"), _whole(text, own, "last_row")
    begin = row or first or text.guess.dialect.skip_lines + 1
    records = _records_from(text, begin)
    if row and not (records and records[0].line == row):
        near = [str(record.line) for record in text.top if not record.is_blank][:5]
        raise SourceError(
            f"has no header row on line {row}; the first filled lines are"
            f" {', '.join(near) or 'none'}",
            hint="correct the option `header_row`",
            where=text.place,
        )
    rows = tuple(records[:count]) if row else ()
    top = rows[-1].last_line + 1 if rows else begin
    below = [record for record in records[len(rows) :] if not last or record.line <= last]
    width = usual_width(below[:WIDTH_SAMPLE], len(rows[-1].fields) if rows else 0)
    header = Header(rows, _titles(text, begin, tables), "given")
    return Region(header, top, last, width, sample=tuple(below))


def _titles(text: _Text, line: int, others: Sequence[Mapping[str, Any]]) -> tuple[Record, ...]:
    """The filled records near the top that stand above a table, below the tables before it."""
    if not text.top or line > text.top[-1].line:
        return ()
    end = 0
    for own in others:
        if 0 < (_whole(text, own, "header_row") or _whole(text, own, "first_row")) < line:
            last = _whole(text, own, "last_row")
            if not last:
                return ()
            end = max(end, last)
    return tuple(record for record in text.top if end < record.line < line and not record.is_blank)


def _whole(text: _Text, own: Mapping[str, Any], option: str) -> int:
    value = own.get(option) or 0
    if isinstance(value, str) and value.strip().isdigit():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise SourceError(
            f"`{option}` is {value!r}; it is the number of a line, or 0",
            hint=f"correct the option `{option}`",
            where=text.place,
        )
    return value


def _records_from(text: _Text, line: int) -> list[Record]:
    """The first filled records from a line on."""
    source = LineSource(text.file, line)
    found: list[Record] = []
    stripped = Stripped()
    lines = [stripped.clean(raw) or "\n" for raw in text_lines(source.next_block())]
    for record in read_records(lines, text.guess.dialect, text.guess.width, line):
        if not record.is_blank:
            found.append(record)
        if len(found) >= _SAMPLE_RECORDS:
            break
    return found


def _without_anything(path: Path, name: str) -> Table:
    """A file that holds nothing is a table without columns: the export may have had no rows."""
    size = path.stat().st_size
    what = "the file is empty" if not size else "the file holds blank lines only"
    issue = Issue(
        code="empty_file", severity="warning", entity=name, place=str(path), message=what,
        hint="export it again, if it should hold rows",
    )  # fmt: skip

    def read(_rows: int) -> Iterator[pd.DataFrame]:
        yield frame_of([], [], [])

    return Table(name, (), str(path), read, lambda: 0, reading={}, issues=lambda: (issue,))


def _table(
    text: _Text, name: str, region: Region, own: Mapping[str, Any], total: int, *, is_first: bool
) -> Table:
    dialect = text.guess.dialect
    header = _mended(region, text)
    part = Part(text.file, dialect, region.width, region.first, region.last, _headings(header))
    if region.width > MOST_COLUMNS:
        raise SourceError(
            f"a row has {region.width:,} fields; at most {MOST_COLUMNS:,} can be read",
            hint="is it a table at all? If it is, give `delimiter`",
            where=f"{text.place}:{region.first}",
        )
    names, renamed = _names(text, part, header, region, name)
    part = replace(part, width=len(names))
    rows = [record.fields for record in region.sample
            if len(record.fields) == len(names) and record.is_strict
            and not record.is_blank and not part.is_heading(record.fields)]  # fmt: skip
    columns = learned(rows, len(names)) if len(names) <= _WIDEST_LEARNED else []
    layout = Layout(name, text.place, names, columns)
    named = len(header.rows[-1].fields) if header.rows else len(names)
    opening = opening_issues(text.place, name, text.encoding, header, region, total,
                             unnamed=any(names[named:]))  # fmt: skip
    found = Found()

    def read(size: int) -> Iterator[pd.DataFrame]:
        found.__init__()  # type: ignore[misc]
        yield from batches(part, layout, size, found)

    return Table(
        name=name,
        columns=tuple(Column(label) for label in layout.labels),
        origin=text.place,
        read=read,
        count=lambda: count_rows(part),
        reading=reading_of(text.encoding, text.guess, header, region, own, rows, is_first=is_first),
        issues=lambda: (*opening, *renamed, *found.issues,
                        *closing_issues(text.place, name, found)),
    )  # fmt: skip


def _headings(header: Header) -> frozenset[tuple[str, ...]]:
    """The header rows as they may come again among the rows: only names that no row would have."""
    forms = {tuple(text.strip() for text in row.fields) for row in header.rows}
    return frozenset(form for form in forms if sum(map(bool, form)) >= 2)


def _mended(region: Region, text: _Text) -> Header:
    """The header with its damaged rows read like damaged rows are."""
    header = region.header
    rows = [
        replace(row, fields=mended_names(row, text.guess.dialect, region.width) or row.fields)
        for row in header.rows
    ]
    return replace(header, rows=tuple(rows))


def _names(
    text: _Text, part: Part, header: Header, region: Region, table: str
) -> tuple[list[str], list[Issue]]:
    """Name every column; "" for one that has neither a name nor data."""
    names = header.names(region.width) if header.rows else [""] * region.width
    while len(names) > region.width and not names[-1]:
        names.pop()
    nameless = {index for index, label in enumerate(names) if not label}
    with_data = nameless if not header.rows else _with_data(part, nameless)
    numbered = {index: f"column_{index + 1}" for index in with_data}
    labels = [label or numbered.get(index, "") for index, label in enumerate(names)]
    line = header.rows[0].line if header.rows else region.first
    found, issues = named_columns(
        [label for label in labels if label], f"{text.place}:{line}", table
    )
    given = iter(found)
    return [next(given) if label else "" for label in labels], issues


def _with_data(part: Part, nameless: set[int]) -> set[int]:
    """Which of the columns without a name hold something."""
    found: set[int] = set()
    if not nameless:
        return found
    for item in read_rows(part, Stripped()):
        if isinstance(item, Block):
            frame = item.table
            found |= {
                index for index in nameless - found
                if index < frame.num_columns and any(
                    text and not text.isspace() for text in frame.column(index).unique().to_pylist()
                )
            }  # fmt: skip
        else:
            fields = item.fields
            found |= {
                index for index in nameless - found
                if index < len(fields) and fields[index].strip()
            }  # fmt: skip
        if found == nameless:
            break
    return found
