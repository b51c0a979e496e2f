"""Does every child have the parent, and every record the owner, that its raw key leads to?

Rules R05, R16 and R19.
"""

from __future__ import annotations

from typing import Any

from migrate.evidence.probes import Probe
from migrate.evidence.reconcile_fields import is_owner
from migrate.evidence.reconcile_rules import DETAIL_ROWS, outcome
from migrate.evidence.reconcile_scratch import BlockScratch, Scratch, not_compared
from migrate.evidence.reconcile_values import RuleResult
from migrate.store import sets
from migrate.store.ledger import IN_TARGET
from migrate.store.sets import literal, quote
from migrate.values import TargetField, TargetObject

_LOADED = ", ".join(literal(state) for state in IN_TARGET)
_HEADER = ("object", "field", "external id", "source key", "problem", "count")
_ACTIVE = frozenset({"is_active", "active", "isactive", "enabled", "is_enabled"})
_INACTIVE = frozenset({"is_disabled", "disabled", "isdisabled", "inactive", "is_inactive"})


def _problem(probe: Probe) -> str:
    """SQL: what is wrong with one reference of one pair, NULL when nothing is."""
    x, y, p = (quote(f"{side}:{probe.name}") for side in "xyp")
    return (
        f"CASE WHEN {p} = 'not loaded' THEN 'the parent is not in the target' "
        f"WHEN {x} IS NOT NULL AND {y} IS NULL THEN 'the child lost its parent' "
        f"WHEN {x} IS NULL AND {y} IS NOT NULL AND is_ours THEN "
        "'a parent that the source does not name' "
        f"WHEN {x} <> {y} THEN 'another parent than the source says' END"
    )


def r05(scratch: Scratch) -> RuleResult:
    """References lead to records that exist, and to those that the raw keys lead to."""
    rows: list[tuple[Any, ...]] = []
    total = compared = orphans = 0
    asked = [one for one in scratch.paired if _references(one)]
    gaps = [*scratch.gaps, *not_compared(asked)]
    for one in asked:
        target = scratch.inputs.schema.object(one.block.object)
        for probe in _references(one):
            dangling, unknown = _dangling(scratch, one, probe, target)
            rows += dangling
            total += sum(int(row[5]) for row in dangling)
            gaps += unknown
            if is_owner(probe.field, scratch.inputs.schema):
                continue  # R16 holds owners against the raw keys
            counted, orphaned, wrong = _held_against_raw(scratch, one, probe)
            compared, orphans, total = compared + counted, orphans + orphaned, total + wrong
            if wrong:
                rows += _listed(scratch, one, probe)
    return outcome(
        "R05",
        expected=f"{compared} references as in the source",
        found=f"{total} wrong, {orphans} orphans known from the source",
        difference=total,
        is_met=total == 0,
        header=_HEADER[:5],
        rows=[row[:5] for row in rows],
        text="" if asked else "No mapped field leads to a parent.",
        private=("external id", "source key"),
        gaps=tuple(dict.fromkeys(gaps)),
    )


def _references(one: BlockScratch) -> list[Probe]:
    return [p for p in one.probes if p.parent and not p.is_total]


def _held_against_raw(scratch: Scratch, one: BlockScratch, probe: Probe) -> tuple[int, int, int]:
    p = quote(f"p:{probe.name}")
    row = sets.run(
        scratch.connection,
        f"SELECT count(*) FILTER (WHERE {p} IS NOT NULL), "
        f"count(*) FILTER (WHERE {p} IN ('absent', 'refused')), "
        f"count({_problem(probe)}) FROM {one.pairs}",
    )[0]
    return int(row[0]), int(row[1]), int(row[2])


def _listed(scratch: Scratch, one: BlockScratch, probe: Probe) -> list[tuple[Any, ...]]:
    return sets.run(
        scratch.connection,
        f"SELECT {literal(one.block.object)}, {literal(probe.field.name)}, external_id, "
        f"{quote('r:' + probe.name)}, {_problem(probe)}, 1 FROM {one.pairs} "
        f"WHERE {_problem(probe)} IS NOT NULL ORDER BY external_id LIMIT {DETAIL_ROWS}",
    )


def _dangling(
    scratch: Scratch, one: BlockScratch, probe: Probe, target: TargetObject | None
) -> tuple[list[tuple[Any, ...]], list[str]]:
    """References of our records to nothing; objects that were not read leave a gap."""
    held = scratch.inputs.target
    parents = [name for name in probe.field.references if name in held and held[name].exists()]
    missing = [name for name in probe.field.references if name not in parents]
    name = quote(f"t:{probe.field.name}")
    # one that disagrees with the raw key as well is counted there
    counts = (
        "TRUE" if is_owner(probe.field, scratch.inputs.schema) else f"{_problem(probe)} IS NULL"
    )
    union = " UNION ALL ".join(
        f"SELECT target_id FROM {sets.parquet([held[parent]])}" for parent in parents
    )
    if not union:
        return [], [f"{one.block.object}.{probe.field.name}: {', '.join(missing)} was not read"]
    rows = sets.run(
        scratch.connection,
        f"SELECT {literal(one.block.object)}, {literal(probe.field.name)}, external_id, "
        f"{quote('r:' + probe.name)}, 'leads to a record that does not exist', ({counts})::INT "
        f"FROM {one.all_pairs} WHERE {name} IS NOT NULL AND {name} NOT IN "
        f"(SELECT target_id FROM ({union}) WHERE target_id IS NOT NULL) ORDER BY external_id",
    )
    if rows and missing:
        label = f"{one.block.object}.{probe.field.name}"
        return [], [f"{label}: {len(rows)} lead to {' or '.join(missing)}, which was not read"]
    return rows, []


def r16(scratch: Scratch) -> RuleResult:
    """Each record has the owner that its raw key leads to; nobody who left owns anything."""
    rows: list[tuple[Any, ...]] = []
    total = compared = 0
    inactive = _inactive_users(scratch)
    asked = []
    for one in scratch.paired:
        for probe in _references(one):
            if not is_owner(probe.field, scratch.inputs.schema):
                continue
            asked.append(one)
            counted, _, wrong = _held_against_raw(scratch, one, probe)
            compared, total = compared + counted, total + wrong
            if wrong:
                rows += _owner_counts(scratch, one, probe) + _listed(scratch, one, probe)
            if inactive:
                name = quote(f"t:{probe.field.name}")
                kept = sets.run(
                    scratch.connection,
                    f"SELECT {literal(one.block.object)}, {literal(probe.field.name)}, '', "
                    f"{quote('r:' + probe.name)}, 'the owner is not active', count(*) "
                    f"FROM {one.pairs} WHERE {name} IN ({inactive}) GROUP BY ALL ORDER BY 6 DESC",
                )
                total += sum(int(row[5]) for row in kept)
                rows += kept
    return outcome(
        "R16",
        expected=f"{compared} records with their owner",
        found=f"{total} with another, with none, or with one who left",
        difference=total,
        is_met=total == 0,
        header=_HEADER,
        rows=rows,
        text="" if asked else "No mapped field leads to a user.",
        private=("external id", "source key"),
        gaps=(*scratch.gaps, *not_compared(asked)),
    )


def _owner_counts(scratch: Scratch, one: BlockScratch, probe: Probe) -> list[tuple[Any, ...]]:
    """Records per owner where the raw rows and the target differ."""
    x, y = quote(f"x:{probe.name}"), quote(f"y:{probe.name}")
    return sets.run(
        scratch.connection,
        f"SELECT {literal(one.block.object)}, {literal(probe.field.name)}, e.external_id, '', "
        "'source ' || sum(n) || ', target ' || sum(m), sum(m - n) FROM ("
        f"SELECT {x} AS owner, 1 AS n, 0 AS m FROM {one.pairs} UNION ALL "
        f"SELECT {y}, 0, 1 FROM {one.pairs}) o "
        "LEFT JOIN (SELECT f.target_id, any_value(e.external_id) AS external_id FROM found f "
        "JOIN entities e USING (entity_id) GROUP BY 1) e ON e.target_id = o.owner "
        "GROUP BY owner, e.external_id HAVING sum(n) <> sum(m) ORDER BY 3",
    )


def _inactive_users(scratch: Scratch) -> str:
    """A query for the target ids of users who are not active; "" when the target does not say."""
    queries = []
    for user in (o for o in scratch.inputs.schema.objects if o.is_user):
        path = scratch.inputs.target.get(user.name)
        field = next((f for f in user.fields if _says_active(f) is not None), None)
        if path is None or not path.exists() or field is None:
            continue
        gone = "false" if _says_active(field) else "true"
        queries.append(
            f"SELECT target_id FROM {sets.parquet([path])} WHERE {quote(field.name)} = '{gone}'"
        )
    return " UNION ALL ".join(queries)


def _says_active(field: TargetField) -> bool | None:
    name = field.name.casefold()
    if field.type != "boolean" or name not in _ACTIVE | _INACTIVE:
        return None
    return name in _ACTIVE


def r19(scratch: Scratch) -> RuleResult:
    """The record that each merged row became is in the target, and its children point there."""
    waves = ", ".join(literal(wave) for wave in scratch.inputs.waves) or "''"
    all_merged = sets.scalar(
        scratch.connection,
        f"SELECT count(*) FROM units WHERE role = 'merged' AND wave IN ({waves})",
    )
    merged = (
        "FROM units u JOIN entities e USING (entity_id) "
        f"WHERE u.role = 'merged' AND e.wave IN ({waves}) AND e.state IN ({_LOADED})"
    )
    number = int(sets.scalar(scratch.connection, f"SELECT count(*) {merged}"))
    rows = sets.run(
        scratch.connection,
        "SELECT e.object, '', e.external_id, '', 'merged into a record that is not in the target', "
        f"count(*) {merged} AND e.entity_id NOT IN (SELECT entity_id FROM found) "
        "GROUP BY ALL ORDER BY 3",
    )
    total = sum(int(row[5]) for row in rows)
    children = 0
    for one in scratch.paired:
        for probe in _references(one):
            p = quote(f"p:{probe.name}")
            counted = sets.run(
                scratch.connection,
                f"SELECT count(*), count({_problem(probe)}) FROM {one.pairs} WHERE {p} = 'merged'",
            )[0]
            children, total = children + int(counted[0]), total + int(counted[1])
            if counted[1]:
                rows += sets.run(
                    scratch.connection,
                    f"SELECT {literal(one.block.object)}, {literal(probe.field.name)}, external_id, "
                    f"{quote('r:' + probe.name)}, 'child of a merged row: ' || {_problem(probe)}, 1 "
                    f"FROM {one.pairs} WHERE {p} = 'merged' AND {_problem(probe)} IS NOT NULL "
                    f"ORDER BY external_id LIMIT {DETAIL_ROWS}",
                )
    return outcome(
        "R19",
        expected=f"{number} merged rows and {children} of their children at the surviving record",
        found=f"{total} are not",
        difference=total,
        is_met=total == 0,
        header=_HEADER,
        rows=rows,
        text="" if all_merged else "No row was merged into another.",
        private=("external id", "source key"),
        gaps=(
            *scratch.gaps,
            *([f"none of {all_merged} merged rows is loaded"] if all_merged and not number else []),
        ),
    )
