"""What is not migrated goes to the archive: excluded rows, tables nobody maps, unmapped columns."""

from __future__ import annotations

import sqlite3

import pandas as pd

from migrate.pipeline.accounting import NOT_MAPPED, passed_over
from migrate.pipeline.setup import Setup
from migrate.store import sets
from migrate.store.archive import (
    ARCHIVE_BLOCK,
    ARCHIVE_KEY,
    ARCHIVE_REASON,
    ARCHIVE_RECORD,
    archive_rows,
    open_archive,
)
from migrate.store.duck import connect
from migrate.store.ledger import Ledger
from migrate.store.runfolder import RunFolder
from migrate.store.sets import literal, quote
from migrate.values import RECORD_ID, RECORD_KEY, RESERVED_COLUMNS, Progress, silent


def archive_wave(
    setup: Setup, ledger: Ledger, plan: RunFolder, wave: str, *, with_unmapped: bool,
    progress: Progress = silent,
) -> None:  # fmt: skip
    """Archive what a wave leaves behind. Doing it again changes nothing.

    Excluded units: the whole row, with their reason. Mapped rows: the columns that no block
    takes and nobody signed away. ``with_unmapped``: the tables that no mapping reads, whole.
    """
    connection = connect(temp_folder=plan.stage("scratch"))
    mapped = {block.table for block in setup.mapping.blocks}
    try:
        with open_archive(setup.project.archive_file) as archive:
            for block in setup.mapping.blocks:
                if block.wave != wave:
                    continue
                _fill_excluded(connection, ledger, block.name)
                query = (
                    f"SELECT {_ours('t', literal(block.name), 'x.reason')}, "
                    f"t.* EXCLUDE ({_reserved(connection, plan, block.table)}) "
                    f"FROM {sets.parquet([plan.file('extract', block.table)])} t "
                    f"JOIN excluded_units x ON x.record_id = t.{RECORD_ID}"
                )
                for frame in sets.frames(connection, query):
                    archive_rows(archive, block.table, frame, run_id=plan.run_id)
                progress(f"archiving {block.name}", 1, 1)
            for name in sorted(mapped):
                if any(b.wave == wave for b in setup.mapping.blocks if b.table == name):
                    _archive_columns(setup, connection, archive, plan, name)
            if with_unmapped:
                for name in _extracted(ledger, plan):
                    if name not in mapped:
                        _archive_table(connection, archive, plan, name)
    finally:
        connection.close()


def _fill_excluded(connection: sets.Connection, ledger: Ledger, block: str) -> None:
    sets.run(connection, "CREATE OR REPLACE TABLE excluded_units (record_id BIGINT, reason TEXT)")
    for rows in ledger.stream(
        "SELECT record_id, min(reason) FROM unit WHERE block = :b AND role = 'excluded' GROUP BY 1",
        b=block,
    ):
        frame = pd.DataFrame([tuple(r) for r in rows], columns=["record_id", "reason"])
        sets.append(connection, "excluded_units", frame.astype({"reason": "str"}))


def _archive_columns(
    setup: Setup,
    connection: sets.Connection,
    archive: sqlite3.Connection,
    plan: RunFolder,
    name: str,
) -> None:
    """The values that no block of the table takes and that nobody signed away."""
    dropped = {drop.column for drop in setup.mapping.drops if drop.table == name}
    used: set[str] = set()
    for block in setup.mapping.blocks:
        if block.table == name:
            used |= {c for field in block.fields for c in field.source_columns}
            used |= set(block.distinct)
            if block.unpivot:
                used |= {c for part in block.unpivot.groups.values() for c in part.values()}
    held = _columns(connection, plan, name)
    left = {c: f"t.{quote(c)}" for c in held if c not in used | dropped | RESERVED_COLUMNS}
    for column in held:
        # of several columns for one field the later ones are kept where an earlier one was taken
        if column in used and (passed := passed_over(setup, name, column)):
            left[column] = f"CASE WHEN {passed} THEN t.{quote(column)} END"
    if not left:
        return
    filled = " OR ".join(f"{value} IS NOT NULL" for value in left.values())
    listed = ", ".join(f"{value} AS {quote(column)}" for column, value in left.items())
    query = (
        f"SELECT {_ours('t', literal('(columns)'), literal('columns not mapped'))}, {listed} "
        f"FROM {sets.parquet([plan.file('extract', name)])} t WHERE {filled}"
    )
    for frame in sets.frames(connection, query):
        archive_rows(archive, name, frame, run_id=plan.run_id)


def _archive_table(
    connection: sets.Connection, archive: sqlite3.Connection, plan: RunFolder, name: str
) -> None:
    query = (
        f"SELECT {_ours('t', literal('(table)'), literal(NOT_MAPPED))}, "
        f"t.* EXCLUDE ({_reserved(connection, plan, name)}) "
        f"FROM {sets.parquet([plan.file('extract', name)])} t"
    )
    for frame in sets.frames(connection, query):
        archive_rows(archive, name, frame, run_id=plan.run_id)


def _columns(connection: sets.Connection, plan: RunFolder, name: str) -> list[str]:
    source = sets.parquet([plan.file("extract", name)])
    return [str(r[0]) for r in sets.run(connection, f"DESCRIBE SELECT * FROM {source}")]


def _ours(alias: str, block: str, reason: str) -> str:
    """What the archive itself says of each row of an extract (``block`` and ``reason`` as SQL)."""
    return (
        f"{alias}.{RECORD_KEY} AS {ARCHIVE_KEY}, {alias}.{RECORD_ID} AS {ARCHIVE_RECORD}, "
        f"{block} AS {ARCHIVE_BLOCK}, {reason} AS {ARCHIVE_REASON}"
    )


def _reserved(connection: sets.Connection, plan: RunFolder, name: str) -> str:
    held = _columns(connection, plan, name)
    return ", ".join(quote(c) for c in held if c in RESERVED_COLUMNS)


def _extracted(ledger: Ledger, plan: RunFolder) -> list[str]:
    """The tables whose rows the plan read."""
    names = ledger.frame("SELECT name FROM source_table ORDER BY name")["name"]
    return [str(name) for name in names if plan.file("extract", str(name)).exists()]
