"""Where does the whole list of issues go? A workbook for people, JSON Lines for machines.

There is no CSV: a value such as ``=A1`` would have to be changed to be harmless in Excel, and
then it would no longer be the value.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from migrate.errors import UsageError
from migrate.values import ISSUE_FIELDS, Issue

WORKBOOK, LINES = "issues.xlsx", "issues.jsonl"
WORKBOOK_ROWS = 20_000
"""Nobody reads more rows than these in a workbook, and writing them takes a quarter of a
millisecond each: a hundred thousand issues would cost half a minute."""
LONGEST_CELL = 2_000

_WIDTHS = {
    "code": 22, "severity": 10, "entity": 18, "column": 18, "record": 22, "place": 30,
    "value": 36, "message": 60, "hint": 50,
}  # fmt: skip


def write_issues(folder: Path, issues: Iterable[Issue]) -> dict[str, str]:
    """Write all issues in one pass, and name the files: they hold values, for their owner alone.

    The workbook ends after WORKBOOK_ROWS rows, or shortens a very long text, and says so where it
    does; ``issues.jsonl`` has everything.
    """
    from migrate.reports.xlsx import Sheet, SheetColumn, write_workbook

    folder = Path(folder)
    lines = folder / LINES
    temporary = folder / f".{LINES}.tmp"
    columns = [SheetColumn(name, _WIDTHS[name]) for name in ISSUE_FIELDS]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        # Half a character, from a wrongly decoded file, becomes JSON's own escape for it.
        with os.fdopen(
            handle, "w", encoding="utf-8", errors="backslashreplace", newline="\n"
        ) as file:
            rows = _tee(issues, file.write)
            write_workbook(folder / WORKBOOK, [Sheet("Issues", columns, rows)])
        temporary.replace(lines)
    except OSError as error:
        raise UsageError(
            f"{lines} cannot be written: {error.strerror}",
            hint="close it, or make room, and run the same command again",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    return {"issues_workbook": str(folder / WORKBOOK), "issues": str(lines)}


def issue_line(issue: Issue) -> str:
    """Return one issue as a line of JSON, in the order of its fields.

    >>> issue_line(Issue("email", "error", "no domain", value="jan@"))[:49]
    '{"code": "email", "severity": "error", "entity": '
    """
    return json.dumps({name: getattr(issue, name) for name in ISSUE_FIELDS}, ensure_ascii=False)


def _tee(issues: Iterable[Issue], write: Callable[[str], object]) -> Iterator[tuple[str, ...]]:
    """Pass rows on to the workbook while every issue goes to the lines."""
    beyond = 0
    for number, issue in enumerate(issues, 1):
        write(issue_line(issue) + "\n")
        if number <= WORKBOOK_ROWS:
            yield tuple(_shortened(getattr(issue, name)) for name in ISSUE_FIELDS)
        else:
            beyond += 1
    if beyond:
        last = dict.fromkeys(ISSUE_FIELDS, "") | {"message": f"and {beyond:,} more in {LINES}"}
        yield tuple(last.values())


def _shortened(text: str) -> str:
    if len(text) <= LONGEST_CELL:
        return text
    return f"{text[:LONGEST_CELL]}… ({len(text):,} characters, whole in {LINES})"
