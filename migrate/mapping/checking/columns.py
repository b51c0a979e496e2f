"""Which parents are not found, which values are passed over, and which columns say nothing?

Asked of all rows: parents of the canonical files, columns of the extracts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from migrate.mapping.uses import Uses
from migrate.specs.mapping import Block, FieldMap, MappingSpec
from migrate.specs.problems import field_issue
from migrate.store import sets
from migrate.store.sets import literal, quote
from migrate.transform import relations
from migrate.values import ROLE, Issue, Severity, Table

_REASONS = {"orphan": "find no parent", "parent_excluded": "have a parent that is left out"}


@dataclass(frozen=True)
class Extracted:
    """The raw rows of a migration: the file of each table, and its spellings of nothing."""

    connection: sets.Connection
    files: Mapping[str, Path]
    nulls: Mapping[str, tuple[str, ...]]

    def filled(self, table: str, name: str, alias: str = "t") -> str:
        """SQL: whether a column of a table holds something."""
        spelled = ", ".join(literal(text) for text in ("", *self.nulls.get(table, ())))
        return f"coalesce(trim({alias}.{quote(name)}), '') NOT IN ({spelled})"


def check_parents(
    connection: sets.Connection,
    mapping: MappingSpec,
    canonical: Mapping[str, Path],
    extracts: Mapping[str, Path],
    *,
    key_digits: Mapping[str, int],
    folder: Path,
) -> Iterator[Issue]:
    """How many rows of each lookup find no parent, or one that is left out on purpose.

    ``folder`` takes the resolved files. Parents that wait in quarantine are a problem of their own.
    """
    relations.create_tables(connection)
    for block in mapping.blocks:
        relations.add_parent_keys(connection, block, canonical[block.name])
    _add_other_keys(connection, mapping, canonical, extracts)
    for object in dict.fromkeys(block.object for block in mapping.blocks):
        relations.note_refused(connection, object)
    for block in mapping.blocks:
        lookups = [field for field in block.fields if field.lookup]
        if not lookups:
            continue
        for field in lookups:
            yield from _kinds(connection, block, field)
        # a row that waits for another reason finds its parent or not all the same
        asked, told = folder / "asked.parquet", sets.parquet([canonical[block.name]])
        role = f"CASE WHEN {ROLE} = 'quarantined' THEN '' ELSE {ROLE} END AS {ROLE}"
        sets.copy_to(connection, f"SELECT * REPLACE ({role}) FROM {told}", asked)
        problems = relations.resolve(
            connection, block, asked, folder / "resolved.parquet",
            mapping=mapping, key_digits=key_digits,
        )  # fmt: skip
        for field in lookups:
            ours = problems[problems["field"] == field.field]
            for code, reason in _REASONS.items():
                yield from _parents(connection, block, field, asked, ours, code, reason)


def _add_other_keys(
    connection: sets.Connection, mapping: MappingSpec, canonical: Mapping[str, Path],
    extracts: Mapping[str, Path],
) -> None:  # fmt: skip
    wanted = {
        (name, field.lookup.by, field.lookup.digits): field.lookup
        for block in mapping.blocks
        for field in block.fields
        if field.lookup and field.lookup.by
        for name in field.lookup.all_blocks
    }
    for name, by, digits in sorted(wanted):
        parent = mapping.block(name)
        if parent is not None:
            lookup = wanted[name, by, digits]
            relations.add_alternative_keys(
                connection, parent, lookup, canonical[name], extracts[parent.table]
            )


def _kinds(connection: sets.Connection, block: Block, field: FieldMap) -> Iterator[Issue]:
    """References that name a kind of parent which ``cases:`` does not know."""
    query = (
        "SELECT count(*), count(DISTINCT value) FROM problems WHERE code = 'unknown_parent_type' "
        f"AND block = {literal(block.name)} AND field = {literal(field.field)}"
    )
    count, kinds = sets.run(connection, query)[0]
    if count:
        message = (
            f"block {block.name!r}: {block.object}.{field.field}: {count:,} references name one of "
            f"{kinds} kinds of parents that cases: does not know; their records wait in quarantine"
        )
        hint = f"add the kinds to cases: of {field.field}"
        yield field_issue("parents_not_found", message, block, field, hint)


def _parents(
    connection: sets.Connection, block: Block, field: FieldMap, asked: Path,
    problems: pd.DataFrame, code: str, reason: str,
) -> Iterator[Issue]:  # fmt: skip
    assert field.lookup is not None
    ours = problems[problems["code"] == code]
    if ours.empty:
        return
    query = f"SELECT count({quote(field.field)}) FROM {sets.parquet([asked])} WHERE {ROLE} = ''"
    total = int(sets.scalar(connection, query))
    stands_in = ours["message"].str.contains("stands in", regex=False)
    is_error = bool((ours["severity"] == "error").any())
    outcome = "their records wait in quarantine" if is_error else (
        "the default stands in" if stands_in.all() else "they are loaded without it"
    )  # fmt: skip
    message = (
        f"block {block.name!r}: {block.object}.{field.field}: {len(ours):,} of {total:,} references "
        f"{reason} in {' or '.join(field.lookup.all_blocks)}; {outcome}"
    )
    hint = "map the parents' table, look them up by: another column, or set orphan: or default:"
    severity: Severity = "error" if is_error else "warning"
    yield field_issue("parents_not_found", message, block, field, hint, severity)


def check_columns(
    extracted: Extracted,
    mapping: MappingSpec,
    tables: Mapping[str, Table],
    uses: Mapping[tuple[str, str], Uses],
) -> Iterator[Issue]:
    """Columns without a value, or with one and the same in all rows, unless they are dropped."""
    dropped = {(drop.table, drop.column) for drop in mapping.drops}
    for name, path in extracted.files.items():
        names = [c for c in tables[name].column_names if (name, c) not in dropped]
        reader = next((b for b in mapping.blocks if b.table == name), None)
        place = reader.where if reader else ""
        for column, rows, filled, distinct in _counted(extracted, name, path, names):
            used = uses.get((name, column))
            fields = used.fields if used else ()
            at = next((f.where or b.where for b, f in fields), place)
            into = ", ".join(dict.fromkeys(f"{b.object}.{f.field}" for b, f in fields))
            mapped = f" (mapped to {into})" if into else ""
            if rows and not filled:
                yield Issue(
                    "column_without_value", "warning",
                    f"{name}: the column {column!r}{mapped} has no value in any of {rows:,} rows",
                    name, column, place=at,
                    hint="name it under drop:, or look whether the export left it out",
                )  # fmt: skip
            elif distinct == 1 and filled > 1:
                everywhere = "every row" if filled == rows else f"all {filled:,} rows that fill it"
                yield Issue(
                    "column_with_one_value", "warning" if into else "info",
                    f"{name}: the column {column!r}{mapped} has the same value in {everywhere}",
                    name, column, place=at,
                    hint="write a constant: in its place, or name it under drop:",
                )  # fmt: skip


def _counted(
    extracted: Extracted, name: str, path: Path, names: Iterable[str]
) -> Iterator[tuple[str, int, int, int]]:
    """Column, rows, filled, and 1 or 2 for one or more than one distinct value."""
    columns = list(names)
    if not columns:
        return
    sums = ["count(*)"]
    for column in columns:
        is_filled = extracted.filled(name, column)
        text = f"trim(t.{quote(column)})"
        sums.append(f"count(*) FILTER ({is_filled})")
        sums.append(f"min({text}) FILTER ({is_filled}) = max({text}) FILTER ({is_filled})")
    row = sets.run(extracted.connection, f"SELECT {', '.join(sums)} FROM {sets.parquet([path])} t")[
        0
    ]
    for number, column in enumerate(columns):
        filled, is_one = row[1 + 2 * number], row[2 + 2 * number]
        yield column, int(row[0]), int(filled), 1 if is_one else 2


def check_passed_over(extracted: Extracted, mapping: MappingSpec) -> Iterator[Issue]:
    """Two columns for one field, of which the first filled one is taken: what of the others is lost.

    Columns of joined tables are not looked at.
    """
    for block in mapping.blocks:
        for field in block.fields:
            if (
                field.kind != "columns"
                or len(field.columns) < 2
                or block.table not in extracted.files
            ):
                continue
            places = [block.source_of(column) for column in field.columns]
            own = [place[1] for place in places if place and place[0] == block.table]
            if len(own) < 2:
                continue
            count = _differing(extracted, block.table, own)
            if count:
                names = ", ".join(repr(name) for name in own)
                message = (
                    f"block {block.name!r}: {block.object}.{field.field} takes the first filled one "
                    f"of {names}: in {count:,} rows a later one says something else and is lost"
                )
                hint = "write join: [...] to keep both, or map the other one to a field of its own"
                yield field_issue("values_passed_over", message, block, field, hint, "warning")


def _differing(extracted: Extracted, table: str, columns: list[str]) -> int:
    """Rows in which two of the columns are filled and differ, case and blanks aside."""
    differ = []
    for number, first in enumerate(columns):
        for second in columns[number + 1 :]:
            alike = f"lower(trim(t.{quote(first)})) = lower(trim(t.{quote(second)}))"
            both = f"{extracted.filled(table, first)} AND {extracted.filled(table, second)}"
            differ.append(f"({both} AND NOT {alike})")
    query = (
        f"SELECT count(*) FROM {sets.parquet([extracted.files[table]])} t "
        f"WHERE {' OR '.join(differ)}"
    )
    return int(sets.scalar(extracted.connection, query))
