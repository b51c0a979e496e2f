"""What has to be side by side before the rules can be asked: units, entities, raw texts, target.

Everything is made set-wise: two tables from the ledger, then Parquet files in a scratch folder,
one per block with the raw texts and one per block with raw, planned and present values in pairs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from migrate.evidence.loose_values import create_macros
from migrate.evidence.parent_keys import add_parent_keys
from migrate.evidence.probes import Probe, block_probes
from migrate.evidence.raw_rows import RawBlock, columns_of, raw_block
from migrate.evidence.reconcile_values import ReconcileInputs
from migrate.specs.mapping import Block
from migrate.store import sets
from migrate.store.ledger import DISPOSITION_SQL, IN_TARGET
from migrate.store.runfolder import safe_name
from migrate.store.sets import literal, quote

UNITS = (
    "record_id", "block", "part", "object", "wave", "entity_id", "role", "rule", "disposition",
    "gone", "stale",
)  # fmt: skip
ENTITIES = (
    "entity_id", "object", "external_id", "wave", "state", "is_ours", "target_id", "version",
)  # fmt: skip
_WHOLE = frozenset({"record_id", "entity_id", "is_ours", "gone", "stale"})


@dataclass(frozen=True)
class BlockScratch:
    """One block made ready: its probes, and the files with its raw texts and its pairs.

    A pair is an entity that this block's unit represents beside the record found in the target:
    columns ``entity_id, external_id, target_id, is_ours, is_merged, is_first, edited`` and for
    each probe ``r:`` the raw text, ``x:`` its loose reading, ``y:`` that of the target, ``t:`` the
    target's text, ``e:`` the plan's, and for references ``p:`` what became of the parent.

    ``expected`` are the units that make a record in the waves loaded, ``found`` the pairs, and
    ``compared`` those that nobody edited.
    """

    block: Block
    probes: tuple[Probe, ...]
    raw_file: Path
    pair_file: Path | None
    expected: int = 0
    found: int = 0
    compared: int = 0

    @property
    def pairs(self) -> str:
        """The pairs that are compared: those that nobody edited in the target since the load."""
        return f"(SELECT * FROM {self.all_pairs} WHERE NOT edited)"

    @property
    def all_pairs(self) -> str:
        assert self.pair_file is not None
        return sets.parquet([self.pair_file])


@dataclass(frozen=True)
class Scratch:
    """The scratch database and what was made in it. ``gaps``: what could not be looked at, why."""

    inputs: ReconcileInputs
    blocks: tuple[BlockScratch, ...]
    gaps: tuple[str, ...]

    @property
    def connection(self) -> sets.Connection:
        return self.inputs.connection

    @property
    def paired(self) -> tuple[BlockScratch, ...]:
        """The blocks whose values reach the target (a bound record keeps its own)."""
        return tuple(b for b in self.blocks if b.pair_file and b.block.action != "bind")


def prepare(inputs: ReconcileInputs, folder: Path) -> Scratch:
    """Make everything ready; ``folder`` takes the files."""
    connection = inputs.connection
    create_macros(connection)
    _copy_ledger(inputs)
    sets.put(connection, "corrections", inputs.corrections)
    gaps = _find_entities(inputs)
    corrected = tuple(inputs.corrections["column"].unique())
    raws: dict[str, RawBlock] = {}
    for block in inputs.mapping.blocks:
        raw = raw_block(connection, block, inputs.project, inputs.plan, corrected)
        if raw is None:
            gaps.append(f"the plan's folder does not hold the extract of {block.table}")
        else:
            raws[block.name] = raw
    add_parent_keys(connection, inputs, raws)
    made = [_raw_file(inputs, raw, folder) for raw in raws.values()]
    members = {
        name: _members(connection, name, [b for b in made if b.block.object == name], folder)
        for name in dict.fromkeys(b.block.object for b in made)
    }
    ready = []
    for one in made:
        pairs = _pair_file(inputs, one, members[one.block.object], folder, gaps)
        ready.append(_counted(inputs, replace(one, pair_file=pairs)))
    return Scratch(inputs, tuple(ready), tuple(dict.fromkeys(gaps)))


def _counted(inputs: ReconcileInputs, one: BlockScratch) -> BlockScratch:
    waves = ", ".join(literal(wave) for wave in inputs.waves) or "''"
    expected = sets.scalar(
        inputs.connection,
        f"SELECT count(*) FROM units WHERE block = {literal(one.block.name)} AND gone = 0 AND "
        f"role NOT IN ('excluded', 'quarantined', 'merged') AND wave IN ({waves})",
    )
    if one.pair_file is None:
        return replace(one, expected=int(expected))
    found, compared = sets.run(
        inputs.connection, f"SELECT count(*), count(*) FILTER (NOT edited) FROM {one.all_pairs}"
    )[0]
    return replace(one, expected=int(expected), found=int(found), compared=int(compared))


def not_compared(asked: Iterable[BlockScratch]) -> tuple[str, ...]:
    """What a rule over these blocks did not look at: 0 differences among 0 records say nothing."""
    blocks = list({one.block.name: one for one in asked if one.expected}.values())
    gaps = [
        f"no record of {one.block.name} was found in the target, and {one.expected} are expected"
        for one in blocks
        if not one.found
    ]
    if blocks and not gaps and not any(one.compared for one in blocks):
        gaps.append("every record was edited in the target since the load")
    return tuple(gaps)


def _copy_ledger(inputs: ReconcileInputs) -> None:
    connection, ledger = inputs.connection, inputs.ledger
    tables = {
        "units": (
            UNITS,
            "SELECT u.record_id, u.block, u.part, u.object, u.wave, u.entity_id, u.role, u.rule, "
            f"{DISPOSITION_SQL} AS disposition, CASE WHEN r.gone_run IS NULL THEN 0 ELSE 1 END, "
            "CASE WHEN u.last_run <> (SELECT nullif(value, '') FROM meta WHERE name = "
            "'registered_plan') THEN 1 ELSE 0 END "
            "FROM unit u LEFT JOIN entity e ON e.entity_id = u.entity_id "
            "LEFT JOIN record r ON r.record_id = u.record_id",
        ),
        "entities": (ENTITIES, f"SELECT {', '.join(ENTITIES)} FROM entity"),
    }
    for name, (columns, query) in tables.items():
        types = ", ".join(f"{c} {'BIGINT' if c in _WHOLE else 'TEXT'}" for c in columns)
        sets.run(connection, f"CREATE OR REPLACE TABLE {name} ({types})")
        for rows in ledger.stream(query):
            frame = pd.DataFrame([tuple(row) for row in rows], columns=list(columns))
            kinds = {c: "Int64" if c in _WHOLE else "str" for c in columns}
            sets.append(connection, name, frame.astype(kinds))


def _find_entities(inputs: ReconcileInputs) -> list[str]:
    """Table ``found``: each entity beside every record of the target that is it.

    What we created is found by its external id alone; a record that was there before us may not
    carry one and is found by the id that it was bound to.
    """
    connection = inputs.connection
    sets.run(
        connection,
        "CREATE OR REPLACE TABLE found (entity_id BIGINT, object TEXT, target_id TEXT, "
        "external_id TEXT, version TEXT, is_first BOOLEAN, edited BOOLEAN)",
    )
    gaps = []
    for name in dict.fromkeys(block.object for block in inputs.mapping.blocks):
        path = inputs.target.get(name)
        if path is None or not path.exists():
            gaps.append(f"{name} was not read from the target")
            continue
        target = sets.parquet([path])
        joined = []
        for ours, condition in (
            ("e.is_ours = 1", "t.external_id = e.external_id"),
            ("e.is_ours <> 1 AND e.target_id IS NOT NULL", "t.target_id = e.target_id"),
            (
                "e.is_ours <> 1 AND e.target_id IS NULL",
                "t.external_id = e.external_id",
            ),
        ):
            joined.append(
                "SELECT e.entity_id, e.object, t.target_id, t.external_id, t.version, e.version "
                f"AS loaded FROM entities e JOIN {target} t ON {condition} "
                f"WHERE e.object = {literal(name)} AND {ours}"
            )
        sets.run(
            connection,
            "INSERT INTO found SELECT entity_id, object, target_id, external_id, version, "
            "row_number() OVER (PARTITION BY entity_id ORDER BY target_id) = 1, "
            "coalesce(version <> loaded, FALSE) "
            f"FROM ({' UNION ALL '.join(joined)})",
        )
    return gaps


def _raw_file(inputs: ReconcileInputs, raw: RawBlock, folder: Path) -> BlockScratch:
    """One row for each unit of the block: raw texts and their loose readings."""
    block = raw.block
    probes = block_probes(inputs, raw)
    columns = ["u.record_id", "u.part", "u.entity_id", "u.role", "u.disposition", "u.wave"]
    joins: list[str] = []
    inner: list[str] = []
    for probe in probes:
        inner.append(f"{probe.raw} AS {quote('r:' + probe.name)}")
        if probe.parent:
            columns += [
                f"{probe.parent.target_id} AS {quote('x:' + probe.name)}",
                f"{probe.parent.state} AS {quote('p:' + probe.name)}",
            ]
            inner += [f"{key} AS {quote(name)}" for name, key in probe.parent.keys.items()]
            joins += probe.parent.joins
        else:
            met = f"u.{quote('w:' + probe.name)}" if probe.met else ""
            if met:
                inner.append(f"{probe.met} AS {quote('w:' + probe.name)}")
            reading = probe.reading(f"u.{quote('r:' + probe.name)}", met)
            columns.append(f"{reading} AS {quote('x:' + probe.name)}")
        columns.append(f"u.{quote('r:' + probe.name)}")
    units = f"(SELECT * FROM units WHERE block = {literal(block.name)} AND gone = 0)"
    listed = ", ".join(["u.*", *inner])
    path = folder / f"raw-{safe_name(block.name)}.parquet"
    sets.copy_to(
        inputs.connection,
        f"SELECT {', '.join(columns)} FROM (SELECT {listed} {raw.source(units)}) u "
        f"{' '.join(joins)}",
        path,
    )
    return BlockScratch(block, probes, path, None)


def _members(
    connection: sets.Connection, name: str, blocks: list[BlockScratch], folder: Path
) -> Path:
    """What the merged members of each entity say: ``entity_id`` and a list per field (``m:``)."""
    fields = dict.fromkeys(p.name for b in blocks for p in b.probes if not p.is_total)
    lists = [
        f"list(DISTINCT {quote('x:' + f)}) FILTER (WHERE {quote('x:' + f)} IS NOT NULL) "
        f"AS {quote('m:' + f)}"
        for f in fields
    ]
    path = folder / f"members-{safe_name(name)}.parquet"
    source = sets.parquet([b.raw_file for b in blocks])
    sets.copy_to(
        connection,
        f"SELECT {', '.join(['entity_id', *lists])} FROM {source} "
        "WHERE role = 'merged' AND entity_id IS NOT NULL GROUP BY entity_id",
        path,
    )
    return path


def _pair_file(
    inputs: ReconcileInputs, one: BlockScratch, members: Path, folder: Path, gaps: list[str]
) -> Path | None:
    connection, block = inputs.connection, one.block
    target = inputs.target.get(block.object)
    planned = inputs.plan.path / "entities" / f"{safe_name(block.object)}.parquet"
    if target is None or not target.exists():
        return None
    if not planned.exists():
        gaps.append(f"the plan's folder does not hold the entities of {block.object}")
        return None
    held, named = columns_of(connection, planned), columns_of(connection, target)
    columns = [
        "r.entity_id", "n.external_id", "f.target_id", "n.is_ours = 1 AS is_ours", "n.wave",
        "m.entity_id IS NOT NULL AS is_merged", "f.is_first", "f.edited",
    ]  # fmt: skip
    joins = []
    for number, probe in enumerate(one.probes):
        field = probe.field.name
        text = f"t.{quote(field)}" if field in named else "NULL::TEXT"
        if probe.field.type == "reference" and field in held:
            on = f"n{number}.external_id = e.{quote(field)}"
            if f"{field}@object" in held:
                on += f" AND n{number}.object = e.{quote(field + '@object')}"
            joins += [
                f"LEFT JOIN entities n{number} ON {on}",
                f"LEFT JOIN found f{number} ON f{number}.entity_id = n{number}.entity_id "
                f"AND f{number}.is_first",
            ]
            wanted = f"f{number}.target_id"
        else:
            wanted = f"e.{quote(field)}" if field in held else "NULL::TEXT"
        members_say = f"m.{quote('m:' + probe.name)}"
        y = probe.present(text)
        columns += [
            f"r.{quote('r:' + probe.name)}",
            f"{_agreed(probe, members_say, y)} AS {quote('x:' + probe.name)}",
            f"{y} AS {quote('y:' + probe.name)}",
        ]
        if probe.parent:
            columns.append(f"r.{quote('p:' + probe.name)}")
        if not probe.is_total:
            columns += [
                f"{text} AS {quote('t:' + field)}",
                f"{wanted} AS {quote('e:' + field)}",
                f"r.{quote('x:' + field)} IS NULL AND {members_say} IS NOT NULL "
                f"AS {quote('f:' + field)}",
            ]
    path = folder / f"pairs-{safe_name(block.name)}.parquet"
    states = ", ".join(literal(state) for state in IN_TARGET)
    sets.copy_to(
        connection,
        f"SELECT {', '.join(columns)} FROM {sets.parquet([one.raw_file])} r "
        f"JOIN entities n ON n.entity_id = r.entity_id AND n.state IN ({states}) "
        "JOIN found f ON f.entity_id = r.entity_id "
        f"JOIN {sets.parquet([target])} t ON t.target_id = f.target_id "
        f"LEFT JOIN {sets.parquet([planned])} e ON e.external_id = n.external_id "
        f"LEFT JOIN {sets.parquet([members])} m ON m.entity_id = r.entity_id "
        f"{' '.join(joins)} WHERE r.role = 'survivor'",
        path,
    )
    return path


def _agreed(probe: Probe, members: str, y: str) -> str:
    """The reading that the target must show, once merged members have filled what was empty.

    A consent is at its strictest over all members.
    """
    x = f"r.{quote('x:' + probe.name)}"
    if probe.is_total or not probe.kind.raw:
        return x
    same = probe.kind.same.format(x="said", y=y)
    filled = (
        f"CASE WHEN {x} IS NOT NULL THEN {x} WHEN {members} IS NULL THEN NULL "
        f"ELSE coalesce(list_filter({members}, lambda said: {same})[1], {members}[1]) END"
    )
    field = probe.field
    if not (field.is_consent and field.strict_value):
        return filled
    strict = literal(field.strict_value)
    return (
        f"CASE WHEN {x} = {strict} OR list_contains({members}, {strict}) THEN {strict} "
        f"ELSE {filled} END"
    )
