"""What will happen to each entity, found by holding it against what the target holds now.

Three-way where we loaded the record before: what we loaded then, what the target holds now, what
the mapping says today. A field is written only when *its mapped value* changed; when a user edited
the same field since, that is a conflict, and the user's value stays.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from migrate.loading.book import WITHOUT
from migrate.loading.payload import DELETED
from migrate.store import sets
from migrate.store.runfolder import ParquetFile
from migrate.store.sets import literal, quote
from migrate.values import TargetObject

PREDICTION_COLUMNS = (
    "external_id", "predicted", "reason", "target_id", "version", "changes", "before",
)  # fmt: skip
CONFLICT_COLUMNS = ("external_id", "code", "field", "message")


@dataclass(frozen=True)
class Compared:
    """What is compared: the object, its mapped fields (those of references apart), the external id
    prefixes of blocks that change nothing (``bind``) or nothing that was there before us
    (``create``), and which fields each block maps (external id prefix -> fields)."""

    target: TargetObject
    fields: tuple[str, ...]
    references: tuple[str, ...]
    bound: frozenset[str] = frozenset()
    create_only: frozenset[str] = frozenset()
    mapped: Mapping[str, frozenset[str]] = field(default_factory=dict)


def predict(
    connection: sets.Connection,
    compared: Compared,
    *,
    entities: Path,
    snapshot: Path,
    loaded: Mapping[str, Path],
    out: Path,
) -> pd.DataFrame:
    """Write one prediction for each entity and return the conflicts (CONFLICT_COLUMNS).

    Scratch tables used: ``target_ids (object, external_id, target_id)`` for references,
    ``ledger_<object>`` (external_id, target_id, version, loaded_hash, loaded_run) and ``half_gone
    (object, external_id)``: records some of whose rows are gone, of which no field is emptied.
    ``loaded``: plan run id -> its entities file of this object. Where that is not there any more,
    nobody knows which values are ours: a record that was edited since keeps all of its own.
    """
    name = compared.target.name
    known = quote(f"ledger_{name}")
    sets.run(
        connection,
        f"CREATE OR REPLACE TABLE meeting AS SELECT e.external_id, e.payload_hash, "
        f"coalesce(i.target_id, k.target_id, s.target_id) AS target_id, "
        f"k.loaded_hash, k.loaded_run, k.version AS loaded_version, k.target_id AS loaded_id "
        f"FROM {sets.parquet([entities])} e LEFT JOIN {known} k USING (external_id) "
        f"LEFT JOIN target_ids i ON i.object = {literal(name)} AND i.external_id = e.external_id "
        f"LEFT JOIN (SELECT external_id, min(target_id) AS target_id FROM "
        f"{sets.parquet([snapshot])} WHERE external_id IS NOT NULL GROUP BY 1) s "
        "ON s.external_id = e.external_id",
    )
    conflicts: list[pd.DataFrame] = []
    with ParquetFile(out, PREDICTION_COLUMNS) as predictions:
        for frame in sets.frames(connection, _new_ones()):
            predictions.write(_creations(frame))
        for run_id in _loaded_runs(connection):
            before = loaded.get(run_id)
            query = _existing_ones(connection, compared, entities, snapshot, run_id, before)
            for frame in sets.frames(connection, query):
                compare = _known if run_id else _first_meeting
                done, found = compare(frame, compared)
                predictions.write(done)
                conflicts.append(found)
    sets.run(connection, "DROP TABLE meeting")
    empty = pd.DataFrame({column: pd.Series(dtype="str") for column in CONFLICT_COLUMNS})
    return pd.concat([empty, *conflicts], ignore_index=True)


def _new_ones() -> str:
    return "SELECT external_id FROM meeting WHERE target_id IS NULL"


def _creations(frame: pd.DataFrame) -> pd.DataFrame:
    result = frame.reindex(columns=list(PREDICTION_COLUMNS)).astype("str")
    result["predicted"] = "created"
    return result


def _loaded_runs(connection: sets.Connection) -> list[str]:
    """The plans that loaded some of these entities; "" for records that we never loaded."""
    rows = sets.run(
        connection,
        "SELECT DISTINCT coalesce(loaded_run, '') FROM meeting WHERE target_id IS NOT NULL "
        "ORDER BY 1",
    )
    return [str(row[0]) for row in rows]


def _existing_ones(
    connection: sets.Connection, compared: Compared, entities: Path, snapshot: Path, run_id: str,
    before: Path | None,
) -> str:  # fmt: skip
    """Entity (``e:``), target (``s:``) and what we loaded (``l:``) side by side.

    References are compared as target ids, a polymorphic one with its object in front; a parent
    that is not in the target yet is ``new``. ``now:`` is a reference as the target holds it.
    """
    half_gone = f"SELECT external_id FROM half_gone WHERE object = {literal(compared.target.name)}"
    columns = ["m.external_id", "m.target_id", "m.payload_hash", "m.loaded_hash",
               "m.loaded_version", "s.version", "s.target_id IS NOT NULL AS is_there",
               f"m.external_id IN ({half_gone}) AS is_half_gone"]  # fmt: skip
    joins = [
        f"JOIN {sets.parquet([entities])} e ON e.external_id = m.external_id",
        f"LEFT JOIN {sets.parquet([snapshot])} s ON s.target_id = m.target_id",
    ]
    has = set(_columns(connection, before)) if before else set()
    if before:
        joins.append(f"LEFT JOIN {sets.parquet([before])} l ON l.external_id = m.external_id")
    for name in compared.fields:
        columns += [f"e.{quote(name)} AS {quote('e:' + name)}",
                    f"s.{quote(name)} AS {quote('s:' + name)}"]  # fmt: skip
        if run_id:
            old = f"l.{quote(name)}" if name in has else "NULL::TEXT"
            columns += [
                f"{old} AS {quote('l:' + name)}",
                f"{old} IS DISTINCT FROM e.{quote(name)} AS {quote('c:' + name)}",
            ]
    for name in compared.references:
        field = compared.target.field(name)
        kind = field.type_field if field else ""
        current = f"s.{quote(name)}"
        if kind:
            current = (
                f"CASE WHEN {current} IS NOT NULL THEN s.{quote(kind)} || ':' || {current} END"
            )
        columns += [
            f"{_led_to('e', name, bool(kind), joins)} AS {quote('e:' + name)}",
            f"{current} AS {quote('s:' + name)}",
            f"s.{quote(name)} AS {quote('now:' + name)}",
            f"e.{quote(name)} AS {quote('r:' + name)}",
            f"e.{quote(name + '@object')} AS {quote('o:' + name)}",
        ]
        if name in has:
            columns += [
                f"{_led_to('l', name, bool(kind), joins)} AS {quote('l:' + name)}",
                f"l.{quote(name)} IS DISTINCT FROM e.{quote(name)} AS {quote('c:' + name)}",
            ]
        elif run_id:
            columns += [f"NULL::TEXT AS {quote('l:' + name)}",
                        f"e.{quote(name)} IS NOT NULL AS {quote('c:' + name)}"]  # fmt: skip
    which = "m.target_id IS NOT NULL AND coalesce(m.loaded_run, '') = " + literal(run_id)
    return f"SELECT {', '.join(columns)} FROM meeting m {' '.join(joins)} WHERE {which}"


def _led_to(side: str, name: str, is_polymorphic: bool, joins: list[str]) -> str:
    """The target id of a symbolic reference of an entities file (alias ``side``)."""
    alias, value = quote(f"{side}t:{name}"), f"{side}.{quote(name)}"
    parent = f"{side}.{quote(name + '@object')}"
    joins.append(
        f"LEFT JOIN target_ids {alias} ON {alias}.external_id = {value} "
        f"AND {alias}.object = {parent}"
    )
    found = f"coalesce({alias}.target_id, 'new')"
    found = f"{parent} || ':' || {found}" if is_polymorphic else found
    return f"CASE WHEN {value} IS NOT NULL THEN {found} END"


def _columns(connection: sets.Connection, path: Path) -> list[str]:
    rows = sets.run(connection, f"DESCRIBE SELECT * FROM {sets.parquet([path])}")
    return [str(row[0]) for row in rows]


def _first_meeting(frame: pd.DataFrame, compared: Compared) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Records that exist in the target and that we never loaded: filled fields that differ.

    Where the target holds no record of the id that was given, nothing is known of its fields: it
    waits until a person gives the right id.
    """
    gone = ~frame["is_there"].astype(bool)
    left = _begins(frame["external_id"], compared.bound | compared.create_only)
    differ = {
        name: frame["e:" + name].notna()
        & _differs(frame["e:" + name], frame["s:" + name])
        & ~(left | gone)
        for name in (*compared.fields, *compared.references)
    }
    answer = _answer(frame, compared, differ)
    answer["predicted"] = answer["predicted"].where(~gone, "pending")
    answer["reason"] = answer["reason"].where(~gone, DELETED)
    answer["target_id"] = answer["target_id"].where(~gone)
    return answer, _conflict(
        frame[gone], DELETED, "", "the target holds no record with the id that was given for it"
    )


def _known(frame: pd.DataFrame, compared: Compared) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Records that we loaded: fields whose mapped value changed since, and nobody else edited."""
    bound = _begins(frame["external_id"], compared.bound)
    same = (frame["payload_hash"] == frame["loaded_hash"]) | bound
    gone = ~frame["is_there"].astype(bool)
    touched = (frame["version"] != frame["loaded_version"]) & frame["loaded_version"].notna()
    differ, conflicts = {}, []
    for name in (*compared.fields, *compared.references):
        changed = frame["c:" + name].astype(bool) & ~same & ~gone
        changed &= _differs(frame["e:" + name], frame["s:" + name])
        open_ones = pd.Series(False, index=frame.index)
        if name in compared.references:  # loaded without it: its parent was not in the target
            open_ones = (frame["loaded_hash"] == WITHOUT) & frame["s:" + name].isna() & ~gone
            changed |= open_ones & frame["e:" + name].notna()
        changed &= frame["e:" + name].notna() | _may_be_emptied(frame, compared, name)
        # where a row that spoke for the record is gone, another one's spelling is no news
        spelled = ~_differs(_loose(frame["e:" + name]), _loose(frame["l:" + name]))
        changed &= ~(spelled & frame["is_half_gone"].astype(bool) & ~open_ones)
        edited = touched & _differs(_loose(frame["s:" + name]), _loose(frame["l:" + name]))
        edited &= ~open_ones
        clash = changed & edited
        differ[name] = changed & ~clash
        conflicts.append(
            _conflict(
                frame[clash],
                "edited_in_target",
                name,
                "a user edited the field in the target since it was loaded, and its mapped "
                "value changed too: the user's value stays",
            )
        )
    conflicts.append(
        _conflict(
            frame[gone],
            DELETED,
            "",
            "the record was loaded and is not in the target any more: it is not made again",
        )
    )
    answer = _answer(frame, compared, differ)
    answer["reason"] = answer["reason"].where(~gone, DELETED)
    return answer, pd.concat(conflicts, ignore_index=True)


def _may_be_emptied(frame: pd.DataFrame, compared: Compared, name: str) -> pd.Series:
    """Whether an empty field means that the source's value is empty: its block must map the field,
    and every row that made the record must still be there."""
    prefixes = frozenset(prefix for prefix, names in compared.mapped.items() if name in names)
    return _begins(frame["external_id"], prefixes) & ~frame["is_half_gone"].astype(bool)


def _answer(
    frame: pd.DataFrame, compared: Compared, differ: Mapping[str, pd.Series]
) -> pd.DataFrame:
    result = frame[["external_id", "target_id", "version"]].reindex(
        columns=list(PREDICTION_COLUMNS)
    )
    result = result.astype("str")
    any_change = pd.Series(False, index=frame.index)
    for mask in differ.values():
        any_change |= mask
    result["predicted"] = pd.Series("unchanged", index=frame.index, dtype="str").where(
        ~any_change, "updated"
    )
    for at in frame.index[any_change]:
        changes, before = {}, {}
        for name, mask in differ.items():
            if mask[at]:
                changes[name] = _wanted(frame, at, name, compared.references)
                held = "now:" if name in compared.references else "s:"
                before[name] = _plain(frame.at[at, held + name])
        result.at[at, "changes"] = json.dumps(changes, ensure_ascii=False)
        result.at[at, "before"] = json.dumps(before, ensure_ascii=False)
    return result


def _wanted(frame: pd.DataFrame, at: object, name: str, references: Sequence[str]) -> object:
    """The value to write; a reference stays symbolic: ``{"ref": external id, "object": name}``."""
    if name not in references:
        return _plain(frame.at[at, "e:" + name])
    parent = _plain(frame.at[at, "r:" + name])
    return None if parent is None else {"ref": parent, "object": frame.at[at, "o:" + name]}


def _conflict(frame: pd.DataFrame, code: str, field: str, message: str) -> pd.DataFrame:
    found = pd.DataFrame({"external_id": frame["external_id"].astype("str")})
    for column, text in (("code", code), ("field", field), ("message", message)):
        found[column] = pd.Series(text, index=found.index, dtype="str")
    return found


def _differs(one: pd.Series, other: pd.Series) -> pd.Series:
    both_missing = one.isna() & other.isna()
    return (one.fillna("\0") != other.fillna("\0")) & ~both_missing


def _loose(values: pd.Series) -> pd.Series:
    """Without what CRMs normalise: case and outer space."""
    return values.str.strip().str.casefold()


def _begins(values: pd.Series, prefixes: frozenset[str]) -> pd.Series:
    if not prefixes:
        return pd.Series(False, index=values.index)
    return values.str.startswith(tuple(sorted(prefixes))).fillna(False).astype(bool)


def _plain(value: object) -> object:
    return value if isinstance(value, str) else None
