"""Which entities are refused: because nothing in the target is theirs, or because a rule says so?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from migrate.pipeline.making import Making
from migrate.specs.mapping import Block
from migrate.store import sets
from migrate.store.sets import literal, quote
from migrate.transform.noting import PROBLEM_COLUMNS
from migrate.validation.expectations import aggregate, figure_issues, validate
from migrate.validation.own_rules import own_rules
from migrate.validation.rules import flag_columns, schema_rules
from migrate.values import RECORD_ID, Issue, TargetObject


def bind(
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


def exclude_unmatched(making: Making, target: TargetObject, blocks: Sequence[Block]) -> None:
    """Entities of which every row only updates stay out where the target holds no such record.

    Whole or not at all: where one row may create the record, the others speak for it too; a row
    that was left out has no say in it.
    """
    if not any(block.action == "update" for block in blocks):
        return
    name = literal(target.name)
    creating = [literal(b.name) for b in blocks if b.action in ("upsert", "create")]
    ours = f"object = {name} AND role IN ('survivor', 'merged')"
    updating = [literal(b.name) for b in blocks if b.action == "update"]
    sets.run(
        making.connection,
        "UPDATE units SET role = 'excluded', rule = 'no_record', reason = 'only existing records "
        f"are updated, and the target holds none' WHERE {ours} AND entity IN (SELECT entity FROM "
        f"units WHERE {ours} AND block IN ({', '.join(updating)})) AND entity NOT IN (SELECT entity "
        f"FROM units WHERE {ours} AND block IN ({', '.join(creating) or 'NULL'})) "
        f"AND entity NOT IN (SELECT external_id FROM target_ids WHERE object = {name}) "
        f"AND entity NOT IN (SELECT entity FROM homes WHERE object = {name})",
    )


def validate_entities(
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
        elif kind == "@combination":
            broken = _not_allowed(target, name)
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


def _not_allowed(target: TargetObject, name: str) -> str:
    """SQL: the entity's value is not among those that the field it depends on allows."""
    field = target.field(name)
    assert field is not None
    cases = " ".join(
        f"WHEN {literal(value)} THEN e.{quote(name)} NOT IN ({', '.join(map(literal, values)) or 'NULL'})"
        for value, values in field.allowed.items()
        if values
    )
    other = f"e.{quote(field.depends_on)}"
    chosen = f"CASE {other} {cases} ELSE TRUE END" if cases else "TRUE"
    return f"{other} IS NOT NULL AND {chosen}"


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
