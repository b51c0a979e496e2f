"""How does a draft become the final entities file: references settled, each row with its hash?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from migrate.pipeline.making import ENTITY_META, Making
from migrate.pipeline.transforming import note_problems
from migrate.store import sets
from migrate.store.sets import literal, quote
from migrate.transform import relations
from migrate.transform.noting import PROBLEM_COLUMNS
from migrate.values import RECORD_ID, Issue


def finish(making: Making, name: str, draft: Path) -> Path:
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


def cycle_issues(making: Making, name: str, entities: Path) -> list[Issue]:
    """Records that are their own ancestors: loaded as they are, and told, for a CRM may refuse
    such a hierarchy or draw it without end."""
    connection = making.connection
    source = sets.parquet([entities])
    held = {str(row[0]) for row in sets.run(connection, f"DESCRIBE SELECT * FROM {source}")}
    return [
        Issue(
            "parent_cycle", "warning",
            f"{field} leads back to the record itself after {len(cycle)} steps; it is loaded so",
            entity=name, column=field, record=member,
            hint="decide which of them is the top, and empty its parent in the source",
        )
        for object, field in sorted(making.order.deferred)
        if object == name and field + relations.OBJECT_SUFFIX in held
        for cycle in relations.parent_cycles(connection, entities, name, field)
        for member in cycle
    ]  # fmt: skip


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
