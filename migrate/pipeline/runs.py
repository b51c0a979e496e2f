"""The runs of an environment, as the ledger knows them: begun, finished, failed, approved."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from migrate.errors import UsageError
from migrate.store.ledger import Ledger
from migrate.store.runfolder import RunFolder, read_json

HASHES = {
    "config_hash": "migration.yaml (or reading.yaml)",
    "mapping_hash": "the mapping",
    "schema_hash": "the target's schema",
    "source_hash": "a source file",
}


REGISTERED_PLAN = "registered_plan"
"""The ledger's note of which plan its entities and units are those of."""


def now() -> str:
    """The present moment, UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def start_run(
    ledger: Ledger, run_id: str, command: str, hashes: Mapping[str, str], *,
    plan_run: str = "", waves: Sequence[str] = (),
) -> None:  # fmt: skip
    """Book that a run has begun."""
    with ledger.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO run (run_id, command, state, plan_run, waves, config_hash, "
                "mapping_hash, schema_hash, source_hash, started_at) VALUES (:run_id, :command, "
                "'running', :plan_run, :waves, :config_hash, :mapping_hash, :schema_hash, "
                ":source_hash, :started)"
            ),
            {
                "run_id": run_id, "command": command, "plan_run": plan_run,
                "waves": ",".join(waves), "started": now(),
                **{name: hashes.get(name, "") for name in HASHES},
            },
        )  # fmt: skip


def finish_run(
    ledger: Ledger, run_id: str, state: str, *, figures: Mapping[str, Any] | None = None
) -> None:
    """Book how a run ended, and what it measured."""
    with ledger.begin() as connection:
        connection.execute(
            text(
                "UPDATE run SET state = :state, finished_at = :at, figures = :figures "
                "WHERE run_id = :run_id"
            ),
            {
                "state": state,
                "at": now(),
                "figures": json.dumps(figures or {}, default=str),
                "run_id": run_id,
            },
        )


def runs_of(ledger: Ledger, command: str, state: str = "finished") -> list[dict[str, Any]]:
    """The runs of one command, the newest first."""
    frame = ledger.frame(
        "SELECT * FROM run WHERE command = :c AND state = :s ORDER BY started_at DESC, rowid DESC",
        c=command,
        s=state,
    )
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]


def latest_plan(ledger: Ledger, environment: str) -> dict[str, Any]:
    """The newest finished plan. Raises UsageError when there is none."""
    plans = runs_of(ledger, "plan")
    if not plans:
        raise UsageError(
            f"there is no plan for the environment {environment!r}",
            hint=f"crm-migrate plan --environment {environment}",
        )
    if ledger.meta(REGISTERED_PLAN) != plans[0]["run_id"]:
        raise UsageError(
            "a later plan was interrupted while it was being booked",
            hint=f"make the plan again: crm-migrate plan --environment {environment}",
        )
    return plans[0]


def require_same_inputs(plan: Mapping[str, Any], hashes: Mapping[str, str]) -> None:
    """Refuse a plan that was made from other inputs than those of now."""
    changed = [label for name, label in HASHES.items() if plan[name] != hashes[name]]
    if changed:
        raise UsageError(
            f"the plan {plan['run_id']} was made from other inputs: {', '.join(changed)} changed "
            "since",
            hint="make a new plan and look at it: crm-migrate plan",
        )


def approve(ledger: Ledger, run_id: str, name: str) -> None:
    """Book who approved a plan. Raises UsageError for an unknown or unfinished one."""
    known = [run["run_id"] for run in runs_of(ledger, "plan")]
    if run_id not in known:
        raise UsageError(
            f"there is no finished plan {run_id!r}",
            hint=f"the newest is {known[0]}" if known else "crm-migrate plan",
        )
    with ledger.begin() as connection:
        connection.execute(
            text("UPDATE run SET approved_by = :name, approved_at = :at WHERE run_id = :run"),
            {"name": name, "at": now(), "run": run_id},
        )


def plan_folder(runs_folder: Any, plan: Mapping[str, Any]) -> RunFolder:
    """The folder of a plan. Raises UsageError when somebody removed it, or a payload in it."""
    folder = RunFolder(runs_folder / plan["run_id"])
    lost = ""
    if not (folder.path / "plan.json").exists():
        lost = f"the run folder of the plan {plan['run_id']}"
    else:
        payloads = read_json(folder.path / "plan.json")["payloads"]
        gone = [p["file"] for p in payloads if not (folder.path / p["file"]).exists()]
        if gone:
            lost = f"the payload {gone[0]} of the plan {plan['run_id']}"
    if lost:
        raise UsageError(
            f"{lost} is not there any more",
            hint="make a new plan: crm-migrate plan",
            where=str(folder.path),
        )
    return folder
