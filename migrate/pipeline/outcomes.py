"""What came of a load: what its batches did, what was refused, and how often the plan was right."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from migrate.pipeline.runs import REGISTERED_PLAN
from migrate.store.ledger import Ledger
from migrate.values import Issue, Section


def run_objects(ledger: Ledger, run_id: str) -> list[dict[str, Any]]:
    """What this run itself did, out of its batches: an earlier wave's figures stay as they were."""
    frame = ledger.frame(
        'SELECT object, wave, "pass", op, sum(row_count) AS sent FROM batch WHERE run_id = :r '
        "GROUP BY 1, 2, 3, 4 ORDER BY min(sequence)",
        r=run_id,
    )
    return [{str(k): _plain(v) for k, v in row.items()} for row in frame.to_dict("records")]


def _plain(value: Any) -> Any:
    return int(value) if not isinstance(value, str) else value


def failed_issues(ledger: Ledger) -> list[Issue]:
    """Records that the target refused, with its reason."""
    frame = ledger.frame(
        "SELECT object, external_id, reason, state FROM entity WHERE state = 'failed' OR "
        "(incomplete = 1 AND reason IS NOT NULL) ORDER BY object, external_id"
    )
    return [
        Issue(
            "refused_by_target", "error", str(row.reason or "refused"), entity=str(row.object),
            record=str(row.external_id),
            hint="correct the source or the target's rule, then: crm-migrate plan, "
            "crm-migrate load",
        )
        for row in frame.itertuples(index=False)
    ]  # fmt: skip


def conflict_issues(ledger: Ledger, run_id: str) -> list[Issue]:
    """Fields that a user edited between the plan and this load, and that it left alone."""
    frame = ledger.frame(
        "SELECT e.object, e.external_id, w.message FROM write w JOIN batch b USING (batch_id) JOIN "
        "entity e ON e.entity_id = w.entity_id WHERE b.run_id = :r AND w.code = 'edited_in_target' "
        "ORDER BY e.object, e.external_id",
        r=run_id,
    )
    return [
        Issue(
            "edited_in_target", "warning",
            "a user edited the field in the target after the plan was made: the user's value stays",
            entity=str(row.object), column=str(row.message), record=str(row.external_id),
            hint="look at the record in the CRM and decide which value is right",
        )
        for row in frame.itertuples(index=False)
    ]  # fmt: skip


_ACTUAL_SQL = """
    WITH made AS (
      SELECT e.entity_id FROM entity e JOIN batch b ON b.batch_id = e.batch_id JOIN run r
      ON r.run_id = b.run_id WHERE r.command = 'load' AND r.plan_run = :plan AND b.op = 'create'
      AND b.state = 'done'
    ), changed AS (
      SELECT w.entity_id FROM write w JOIN batch b ON b.batch_id = w.batch_id JOIN run r
      ON r.run_id = b.run_id WHERE r.command = 'load' AND r.plan_run = :plan AND b.op = 'update'
      AND b.state = 'done' AND w.state = 'applied'
    )
    SELECT object, predicted, CASE
      WHEN state = 'unchanged' AND reason LIKE 'kept:%' AND predicted <> 'unchanged' THEN 'kept'
      WHEN state IN ('pending', 'failed') THEN state
      WHEN entity_id IN (SELECT entity_id FROM made) THEN 'created'
      WHEN entity_id IN (SELECT entity_id FROM changed) THEN 'updated'
      ELSE 'unchanged' END AS actual, count(*) AS entities
    FROM entity WHERE predicted IS NOT NULL AND last_run = :plan
    AND (state <> 'pending' OR wave IN (SELECT value FROM json_each(:waves)))
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
"""What the load runs of one plan really did to each of its entities, out of their batches and
writes: what nothing was written to is unchanged, whatever was foretold of it."""


def prediction_accuracy(ledger: Ledger) -> tuple[list[dict[str, Any]], bool]:
    """Predicted against actual, per object, for what has been loaded: the confusion matrix.

    What is still pending in a wave that this plan loaded is a miss; where nothing has been loaded
    there is nothing that could agree.
    """
    plan = ledger.meta(REGISTERED_PLAN)
    loads = ledger.frame(
        "SELECT coalesce(waves, '') AS waves FROM run WHERE command = 'load' AND plan_run = :plan "
        "AND state <> 'failed'",
        plan=plan,
    )
    waves = sorted({wave for listed in loads["waves"] for wave in str(listed).split(",")} - {""})
    frame = ledger.frame(_ACTUAL_SQL, plan=plan, waves=json.dumps(waves))
    rows = [{str(k): _plain(v) for k, v in r.items()} for r in frame.to_dict("records")]
    return rows, bool(rows) and all(row["predicted"] == row["actual"] for row in rows)


def prediction_section(confusion: Sequence[dict[str, Any]]) -> Section:
    """The confusion matrix as a table; a line where the two differ is an honest miss."""
    table = [("object", "predicted", "actual", "entities", "agrees")]
    table += [
        (
            r["object"], r["predicted"], r["actual"], f"{r['entities']:,}",
            "yes" if r["predicted"] == r["actual"] else "NO",
        )
        for r in confusion
    ]  # fmt: skip
    right = sum(r["entities"] for r in confusion if r["predicted"] == r["actual"])
    total = sum(r["entities"] for r in confusion)
    share = f"{100 * right / total:.2f} %" if total else "nothing loaded yet"
    return Section(
        "Predicted against actual",
        (f"{right:,} of {total:,} predictions came true ({share}).",),
        (tuple(table),),
    )
