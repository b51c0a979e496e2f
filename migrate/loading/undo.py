"""Take a wave back out of the target, from the ledger and the target alone, days later if need be.

Order: fields that we changed in records of others are restored (newest write first), then the
records that we created are deleted, children before parents. What a user changed stays: per field
for restored records; a created record stays whole when a user edited it or attached children to
it, and so do its parents, because without them it would be an orphan.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from migrate.errors import TargetError
from migrate.loading.restore import Reference, restore
from migrate.loading.settle import book_deleted, settle
from migrate.loading.undo_send import Taking, named, send
from migrate.store.ledger import Ledger, write_many
from migrate.values import ENTITY_ID, Progress, TargetSchema, silent


@dataclass(frozen=True)
class Undoing(Taking):
    """What a rollback works on; ``is_dry`` computes everything and writes nothing."""

    waves: tuple[str, ...]
    is_dry: bool = False
    progress: Progress = silent


@dataclass(frozen=True)
class Undone:
    """The figures of a rollback, per object; ``kept`` says why each kept record stays."""

    restored: Mapping[str, int] = field(default_factory=dict)
    deleted: Mapping[str, int] = field(default_factory=dict)
    kept: tuple[tuple[str, str, str], ...] = ()  # object, external id, reason
    errored: tuple[tuple[str, str, str], ...] = ()  # object, external id, message


def dependent_waves(
    ledger: Ledger, schema: TargetSchema, waves: Sequence[str], order: Sequence[str]
) -> list[str]:
    """Later waves that are loaded and whose objects refer to objects of these waves."""
    rows = ledger.frame(
        "SELECT DISTINCT wave, object FROM entity WHERE state IN ('created', 'updated') "
        "AND (is_ours = 1 OR state = 'updated')"
    )
    ours = set(rows.loc[rows["wave"].isin(waves), "object"])
    found = set()
    for wave, name in rows.itertuples(index=False):
        target = schema.object(name)
        if wave in waves or target is None:
            continue
        if any(set(reference.references) & ours for reference in target.references):
            found.add(wave)
    return [wave for wave in order if wave in found] + sorted(found - set(order))


def undo(undoing: Undoing) -> Undone:
    """Roll back the waves. Running it again after an interruption goes on where it stopped.

    Raises TargetError when the target cannot delete, or is gone in the middle.
    """
    if not undoing.loader.capabilities.can_delete:
        raise TargetError(
            "this target cannot delete records, so that created ones cannot be taken back",
            hint="restore the target's backup, or delete the records by hand from the list in "
            "the ledger (table entity)",
        )
    if not undoing.is_dry:
        settle(undoing.ledger, undoing.loader, undoing.schema)
    restored = restore(undoing, undoing.waves, is_dry=undoing.is_dry)
    errors = list(restored.errored)
    created = _created(undoing)
    present, gone = _split_gone(undoing, created)
    kept = _kept(undoing, present, restored.freed if undoing.is_dry else frozenset())
    reasons = {(name, entity): reason for name, entity, reason in kept}
    free = {
        name: frame[[(name, int(e)) not in reasons for e in frame["entity_id"]]]
        for name, frame in present.items()
    }
    deleted: dict[str, int] = {name: len(frame) for name, frame in gone.items() if len(frame)}
    if undoing.is_dry:
        for name, frame in free.items():
            deleted[name] = deleted.get(name, 0) + len(frame)
    else:
        _book_gone(undoing, gone)
        _book_kept(undoing, kept)
        _unlink(undoing, free)
        for name in _children_first(undoing, list(free)):
            count, refused = _delete(undoing, name, free[name])
            deleted[name] = deleted.get(name, 0) + count
            errors += refused
    external = {
        (name, int(e)): x
        for name, frame in present.items()
        for e, x in zip(frame["entity_id"], frame["external_id"], strict=True)
    }
    stay = [(name, external[(name, entity)], reason) for name, entity, reason in kept]
    return Undone(restored.records, deleted, (*restored.kept, *stay), tuple(errors))


# -- records that we created: deleted, unless somebody relies on them -----------------------------


def _created(undoing: Undoing) -> dict[str, pd.DataFrame]:
    rows = undoing.ledger.frame(
        "SELECT entity_id, object, external_id, target_id, version, wave FROM entity "
        "WHERE is_ours = 1 AND target_id IS NOT NULL AND wave IN "
        "(SELECT value FROM json_each(:waves)) ORDER BY entity_id",
        waves=json.dumps(undoing.waves),
    )
    return {str(name): group for name, group in rows.groupby("object", sort=False)}


def _split_gone(
    undoing: Undoing, created: Mapping[str, pd.DataFrame]
) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """The created records that are still there, each with its version ``now``; and the others."""
    present, gone = {}, {}
    for name, frame in created.items():
        versions: dict[str, str] = {}
        ids = frame["target_id"].tolist()
        for found in undoing.loader.read(name, target_ids=ids):
            versions.update(zip(found["target_id"], found["version"], strict=True))
        now = frame["target_id"].map(versions)
        present[name] = frame.assign(now=now)[now.notna()]
        gone[name] = frame[now.isna()]
        undoing.progress(f"looking at {name}", len(frame), len(frame))
    return present, gone


def _kept(
    undoing: Undoing, present: Mapping[str, pd.DataFrame], freed: frozenset[Reference]
) -> list[tuple[str, int, str]]:
    """Records that must stay: edited, with a user's children, or parents of such.

    ``freed`` are references that the restoring of a dry run would have taken away.
    """
    place: dict[tuple[str, str], int] = {}
    kept: dict[tuple[str, str], str] = {}
    for name, frame in present.items():
        for entity, target_id, loaded, now in zip(
            frame["entity_id"], frame["target_id"], frame["version"], frame["now"], strict=True
        ):
            place[(name, target_id)] = int(entity)
            if isinstance(loaded, str) and loaded != now:
                kept[(name, target_id)] = "edited by a user since it was loaded"
    parents: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for name, frame in present.items():
        ids = frame["target_id"].tolist()
        for start in range(0, len(ids), 5_000):
            children = undoing.loader.children(name, ids[start : start + 5_000])
            for parent_id, child, child_id in children[
                ["target_id", "object", "child_id"]
            ].itertuples(index=False):
                if (child, child_id) in place:
                    parents.setdefault((child, child_id), []).append((name, parent_id))
                elif (child, child_id, parent_id) not in freed:
                    kept.setdefault((name, parent_id), f"a {child} of somebody else refers to it")
    queue = list(kept)
    while queue:
        child = queue.pop()
        for parent in parents.get(child, ()):
            if parent not in kept:
                kept[parent] = f"a {child[0]} that stays refers to it"
                queue.append(parent)
    return [(name, place[(name, target_id)], reason) for (name, target_id), reason in kept.items()]


def _book_gone(undoing: Undoing, gone: Mapping[str, pd.DataFrame]) -> None:
    for frame in gone.values():
        if len(frame):
            book_deleted(undoing.ledger, "", [int(e) for e in frame["entity_id"]])


def _book_kept(undoing: Undoing, kept: Sequence[tuple[str, int, str]]) -> None:
    with undoing.ledger.begin() as connection:
        write_many(
            connection,
            "UPDATE entity SET state = 'unchanged', reason = ? WHERE entity_id = ?",
            ((f"kept: {reason}", entity) for _, entity, reason in kept),
        )


def _unlink(undoing: Undoing, free: Mapping[str, pd.DataFrame]) -> None:
    """Empty the references of the second pass, so that no delete meets a self reference.

    From then on the records are incomplete: a load after an interrupted rollback mends them. What
    an interrupted rollback has emptied already is not emptied again.
    """
    rows = undoing.ledger.frame(
        "SELECT w.entity_id, w.after, e.object, e.target_id, e.wave FROM write w JOIN batch b "
        "USING (batch_id) JOIN entity e ON e.entity_id = w.entity_id WHERE b.\"pass\" = '2' AND "
        "w.state = 'applied' AND e.is_ours = 1 AND e.target_id = w.target_id AND e.wave IN "
        "(SELECT value FROM json_each(:waves)) AND NOT EXISTS (SELECT 1 FROM write u JOIN batch ub "
        "USING (batch_id) WHERE u.entity_id = w.entity_id AND u.op = 'update' AND u.state = "
        "'reversed' AND ub.\"pass\" = 'undo' AND ub.sequence > b.sequence) ORDER BY b.sequence",
        waves=json.dumps(undoing.waves),
    ).drop_duplicates("entity_id", keep="last")
    for name, group in rows.groupby("object", sort=False):
        going = set(free.get(str(name), pd.DataFrame({"entity_id": []}))["entity_id"])
        group = group[group["entity_id"].isin(going)]
        for start in range(0, len(group), undoing.loader.capabilities.batch_rows):
            part = group.iloc[start : start + undoing.loader.capabilities.batch_rows]
            empty = [json.dumps(dict.fromkeys(json.loads(after))) for after in part["after"]]
            frame = pd.DataFrame(
                {
                    ENTITY_ID: part["entity_id"].to_numpy(),
                    "target_id": part["target_id"].to_numpy(),
                    "changes": empty,
                }
            )
            images = [
                (int(e), t, after, change)
                for e, t, after, change in zip(
                    part["entity_id"], part["target_id"], part["after"], empty, strict=True
                )
            ]
            with undoing.ledger.begin() as connection:
                write_many(
                    connection,
                    "UPDATE entity SET incomplete = 1 WHERE entity_id = ?",
                    ((int(e),) for e in part["entity_id"]),
                )
            send(undoing, str(name), "update", frame, images, str(part["wave"].iloc[0]))


def _children_first(undoing: Undoing, names: Sequence[str]) -> list[str]:
    """Objects in the reverse of the order in which they were first loaded."""
    rows = undoing.ledger.frame(
        "SELECT object, min(sequence) AS first FROM batch WHERE op = 'create' GROUP BY object "
        "ORDER BY first DESC"
    )
    order = [name for name in rows["object"] if name in names]
    return order + [name for name in names if name not in order]


def _delete(
    undoing: Undoing, name: str, frame: pd.DataFrame
) -> tuple[int, list[tuple[str, str, str]]]:
    size = undoing.loader.capabilities.batch_rows
    errors: list[tuple[str, str, str]] = []
    for start in range(0, len(frame), size):
        part = frame.iloc[::-1].iloc[start : start + size]  # the newest first
        rows = part[["entity_id", "target_id"]].rename(columns={"entity_id": ENTITY_ID})
        images = [(int(e), t, "", "") for e, t in _rows(rows)]
        wave = str(part["wave"].iloc[0])
        refused = send(undoing, name, "delete", rows.reset_index(drop=True), images, wave)
        errors += named(undoing.ledger, name, refused)
        undoing.progress(f"deleting {name}", min(start + size, len(frame)), len(frame))
    return len(frame) - len(errors), errors


def _rows(frame: pd.DataFrame) -> list[Any]:
    return list(frame.itertuples(index=False))
