"""What a plan writes into the ledger: entities, units and the quarantine, set-wise."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from sqlalchemy import text

from migrate.pipeline.homes import keep_refused
from migrate.specs.mapping import Block, MappingSpec
from migrate.store import sets
from migrate.store.ledger import Ledger, tuples, write_many
from migrate.store.sets import literal, quote
from migrate.transform.rows import value_hash
from migrate.values import RECORD_ID, RESERVED_COLUMNS


def register_entities(
    connection: sets.Connection, ledger: Ledger, run_id: str, mapping: MappingSpec, *,
    entities: Mapping[str, Path], predictions: Mapping[str, Path],
    second_pass: Mapping[str, list[str]],
) -> None:  # fmt: skip
    """Upsert every entity of the plan, and fill the scratch table ``ids (object, external_id,
    entity_id, wave, incomplete)``. What is in the target keeps its state while its payload is the
    same, and what we loaded its target id and version; what was only found (or bound) is what the
    target holds today. ``incomplete`` are also those of which nobody knows yet whether a killed load made them.
    """
    for name, path in entities.items():
        late = " OR ".join(f"e.{quote(field)} IS NOT NULL" for field in second_pass.get(name, ()))
        bound = " OR ".join(
            f"starts_with(e.external_id, {literal(block.external_id_prefix())})"
            for block in mapping.blocks
            if block.object == name and block.action == "bind"
        )
        query = (
            "SELECT e.external_id, e.wave, e.payload_hash, p.predicted, p.reason, p.target_id, "
            f"p.version, CASE WHEN {late or 'FALSE'} THEN 1 ELSE 0 END AS late, "
            f"CASE WHEN {bound or 'FALSE'} THEN 1 ELSE 0 END AS is_bound "
            f"FROM {sets.parquet([path])} e JOIN {sets.parquet([predictions[name]])} p "
            "USING (external_id) ORDER BY e.external_id"
        )
        for frame in sets.frames(connection, query):
            with ledger.begin() as book:
                write_many(
                    book,
                    _UPSERT,
                    ((name, *row, run_id, is_bound, is_bound) for *row, is_bound in tuples(frame)),
                )
    sets.run(
        connection,
        "CREATE OR REPLACE TABLE ids (object TEXT, external_id TEXT, entity_id BIGINT, wave TEXT, "
        "incomplete BIGINT)",
    )
    for rows in ledger.stream(
        "SELECT object, external_id, entity_id, wave, CASE WHEN incomplete = 1 OR batch_id IN "
        "(SELECT batch_id FROM batch WHERE state IN ('sent', 'in_doubt')) THEN 1 ELSE 0 END "
        "FROM entity WHERE last_run = :r",
        r=run_id,
    ):
        frame = pd.DataFrame(
            [tuple(row) for row in rows],
            columns=["object", "external_id", "entity_id", "wave", "incomplete"],
        )
        sets.append(connection, "ids", frame)


_UPSERT = """
INSERT INTO entity (object, external_id, wave, payload_hash, predicted, reason, target_id, version,
                    needs_second_pass, last_run, state)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending')
ON CONFLICT (object, external_id) DO UPDATE SET
  wave = CASE WHEN loaded_hash IS NULL THEN excluded.wave ELSE wave END,
  payload_hash = excluded.payload_hash,
  predicted = excluded.predicted,
  needs_second_pass = excluded.needs_second_pass,
  last_run = excluded.last_run,
  target_id = CASE WHEN loaded_hash IS NULL OR ? = 1 THEN excluded.target_id
                   ELSE coalesce(target_id, excluded.target_id) END,
  version = CASE WHEN loaded_hash IS NULL OR ? = 1 THEN excluded.version
                 ELSE coalesce(version, excluded.version) END,
  reason = CASE WHEN excluded.reason IS NULL AND loaded_hash = excluded.payload_hash
                 AND reason <> 'deleted_in_target' THEN reason ELSE excluded.reason END,
  state = CASE
    WHEN loaded_hash = excluded.payload_hash AND state IN ('created', 'updated', 'unchanged')
    THEN state ELSE 'pending' END
"""


def register_units(
    connection: sets.Connection, ledger: Ledger, run_id: str, mapping: MappingSpec
) -> list[tuple[str, str]]:
    """Upsert every unit. Units refused now whose record is in the target keep it: the answer is
    their (object, external id), for an Issue."""
    kept = keep_refused(connection)
    missing = ledger.frame(
        "SELECT object, external_id, entity_id, wave FROM entity WHERE target_id IS NOT NULL "
        "AND last_run <> :run",
        run=run_id,
    )
    if len(missing):
        sets.append(connection, "ids", missing.astype({"object": "str", "external_id": "str"}))
    query = (
        f"SELECT u.{RECORD_ID}, u.block, u.part, u.object, coalesce(i.wave, u.wave) AS wave, "
        "i.entity_id, u.role, u.reason, u.rule FROM units u LEFT JOIN ids i ON "
        "i.object = u.object AND i.external_id = u.entity"
    )
    for frame in sets.frames(connection, query):
        frame["entity_id"] = frame["entity_id"].astype("Int64")
        with ledger.begin() as book:
            write_many(book, _UPSERT_UNIT, ((*row, run_id) for row in tuples(frame)))
    with ledger.begin() as book:
        for statement in _CLEAR:
            book.execute(text(statement), {"run": run_id})
    return kept


_UPSERT_UNIT = """
INSERT INTO unit (record_id, block, part, object, wave, entity_id, role, reason, rule, last_run)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (record_id, block, part) DO UPDATE SET
  object = excluded.object, wave = excluded.wave, entity_id = excluded.entity_id,
  role = excluded.role, reason = excluded.reason, rule = excluded.rule, last_run = excluded.last_run
"""

# What earlier plans left and nothing in the target depends on goes; rows that are gone from the
# source but whose record is in the target, or may be (a killed load sent it and nobody asked the
# target yet), stay in the books.
_CLEAR = (
    # the row that stood for a record is gone, and another one stands for it now
    "UPDATE unit SET role = 'merged' WHERE last_run <> :run AND role = 'survivor' AND entity_id IN "
    "(SELECT entity_id FROM unit WHERE last_run = :run AND role = 'survivor')",
    "DELETE FROM unit WHERE last_run <> :run AND (entity_id IS NULL OR entity_id NOT IN "
    "(SELECT entity_id FROM entity WHERE target_id IS NOT NULL AND loaded_hash IS NOT NULL))",
    "DELETE FROM entity WHERE last_run <> :run AND (target_id IS NULL OR loaded_hash IS NULL) "
    "AND entity_id NOT IN (SELECT entity_id FROM unit WHERE entity_id IS NOT NULL) "
    "AND entity_id NOT IN (SELECT entity_id FROM write) AND (batch_id IS NULL OR batch_id NOT IN "
    "(SELECT batch_id FROM batch WHERE state IN ('sent', 'in_doubt')))",
    # what this plan does not speak of stays as it is
    "UPDATE entity SET predicted = 'unchanged' WHERE last_run <> :run AND target_id IS NOT NULL "
    "AND loaded_hash IS NOT NULL",
)


def register_quarantine(
    connection: sets.Connection, ledger: Ledger, run_id: str, mapping: MappingSpec,
    extracts: Mapping[str, Path],
) -> None:  # fmt: skip
    """Every refused value as a row that an admin can mend; what is no longer refused is settled."""
    for block in mapping.blocks:
        found = sets.frame(
            connection,
            "SELECT DISTINCT p.* FROM problems p JOIN units u ON "
            f"u.{RECORD_ID} = p.{RECORD_ID} AND u.part = p.part AND u.block = p.block "
            f"WHERE p.block = {literal(block.name)} AND p.severity = 'error'",
        )
        if found.empty:
            continue
        found["column"] = [
            source_column(block, part, column)
            for part, column in zip(found["part"], found["column"].fillna(""), strict=True)
        ]
        raw = _raw_values(connection, extracts[block.table], found)
        found["base_hash"] = [value_hash(value) for value in raw]
        shown = raw.where(found["column"] != "", found["value"])
        rows = zip(
            found[RECORD_ID], found["part"], found["code"], found["column"],
            found["field"].fillna(""), shown, found["message"], found["hint"],
            found["base_hash"], strict=True,
        )  # fmt: skip
        with ledger.begin() as book:
            write_many(
                book,
                _UPSERT_QUARANTINE,
                (
                    (int(r), block.name, part, code, column, field, _text(value), message, hint,
                     base, run_id)
                    for r, part, code, column, field, value, message, hint, base in rows
                ),
            )  # fmt: skip
    with ledger.begin() as book:
        book.execute(
            text(
                "UPDATE quarantine SET state = CASE WHEN state = 'corrected' THEN 'corrected' "
                "ELSE 'settled' END WHERE last_run <> :run AND state IN ('open', 'corrected')"
            ),
            {"run": run_id},
        )


_UPSERT_QUARANTINE = """
INSERT INTO quarantine (record_id, block, part, code, "column", field, value, message, hint,
                        base_hash, last_run, state)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open')
ON CONFLICT (record_id, block, part, code, "column") DO UPDATE SET
  field = excluded.field, value = excluded.value, message = excluded.message,
  hint = excluded.hint, last_run = excluded.last_run,
  state = CASE WHEN base_hash = excluded.base_hash AND state = 'corrected' AND action = 'correct'
               THEN 'open' WHEN base_hash <> excluded.base_hash AND state = 'corrected'
               THEN 'stale' ELSE 'open' END,
  base_hash = excluded.base_hash
"""


def source_column(block: Block, part: str, column: str) -> str:
    """The column of the block's own table behind a name; "" when the row itself cannot mend it."""
    if block.unpivot and part in block.unpivot.groups:
        column = block.unpivot.groups[part].get(column, column)
    if any(column.startswith(f"{join.alias}.") for join in block.joins):
        return ""
    if column in RESERVED_COLUMNS or (block.unpivot and column == block.unpivot.label):
        return ""
    return column


def _raw_values(connection: sets.Connection, extract: Path, found: pd.DataFrame) -> pd.Series:
    """The raw cell behind each problem, in the order of the problems."""
    result = pd.Series(None, index=found.index, dtype="str")
    for column in sorted(set(found["column"]) - {""}):
        here = found["column"] == column
        sets.put(connection, "asked", pd.DataFrame({"id": found.loc[here, RECORD_ID]}))
        raw = sets.run(
            connection,
            f"SELECT {RECORD_ID}, {quote(column)} FROM {sets.parquet([extract])} "
            f"WHERE {RECORD_ID} IN (SELECT id FROM asked)",
        )
        table = {int(record): value for record, value in raw}
        result = result.where(~here, found[RECORD_ID].map(table).astype("str"))
    return result


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
