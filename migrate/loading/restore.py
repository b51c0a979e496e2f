"""What do fields that we changed in records of others go back to, and which stay as they are?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from migrate.errors import UsageError
from migrate.loading.settle import same_text
from migrate.loading.snapshot import present_records
from migrate.loading.undo_send import Images, Taking, named, send
from migrate.store.ledger import Ledger, write_many
from migrate.values import ENTITY_ID, TargetObject

Reference = tuple[str, str, str]
"""The object and target id of a record, and the target id that one of its fields holds."""


@dataclass(frozen=True)
class Restored:
    """Records restored per object; ``kept`` and ``errored`` as (object, external id, why);
    ``freed`` are the values that no restored field holds any more."""

    records: Mapping[str, int]
    kept: tuple[tuple[str, str, str], ...] = ()
    errored: tuple[tuple[str, str, str], ...] = ()
    freed: frozenset[Reference] = field(default_factory=frozenset)


def restore(taking: Taking, waves: Sequence[str], *, is_dry: bool) -> Restored:
    """Put the fields of updated records back, the newest write first."""
    writes = taking.ledger.frame(
        "SELECT w.batch_id, w.entity_id, w.target_id, w.before, w.after, w.version, "
        "b.sequence, e.object, e.external_id, e.wave FROM write w "
        "JOIN batch b USING (batch_id) JOIN entity e ON e.entity_id = w.entity_id "
        "WHERE w.op = 'update' AND w.state IN ('applied', 'in_doubt') AND b.\"pass\" = '1' "
        "AND e.is_ours = 0 AND e.wave IN (SELECT value FROM json_each(:waves)) "
        "ORDER BY b.sequence DESC",
        waves=json.dumps(list(waves)),
    )
    records: dict[str, int] = {}
    kept: list[tuple[str, str, str]] = []
    errors: list[tuple[str, str, str]] = []
    freed: set[Reference] = set()
    told: dict[tuple[str, str], dict[str, str | None]] = {}  # what a dry run would have restored
    for key, group in writes.groupby(["sequence", "object"], sort=False):
        name = str(key[1])
        now = present_records(taking.loader, _object(taking, name), group["target_id"].tolist())
        rows: list[tuple[int, str, str]] = []
        images: list[tuple[int, str, str, str]] = []
        rows_of_group: list[Any] = list(group.itertuples(index=False))
        for write in rows_of_group:
            entity, target_id = int(write.entity_id), str(write.target_id)
            image: dict[str, Any] | None = now.get(target_id)
            if image is not None:
                image |= told.get((name, target_id), {})
            changes, lost = fields_to_restore(image, write.before, write.after, write.version)
            kept += [(name, str(write.external_id), reason) for reason in lost]
            records[name] = records.get(name, 0) + bool(changes)
            if not changes or image is None:
                continue
            current = {field_name: image.get(field_name) for field_name in changes}
            freed |= {(name, target_id, value) for value in current.values() if value is not None}
            told.setdefault((name, target_id), {}).update(changes)
            rows.append((entity, target_id, json.dumps(changes)))
            images.append((entity, target_id, json.dumps(current), json.dumps(changes)))
        if not is_dry:
            refused = _send(taking, name, rows, images, str(group["wave"].iloc[0]))
            errors += named(taking.ledger, name, refused)
            done = group[~group["entity_id"].isin(refused)]
            _close_restored(taking.ledger, done, [entity for entity, _, _ in rows])
    return Restored(records, tuple(kept), tuple(errors), frozenset(freed))


def _send(
    taking: Taking, name: str, rows: Sequence[tuple[int, str, str]], images: Images, wave: str
) -> dict[int, str]:
    if not rows:
        return {}
    frame = pd.DataFrame(rows, columns=[ENTITY_ID, "target_id", "changes"])
    return send(taking, name, "update", frame, images, wave)


def fields_to_restore(
    now: Mapping[str, str | None] | None, before: str, after: str, version: str | None
) -> tuple[dict[str, str | None], list[str]]:
    """Which fields go back, and why others do not.

    A field that still holds what we wrote is restored; one that a user changed since is kept.

    >>> fields_to_restore({"city": "Brno", "phone": "9", "version": "5"},
    ...                   '{"city": "Praha", "phone": "1"}', '{"city": "Brno", "phone": "2"}', "3")
    ({'city': 'Praha'}, ['phone: changed by a user since'])
    """
    if now is None:
        return {}, ["the record is gone from the target"]
    old, written = json.loads(before or "{}"), json.loads(after or "{}")
    untouched = bool(version) and now.get("version") == version
    changes: dict[str, str | None] = {}
    kept = []
    for name, value in old.items():
        if same_text(now.get(name), value):
            continue  # it is as it was before us
        if untouched or same_text(now.get(name), written.get(name)):
            changes[name] = value
        else:
            kept.append(f"{name}: changed by a user since")
    return changes, kept


def _close_restored(ledger: Ledger, group: pd.DataFrame, restored: list[int]) -> None:
    done = set(restored)
    rows = [(str(b), int(e)) for b, e in zip(group["batch_id"], group["entity_id"], strict=True)]
    with ledger.begin() as connection:
        write_many(
            connection,
            "UPDATE write SET state = ? WHERE batch_id = ? AND entity_id = ?",
            (("reversed" if e in done else "kept", b, e) for b, e in rows),
        )
        write_many(
            connection,
            "UPDATE entity SET state = 'pending', reason = 'rolled back', loaded_hash = NULL, "
            "loaded_run = NULL WHERE entity_id = ? AND NOT EXISTS (SELECT 1 FROM write w JOIN "
            "batch b USING (batch_id) WHERE w.entity_id = entity.entity_id AND w.op = 'update' "
            "AND w.state IN ('applied', 'in_doubt') AND b.\"pass\" = '1')",
            ((e,) for _, e in rows),
        )


def _object(taking: Taking, name: str) -> TargetObject:
    target = taking.schema.object(name)
    if target is None:
        raise UsageError(f"the target has no object {name!r} any more")
    return target
