"""Where is this customer? From the source cell to the target record, or the archive and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd

from migrate.pipeline.runs import runs_of
from migrate.pipeline.setup import Setup, environment_ledger
from migrate.store import sets
from migrate.store.archive import search_archive
from migrate.store.duck import connect
from migrate.store.ledger import DISPOSITION_SQL, Ledger
from migrate.store.runfolder import RunFolder, safe_name
from migrate.store.sets import literal, quote
from migrate.values import PART, RECORD_ID, RESERVED_COLUMNS, RunReport, Section

LIMIT = 20

# One OR over three joined tables would read all of them: each name goes to its own index. The
# objects are hopped over one by one, because the index of external ids begins with them.
_BY_NAME = """
WITH RECURSIVE
  objects (name) AS (
    SELECT min(object) FROM entity
    UNION
    SELECT (SELECT min(object) FROM entity WHERE object > o.name) FROM objects o
    WHERE o.name IS NOT NULL
  ),
  named (entity_id) AS (
    SELECT entity_id FROM entity
    WHERE object IN (SELECT name FROM objects) AND external_id = :n
    UNION ALL
    SELECT entity_id FROM entity WHERE target_id = :n
  ),
  found (record_id) AS (
    SELECT record_id FROM record
    WHERE table_id IN (SELECT table_id FROM source_table) AND key = :n
    UNION
    SELECT record_id FROM unit WHERE entity_id IN (SELECT entity_id FROM named)
  )
SELECT r.record_id, s.name FROM record r JOIN source_table s USING (table_id)
WHERE r.record_id IN (SELECT record_id FROM found) ORDER BY r.record_id LIMIT :limit
"""


def trace(setup: Setup, needle: str, *, limit: int = LIMIT) -> RunReport:
    """Find a text, key, external id or target id, and tell the whole way of each record found."""
    with closing(environment_ledger(setup, create=False)) as ledger:
        plans = runs_of(ledger, "plan")
        folder = RunFolder(setup.project.runs_folder / plans[0]["run_id"]) if plans else None
        records = list(_find(ledger, folder, needle, limit))
        found = [_story(setup, ledger, folder, record, table) for record, table in records]
    archived = search_archive(setup.project.archive_file, needle, limit)
    sections = [_section(story) for story in found]
    if archived:
        table = [("table", "key", "reason", "content")]
        table += [(a["source_table"], a["record_key"], a["reason"], a["content"]) for a in archived]
        sections.append(Section("In the archive", (), (tuple(table),), private=("key", "content")))
    if not sections:
        sections.append(
            Section("Nothing found", ("No source row, target record or archived row holds it.",))
        )
    return RunReport(
        command="trace", migration=setup.project.name, environment=setup.environment.name,
        run_id="", title="Trace", sections=tuple(sections),
        figures={"found": len(found), "archived": len(archived),
                 "records": [_public(story) for story in found]},
    )  # fmt: skip


def _find(
    ledger: Ledger, folder: RunFolder | None, needle: str, limit: int
) -> Iterator[tuple[int, str]]:
    """Record ids with their table: by ids and keys in the ledger, then by text in the raw rows."""
    seen: set[int] = set()
    exact = pd.concat(
        [ledger.frame(_BY_NAME, n=needle, limit=limit), _by_unit(ledger, needle)]
    ).drop_duplicates("record_id")
    for record, table in zip(exact["record_id"], exact["name"], strict=True):
        seen.add(int(record))
        yield int(record), str(table)
    if folder is None:
        return
    names = ledger.frame("SELECT name FROM source_table")["name"].tolist()
    connection = connect()
    try:
        for name in names:
            path = folder.path / "extract" / f"{safe_name(name)}.parquet"
            if not path.exists() or len(seen) >= limit:
                continue
            for record in _rows_with(connection, path, needle, limit - len(seen)):
                if record not in seen:
                    seen.add(record)
                    yield record, str(name)
    finally:
        connection.close()


def _by_unit(ledger: Ledger, needle: str) -> pd.DataFrame:
    """Records by the external id of a unit that has no record of its own: refused, or left out."""
    _, block, key = (*needle.split(":", 2), "", "")[:3]
    return ledger.frame(
        "SELECT DISTINCT r.record_id, s.name FROM record r JOIN source_table s USING (table_id) "
        "JOIN unit u USING (record_id) WHERE u.block = :block AND r.key IN (:key, :whole)",
        block=block,
        key=key.rpartition("#")[0] or key,
        whole=key,
    )


def _rows_with(connection: sets.Connection, path: Path, needle: str, limit: int) -> list[int]:
    source = sets.parquet([path])
    held = [str(r[0]) for r in sets.run(connection, f"DESCRIBE SELECT * FROM {source}")]
    columns = [c for c in held if c not in RESERVED_COLUMNS]
    if not columns:
        return []
    wanted = literal(needle.casefold())
    tests = " OR ".join(f"contains(lower({quote(c)}), {wanted})" for c in columns)
    rows = sets.run(connection, f"SELECT {RECORD_ID} FROM {source} WHERE {tests} LIMIT {limit}")
    return [int(row[0]) for row in rows]


def _story(
    setup: Setup, ledger: Ledger, folder: RunFolder | None, record_id: int, table: str
) -> dict[str, Any]:
    """Everything known of one source record."""
    record = ledger.frame(
        "SELECT key, source_row, first_run, last_run, gone_run FROM record WHERE record_id = :r",
        r=record_id,
    ).to_dict("records")[0]
    units = ledger.frame(
        f"SELECT u.block, u.part, u.object, u.wave, u.role, u.reason, u.rule, "
        f"{DISPOSITION_SQL} AS disposition, e.external_id, e.target_id, e.state, e.predicted, "
        "e.incomplete, e.reason AS entity_reason FROM unit u LEFT JOIN entity e USING (entity_id) "
        "WHERE u.record_id = :r ORDER BY u.block, u.part",
        r=record_id,
    ).to_dict("records")
    refused = ledger.frame(
        'SELECT block, "column", value, code, message, state, correction FROM quarantine '
        "WHERE record_id = :r AND state <> 'settled'",
        r=record_id,
    ).to_dict("records")
    raw = _row(folder, "extract", table, f"{RECORD_ID} = {record_id}")
    for unit in units:
        unit["values"] = _row(
            folder, "canonical", unit["block"],
            f"{RECORD_ID} = {record_id} AND {PART} = {literal(unit['part'])}",
        )  # fmt: skip
    return {"table": table, "record": record, "raw": raw, "units": units, "refused": refused}


def _row(folder: RunFolder | None, stage: str, name: str, condition: str) -> dict[str, str]:
    if folder is None:
        return {}
    path = folder.path / stage / f"{safe_name(name)}.parquet"
    if not path.exists():
        return {}
    connection = connect()
    try:
        frame = sets.frame(
            connection, f"SELECT * FROM {sets.parquet([path])} WHERE {condition} LIMIT 1"
        )
    finally:
        connection.close()
    if frame.empty:
        return {}
    row = frame.iloc[0]
    return {
        str(k): str(v)
        for k, v in row.items()
        if isinstance(v, str) and str(k) not in RESERVED_COLUMNS
    }


def _section(story: dict[str, Any]) -> Section:
    record = story["record"]
    where = [
        ("step", "what", "value"),
        ("source", f"{story['table']}, row {record['source_row']}", str(record["key"])),
    ]
    where += [("source cell", column, value) for column, value in story["raw"].items()]
    for problem in story["refused"]:
        what = f"{problem['column']}: {problem['message']}"
        if problem["state"] == "corrected":
            where.append(("corrected", f"{problem['column']}, to", str(problem["correction"])))
        else:
            where.append(("refused", what, str(problem["value"])))
    for unit in story["units"]:
        label = f"{unit['block']}" + (f" #{unit['part']}" if unit["part"] else "")
        where += [
            ("cleaned", f"{label}: {field}", value) for field, value in unit["values"].items()
        ]
        why = unit["reason"] or unit["entity_reason"] or ""
        outcome = f"{label}: {unit['disposition']}" + (f", {why}" if why else "")
        where.append(("disposition", outcome, ""))
        if isinstance(unit["external_id"], str):
            where.append(("record", f"{unit['object']} {unit['role']}", unit["external_id"]))
        if isinstance(unit["target_id"], str):
            where.append(("target", f"{unit['object']} id", unit["target_id"]))
    title = f"{story['table']}, row {record['source_row']}"
    return Section(title, (), (tuple(where),), private=("value",))


def _public(story: dict[str, Any]) -> dict[str, Any]:
    """The parts without personal data, for ``--json``."""
    keys = ("block", "part", "object", "wave", "role", "disposition", "target_id", "rule")
    return {
        "table": story["table"],
        "source_row": int(story["record"]["source_row"]),
        "units": [json.loads(json.dumps({k: u[k] for k in keys})) for u in story["units"]],
    }
