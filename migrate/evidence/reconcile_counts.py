"""Is every source row accounted for, is every loaded record there once, and does a rerun rest?

Rules R01, R02 and R20.
"""

from __future__ import annotations

from typing import Any

from migrate.evidence.reconcile_exclusions import raw_splits, wrongly_excluded
from migrate.evidence.reconcile_rules import DETAIL_ROWS, no_evidence, outcome
from migrate.evidence.reconcile_scratch import Scratch
from migrate.evidence.reconcile_values import RuleResult
from migrate.store import sets
from migrate.store.ledger import IN_TARGET
from migrate.store.sets import literal
from migrate.values import DISPOSITIONS

_LOADED = ", ".join(literal(state) for state in IN_TARGET)


def r01(scratch: Scratch) -> RuleResult:
    """Per block the source's own count against the dispositions, and the rows that the mapping
    excludes against the raw rows; per object and wave what is in the ledger as loaded against what
    the target shows, with nothing pending and nothing refused; the target's own count is not below
    it."""
    rows: list[tuple[Any, ...]] = []
    gaps: list[str] = []
    expected = found = difference = 0
    for mapped in scratch.inputs.mapping.blocks:
        block, table = mapped.name, mapped.table
        now, splits = scratch.inputs.source_counts.get(table), raw_splits(scratch, mapped)
        if now is None or splits is None:
            gaps.append(f"the source's own count of {table}")
            continue
        counts = dict(
            sets.run(
                scratch.connection,
                f"SELECT disposition, count(*) FROM units WHERE block = {literal(block)} GROUP BY 1",
            )
        )
        gone = sets.scalar(
            scratch.connection,
            f"SELECT count_if(gone = 1 OR stale = 1) FROM units WHERE block = {literal(block)}",
        )
        gone = int(gone or 0)
        wanted, sums = now + gone + splits, sum(counts.values())
        expected, found = expected + wanted, found + sums
        difference += abs(wanted - sums)
        parts = ", ".join(f"{counts[d]} {d}" for d in DISPOSITIONS if counts.get(d))
        terms = f"{now} rows + {splits} splits" + (f" + {gone} gone" if gone else "")
        rows.append((block, "", terms, parts or "0", wanted - sums))
        excluded = wrongly_excluded(scratch, mapped)
        if excluded is None:
            gaps.append(f"the exclusions of {block}")
        elif any(excluded[1:]):
            wanted, kept, lone = excluded
            difference += kept + lone
            shown = f"{kept} of them not excluded, {lone} others excluded"
            rows.append((block, "", f"{wanted} excluded by the raw rows", shown, kept + lone))
    for object_name, wave, wanted, there, waiting, refused in _loaded(scratch):
        if object_name not in scratch.inputs.target:
            wanted = there = 0  # it was not read: that is a gap
        lacking = wanted - there
        expected, found = expected + wanted, found + there
        difference += abs(lacking) + waiting + refused
        shown = f"{there} in the target"
        shown += "".join(
            f", {many} {word}" for many, word in ((waiting, "pending"), (refused, "failed")) if many
        )
        rows.append(
            (object_name, wave, f"{wanted} loaded", shown, abs(lacking) + waiting + refused)
        )
    for object_name, wanted in _loaded_objects(scratch):
        own = scratch.inputs.target_counts.get(object_name)
        if own is None:
            gaps.append(f"the target's own count of {object_name}")
        elif own < wanted:
            difference += wanted - own
            rows.append(
                (object_name, "", f"at least {wanted}", f"target counts {own}", wanted - own)
            )
    return outcome(
        "R01",
        expected=expected,
        found=found,
        difference=difference,
        is_met=difference == 0,
        header=("of", "wave", "expected", "found", "difference"),
        rows=rows,
        text="Rows as the source counts them now, records as the target counts them.",
        gaps=(*gaps, *scratch.gaps),
    )


def _loaded(scratch: Scratch) -> list[tuple[Any, ...]]:
    """Object, wave, loaded as the ledger says, records found in the target, units pending, units
    failed. Units are counted as they are: one that no record was made of is pending, too."""
    waves = ", ".join(literal(wave) for wave in scratch.inputs.waves) or "''"
    return sets.run(
        scratch.connection,
        "SELECT object, wave, sum(loaded)::BIGINT, sum(there)::BIGINT, sum(waiting)::BIGINT, "
        "sum(failed)::BIGINT FROM ("
        "SELECT e.object, e.wave, 1 AS loaded, coalesce(n, 0) AS there, 0 AS waiting, 0 AS failed "
        "FROM entities e LEFT JOIN (SELECT entity_id, count(*) AS n FROM found GROUP BY 1) "
        f"USING (entity_id) WHERE state IN ({_LOADED}) UNION ALL "
        "SELECT object, wave, 0, 0, (disposition = 'pending')::INT, (disposition = 'failed')::INT "
        f"FROM units) WHERE wave IN ({waves}) GROUP BY 1, 2 "
        "HAVING sum(loaded) + sum(waiting) + sum(failed) > 0 ORDER BY 1, 2",
    )


def _loaded_objects(scratch: Scratch) -> list[tuple[Any, ...]]:
    return sets.run(
        scratch.connection,
        f"SELECT object, count(*) FROM entities WHERE state IN ({_LOADED}) GROUP BY 1 ORDER BY 1",
    )


def _nothing_loaded(scratch: Scratch) -> list[str]:
    """Objects of which rows are there in the waves loaded, and no record at all."""
    loaded = {str(name) for name, _ in _loaded_objects(scratch)}
    expected: dict[str, int] = {}
    for one in scratch.blocks:
        expected[one.block.object] = expected.get(one.block.object, 0) + one.expected
    return [
        f"no record of {name} is loaded, and {many} are expected"
        for name, many in expected.items()
        if many and name not in loaded
    ]


def r02(scratch: Scratch) -> RuleResult:
    """Each loaded entity is found exactly once, under its own external id and the ledger's id;
    nothing in the target carries one of our external ids without being loaded."""
    problems: list[tuple[Any, ...]] = []
    total = 0
    for object_name, path in scratch.inputs.target.items():
        if not path.exists():
            continue
        prefixes = [
            b.external_id_prefix() for b in scratch.inputs.mapping.blocks if b.object == object_name
        ]
        if not prefixes:
            continue
        target = sets.parquet([path])
        begins = " OR ".join(f"starts_with(external_id, {literal(p)})" for p in prefixes)
        ours = f"e.object = {literal(object_name)} AND e.state IN ({_LOADED})"
        queries = (
            f"SELECT 'twice', external_id FROM {target} WHERE {begins} "
            "GROUP BY external_id HAVING count(*) > 1",
            f"SELECT 'not found', e.external_id FROM entities e WHERE {ours} AND NOT EXISTS "
            "(SELECT 1 FROM found f WHERE f.entity_id = e.entity_id)",
            f"SELECT 'found under another id', e.external_id FROM entities e JOIN found f "
            f"USING (entity_id) WHERE {ours} AND f.is_first AND e.target_id <> f.target_id "
            "AND NOT EXISTS (SELECT 1 FROM found g WHERE g.entity_id = e.entity_id "
            "AND g.target_id = e.target_id)",
            f"SELECT 'without its external id', e.external_id FROM entities e JOIN {target} t "
            f"ON t.target_id = e.target_id WHERE {ours} AND e.is_ours = 1 "
            "AND coalesce(t.external_id, '') = ''",
            f"SELECT 'not in the ledger as loaded', t.external_id FROM {target} t LEFT JOIN "
            f"entities e ON e.object = {literal(object_name)} AND e.external_id = t.external_id "
            f"WHERE ({begins.replace('external_id', 't.external_id')}) "
            f"AND coalesce(e.state, '') NOT IN ({_LOADED})",
        )
        union = " UNION ALL ".join(f"({query})" for query in queries)
        rows = sets.run(
            scratch.connection,
            f"SELECT *, count(*) OVER () FROM ({union}) ORDER BY 1, 2 LIMIT {DETAIL_ROWS}",
        )
        total += int(rows[0][2]) if rows else 0
        problems += [(object_name, problem, external_id) for problem, external_id, _ in rows]
    loaded = sum(count for _, count in _loaded_objects(scratch))
    return outcome(
        "R02",
        expected=f"{loaded} external ids, each once",
        found=f"{total} problems",
        difference=total,
        is_met=total == 0,
        header=("object", "problem", "external id"),
        rows=problems,
        gaps=(*scratch.gaps, *_nothing_loaded(scratch)),
    )


def r20(scratch: Scratch) -> RuleResult:
    """A load run of a plan that had been loaded already wrote nothing."""
    ledger = scratch.inputs.ledger
    runs = ledger.frame(
        "SELECT run_id, command, coalesce(plan_run, '') AS plan_run, coalesce(waves, '') AS waves "
        "FROM run WHERE command IN ('load', 'rollback') AND state = 'finished' "
        "ORDER BY started_at, rowid"
    )
    loaded: dict[str, set[str]] = {}
    again: list[tuple[str, str]] = []
    for run_id, command, plan_run, waves in runs.itertuples(index=False):
        these = set(str(waves).split(","))
        if command == "rollback":  # what was taken back has to be written again
            loaded = {plan: held - these for plan, held in loaded.items()}
            again = []
            continue
        before = loaded.setdefault(str(plan_run), set())
        if these <= before:
            again.append((str(run_id), str(plan_run)))
        before |= these
    again = [pair for pair in again if pair[1] == scratch.inputs.plan.run_id]
    if not again:
        return no_evidence(
            "R20", "This plan has not been loaded a second time: run the same load again."
        )
    rows = []
    for run_id, _ in again:
        created = ledger.scalar(
            "SELECT count(*) FROM entity e JOIN batch b ON b.batch_id = e.batch_id "
            "WHERE b.run_id = :run AND b.op = 'create' AND e.state IN "
            "('created', 'updated', 'unchanged')",
            run=run_id,
        )
        changed = ledger.scalar(
            "SELECT count(*) FROM write w JOIN batch b ON b.batch_id = w.batch_id "
            "WHERE b.run_id = :run AND w.state = 'applied'",
            run=run_id,
        )
        rows.append((run_id, int(created), int(changed)))
    writes = sum(created + changed for _, created, changed in rows)
    return outcome(
        "R20",
        expected="0 created, 0 changed",
        found=f"{sum(r[1] for r in rows)} created, {sum(r[2] for r in rows)} changed",
        difference=writes,
        is_met=writes == 0,
        header=("run", "created", "changed"),
        rows=rows,
        text=f"{len(rows)} repeated load runs of this plan.",
    )
