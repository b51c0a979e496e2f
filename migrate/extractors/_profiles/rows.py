"""What does a profile make of a table's rows, and what was met on the way?

No row is dropped. Columns get their canonical names; ids of 15 become 18; what the system writes
for nothing becomes missing. Everything done is counted and told.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from migrate.errors import UsageError
from migrate.extractors._profiles.salesforce_ids import is_id, long_ids
from migrate.extractors._text import Text, unique_names
from migrate.specs.profile import Mark, Part, ProfileTable, SourceProfile
from migrate.values import SOURCE_ROW, Column, Issue, Table

_ID_SAMPLE_ROWS = 500
_LONG_TEXT = 255
_MANY_TEXTS = 20


@dataclass(frozen=True)
class Plan:
    """How the rows of one table are read: what the profile says, and what options overruled."""

    raw: Table
    profile: SourceProfile
    table: ProfileTable
    rename: Mapping[str, str]
    nothing: Mapping[str, tuple[str, ...]]
    id_columns: tuple[str, ...]
    skipped: tuple[str, ...]
    deleted: Mapping[str, tuple[str, ...]]
    row_key: str = ""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the rows that :func:`rows_of` gives."""
        own = [
            replace(column, name=self.rename.get(column.name, column.name))
            for column in self.raw.columns
            if column.name not in self.skipped
        ]
        own = [replace(c, means=self.table.meaning_of(c.name) or c.means) for c in own]
        there = {column.name for column in own}
        parts = [part.column for part in self.parts if part.column not in there]
        made = [Column(name, means=self.table.meaning_of(name)) for name in parts]
        return (*([Column(self.row_key, means="record_id")] if self.row_key else []), *own, *made)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The columns that are made of a part of another one that is there."""
        headers = {self.rename.get(name, name) for name in self.raw.column_names}
        return tuple(
            part
            for part in self.table.parts
            if part.source in headers and part.column not in headers
        )


def plan_for(
    raw: Table,
    profile: SourceProfile,
    table: ProfileTable,
    rename: Mapping[str, str],
    own: Mapping[str, Any],
) -> Plan:
    """Decide how a table is read; the options of the table stand before the profile."""
    given = {str(theirs): str(ours) for ours, theirs in (own.get("renamed") or {}).items()}
    rename = {theirs: ours for theirs, ours in rename.items() if theirs not in given} | {
        theirs: ours for theirs, ours in given.items() if theirs in raw.column_names
    }
    headers = [rename.get(name, name) for name in raw.column_names]
    there = set(headers)
    if len(there) < len(headers):
        doubled = next(name for name in headers if headers.count(name) > 1)
        raise UsageError(
            f'table {raw.name}: `renamed` calls two columns "{doubled}"',
            hint="give each column a name of its own", where=raw.origin,
        )  # fmt: skip
    skipped = own.get("skipped_columns")
    if skipped is None:
        skipped = [
            name
            for name in raw.column_names
            if any(re.fullmatch(pattern, name, re.IGNORECASE) for pattern in table.skip)
        ]
    ids = own.get("id_columns")
    if ids is None:
        ids = _id_columns(raw, profile, table, rename) if profile.id_form else []
    nothing = own.get("nothing", table.nothing)
    deleted = own.get("deleted_flag", table.deleted)
    return Plan(
        raw, profile, table, rename,
        nothing={c: _texts(v) for c, v in (nothing or {}).items() if c in there},
        id_columns=tuple(c for c in ids if c in there),
        skipped=tuple(name for name in skipped if name in raw.column_names),
        deleted={c: _texts(v) for c, v in (deleted or {}).items() if c in there},
        row_key=_row_key(table, there),
    )  # fmt: skip


def _row_key(table: ProfileTable, there: Set[str]) -> str:
    """Name the key that is made where the system's own is missing: no column may have its name."""
    if not table.row_key or set(table.key) & there:
        return ""
    return unique_names([*there, table.row_key])[-1]


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(str(value) for value in ([values] if isinstance(values, str) else values))


def _id_columns(
    raw: Table, profile: SourceProfile, table: ProfileTable, rename: Mapping[str, str]
) -> list[str]:
    """The columns that hold ids: those the profile names, ``…Id``, and custom ones that show it."""
    headers = [rename.get(name, name) for name in raw.column_names]
    named = {*table.id_columns, *table.key, *table.references}
    found = {name for name in headers if name in named or re.fullmatch(r"(.*[a-z0-9_])?Id", name)}
    custom = [name for name in headers if name.lower().endswith("__c")]
    if custom:
        sample = next(iter(raw.batches(_ID_SAMPLE_ROWS)), pd.DataFrame())
        back = {ours: theirs for theirs, ours in rename.items()}
        for name in custom:
            values = sample.get(back.get(name, name), pd.Series(dtype=Text)).dropna().unique()
            if len(values) and all(is_id(str(value)) for value in values):
                found.add(name)
    return [name for name in headers if name in found]


@dataclass
class Watched:
    """What was met while the rows went by."""

    nothing: Counter[str] = field(default_factory=Counter)
    short_ids: Counter[str] = field(default_factory=Counter)
    damaged: dict[str, list[str]] = field(default_factory=dict)
    deleted: Counter[str] = field(default_factory=Counter)
    marks: Counter[int] = field(default_factory=Counter)
    cut: Counter[str] = field(default_factory=Counter)
    long_texts: Counter[str] = field(default_factory=Counter)
    broken_lines: Counter[str] = field(default_factory=Counter)
    seen: Counter[int] = field(default_factory=Counter)

    def clear(self) -> None:
        """Begin anew, for another pass over the rows."""
        for counted in vars(self).values():
            counted.clear()


def rows_of(plan: Plan, rows: int, watched: Watched | None = None) -> Iterator[pd.DataFrame]:
    """Give the table's rows as the profile reads them."""
    watched = watched or Watched()
    for frame in plan.raw.batches(rows):
        yield _read(plan, frame, watched)


def _read(plan: Plan, frame: pd.DataFrame, watched: Watched) -> pd.DataFrame:
    keys = _row_keys(plan, frame, watched) if plan.row_key else None
    frame = frame.drop(columns=list(plan.skipped)).rename(columns=dict(plan.rename))
    for column, texts in plan.nothing.items():
        is_nothing = frame[column].str.strip().isin(texts)
        if is_nothing.any():
            watched.nothing[column] += int(is_nothing.sum())
            frame[column] = frame[column].mask(is_nothing).astype(Text)
    for column in plan.id_columns:
        values, changed, damaged = long_ids(frame[column])
        watched.short_ids[column] += changed
        if damaged:
            watched.damaged.setdefault(column, []).extend(damaged)
        if changed:
            frame[column] = pd.Series(values, index=frame.index, dtype=Text)
    for part in plan.parts:
        found = frame[part.source].str.extract(part.pattern, expand=False).str.strip()
        frame[part.column] = found.mask(found == "").astype(Text)
    if keys is not None:
        frame[plan.row_key] = keys
    _watch(plan, frame, watched)
    return frame[[*plan.names, SOURCE_ROW]].reset_index(drop=True)


def _row_keys(plan: Plan, frame: pd.DataFrame, watched: Watched) -> pd.Series:
    """Give each row a key out of its own content; an exact double gets a number behind it."""
    arrays = [pa.array(frame[name], pa.large_string()) for name in plan.raw.column_names]
    zero = pa.scalar("\0", pa.large_string())
    joined = pc.binary_join_element_wise(
        *arrays, zero, null_handling="replace", null_replacement=""
    )
    keys = []
    for row in joined.to_pylist():
        digest = hashlib.blake2b(row.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        number = int.from_bytes(digest, "big")
        watched.seen[number] += 1
        times = watched.seen[number]
        keys.append(digest.hex() + (f"-{times}" if times > 1 else ""))
    return pd.Series(keys, index=frame.index, dtype=Text)


def _watch(plan: Plan, frame: pd.DataFrame, watched: Watched) -> None:
    for column, texts in plan.deleted.items():
        watched.deleted[column] += int(frame[column].str.strip().str.lower().isin(texts).sum())
    for number, mark in enumerate(plan.table.marks):
        if mark.column in frame:
            watched.marks[number] += int(is_marked(frame[mark.column], mark).sum())
    for column, limit in plan.table.cut_at.items():
        if column in frame:
            watched.cut[column] += int((frame[column].str.len() == limit).sum())
    for column in plan.table.long_texts:
        if column in frame:
            long = frame[column][frame[column].str.len() > _LONG_TEXT]
            watched.long_texts[column] += len(long)
            watched.broken_lines[column] += int(long.str.contains(r"[\r\n]", regex=True).sum())


def is_marked(values: pd.Series, mark: Mark) -> pd.Series:
    """Tell which values a mark means."""
    stripped = values.str.strip()
    found = stripped.isin(mark.values)
    for start in mark.begins:
        found |= stripped.str.startswith(start, na=False)
    return found


def issues_of(plan: Plan, name: str, watched: Watched) -> Iterator[Issue]:
    """What a person must know about the rows that went by."""
    place = plan.raw.origin
    label = plan.profile.label

    def make(code: str, severity: str, message: str, column: str = "", **more: str) -> Issue:
        return Issue(
            code, severity, message, entity=name, column=column, place=place, **more  # type: ignore[arg-type]
        )  # fmt: skip

    for column, count in _counted(watched.short_ids):
        yield make(
            "ids_lengthened", "info", f"{count} ids of 15 characters were given their 18", column
        )
    for column, texts in watched.damaged.items():
        yield make(
            "id_checksum", "error",
            f"{len(texts)} ids of 18 characters had the case of their letters changed", column,
            value="; ".join(texts[:5]),
            hint="ask for the export again, and open it in no spreadsheet before",
        )  # fmt: skip
    for column, count in _counted(watched.nothing):
        yield make(
            "nothing_spelled", "info", f"{count} values that {label} writes for nothing", column,
            value="; ".join(plan.nothing[column]), hint="edit `nothing` if they mean something",
        )  # fmt: skip
    for column, count in _counted(watched.deleted):
        yield make(
            "deleted_rows", "warning", f"{count} rows are marked as deleted there, and are read",
            column, hint="exclude them in the mapping if they are not wanted",
        )  # fmt: skip
    for number, count in sorted(watched.marks.items()):
        mark = plan.table.marks[number]
        if count:
            yield make(
                "special_values", "warning" if mark.is_warning else "info",
                f"{count} values mean something of their own: {mark.meaning}", mark.column,
                value="; ".join((*mark.values, *(f"{start}…" for start in mark.begins))),
            )  # fmt: skip
    for column, count in _counted(watched.cut):
        yield make(
            "probably_cut", "warning",
            f"{count} texts are exactly {plan.table.cut_at[column]} characters long, where the"
            " export cuts", column,
            hint="ask for the whole texts by another way (an API export)",
        )  # fmt: skip
    for column, count in watched.long_texts.items():
        if count >= _MANY_TEXTS and not watched.broken_lines[column]:
            yield make(
                "line_breaks_lost", "warning",
                f"none of {count} long texts has a line break: the export was made without them",
                column, hint="export again without replacing line breaks by spaces",
            )  # fmt: skip


def _counted(counter: Counter[str]) -> list[tuple[str, int]]:
    return [(name, count) for name, count in counter.items() if count]


def standing_issues(plan: Plan, name: str) -> Iterator[Issue]:
    """What is known before a row is read: columns left out, and what the system is known for."""
    if plan.skipped:
        reasons = dict.fromkeys(
            why
            for pattern, why in plan.table.skip.items()
            for column in plan.skipped
            if re.fullmatch(pattern, column, re.IGNORECASE)
        )
        yield Issue(
            "columns_skipped", "info",
            f"{len(plan.skipped)} columns are not read: {'; '.join(reasons) or 'given'}",
            entity=name, place=plan.raw.origin, value="; ".join(plan.skipped),
            hint="set `skipped_columns` to [] to read them",
        )  # fmt: skip
    for note in plan.table.notes:
        yield Issue("source_note", "info", note, entity=name, place=plan.raw.origin)


def described_keys(keys: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """The key of a table, where all of its columns are there."""
    return tuple(keys) if keys and set(keys) <= set(names) else ()
