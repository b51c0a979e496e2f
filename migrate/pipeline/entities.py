"""Units into entities, object by object, parents first: resolve, match, merge, validate.

A parent's fate is known before its children are looked at, so that a child of a refused parent is
refused with it. References that must wait for a second pass are settled at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from migrate.loading.snapshot import known_target_ids, take_snapshot
from migrate.matching.exact import cluster, priority_rank
from migrate.matching.merge import merge
from migrate.pipeline import homes
from migrate.pipeline.extracting import table_spec
from migrate.pipeline.finishing import cycle_issues, finish
from migrate.pipeline.judging import bind, exclude_unmatched, validate_entities
from migrate.pipeline.making import ENTITY_META, Making
from migrate.pipeline.transforming import note_problems
from migrate.specs.mapping import Block
from migrate.store import sets
from migrate.store.runfolder import ParquetFile
from migrate.store.sets import literal, quote
from migrate.transform import relations
from migrate.values import (
    EXTERNAL_ID,
    PART,
    REASON,
    RECORD_ID,
    ROLE,
    RULE,
    Issue,
    TargetObject,
)


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
    homes.read_homes(connection, making.ledger)
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
        bind(making, target, blocks, drafts[name], snapshots[name])
        exclude_unmatched(making, target, blocks)
        issues += validate_entities(making, target, blocks, drafts[name], snapshots[name])
        relations.note_refused(connection, name)
        homes.keep_parents(connection, name)
    homes.note_half_gone(connection)
    entities = {name: finish(making, name, draft) for name, draft in drafts.items()}
    for name, path in entities.items():
        issues += cycle_issues(making, name, path)
    return Made(entities, snapshots, tuple(issues))


def _add_parent_keys(
    making: Making, canonical: Mapping[str, Path], extracts: Mapping[str, Path]
) -> None:
    mapping = making.setup.mapping
    for block in mapping.blocks:
        relations.add_parent_keys(making.connection, block, canonical[block.name])
    homes.add_gone_parents(making.connection, mapping)
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
            key_digits={
                table: table_spec(making.setup.project, table).key_digits
                for table in {b.table for b in making.setup.mapping.blocks}
            },
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
        f"CREATE OR REPLACE TABLE candidates AS SELECT *, {rank} AS _rank FROM ({together})",
    )
    known = _known(making, target.name)
    keys = [key for key in (rule.keys if rule else ()) if _held(connection, key)]
    named = {field: f"key:{field}" for key in keys for field in key}
    listed = "".join(f", {quote(field)} AS {quote(name)}" for field, name in named.items())
    clusters = cluster(
        connection,
        f"SELECT {EXTERNAL_ID} AS external_id, _rank AS rank, {RECORD_ID}{listed} FROM candidates",
        [[named[field] for field in key] for key in keys],
        known=known,
    )
    sets.put(connection, "clusters", clusters.members)
    sets.append(connection, "merged_into", clusters.members)
    sets.run(
        connection,
        "UPDATE units SET entity = coalesce((SELECT k.entity FROM clusters k WHERE "
        "k.external_id = units.external_id), units.external_id) "
        f"WHERE object = {literal(target.name)} AND role = ''",
    )
    homes.rejoin(connection, target.name)
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
        f"SELECT c.* EXCLUDE ({ROLE}, {REASON}, {RULE}){listed}, {literal(block.name)} AS _block "
        f"FROM {resolved} c JOIN units u ON u.{RECORD_ID} = c.{RECORD_ID} AND u.part = c.{PART} "
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
        "CREATE OR REPLACE TABLE joined AS SELECT c.*, u.entity AS _entity, u.wave AS _wave, "
        f"CASE u.wave{waves} ELSE 999 END AS _wave_rank, "
        "count(*) OVER (PARTITION BY u.entity) AS _members, row_number() OVER (PARTITION BY "
        f"u.entity ORDER BY c._rank, c.{RECORD_ID}, c.{PART}) AS _place FROM candidates c "
        f"JOIN units u ON u.{RECORD_ID} = c.{RECORD_ID} AND u.part = c.{PART} "
        "AND u.block = c._block",
    )
    listed = ", ".join(quote(name) for name in fields)
    with ParquetFile(path, [*ENTITY_META, *fields]) as out:
        for frame in sets.frames(
            connection,
            f"SELECT _entity AS external_id, _wave AS wave, {listed} FROM joined WHERE _members = 1",
        ):
            out.write(frame)
        many = sets.frame(
            connection,
            "SELECT _entity AS external_id, first_value(_wave) OVER (PARTITION BY _entity ORDER BY "
            f"_wave_rank, _place) AS wave, {listed} FROM joined WHERE _members > 1 "
            "ORDER BY _entity, _place",
        )
        if len(many):
            out.write(merge(many, target).astype("str"))
    sets.run(
        connection,
        "UPDATE units SET role = CASE WHEN j._place = 1 THEN 'survivor' ELSE 'merged' END "
        f"FROM joined j WHERE units.{RECORD_ID} = j.{RECORD_ID} AND units.part = j.{PART} "
        "AND units.block = j._block",
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
    wanted = sets.frame(making.connection, f"SELECT external_id FROM {sets.parquet([draft])}")
    take_snapshot(
        making.loader,
        target,
        wanted["external_id"],
        path,
        target_ids=known_target_ids(
            making.ledger, target.name, making.setup.environment.ids.get(target.name)
        ),
        everything=any(block.action == "bind" for block in blocks),
        progress=making.progress,
    )
    sets.run(
        making.connection,
        f"INSERT INTO target_ids SELECT {literal(target.name)}, external_id, min(target_id) FROM "
        f"{sets.parquet([path])} WHERE external_id IS NOT NULL GROUP BY external_id",
    )
    return path
