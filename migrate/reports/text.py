"""What does a person in a terminal see after a run?"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from migrate.reports.mask import mask_report
from migrate.reports.summary import (
    IDENTITY_TERMS,
    IssueKind,
    broken_lines,
    count_of,
    file_named,
    issue_kinds,
    numeric_columns,
    printable,
    totals,
    where_to_look,
)
from migrate.values import ObjectCount, RunReport, Section

TABLE_ROWS = 10
CELL_LINES = 4  # of a table: a longer text is read in the file
NARROWEST_COLUMN = 8

_BOLD, _RESET = "\x1b[1m", "\x1b[0m"
_COLOURS = {
    "met": "\x1b[32m", "not met": "\x1b[31m", "waived": "\x1b[33m", "no evidence": "\x1b[33m",
    "error": "\x1b[31m", "warning": "\x1b[33m", "info": "\x1b[36m",
}  # fmt: skip


def accounting_table(objects: Sequence[ObjectCount]) -> str:
    """Show where every extracted unit went, by object and wave, and whether it all adds up.

    >>> print(accounting_table([ObjectCount("Účet", "1", 1200, 4, {"created": 1203, "failed": 1})]))
    object  wave  extracted  created  updated  unchanged  merged  excluded  quarantined  failed  pending
    ------  ----  ---------  -------  -------  ---------  ------  --------  -----------  ------  -------
    Účet       1      1,204    1,203        0          0       0         0            0       1        0
    ------  ----  ---------  -------  -------  ---------  ------  --------  -----------  ------  -------
    total             1,204    1,203        0          0       0         0            0       1        0
    extracted = 1,200 source rows + 4 splits
    identity: holds
    """
    if not objects:
        return ""
    header = ("object", "wave", *IDENTITY_TERMS)
    rows = [
        (line.object, line.wave, *(f"{count_of(line, term):,}" for term in IDENTITY_TERMS))
        for line in objects
    ]
    total = totals(objects)
    rows.append(("total", "", *(f"{total[term]:,}" for term in IDENTITY_TERMS)))
    lines = _align((header, *rows), numbers=(False, *([True] * (len(header) - 1))))
    lines.insert(-1, lines[1])
    if splits := sum(line.splits for line in objects):
        source_rows = sum(line.rows for line in objects)
        lines.append(f"extracted = {source_rows:,} source rows + {splits:,} splits")
    lines.extend(
        f"incomplete: {line.incomplete:,} of {line.object}{_in_wave(line)} created,"
        " but references to other records are still missing"
        for line in objects
        if line.incomplete
    )
    if broken := broken_lines(objects):
        lines.extend(f"identity: BROKEN: {printable(sentence)}" for sentence in broken)
    else:
        lines.append("identity: holds")
    return "\n".join(lines)


def render_text(
    report: RunReport,
    *,
    show_personal_data: bool = False,
    width: int = 100,
    color: bool = False,
    table_rows: int = TABLE_ROWS,
) -> str:
    """Show a whole report as plain text; colours only where they are asked for.

    Tables of sections end after ``table_rows`` rows and say where the rest is.

    >>> section = Section("Rules", ("All rules ran.",), status="met")
    >>> print(render_text(RunReport("reconcile", "acme", "sandbox", "r1", "Reconciliation",
    ...                             sections=(section,), verdict="met")))
    Reconciliation
    acme · sandbox · run r1
    verdict: MET
    <BLANKLINE>
    Rules  [met]
      All rules ran.
    """
    if not show_personal_data:
        report = mask_report(report)
    blocks = [_head(report, color)]
    if report.objects:
        blocks.append(accounting_table(report.objects))
    blocks.extend(
        _section(section, report, width, color, table_rows) for section in report.sections
    )
    if kinds := issue_kinds(report):
        blocks.append(_issues(kinds, report, width, color))
    if report.files:
        blocks.append(_files(report))
    return "\n\n".join(blocks)


def _head(report: RunReport, color: bool) -> str:
    parts = [report.migration, report.environment, f"run {report.run_id}" if report.run_id else ""]
    lines = [_paint(printable(report.title), _BOLD, color)]
    if place := " · ".join(printable(part) for part in parts if part):
        lines.append(place)
    if report.verdict:
        lines.append("verdict: " + _paint(report.verdict.upper(), _COLOURS[report.verdict], color))
    return "\n".join(lines)


def _section(section: Section, report: RunReport, width: int, color: bool, table_rows: int) -> str:
    title = _paint(printable(section.title), _BOLD, color)
    if section.status:
        title += "  " + _paint(f"[{section.status}]", _COLOURS[section.status], color)
    lines = [title]
    for sentence in section.text:
        lines.extend(_wrap(sentence, width, "  "))
    for position, table in enumerate(table for table in section.tables if len(table) > 1):
        lines.extend([""] * bool(position))
        lines.extend(_table(table, report, width, table_rows))
    return "\n".join(lines)


def _table(
    table: tuple[tuple[str, ...], ...], report: RunReport, width: int, table_rows: int
) -> Iterator[str]:
    header, *rows = table
    numbers = numeric_columns(rows, len(header))
    # A list that is one row too long is shown whole: saying "and 1 more" takes the same line.
    shown = rows if len(rows) <= table_rows + 1 else rows[:table_rows]
    for line in _align((header, *shown), numbers=numbers, width=width - 2):
        yield f"  {line}"
    if len(shown) < len(rows):
        yield f"  and {len(rows) - len(shown):,} more in {file_named(report, '.html', '.json')}"


def _issues(kinds: Sequence[IssueKind], report: RunReport, width: int, color: bool) -> str:
    every = sum(kind.count for kind in kinds)
    lines = [_paint(f"Issues: {every:,} of {len(kinds):,} kinds", _BOLD, color)]
    file = file_named(report, ".xlsx", ".jsonl", word="issues")
    for kind in kinds:
        severity = _paint(kind.severity, _COLOURS.get(kind.severity, ""), color)
        heading = " ".join(part for part in (severity, printable(kind.code)) if part)
        lines.append(f"  {heading}: {kind.count:,}")
        if kind.message:
            lines.extend(_wrap(kind.message, width, "    "))
        for issue in kind.examples:
            parts = [where_to_look(issue), "" if kind.message else issue.message]
            found = f" (found: {issue.value})" if issue.value else ""
            sentence = ": ".join(part for part in parts if part) + found
            lines.extend(_wrap(sentence, width, "    - ", "      "))
            if issue.hint and not kind.hint:
                lines.extend(_wrap(issue.hint, width, "      → ", "        "))
        if (rest := kind.count - len(kind.examples)) > 0:
            lines.append(f"    and {rest:,} more in {file}")
        if kind.hint:
            lines.extend(_wrap(kind.hint, width, "    → ", "      "))
    return "\n".join(lines)


def _files(report: RunReport) -> str:
    names = max(_cells(name) for name in report.files)
    lines = [f"  {_pad(name, names)}  {path}" for name, path in report.files.items()]
    return "\n".join(["Files", *lines])


def _align(rows: Sequence[Sequence[str]], *, numbers: Sequence[bool], width: int = 0) -> list[str]:
    """Set a table in columns, header first, figures to the right; 0 means as wide as it takes."""
    columns = len(rows[0])
    cells = [[printable(cell) for cell in row[:columns]] for row in rows]
    cells = [row + [""] * (columns - len(row)) for row in cells]
    widths = [max(_cells(row[i]) for row in cells) for i in range(columns)]
    while width and sum(widths) + 2 * (columns - 1) > width:
        widest = max(range(columns), key=widths.__getitem__)
        if widths[widest] <= NARROWEST_COLUMN:
            break
        widths[widest] -= 1
    lines = []
    for row in cells:
        broken = [_broken(cell, size) for cell, size in zip(row, widths, strict=True)]
        lines += [
            "  ".join(
                _pad(part, widths[i], is_right=numbers[i]) for i, part in enumerate(parts)
            ).rstrip()
            for parts in zip_longest(*broken, fillvalue="")
        ]
        if row is cells[0]:
            lines.append("  ".join("-" * size for size in widths))
    return lines


def _broken(cell: str, size: int) -> list[str]:
    """Break a cell into lines between words; only a word that is longer than the column is cut."""
    if _cells(cell) <= size:
        return [cell]
    lines = textwrap.wrap(cell, size, break_on_hyphens=False)
    if len(lines) > CELL_LINES:
        lines = [*lines[: CELL_LINES - 1], _shorten(" ".join(lines[CELL_LINES - 1 :]), size)]
    return [_shorten(line, size) for line in lines]


def _wrap(text: str, width: int, first: str, following: str = "") -> list[str]:
    """Long words stay whole: a path or a link cut in two cannot be copied out of a terminal."""
    return textwrap.wrap(
        printable(text),
        max(width, 40),
        initial_indent=first,
        subsequent_indent=following or first,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [first.rstrip()]


def _cells(text: str) -> int:
    """Count terminal cells: an accent typed as a character of its own takes none."""
    return sum(not unicodedata.combining(char) for char in text)


def _pad(text: str, size: int, *, is_right: bool = False) -> str:
    space = " " * (size - _cells(text))
    return space + text if is_right else text + space


def _shorten(text: str, size: int) -> str:
    return text if _cells(text) <= size else text[: size - 1] + "…"


def _in_wave(line: ObjectCount) -> str:
    return f" in wave {line.wave}" if line.wave else ""


def _paint(text: str, code: str, color: bool) -> str:
    return f"{code}{text}{_RESET}" if color and code and text else text
