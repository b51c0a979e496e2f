"""What a person is told about how a delimited text was read: its reading, and its issues."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from migrate.extractors._delimited.dialects import Guess
from migrate.extractors._delimited.encodings import CODE_PAGES, BadLine, Encoding
from migrate.extractors._delimited.fields import NO_DELIMITER
from migrate.extractors._delimited.headers import Header
from migrate.extractors._delimited.placing import Found
from migrate.extractors._delimited.regions import Region
from migrate.languages.nulls import NULL_SPELLINGS
from migrate.values import Issue, Severity

_COMMA, _POINT = re.compile(r"-?\d[\d \u00a0.]*,\d{1,2}"), re.compile(r"-?\d[\d ,]*\.\d{1,2}")
_LISTED_NULLS = 10
_MOST_TITLES = 20  # more lines than that above a header may well be rows


def reading_of(
    encoding: Encoding,
    guess: Guess,
    header: Header,
    region: Region,
    options: Mapping[str, Any],
    rows: Sequence[Sequence[str]],
    *,
    is_first: bool = True,
) -> dict[str, Any]:
    """Give the guesses under the names of the options that overrule them, and why each was made.

    `first_row` tells where the rows begin when there is no header. Below a header it is left out,
    as it follows from that; where something stands above, it is the line of the header itself: then
    `header_row: 0` alone makes that line a row, and not what is above it.
    """
    dialect = guess.dialect
    comma, point = _decimals(rows, dialect.delimiter)
    decimal = options.get("decimal") or ("," if comma > point else "." if point else "")
    evidence = {
        "encoding": encoding.evidence,
        "encoding_runner_up": encoding.runner_up,
        **guess.evidence,
        "decimal": "given" if options.get("decimal") else f"{comma} with comma, {point} with point",
        "decimal_runner_up": _decimal_runner_up(decimal, comma, point),
        "header_row": header.evidence,
        "header_row_runner_up": header.runner_up,
        "last_row": _last_row(region),
        "nulls": _nulls(rows),
    }
    return {
        "encoding": encoding.name,
        "fallback_encoding": encoding.fallback,
        "delimiter": "none" if dialect.delimiter == NO_DELIMITER else dialect.delimiter,
        "quote": dialect.quote or "none",
        "escape": dialect.escape or "doubled",
        "decimal": decimal,
        "header_row": header.rows[0].line if header.rows else 0,
        "header_rows": len(header.rows),
        **_first_row(header, region, is_first=is_first),
        "last_row": region.last,
        "evidence": evidence,
    }


def _first_row(header: Header, region: Region, *, is_first: bool) -> dict[str, int]:
    if not header.rows:
        return {"first_row": region.first}
    return {} if is_first and not header.before else {"first_row": header.rows[0].line}


def _decimal_runner_up(decimal: str, comma: int, point: int) -> str:
    other = point if decimal == "," else comma
    return f"{'.' if decimal == ',' else ','} {other}" if decimal and other else ""


def _last_row(region: Region) -> str:
    if region.notes:
        return f"{len(region.notes)} records below it are notes"
    return "a further table begins below it" if region.last else "rows go on to the end"


def _decimals(rows: Sequence[Sequence[str]], delimiter: str) -> tuple[int, int]:
    cells = [text for fields in rows for text in fields if len(text) < 30]
    comma = sum(bool(_COMMA.fullmatch(text)) for text in cells) if delimiter != "," else 0
    return comma, sum(bool(_POINT.fullmatch(text)) for text in cells)


def _nulls(rows: Sequence[Sequence[str]]) -> str:
    seen = Counter(
        text.strip() for fields in rows for text in fields if text.strip() in NULL_SPELLINGS
    )
    if not seen:
        return "no null spelling in the first rows"
    listed = ", ".join(f"{text} {count}" for text, count in seen.most_common(_LISTED_NULLS))
    return f"in the first rows: {listed}; left as they are"


def opening_issues(
    place: str, table: str, encoding: Encoding, header: Header, region: Region, total: int,
    *, unnamed: bool = False,
) -> tuple[Issue, ...]:  # fmt: skip
    """What is known before a row is read; ``unnamed``: beyond the last name are columns with data."""
    return (
        *_encoding_issues(place, table, encoding),
        *_structure_issues(place, table, header, region, total, unnamed=unnamed),
    )


def _encoding_issues(place: str, table: str, encoding: Encoding) -> Iterator[Issue]:
    if not encoding.is_sure:
        runner_up = f"; next: {encoding.runner_up}" if encoding.runner_up else ""
        yield Issue(
            code="encoding_guessed", severity="error" if encoding.is_doubtful else "warning", entity=table, place=place,
            message=f"read as {encoding.fallback or encoding.name} ({encoding.evidence}{runner_up})",
            hint=f"look at the names; if they are wrong give `encoding`: {', '.join(CODE_PAGES)}",
        )  # fmt: skip
    if encoding.others:
        yield Issue(
            code="mixed_encodings", severity="warning", entity=table, place=place,
            message=f"{encoding.others} lines are in another encoding than the rest; each line is"
            f" read as UTF-8 where it is, else as {encoding.fallback}:"
            f" {_places(encoding.other_lines, encoding.others)}",
            hint="look at the names in those lines; `encoding` and `fallback_encoding` say otherwise",
        )  # fmt: skip
    if encoding.unreadable_bytes:
        where = _places(encoding.unreadable_lines, encoding.unreadable_bytes)
        yield Issue(
            code="undecodable_bytes", severity="error", entity=table, place=place,
            message=f"{encoding.unreadable_bytes} bytes or lines are not valid"
            f" {encoding.fallback or encoding.name}; the bytes are kept as \\x.."
            + (f": {where}" if where else ""),
            hint="give the right `encoding`, or correct the file",
        )  # fmt: skip


def _places(lines: Sequence[BadLine], total: int) -> str:
    listed = ", ".join(f"line {one.line} (byte {one.offset})" for one in lines[:10])
    return listed + (" and others" if total > min(len(lines), 10) else "")


def _structure_issues(
    place: str, table: str, header: Header, region: Region, total: int, *, unnamed: bool
) -> Iterator[Issue]:
    top = header.rows[0].line if header.rows else region.first
    if header.before:
        count = len(header.before)
        yield Issue(
            code="title_rows", severity="info" if count <= _MOST_TITLES else "error", entity=table, place=f"{place}:{top}",
            message=f"{count} filled lines above the header (line {top}) are not rows",
            value="\n".join(record.text for record in header.before),
            hint="give `header_row` if the header is elsewhere",
        )  # fmt: skip
    if not header.rows:
        yield Issue(
            code="no_header", severity="warning", entity=table, place=f"{place}:{top}",
            message="the file has no header row: the columns are column_1 and so on"
            f" ({header.evidence})",
            hint="give `header_row` if a line names the columns",
        )  # fmt: skip
    if header.is_doubtful:
        yield Issue(
            code="header_doubtful", severity="warning", entity=table, place=f"{place}:{top}",
            message=f"line {top} is taken as the header, but it may be the first row: it has no"
            " known column names, and does not differ from the rows below",
            value=header.rows[0].text,
            hint="give `header_row: 0` if it is a row",
        )  # fmt: skip
    named = len(header.rows[-1].fields) if header.rows else 0
    if header.rows and unnamed:
        widths = Counter(len(record.fields) for record in region.sample)
        listed = ", ".join(f"{count} have {width}" for width, count in sorted(widths.items()))
        yield Issue(
            code="more_fields_than_names", severity="error", entity=table, place=f"{place}:{top}",
            message=f"the header names {named} columns, but of the first {widths.total()} rows {listed} fields:"
            " values may stand under the wrong name",
            value=header.rows[-1].text,
            hint="put fields that hold the delimiter in quotes in the source, or give another"
            " `delimiter`",
        )  # fmt: skip
    if region.notes:
        first = region.notes[0]
        yield Issue(
            code="footer_rows", severity="warning", entity=table, place=f"{place}:{first.line}",
            message=f"{len(region.notes)} filled lines below the rows (from line {first.line})"
            " are notes, not rows",
            value="\n".join(record.text for record in region.notes),
            hint="give `last_row: 0` if they are rows",
        )  # fmt: skip
    if region.copy_of:
        yield Issue(
            code="table_repeated", severity="warning", entity=table, place=f"{place}:{top}",
            message="the header comes again here, and below it the rows of the table above:"
            " the same export twice in one file",
            hint="leave this table out of the mapping",
        )  # fmt: skip
    if total > 1:
        yield Issue(
            code="several_tables", severity="info", entity=table, place=f"{place}:{top}",
            message=f"the file holds {total} tables, one below the other; this one begins on"
            f" line {top}",
            hint="give `header_row` to read the file as one table",
        )  # fmt: skip


def closing_issues(place: str, table: str, found: Found) -> Iterator[Issue]:
    """What was counted while the rows were read."""
    stripped = found.stripped
    blank = max(found.blank - stripped.end_marks, 0)
    counted: tuple[tuple[str, Severity, int, str], ...] = (
        ("blank_rows", "info", blank, "blank lines are not rows"),
        ("surplus_delimiters", "info", found.surplus, "rows end with delimiters that hold nothing"),
        ("nul_bytes", "warning", stripped.nul, "NUL characters were taken out"),
        ("end_of_file_marks", "info", stripped.end_marks, "end-of-file marks (Ctrl-Z) were taken out"),
        ("byte_order_marks", "info", stripped.marks, "byte order marks inside the text were taken out"),
    )  # fmt: skip
    for code, severity, count, what in counted:
        if count:
            yield Issue(code, severity, f"{count} {what}", entity=table, place=place)
    if found.repeats:
        lines = ", ".join(map(str, found.repeats[:10])) + (
            ", ..." if len(found.repeats) > 10 else ""
        )
        yield Issue(
            code="repeated_header", severity="warning", entity=table,
            place=f"{place}:{found.repeats[0]}",
            message=f"the header comes again {len(found.repeats)} times among the rows (lines {lines})"
            " and is no row: several exports in one file",
            value="\n".join(found.headings),
            hint="check that the parts do not overlap",
        )  # fmt: skip
