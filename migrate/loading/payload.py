"""What load sends, in order: files made by the plan, references still symbolic.

A create file holds ``_entity_id``, the external id and the mapped fields (a reference is its
parent's external id, with the parent's object beside it); an update file holds ``_entity_id``,
``target_id``, ``changes`` and ``before`` as JSON, references as ``{"ref": …, "object": …}``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from migrate.store import sets
from migrate.store.ledger import Ledger
from migrate.store.runfolder import RunFolder
from migrate.store.sets import literal, quote
from migrate.values import ENTITY_ID, TargetObject

OBJECT_SUFFIX = "@object"

Operation = Literal["create", "update"]
Part = Literal["1", "2"]
STEPS: tuple[tuple[Operation, Part], ...] = (("create", "1"), ("update", "1"), ("update", "2"))
DELETED = "deleted_in_target"
"""The reason of a record that was loaded, and that a user deleted since: nobody's parent any more."""


@dataclass(frozen=True)
class Payload:
    """One file that load sends: records of one object, one wave, one pass, one operation.

    ``optional`` are references that a record may be loaded without, should the target refuse its
    parent: no lookup asks for quarantine then, and the target does not require them.
    """

    file: str
    object: str
    wave: str
    part: Part
    op: Operation
    rows: int
    optional: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def write_payloads(
    connection: sets.Connection, run: RunFolder, *, objects: Sequence[TargetObject],
    waves: Sequence[str], entities: dict[str, Path], predictions: dict[str, Path],
    deferred: frozenset[tuple[str, str]], optional: Mapping[str, Sequence[str]],
) -> list[Payload]:  # fmt: skip
    """Write the payload files of a plan and return them in the order in which they are sent.

    Per wave: creates parents first, then updates, then the second pass (references that point to
    their own object or close a cycle). Scratch table used: ``ids (object, external_id, entity_id,
    wave, incomplete)``.
    """
    made: list[Payload] = []
    for wave in waves:
        for op, part in STEPS:
            for target in objects:
                if target.name not in entities:
                    continue
                late = [f for o, f in sorted(deferred) if o == target.name]
                if part == "2":
                    query = _second_pass(connection, target, late, entities, predictions, wave)
                elif op == "create":
                    query = _creates(connection, target, late, entities, predictions, wave)
                else:
                    query = _updates(target, predictions, wave)
                if not query:
                    continue
                name = f"{len(made) + 1:03d}-{wave}-{target.name}-{part}-{op}"
                path = run.file("payload", name)
                rows = sets.copy_to(connection, query, path)
                if rows:
                    lacks = tuple(optional.get(target.name, ()))
                    made.append(
                        Payload(f"payload/{path.name}", target.name, wave, part, op, rows, lacks)
                    )
                else:
                    path.unlink()
    return made


def _joined(target: TargetObject, entities: Path, predictions: Path, wave: str) -> str:
    return (
        f"FROM {sets.parquet([entities])} e JOIN {sets.parquet([predictions])} p USING (external_id) "
        f"JOIN ids i ON i.object = {literal(target.name)} AND i.external_id = e.external_id "
        f"AND i.wave = {literal(wave)}"
    )


def mapped_columns(connection: sets.Connection, entities: Path, target: TargetObject) -> list[str]:
    """The mapped fields that an entities file holds, in the order of the target's fields."""
    rows = sets.run(connection, f"DESCRIBE SELECT * FROM {sets.parquet([entities])}")
    held = {str(row[0]) for row in rows}
    return [field.name for field in target.fields if field.name in held]


def _creates(
    connection: sets.Connection, target: TargetObject, late: Sequence[str],
    entities: dict[str, Path], predictions: dict[str, Path], wave: str,
) -> str:  # fmt: skip
    references = {field.name for field in target.references}
    columns = [f"i.entity_id AS {ENTITY_ID}", "e.external_id"]
    waits = []
    for name in mapped_columns(connection, entities[target.name], target):
        if name in late:
            waits.append(f"e.{quote(name)} IS NOT NULL")
            continue
        columns.append(f"e.{quote(name)}")
        if name in references:
            columns.append(f"e.{quote(name + OBJECT_SUFFIX)}")
    incomplete = " OR ".join(waits) or "FALSE"
    columns.append(f"CASE WHEN {incomplete} THEN 'yes' END AS incomplete")
    source = _joined(target, entities[target.name], predictions[target.name], wave)
    return (
        f"SELECT {', '.join(columns)} {source} WHERE p.predicted = 'created' ORDER BY i.entity_id"
    )


def _updates(target: TargetObject, predictions: dict[str, Path], wave: str) -> str:
    return (
        f"SELECT i.entity_id AS {ENTITY_ID}, p.target_id, p.changes, p.before "
        f"FROM {sets.parquet([predictions[target.name]])} p JOIN ids i ON i.object = "
        f"{literal(target.name)} AND i.external_id = p.external_id AND i.wave = {literal(wave)} "
        "WHERE p.predicted = 'updated' ORDER BY i.entity_id"
    )


def _second_pass(
    connection: sets.Connection, target: TargetObject, late: Sequence[str],
    entities: dict[str, Path], predictions: dict[str, Path], wave: str,
) -> str:  # fmt: skip
    held = mapped_columns(connection, entities[target.name], target)
    names = [name for name in late if name in held]
    if not names:
        return ""
    pieces = []
    for name in names:
        reference = f"{{'ref': e.{quote(name)}, 'object': e.{quote(name + OBJECT_SUFFIX)}}}"
        pieces.append(
            f"CASE WHEN e.{quote(name)} IS NOT NULL THEN {literal(json.dumps(name) + ':')} || "
            f"to_json({reference}) END"
        )
    filled = " OR ".join(f"e.{quote(name)} IS NOT NULL" for name in names)
    source = _joined(target, entities[target.name], predictions[target.name], wave)
    changes = f"'{{' || concat_ws(',', {', '.join(pieces)}) || '}}'"
    return (
        f"SELECT i.entity_id AS {ENTITY_ID}, NULL::TEXT AS target_id, {changes} AS changes, "
        # a record that a killed load left without its second pass needs it from any later plan
        f"'{{}}' AS before {source} WHERE (p.predicted = 'created' OR i.incomplete = 1) "
        f"AND ({filled}) ORDER BY i.entity_id"
    )


def target_ids_of(ledger: Ledger, object: str, external_ids: Sequence[str]) -> dict[str, str]:
    """External id -> target id of the entities of one object that are in the target."""
    found: dict[str, str] = {}
    distinct = sorted(set(external_ids))
    for start in range(0, len(distinct), 20_000):
        frame = ledger.frame(
            "SELECT external_id, target_id FROM entity WHERE object = :object AND target_id IS "
            "NOT NULL AND external_id IN (SELECT value FROM json_each(:names)) AND "
            "reason IS NOT :deleted",
            object=object,
            deleted=DELETED,
            names=json.dumps(distinct[start : start + 20_000]),
        )
        found.update(zip(frame["external_id"], frame["target_id"], strict=True))
    return found


def with_target_ids(
    ledger: Ledger, target: TargetObject, frame: pd.DataFrame, optional: Sequence[str] = ()
) -> tuple[pd.DataFrame, dict[int, str], dict[int, str]]:
    """A create batch with target ids in place of symbolic references.

    The other values are entity id -> reference field whose parent is not in the target: of records
    that cannot be without it, and of those that can.
    """
    result = frame.copy()
    missing: dict[int, str] = {}
    without: dict[int, str] = {}
    for field in target.references:
        if field.name not in frame:
            continue
        wanted = frame[field.name]
        objects = result.pop(field.name + OBJECT_SUFFIX)
        resolved = pd.Series(None, index=frame.index, dtype="str")
        for name in objects.dropna().unique():
            here = (objects == name) & wanted.notna()
            known = target_ids_of(ledger, str(name), wanted[here].tolist())
            resolved = resolved.where(~here, wanted.map(known).astype("str"))
        lost = wanted.notna() & resolved.isna()
        noted = without if field.name in optional else missing
        noted.update(dict.fromkeys((int(e) for e in frame.loc[lost, ENTITY_ID]), field.name))
        result[field.name] = resolved
        if field.type_field:
            result[field.type_field] = objects.where(resolved.notna())
    return result, missing, {e: name for e, name in without.items() if e not in missing}


def resolved_changes(
    ledger: Ledger, target: TargetObject, changes: Sequence[str], optional: Sequence[str] = ()
) -> tuple[list[dict[str, str | None]], list[str], list[str]]:
    """Change sets with target ids in place of symbolic references, and for each one the reference
    field whose parent is not in the target ("" when all are): one that the record cannot be
    without, and one that it can (which is then left out)."""
    parsed: list[dict[str, Any]] = [json.loads(text) for text in changes]
    wanted: dict[str, list[str]] = {}
    for change in parsed:
        for value in change.values():
            if isinstance(value, dict):
                wanted.setdefault(value["object"], []).append(value["ref"])
    known = {name: target_ids_of(ledger, name, refs) for name, refs in wanted.items()}
    resolved, lost, without = [], [], []
    for change in parsed:
        values: dict[str, str | None] = {}
        gap = open_gap = ""
        for name, value in change.items():
            if not isinstance(value, dict):
                values[name] = value
                continue
            values[name] = known[value["object"]].get(value["ref"])
            field = target.field(name)
            if values[name] is None and name in optional:
                open_gap = name
                del values[name]
            elif values[name] is None:
                gap = name
            elif field and field.type_field:
                values[field.type_field] = value["object"]
        resolved.append(values)
        lost.append(gap)
        without.append(open_gap)
    return resolved, lost, without
