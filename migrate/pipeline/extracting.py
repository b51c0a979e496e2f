"""Raw tables into the run folder: every row gets its stable key and the record id of the ledger."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from sqlalchemy import text

from migrate.specs.project import Project, TableSpec
from migrate.store import sets
from migrate.store.ledger import Ledger, tuples, write_many
from migrate.store.runfolder import ParquetFile, RunFolder
from migrate.store.sets import quote
from migrate.transform.keys import derived_keys, record_keys, row_hashes
from migrate.values import (
    KEY_PROBLEM,
    POSITION,
    RECORD_ID,
    RECORD_KEY,
    SOURCE_ROW,
    Progress,
    Table,
    silent,
)

NOT_PLACED = "row_not_placed"
"""The code of a line that the extractor could not make a row of: counted, listed, never dropped."""

_TWIN = "\u241f"  # no source's own sign: a key "A#2" must not be the second row of the key "A"


def table_spec(project: Project, name: str) -> TableSpec:
    """What migration.yaml says of ``<source>.<table>``."""
    source, _, table = name.partition(".")
    return project.sources[source].table(table)


def key_columns(project: Project, table: Table) -> tuple[str, ...]:
    """The declared key of a table, else the one its source declares; empty for one-shot tables."""
    spec = table_spec(project, table.name)
    return () if spec.is_one_shot else (spec.key or table.key)


def extract(
    connection: sets.Connection, ledger: Ledger, run: RunFolder, project: Project, table: Table,
    *, progress: Progress = silent,
) -> Path:  # fmt: skip
    """Write one table's raw rows with their record ids, register them, and return the file.

    Rows that repeat a key with the same content carry the same key (they are one record twice);
    rows that repeat it with other content cannot be told apart and are marked ``duplicate_key``.
    """
    raw = run.file("extract", f".raw-{table.name}")
    names = list(table.column_names)
    columns = key_columns(project, table)
    spec = table_spec(project, table.name)
    seen: dict[str, int] = {}
    kept = [POSITION, SOURCE_ROW, *names, "_key", "_hash"]
    with ParquetFile(raw, kept, integers=[POSITION, SOURCE_ROW]) as out:
        for frame in table.batches():
            hashes = row_hashes(frame[names])
            frame = frame.assign(_hash=hashes)
            # several rows may come from one row of the source: the telephones of one card
            frame[POSITION] = range(out.rows, out.rows + len(frame))
            if columns:
                frame["_key"] = record_keys(frame, columns, digits=spec.key_digits)
            else:
                frame["_key"] = derived_keys(hashes, seen)
            out.write(frame)
            progress(f"reading {table.name}", out.rows, 0)
    path = _register(connection, ledger, run, table, columns, raw, names)
    raw.unlink()
    return path


def _register(
    connection: sets.Connection, ledger: Ledger, run: RunFolder, table: Table,
    columns: tuple[str, ...], raw: Path, names: list[str],
) -> Path:  # fmt: skip
    source = sets.parquet([raw])
    sets.run(
        connection,
        f"CREATE OR REPLACE TABLE keyed AS SELECT {POSITION}, {SOURCE_ROW}, _hash, "
        "coalesce(_key, 'hash:' || _hash) AS base_key, _key IS NULL AS is_missing, "
        "row_number() OVER (PARTITION BY coalesce(_key, 'hash:' || _hash) "
        f"ORDER BY _hash, {POSITION}) AS occurrence FROM {source}",
    )
    # rows of one key and one content are one record twice; other content makes the key useless
    sets.run(
        connection,
        "CREATE OR REPLACE TABLE keyed AS SELECT k.*, CASE WHEN is_missing THEN 'missing_key' "
        "WHEN d.base_key IS NOT NULL THEN 'duplicate_key' ELSE '' END AS problem FROM keyed k "
        "LEFT JOIN (SELECT base_key FROM keyed WHERE NOT is_missing GROUP BY 1 "
        "HAVING count(DISTINCT _hash) > 1) d USING (base_key)",
    )
    key = _ledger_key("base_key", "occurrence")
    table_id = _table_id(ledger, table, columns, run.run_id)
    for frame in sets.frames(
        connection,
        # record ids in the order of the source: "the earliest row survives" means what it says
        f"SELECT {key} AS key, {SOURCE_ROW} AS source_row, _hash FROM keyed ORDER BY {POSITION}",
    ):
        _upsert_records(ledger, table_id, frame, run.run_id)
    _mark_gone(ledger, table_id, run.run_id)
    sets.run(connection, "CREATE OR REPLACE TABLE record_ids (key TEXT, record_id BIGINT)")
    for rows in ledger.stream(
        "SELECT key, record_id FROM record WHERE table_id = :t AND last_run = :r",
        t=table_id,
        r=run.run_id,
    ):
        sets.append(
            connection,
            "record_ids",
            pd.DataFrame([tuple(row) for row in rows], columns=["key", "record_id"]),
        )
    path = run.file("extract", table.name)
    listed = ", ".join(f"t.{quote(name)}" for name in names)
    sets.copy_to(
        connection,
        f"SELECT r.record_id AS {RECORD_ID}, k.base_key AS {RECORD_KEY}, t.{SOURCE_ROW}, "
        f"k.problem AS {KEY_PROBLEM}, {listed} FROM {source} t JOIN keyed k USING ({POSITION}) "
        f"JOIN record_ids r ON r.key = {_ledger_key('k.base_key', 'k.occurrence')} "
        f"ORDER BY t.{POSITION}",
        path,
    )
    sets.run(connection, "DROP TABLE keyed")
    sets.run(connection, "DROP TABLE record_ids")
    return path


def _ledger_key(base: str, occurrence: str) -> str:
    """SQL: the key of a row in the ledger, unique in its table also where rows share their own."""
    escaped = f"replace({base}, '{_TWIN}', '{_TWIN}{_TWIN}')"
    return f"{escaped} || CASE WHEN {occurrence} > 1 THEN '{_TWIN}' || {occurrence} ELSE '' END"


def own_key(key: str) -> str:
    """SQL: the row's own key out of the ledger's (:func:`extract` says what the two are)."""
    alone = f"regexp_replace({key}, '([^{_TWIN}]){_TWIN}[0-9]+$', '\\1')"
    return f"replace({alone}, '{_TWIN}{_TWIN}', '{_TWIN}')"


def _table_id(ledger: Ledger, table: Table, columns: tuple[str, ...], run_id: str) -> int:
    with ledger.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO source_table (name, key_columns, row_count, not_placed, last_run) "
                "VALUES (:name, :keys, :rows, :lost, :run) ON CONFLICT (name) DO UPDATE SET "
                "key_columns = excluded.key_columns, row_count = excluded.row_count, "
                "not_placed = excluded.not_placed, last_run = excluded.last_run"
            ),
            {
                "name": table.name,
                "keys": "|".join(columns),
                "rows": table.count(),
                "lost": sum(i.code == NOT_PLACED for i in table.issues()),
                "run": run_id,
            },
        )
    return int(ledger.scalar("SELECT table_id FROM source_table WHERE name = :n", n=table.name))


def _upsert_records(ledger: Ledger, table_id: int, frame: pd.DataFrame, run_id: str) -> None:
    with ledger.begin() as connection:
        write_many(
            connection,
            "INSERT INTO record (table_id, key, source_row, raw_hash, first_run, last_run) "
            "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (table_id, key) DO UPDATE SET "
            "source_row = excluded.source_row, raw_hash = excluded.raw_hash, "
            "last_run = excluded.last_run, gone_run = NULL",
            ((table_id, k, row, h, run_id, run_id) for k, row, h in tuples(frame)),
        )


def _mark_gone(ledger: Ledger, table_id: int, run_id: str) -> None:
    """Records that the source does not hold any more stay in the books, marked as gone."""
    with ledger.begin() as connection:
        connection.execute(
            text(
                "UPDATE record SET gone_run = :run WHERE table_id = :t AND last_run <> :run "
                "AND gone_run IS NULL"
            ),
            {"run": run_id, "t": table_id},
        )
