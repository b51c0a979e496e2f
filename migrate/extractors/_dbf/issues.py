"""What was wrong with a dBase table, in the words that its owner needs?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from migrate.extractors._code_pages import Page
from migrate.extractors._dbf.body import Body
from migrate.extractors._dbf.header import KNOWN_TYPES, FieldHead
from migrate.values import Issue

_MOST = 1000  # Issues of one kind in one column; what is more is counted
_LISTED = 2000  # characters of a list of row numbers


def opening_issues(table: str, body: Body, page: Page, *, trusts_file: bool) -> Iterator[Issue]:
    """Tell what the head and the size of the file say before any row is read."""
    place, head = str(body.path), body.head
    if body.records != head.said_rows or body.cut:
        part = f" and {len(body.cut)} bytes of one more" if body.cut else ""
        yield Issue(
            code="row_count_differs", severity="warning" if trusts_file else "error",
            entity=table, place=place,
            message=f"the head of the table says {head.said_rows} rows, the file holds"
            f" {body.records}{part}",
            hint="ask for a whole copy of the file" if body.records < head.said_rows
            else "a program was stopped while it wrote; look at the last rows, then give"
            " `row_count: file`",
        )  # fmt: skip
    if body.after:
        yield Issue(
            code="bytes_after_end", severity="warning", entity=table, place=place,
            value=body.after[:400].decode("latin-1"),
            message=f"{body.after_size} bytes after the last row belong to no row; not read",
            hint="they are often what is left of rows once deleted",
        )  # fmt: skip
    if head.surplus:
        yield Issue(
            code="record_length_differs", severity="error", entity=table, place=place,
            message=f"the last {head.surplus} bytes of each record belong to no field; not read",
            hint="the head of the table is damaged or of an unknown kind: compare a few rows",
        )  # fmt: skip
    if head.is_encrypted:
        yield Issue(
            code="table_encrypted", severity="error", entity=table, place=place,
            message="the table says that it is encrypted: its values may be unreadable",
            hint="in dBase: SET ENCRYPTION OFF, then COPY TO another file",
        )  # fmt: skip
    for one in head.fields:
        if one.type not in KNOWN_TYPES:
            yield Issue(
                code="field_type_unknown", severity="warning", entity=table, place=place,
                column=one.raw_name.decode("latin-1"),
                message=f'the field has the unknown type "{one.type}"; it is read as text',
            )  # fmt: skip
    if page.differs_from:
        yield Issue(
            code="encoding_differs", severity="warning", entity=table, place=place,
            message=f"read as {page.name} ({page.evidence}), though the file says"
            f" {page.differs_from}",
            hint=f"look at the names; if they are wrong give `encoding`: {page.differs_from}",
        )  # fmt: skip
    elif not page.is_sure:
        runner_up = f"; next: {page.runner_up}" if page.runner_up else ""
        yield Issue(
            code="encoding_guessed", severity="warning", entity=table, place=place,
            message=f"read as {page.name} ({page.evidence}{runner_up})",
            hint="look at the names; if they are wrong give `encoding`",
        )  # fmt: skip


def renamed(table: str, place: str, said: Sequence[str], names: Sequence[str]) -> Iterator[Issue]:
    """Tell which columns have another name than the field in the file."""
    for number, (was, name) in enumerate(zip(said, names, strict=False), start=1):
        if was != name:
            yield Issue(
                code="column_renamed", severity="warning", entity=table, column=name, place=place,
                value=was, message=f'field {number} ("{was}") is called {name} here',
                hint="its name is empty, or another field has it",
            )  # fmt: skip


# One Issue for every value.
_ONE_BY_ONE = {
    pattern.code: pattern
    for pattern in (
        Issue("overflow", "error",
              "the number was too long for its field: the program kept only stars",
              hint="the number is lost in this file; look for it in another export"),
        Issue("number_unreadable", "warning", "is not a number",
              hint="correct it, or map the column as text"),
        Issue("date_unreadable", "warning", "is not a date",
              hint="correct it, or map the column as text"),
        Issue("moment_unreadable", "warning", "is not a date and time",
              hint="correct it in the source"),
        Issue("logical_unreadable", "warning", "is neither yes nor no",
              hint="correct it in the source"),
        Issue("memo_unreadable", "error",
              "points to a place in the memo file that holds no memo; the pointer is kept",
              hint="ask for the memo file that belongs to this copy of the table"),
    )
}  # fmt: skip
# One Issue for a column; a count comes before the message.
_TOGETHER = {
    pattern.code: pattern
    for pattern in (
        Issue("memo_missing", "error",
              "rows have a long text, but the memo file is not there; the pointers are kept",
              hint="ask for the memo file (.fpt, .dbt), or name it by the option `memo`"),
        Issue("undecodable_bytes", "error",
              "rows hold bytes that the code page does not know; kept as \\x..",
              hint="give the right `encoding`"),
        Issue("nul_bytes", "warning", "rows hold NUL characters inside the text; read as spaces"),
        Issue("decimal_comma", "info", "rows write the number with a comma; kept as it is"),
        Issue("soft_line_breaks", "info", "memos had the editor's own line wraps; read as spaces"),
    )
}  # fmt: skip


@dataclass
class Tally:
    """Gathers what is met while reading, within a bound, and tells it at the end."""

    table: str
    place: str
    keeps_deleted: bool
    _found: list[Issue] = field(default_factory=list)
    _counts: dict[tuple[str, str], int] = field(default_factory=dict)
    _rows: dict[tuple[str, str], list[np.ndarray]] = field(default_factory=dict)

    def deleted(self, numbers: np.ndarray) -> None:
        """Note rows that are marked as deleted."""
        self._note("deleted_rows", "", numbers)

    def odd_flags(self, numbers: np.ndarray, _flags: np.ndarray) -> None:
        """Note rows whose first byte is neither of the two that there are."""
        self._note("record_flag_unknown", "", numbers)

    def cut(self, number: int, raw: str) -> None:
        """Note the row that the end of the file cuts."""
        self._found.append(Issue(
            code="row_not_placed", severity="error", entity=self.table, record=f"row {number}",
            place=f"{self.place}:{number}", value=raw,
            message="the file ends inside this row; it is not read",
            hint="ask for a whole copy of the file",
        ))  # fmt: skip

    def damaged(
        self, code: str, column: str, of: FieldHead, numbers: np.ndarray, texts: pa.Array
    ) -> None:
        """Note damaged values: each by its row and raw text, or all of a column together."""
        if code in _TOGETHER:
            self._note(code, column, numbers)
            return
        pattern = _ONE_BY_ONE[code]
        before = self._counts.get((code, column), 0)
        self._counts[code, column] = before + len(numbers)
        for number, text in zip(numbers[: max(0, _MOST - before)], texts, strict=False):
            self._found.append(replace(
                pattern, entity=self.table, column=column, record=f"row {number}",
                place=f"{self.place}:{number}", value=text.as_py() or "",
                message=f"{pattern.message} (field {of.declared})",
            ))  # fmt: skip

    def _note(self, code: str, column: str, numbers: np.ndarray) -> None:
        self._counts[code, column] = self._counts.get((code, column), 0) + len(numbers)
        self._rows.setdefault((code, column), []).append(numbers)

    def issues(self) -> Iterator[Issue]:
        """Tell all that was gathered."""
        yield from self._found
        for (code, column), count in self._counts.items():
            if code == "deleted_rows":
                kept = "are read" if self.keeps_deleted else "are left out"
                yield Issue(
                    code="deleted_rows", severity="info" if self.keeps_deleted else "warning",
                    entity=self.table, place=self.place, value=self._listed(code, column),
                    message=f"{count} rows are marked as deleted and {kept}",
                    hint="" if self.keeps_deleted else "give `deleted: read` to see them",
                )  # fmt: skip
            elif code == "record_flag_unknown":
                yield Issue(
                    code="record_flag_unknown", severity="warning", entity=self.table,
                    place=self.place, value=self._listed(code, column),
                    message=f"{count} rows begin with neither of the two marks (kept, deleted);"
                    " they are read",
                    hint="look at these rows: the file may be damaged there",
                )  # fmt: skip
            elif code in _TOGETHER:
                pattern = _TOGETHER[code]
                yield replace(
                    pattern, entity=self.table, column=column, place=self.place,
                    value=self._listed(code, column), message=f"{count} {pattern.message}",
                )  # fmt: skip
            elif count > _MOST:
                pattern = _ONE_BY_ONE[code]
                yield replace(
                    pattern, entity=self.table, column=column, place=self.place,
                    message=f"{pattern.message}: {count - _MOST} more rows",
                )  # fmt: skip

    def _listed(self, code: str, column: str) -> str:
        return listed(np.concatenate(self._rows[code, column]))


def listed(numbers: np.ndarray) -> str:
    """Write row numbers as ranges.

    >>> listed(np.array([3, 7, 8, 9]))
    'rows 3, 7-9'
    """
    breaks = np.flatnonzero(np.diff(numbers) != 1) + 1
    text, shown = "rows ", 0
    runs = np.split(numbers, breaks) if len(breaks) <= _LISTED else np.split(
        numbers, breaks[:_LISTED]
    )[:-1]  # fmt: skip
    for run in runs:
        part = str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}"
        if len(text) + len(part) > _LISTED:
            break
        text += f"{', ' if shown else ''}{part}"
        shown += len(run)
    left = len(numbers) - shown
    return f"{text} and {left} more" if left else text
