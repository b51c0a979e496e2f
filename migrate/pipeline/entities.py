"""Units into entities, object by object, parents first: resolve, match, merge, validate.

A parent's fate is known before its children are looked at, so that a child of a refused parent is
refused with it. References that must wait for a second pass are settled at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from migrate.loading.snapshot import take_snapshot
from migrate.matching.exact import cluster, priority_rank
from migrate.matching.merge import merge
from migrate.pipeline.setup import Setup
from migrate.pipeline.transforming import note_problems
from migrate.specs.mapping import Block
from migrate.specs.order import LoadOrder
from migrate.store import sets
from migrate.store.ledger import Ledger
from migrate.store.runfolder import ParquetFile, RunFolder
from migrate.store.sets import literal, quote
from migrate.transform import relations
from migrate.transform.fields import PROBLEM_COLUMNS
from migrate.validation.expectations import aggregate, figure_issues, validate
from migrate.validation.own_rules import own_rules
from migrate.validation.rules import flag_columns, schema_rules
from migrate.values import RECORD_ID, Issue, Loader, Progress, TargetObject, TargetSchema, silent

ENTITY_META = ("external_id", "wave")


@dataclass(frozen=True)
class Making:
    """What the making of entities works on."""

    connection: sets.Connection
    setup: Setup
    schema: TargetSchema
    order: LoadOrder
    loader: Loader
    ledger: Ledger
    run: RunFolder
    progress: Progress = silent


@dataclass(frozen=True)
class Made:
    """The files of the plan's entities and of the target's snapshot, per object, and what the
    whole object was found to be (aggregate rules, clusters that were kept apart)."""

    entities: Mapping[str, Path]
    snapshots: Mapping[str, Path]
    issues: tuple[Issue, ...]


def make_entities(
    making: Making, canonical: Mapping[str, Path], extracts: Mapping[str, Path]
) -> Made:
    """Make one entities file for each mapped object; units learn their entity and their role."""
    connection = making.connection
    relations.create_tables(connection)
    sets.run(connection, "CREATE TABLE target_ids (object TEXT, external_id TEXT, target_id TEXT)")
    sets.run(connection, "CREATE TABLE merged_into (external_id TEXT, entity TEXT)")
    _add_parent_keys(making, canonical, extracts)
    drafts: dict[str, Path] = {}
    snapshots: dict[str, Path] = {}
    issues: list[Issue] = []
    for name in making.order.objects:
        target = making.schema.object(name)
        if target is None:
            continue
        blocks = [block for block in making.setup.mapping.blocks if block.object == name]
        _resolve(making, blocks, canonical)
        issues += _match(making, target, blocks)
        drafts[name] = _draft(making, target, blocks)
        snapshots[name] = _snapshot(making, target, blocks, drafts[name])
        _bind(making, target, blocks, drafts[name], snapshots[name])
        issues += _validate(making, target, blocks, drafts[name], snapshots[name])
        relations.note_refused(connection, name)
    entities = {name: _finish(making, name, draft) for name, draft in drafts.items()}
    return Made(entities, snapshots, tuple(issues))


def _add_parent_keys(
    making: Making, canonical: Mapping[str, Path], extracts: Mapping[str, Path]
) -> None:
    mapping = making.setup.mapping
    for block in mapping.blocks:
        relations.add_parent_keys(making.connection, block, canonical[block.name])
    wanted = {
        (name, field.lookup.by, field.lookup.digits): field.lookup
        for block in mapping.blocks
        for field in block.fields
        if field.lookup and field.lookup.by
        for name in field.lookup.all_blocks
    }
    for (name, _, _), lookup in sorted(wanted.items(), key=lambda item: item[0]):
        parent = mapping.block(name)
        if parent is not None:
            relations.add_alternative_keys(
                making.connection, parent, lookup, canonical[name], extracts[parent.table]
            )


def _resolve(making: Making, blocks: Sequence[Block], canonical: Mapping[str, Path]) -> None:
    for block in blocks:
        late = [field for object, field in making.order.deferred if object == block.object]
        problems = relations.resolve(
            making.connection,
            block,
            canonical[block.name],
            making.run.file("resolved", block.name),
            mapping=making.setup.mapping,
            deferred=late,
        )
        note_problems(making.connection, block, problems)


def _match(making: Making, target: TargetObject, blocks: Sequence[Block]) -> list[Issue]:
    """Fill ``candidates`` with the units that go on, and give each its entity."""
    connection = making.connection
    rule = making.setup.mapping.match(target.name)
    rank = priority_rank([block.name for block in blocks], rule.priority if rule else ())
    pieces = [_going_on(making, block) for block in blocks]
    together = " UNION ALL BY NAME ".join(pieces)
    sets.run(
        connection,
        f"CREATE OR REPLACE TABLE candidates AS SELECT *, {rank} AS rank FROM ({together})",
    )
    known = _known(making, target.name)
    keys = [key for key in (rule.keys if rule else ()) if _held(connection, key)]
    clusters = cluster(connection, "SELECT * FROM candidates", keys, known=known)
    sets.put(connection, "clusters", clusters.members)
    sets.append(connection, "merged_into", clusters.members)
    sets.run(
        connection,
        "UPDATE units SET entity = coalesce((SELECT k.entity FROM clusters k WHERE "
        "k.external_id = units.external_id), units.external_id) "
        f"WHERE object = {literal(target.name)} AND role = ''",
    )
    return [
        Issue(
            "merge_after_load", "warning",
            "the record matches another one, but both are in the target already",
            entity=target.name, record=name,
            hint="merge the two in the CRM; the ledger keeps both until then",
        )
        for name in clusters.kept_apart
    ]  # fmt: skip


def _going_on(making: Making, block: Block) -> str:
    """The block's units that go on, references leading to what their parents were merged into:
    two consents of one person are one consent, whichever of his rows they came from."""
    resolved = sets.parquet([making.run.file("resolved", block.name)])
    joins, replaced = [], []
    for number, field in enumerate(f for f in block.fields if f.lookup):
        name = quote(field.field)
        joins.append(f"LEFT JOIN merged_into m{number} ON m{number}.external_id = c.{name}")
        replaced.append(f"coalesce(m{number}.entity, c.{name}) AS {name}")
    listed = f" REPLACE ({', '.join(replaced)})" if replaced else ""
    return (
        f"SELECT c.* EXCLUDE (role, reason, rule){listed}, {literal(block.name)} AS block "
        f"FROM {resolved} c JOIN units u ON u.{RECORD_ID} = c.{RECORD_ID} AND u.part = c.part "
        f"AND u.block = {literal(block.name)} AND u.role = '' {' '.join(joins)}"
    )


def _known(making: Making, name: str) -> frozenset[str]:
    """External ids that we loaded before (or found): their records keep them."""
    found: set[str] = set()
    for rows in making.ledger.stream(
        "SELECT external_id FROM entity WHERE object = :o AND target_id IS NOT NULL", o=name
    ):
        found.update(row[0] for row in rows)
    return frozenset(found)


def _held(connection: sets.Connection, key: Sequence[str]) -> bool:
    held = {str(row[0]) for row in sets.run(connection, "DESCRIBE candidates")}
    return set(key) <= held


def _draft(making: Making, target: TargetObject, blocks: Sequence[Block]) -> Path:
    """One row for each entity: single units as they are, clusters merged."""
    connection = making.connection
    fields = _fields(connection, target)
    path = making.run.file("entities", f".draft-{target.name}")
    waves = "".join(
        f" WHEN {literal(wave)} THEN {n}" for n, wave in enumerate(making.setup.project.waves)
    )
    sets.run(
        connection,
        "CREATE OR REPLACE TABLE joined AS SELECT c.*, u.entity, u.wave, "
        f"CASE u.wave{waves} ELSE 999 END AS wave_rank, "
        "count(*) OVER (PARTITION BY u.entity) AS members, row_number() OVER (PARTITION BY "
        f"u.entity ORDER BY c.rank, c.{RECORD_ID}, c.part) AS place FROM candidates c JOIN units u "
        f"ON u.{RECORD_ID} = c.{RECORD_ID} AND u.part = c.part AND u.block = c.block",
    )
    listed = ", ".join(quote(name) for name in fields)
    with ParquetFile(path, [*ENTITY_META, *fields]) as out:
        for frame in sets.frames(
            connection,
            f"SELECT entity AS external_id, wave, {listed} FROM joined WHERE members = 1",
        ):
            out.write(frame)
        many = sets.frame(
            connection,
            f"SELECT entity, first_value(wave) OVER (PARTITION BY entity ORDER BY wave_rank, place) "
            f"AS wave, {listed} FROM joined WHERE members > 1 ORDER BY entity, place",
        )
        if len(many):
            merged = merge(many, target).rename(columns={"entity": "external_id"})
            out.write(merged.astype("str"))
    sets.run(
        connection,
        "UPDATE units SET role = CASE WHEN j.place = 1 THEN 'survivor' ELSE 'merged' END "
        f"FROM joined j WHERE units.{RECORD_ID} = j.{RECORD_ID} AND units.part = j.part "
        "AND units.block = j.block",
    )
    # a cluster belongs to the wave of its earliest member
    sets.run(
        connection,
        f"UPDATE units SET wave = d.wave FROM {sets.parquet([path])} d "
        f"WHERE units.object = {literal(target.name)} AND units.entity = d.external_id",
    )
    sets.run(connection, "DROP TABLE joined")
    return path


def _fields(connection: sets.Connection, target: TargetObject) -> list[str]:
    """The mapped fields of the candidates, each reference with its parent's object beside it."""
    held = {str(row[0]) for row in sets.run(connection, "DESCRIBE candidates")}
    names: list[str] = []
    for field in target.fields:
        if field.name in held:
            names.append(field.name)
            if field.name + relations.OBJECT_SUFFIX in held:
                names.append(field.name + relations.OBJECT_SUFFIX)
    return names


def _snapshot(making: Making, target: TargetObject, blocks: Sequence[Block], draft: Path) -> Path:
    path = making.run.file("snapshot", target.name)
    wanted = sets.run(making.connection, f"SELECT external_id FROM {sets.parquet([draft])}")
    take_snapshot(
        making.loader,
        target,
        [str(row[0]) for row in wanted],
        path,
        everything=any(block.action == "bind" for block in blocks),
        progress=making.progress,
    )
    sets.run(
        making.connection,
        f"INSERT INTO target_ids SELECT {literal(target.name)}, external_id, min(target_id) FROM "
        f"{sets.parquet([path])} WHERE external_id IS NOT NULL GROUP BY external_id",
    )
    return path


def _bind(
    making: Making, target: TargetObject, blocks: Sequence[Block], draft: Path, snapshot: Path
) -> None:
    """Find the records that already exist in the target: by the environment's maps or a field."""
    connection, environment = making.connection, making.setup.environment
    given = environment.ids.get(target.name, {})
    rows = [(target.name, external, target_id) for external, target_id in given.items()]
    if rows:
        bound = pd.DataFrame(rows, columns=["object", "external_id", "target_id"], dtype="str")
        names = ", ".join(literal(external) for external in given)
        sets.run(
            connection,
            f"DELETE FROM target_ids WHERE object = {literal(target.name)} "
            f"AND external_id IN ({names})",
        )
        sets.append(connection, "target_ids", bound)
    for block in blocks:
        if block.action != "bind" or not block.bind_by:
            continue
        prefix = block.external_id_prefix()
        owners = environment.owners if target.is_user else {}
        sets.put(
            connection,
            "wanted_owners",
            pd.DataFrame(
                {"external_id": [prefix + key for key in owners], "value": list(owners.values())},
                dtype="str",
            ),
        )
        by = quote(block.bind_by)
        sets.run(
            connection,
            f"INSERT INTO target_ids SELECT {literal(target.name)}, d.external_id, "
            f"min(s.target_id) FROM {sets.parquet([draft])} d LEFT JOIN wanted_owners w USING "
            f"(external_id) JOIN {sets.parquet([snapshot])} s ON lower(trim(s.{by})) = "
            f"lower(trim(coalesce(w.value, d.{by}))) WHERE d.external_id NOT IN (SELECT "
            f"external_id FROM target_ids WHERE object = {literal(target.name)}) AND "
            f"starts_with(d.external_id, {literal(prefix)}) "
            "GROUP BY d.external_id HAVING count(*) = 1",
        )
        missing = sets.frame(
            connection,
            f"SELECT external_id FROM {sets.parquet([draft])} WHERE starts_with(external_id, "
            f"{literal(prefix)}) AND external_id NOT IN (SELECT external_id FROM target_ids "
            f"WHERE object = {literal(target.name)})",
        )
        missing["field"] = block.bind_by
        missing["code"] = "bind_missing"
        missing["severity"] = "error"
        missing["value"] = pd.Series(None, index=missing.index, dtype="str")
        missing["message"] = f"no {target.name} of the target has this {block.bind_by}"
        missing["hint"] = (
            f"create it in the target, or name it under `owners:` of {environment.name}"
        )
        _refuse_entities(making, target, blocks, missing)


def _validate(
    making: Making, target: TargetObject, blocks: Sequence[Block], draft: Path, snapshot: Path
) -> list[Issue]:
    """Great Expectations over the entities: what fails severely goes to quarantine."""
    connection = making.connection
    held = [
        str(row[0])
        for row in sets.run(connection, f"DESCRIBE SELECT * FROM {sets.parquet([draft])}")
    ]
    mapped = [field.name for field in target.fields if field.name in held]
    rules = (
        *schema_rules(target, mapped),
        *own_rules(target, mapped, making.setup.project.rules),
    )
    flags, joins = [], []
    for number, flag in enumerate(flag_columns(rules)):
        kind, _, name = flag.partition(":")
        alias, field = f"s{number}", f"e.{quote(name)}"
        if kind == "@reference":
            joins.append(
                f"LEFT JOIN (SELECT DISTINCT external_id FROM refused) {alias} "
                f"ON {alias}.external_id = {field}"
            )
            broken = f"{alias}.external_id IS NOT NULL"
        else:
            joins.append(
                f"LEFT JOIN (SELECT lower({quote(name)}) AS value, list(DISTINCT "
                f"coalesce(external_id, '')) AS holders FROM {sets.parquet([snapshot])} WHERE "
                f"{quote(name)} IS NOT NULL GROUP BY 1) {alias} ON {alias}.value = lower({field})"
            )
            broken = (
                f"count(*) OVER (PARTITION BY lower({field})) > 1 "
                f"OR {alias}.holders <> [e.external_id]"
            )
        flags.append(
            f"CASE WHEN {field} IS NULL THEN NULL WHEN {broken} THEN 'false' ELSE 'true' END "
            f"AS {quote(flag)}"
        )
    bound = tuple(block.external_id_prefix() for block in blocks if block.action == "bind")
    skip = " AND ".join(f"NOT starts_with(e.external_id, {literal(p)})" for p in bound) or "TRUE"
    # entities that a bind refused are out already
    query = (
        f"SELECT {', '.join(['e.*', *flags])} FROM {sets.parquet([draft])} e "
        f"{' '.join(joins)} WHERE {skip} AND "
        f"e.external_id IN (SELECT entity FROM units WHERE object = {literal(target.name)} "
        "AND role = 'survivor')"
    )
    for done, failures in enumerate(validate(sets.frames(connection, query), rules), 1):
        making.progress(f"validating {target.name}", done, 0)
        _refuse_entities(making, target, blocks, failures)
    if not any(rule.is_aggregate for rule in rules):
        return []
    return figure_issues(aggregate(sets.frames(connection, query), rules), target.name)


def _refuse_entities(
    making: Making, target: TargetObject, blocks: Sequence[Block], failures: pd.DataFrame
) -> None:
    """Failures of entities become problems of their surviving units; every unit of a refused
    entity is quarantined with it."""
    if failures.empty:
        return
    connection = making.connection
    sets.put(connection, "failing", failures)
    for block in blocks:
        columns = {f.field: f.columns[0] for f in block.fields if f.columns}
        found = sets.frame(
            connection,
            f'SELECT u.{RECORD_ID}, u.part, f.code, f.severity, f.field, NULL::TEXT AS "column", '
            "f.value, f.message, f.hint FROM failing f JOIN units u ON u.entity = f.external_id "
            f"WHERE u.object = {literal(target.name)} AND u.block = {literal(block.name)} AND "
            "u.role = 'survivor'",
        )
        found["column"] = found["field"].map(columns).fillna("").astype("str")
        columns_only = found[list(PROBLEM_COLUMNS)].astype(
            {name: "str" for name in PROBLEM_COLUMNS if name != RECORD_ID}
        )
        if len(columns_only):
            sets.append(connection, "problems", columns_only.assign(block=block.name))
    sets.run(
        connection,
        "UPDATE units SET role = 'quarantined', rule = f.code, reason = f.field || ': ' || "
        "f.message FROM (SELECT external_id, arg_min(code, field) AS code, min(field) AS field, "
        "arg_min(message, field) AS message FROM failing WHERE severity = 'error' GROUP BY 1) f "
        f"WHERE units.object = {literal(target.name)} AND units.entity = f.external_id "
        "AND units.role IN ('survivor', 'merged')",
    )
    sets.run(connection, "DROP TABLE failing")


def _finish(making: Making, name: str, draft: Path) -> Path:
    """The final entities of an object: references lead to entities, deferred ones to refused
    records are dropped and said so, and each row carries the hash of its payload."""
    connection = making.connection
    target = making.schema.object(name)
    assert target is not None
    late = [field for object, field in sorted(making.order.deferred) if object == name]
    held = [
        str(row[0])
        for row in sets.run(connection, f"DESCRIBE SELECT * FROM {sets.parquet([draft])}")
    ]
    references = [n for n in held if n + relations.OBJECT_SUFFIX in held]
    joins, columns, hashed = [], ["e.external_id", "e.wave"], []
    for column in sorted(set(held) - set(ENTITY_META)):
        base = column.removesuffix(relations.OBJECT_SUFFIX)
        value = f"e.{quote(column)}"
        if base in references:
            alias = quote("m:" + base)
            if column == base:
                joins.append(
                    f"LEFT JOIN merged_into {alias} ON {alias}.external_id = e.{quote(base)}"
                )
            reference = f"coalesce({alias}.entity, e.{quote(base)})"
            value = reference if column == base else value
            if base in late:
                gone = quote("x:" + base)
                if column == base:
                    joins.append(
                        "LEFT JOIN (SELECT DISTINCT external_id FROM refused) "
                        f"{gone} ON {gone}.external_id = {reference}"
                    )
                value = (
                    f"CASE WHEN {gone}.external_id IS NULL AND {reference} <> e.external_id "
                    f"THEN {value} END"
                )
        columns.append(f"{value} AS {quote(column)}")
        if column == base:
            hashed.append(f"{literal(column + '=')} || coalesce('+' || {value}, '-')")
    survivors = (
        f"e.external_id IN (SELECT entity FROM units WHERE object = {literal(name)} "
        "AND role = 'survivor')"
    )
    payload = f"md5(concat_ws(chr(31), {', '.join(hashed) or literal('')}))"
    path = making.run.file("entities", name)
    source = f"FROM {sets.parquet([draft])} e {' '.join(joins)} WHERE {survivors}"
    sets.copy_to(
        connection, f"SELECT {', '.join(columns)}, {payload} AS payload_hash {source}", path
    )
    _note_dropped(making, name, late, held, joins, survivors, draft)
    draft.unlink()
    return path


def _note_dropped(
    making: Making, name: str, late: Sequence[str], held: Sequence[str], joins: Sequence[str],
    survivors: str, draft: Path,
) -> None:  # fmt: skip
    """A record that loses its deferred reference says so."""
    for field in late:
        if field not in held:
            continue
        reference = f"coalesce({quote('m:' + field)}.entity, e.{quote(field)})"
        found = sets.frame(
            making.connection,
            f"SELECT u.{RECORD_ID}, u.part, u.block, {reference} = e.external_id AS is_self "
            f"FROM {sets.parquet([draft])} e {' '.join(joins)} JOIN units u ON u.entity = "
            f"e.external_id AND u.role = 'survivor' AND u.object = {literal(name)} WHERE {survivors} "
            f"AND {reference} IS NOT NULL AND ({quote('x:' + field)}.external_id IS NOT NULL OR "
            f"{reference} = e.external_id)",
        )
        for block_name, group in found.groupby("block"):
            block = making.setup.mapping.block(str(block_name))
            if block is None:
                continue
            itself = group["is_self"].astype(bool)
            problems = pd.DataFrame({RECORD_ID: group[RECORD_ID], "part": group["part"]})
            problems["code"] = pd.Series("parent_refused", index=group.index, dtype="str").where(
                ~itself, "own_parent"
            )
            texts = {
                "severity": "warning", "field": field, "column": "", "value": "",
                "message": f"{field} points to a record that is not loaded, or to itself after a "
                "merge; the record is loaded without it",
                "hint": "correct the parent; the next plan then sets the reference",
            }  # fmt: skip
            for column, text in texts.items():
                problems[column] = pd.Series(text, index=group.index, dtype="str")
            note_problems(making.connection, block, problems[list(PROBLEM_COLUMNS)])
