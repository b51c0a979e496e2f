"""What of an assessment must somebody look at before anything is migrated?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from migrate.profiling.assessment import ColumnProfile, Reference, TableProfile
from migrate.profiling.wording import MEANINGS, untouched
from migrate.values import Issue

# A share of other values is a finding only where a value can be told from another kind's.
_TELLING = frozenset(("email", "phone", "url", "date", "datetime", "boolean", "country", "postcode",
                      "money", "percent", "tax_id", "bank_account"))  # fmt: skip
_SURE = 0.6


def table_issues(profiles: Sequence[TableProfile], today: date) -> Iterator[Issue]:
    """Yield what is wrong with tables and their columns, table by table."""
    for table in profiles:
        yield from _of_rows(table)
        yield from _of_keys(table)
        for column in table.columns:
            yield from _of_values(table, column)
            yield from _of_use(table, column)
        yield from _of_time(table, today)


def _of_rows(table: TableProfile) -> Iterator[Issue]:
    if table.rows + table.not_placed != table.own_count:
        yield Issue(
            code="count_differs", severity="error", entity=table.name, place=table.origin,
            message=f"{table.rows:,} rows were read and {table.not_placed:,} could not be placed,"
            f" but the source itself counts {table.own_count:,}",
            hint="do not migrate before this is explained",
        )  # fmt: skip
    if table.blank_rows:
        yield Issue(
            code="blank_rows", severity="warning", entity=table.name,
            message=f"{table.blank_rows:,} rows hold nothing at all",
            hint="leave them out with a rule of the mapping",
        )  # fmt: skip
    if table.test_rows:
        yield Issue(
            code="test_records", severity="warning", entity=table.name,
            message=f"{table.test_rows:,} rows have a name, company or e-mail that looks like a trial",
            hint="look at them, and leave them out with a rule of the mapping",
        )  # fmt: skip


def _of_keys(table: TableProfile) -> Iterator[Issue]:
    if not table.key and table.rows:
        pairs = " or ".join(
            " and ".join(f"`{name}`" for name in pair) for pair in table.composite_keys
        )
        yield Issue(
            code="no_key", severity="warning", entity=table.name, place=table.origin,
            message="no column tells the rows apart" + (f"; together {pairs} do" if pairs else ""),
            hint="name the columns that do as `key`, or declare the table one-shot",
        )  # fmt: skip
    found = table.duplicates
    if found.exact or found.but_key:
        what = "in every column" if found.exact else "in every column but the key"
        yield Issue(
            code="duplicate_rows", severity="warning", entity=table.name,
            message=f"{found.exact or found.but_key:,} rows repeat an earlier one {what}",
            hint="find out whether the export ran twice before they are matched and merged",
        )  # fmt: skip
    if found.estimated:
        how = "; ".join(f"{each.method}: {each.rows:,}" for each in found.likenesses)
        yield Issue(
            code="likely_duplicates", severity="warning", entity=table.name,
            message=f"about {found.estimated:,} rows seem to mean the same as an earlier one ({how})",
            hint="decide in the mapping how they are matched and merged",
        )  # fmt: skip


def _of_values(table: TableProfile, column: ColumnProfile) -> Iterator[Issue]:
    if column.mojibake:
        why = f" ({column.repair})" if column.repair else ""
        yield Issue(
            code="mojibake", severity="warning", entity=table.name, column=column.name,
            message=f"{column.mojibake:,} values look like text in a wrong encoding{why}",
            hint="check the encoding of the source, or clean the column as text",
        )  # fmt: skip
    made_up = sum(count for _, count in column.sentinels) + sum(count for _, count in column.spikes)
    if made_up:
        yield Issue(
            code="sentinels", severity="info", entity=table.name, column=column.name,
            message=f"{made_up:,} values look like placeholders for nothing",
            hint="say in the mapping which of them mean empty",
        )  # fmt: skip
    meaning = column.meaning
    real = column.filled - sum(count for _, count in column.sentinels)
    others = real - round(meaning.share * column.filled)
    if meaning.type in _TELLING and meaning.confidence >= _SURE and others > 0:
        yield Issue(
            code="values_of_another_kind", severity="warning", entity=table.name,
            column=column.name,
            message=f"about {others:,} values are no {MEANINGS.get(meaning.type, meaning.type)}, as the others are",
            hint="look at the rare patterns of the column; what cannot be cleaned is quarantined",
        )  # fmt: skip
    for found in column.outliers:
        if found.what in ("number", "date"):
            yield Issue(
                code="outliers", severity="info", entity=table.name, column=column.name,
                message=f"{found.count:,} values are far from all others ({found.rule})",
                value=", ".join(found.examples), hint="ask whether they are true before they are loaded",
            )  # fmt: skip
    if column.padded or column.controls:
        yield Issue(
            code="padded_values", severity="info", entity=table.name, column=column.name,
            message=f"{column.padded:,} values begin or end with spaces, {column.controls:,} hold control"
            " characters",
            hint="clean the column: the target may keep them, and nothing will match",
        )  # fmt: skip


def _of_use(table: TableProfile, column: ColumnProfile) -> Iterator[Issue]:
    if table.rows and not column.filled - column.blank:
        yield Issue(
            code="empty_column", severity="info", entity=table.name, column=column.name,
            message="the column is empty in every row", hint="leave it out of the mapping",
        )  # fmt: skip
    elif column.is_constant and table.rows > 1:
        yield Issue(
            code="constant_column", severity="info", entity=table.name, column=column.name,
            message="every filled row has the same value", hint="ask whether anybody uses it",
        )  # fmt: skip
    if column.is_nearly_unique and column.meaning.type in ("identifier", "email", "tax_id"):
        yield Issue(
            code="nearly_unique", severity="warning", entity=table.name, column=column.name,
            message=f"{column.filled - column.distinct:,} values of a column that is otherwise unique"
            " occur again",
            hint="find out which of the rows is right before the column is used as a key",
        )  # fmt: skip


def _of_time(table: TableProfile, today: date) -> Iterator[Issue]:
    if future := sum(count for year, count in table.volumes if year > today.year):
        yield Issue(
            code="future_dates", severity="warning", entity=table.name,
            column=table.volume_column, message=f"{future:,} rows are from years to come",
            hint="check how the column's dates are read",
        )  # fmt: skip
    if table.staleness and (said := untouched(table)):
        yield Issue(
            code="stale_records", severity="info", entity=table.name,
            column=table.staleness.column, message=said.rstrip("."),
            hint="decide whether they are worth moving, or are archived",
        )  # fmt: skip


def reference_issues(references: Sequence[Reference]) -> Iterator[Issue]:
    """Yield the references that find nothing, and those that lead in circles."""
    for found in references:
        columns = ", ".join(found.columns)
        if found.orphans:
            yield Issue(
                code="orphans", severity="warning", entity=found.table, column=columns,
                message=f"{found.orphans:,} of {found.rows:,} references find no row in"
                f" {found.target_table}",
                value=", ".join(found.examples), hint="decide in the mapping what becomes of them",
            )  # fmt: skip
        if found.cycles:
            yield Issue(
                code="reference_cycle", severity="warning", entity=found.table, column=columns,
                message=f"{found.cycles:,} closed circles: rows that are their own ancestors",
                hint="the load writes such references in a second pass",
            )  # fmt: skip


def owner_issues(profiles: Sequence[TableProfile]) -> Iterator[Issue]:
    """Yield what people who have left still own."""
    for table in profiles:
        for owned, count in table.owners.owned_by_gone if table.owners else ():
            who = "seem to be gone" if table.owners and table.owners.column else "are gone"
            entity, _, column = owned.rpartition(".")
            if table.owners and table.owners.column:
                entity, column = table.name, table.owners.column
            yield Issue(
                code="owners_gone", severity="warning", entity=entity, column=column,
                message=f"{count:,} rows of {owned} belong to people who {who}",
                hint="say in the migration who takes them over",
            )  # fmt: skip
