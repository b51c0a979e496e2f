"""Load the waves of a plan: refuse what must not be loaded, then send, archive and report."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from migrate.errors import TargetError, UsageError
from migrate.loading.payload import Payload
from migrate.loading.send import Sending, send_wave
from migrate.pipeline.accounting import count_objects
from migrate.pipeline.archiving import archive_wave
from migrate.pipeline.outcomes import (
    conflict_issues,
    failed_issues,
    prediction_accuracy,
    prediction_section,
    run_objects,
)
from migrate.pipeline.planning import plan_figures
from migrate.pipeline.reporting import write_report
from migrate.pipeline.runs import (
    finish_run,
    latest_plan,
    plan_folder,
    require_same_inputs,
    runs_of,
    start_run,
)
from migrate.pipeline.setup import (
    Setup,
    check_setup,
    environment_ledger,
    fingerprints,
    open_tables,
    open_target,
)
from migrate.registry import did_you_mean
from migrate.specs.problems import raise_errors
from migrate.store.ledger import Ledger
from migrate.store.runfolder import RunFolder, new_run
from migrate.values import Loader, Progress, RunReport, Section, TargetSchema, silent

FAILED_SHOWN = 1_000


def load(
    setup: Setup, *, wave: str = "", typed_name: str = "", progress: Progress = silent
) -> RunReport:
    """Load one wave, or all of them, of the newest plan; safe to run again at any time.

    ``typed_name`` is what the user typed to load into production: the migration's name. Raises
    UsageError for a plan made from other inputs, an unapproved production plan, another
    environment's ledger or target; TargetError when another load holds the target or it is gone.
    """
    waves = _waves(setup, wave)
    with (
        closing(open_target(setup)) as loader,
        closing(environment_ledger(setup, create=False)) as ledger,
    ):
        schema = loader.describe()
        raise_errors(check_setup(setup, schema, open_tables(setup)))
        hashes = fingerprints(setup, schema)
        plan = latest_plan(ledger, setup.environment.name)
        require_same_inputs(plan, hashes)
        _require_approved(setup, plan)
        _require_typed(setup, typed_name)
        _require_standing(ledger, plan, waves)
        _require_earlier_waves(ledger, setup, plan, waves)
        folder = plan_folder(setup.project.runs_folder, plan)
        with loader.lock(), ledger.exclusive():
            verify_target(setup, loader, ledger)
            loader.claim(migration=setup.project.name, environment=setup.environment.name)
            ledger.set_meta("target_fingerprint", loader.identity().fingerprint)
            run = new_run(setup.project.runs_folder, "load")
            start_run(ledger, run.run_id, "load", hashes, plan_run=plan["run_id"], waves=waves)
            try:
                report = _load(setup, loader, ledger, schema, plan, folder, run, waves, progress)
            except BaseException:
                finish_run(ledger, run.run_id, "failed")
                raise
            finish_run(ledger, run.run_id, "finished", figures=dict(report.figures))
            return report


def _load(
    setup: Setup, loader: Loader, ledger: Ledger, schema: TargetSchema, plan: dict[str, Any],
    folder: RunFolder, run: RunFolder, waves: Sequence[str], progress: Progress,
) -> RunReport:  # fmt: skip
    figures = plan_figures(folder)
    payloads = [Payload(**entry) for entry in figures["payloads"]]
    sending = Sending(ledger, loader, schema, plan["run_id"], run.run_id, folder.path, progress)
    began = time.monotonic()
    for name in waves:
        archive_wave(
            setup, ledger, folder, name, with_unmapped=name == setup.project.waves[0],
            progress=progress,
        )  # fmt: skip
        send_wave(sending, name, payloads)
        _close_wave(ledger, name)
    return _report(setup, ledger, run, figures["objects"], waves, time.monotonic() - began)


def verify_target(setup: Setup, loader: Loader, ledger: Ledger) -> None:
    """Is this the target that the ledger knows, and does it not belong to somebody else?"""
    identity = loader.identity()
    environment = setup.environment
    known = ledger.meta("target_fingerprint")
    if identity.migration and (
        (identity.migration, identity.environment) != (setup.project.name, environment.name)
    ):
        raise UsageError(
            f"the target {identity.label} is marked as the environment {identity.environment!r} of "
            f"the migration {identity.migration!r}",
            hint=f"check `url:` of the environment {environment.name!r} in migration.yaml; one "
            "target takes one migration at a time",
            where=environment.where,
        )
    if known and known != identity.fingerprint:
        raise UsageError(
            f"the ledger {ledger.path.name} belongs to another target than {identity.label}",
            hint=f"check `url:` and `ledger:` of the environment {environment.name!r}; a new "
            "target needs a new ledger",
            where=environment.where,
        )


def _waves(setup: Setup, wave: str) -> tuple[str, ...]:
    if not wave:
        return setup.project.waves
    if wave not in setup.project.waves:
        raise UsageError(
            f"there is no wave {wave!r}",
            hint=did_you_mean(wave, setup.project.waves),
            where=setup.project.where,
        )
    return (wave,)


def require_approval(setup: Setup) -> None:
    """Refuse a production plan that nobody approved, before anybody is asked to type a name."""
    if setup.environment.is_production:
        with closing(environment_ledger(setup, create=False)) as ledger:
            _require_approved(setup, latest_plan(ledger, setup.environment.name))


def _require_approved(setup: Setup, plan: dict[str, Any]) -> None:
    if not setup.environment.is_production:
        return
    name = setup.environment.name
    if not isinstance(plan["approved_by"], str):
        raise UsageError(
            f"{name} is a production environment, and its plan {plan['run_id']} is not approved",
            hint=f"read its report, then: crm-migrate approve --environment {name} "
            f'{plan["run_id"]} --by "NAME, ROLE"',
        )


def _require_typed(setup: Setup, typed_name: str) -> None:
    if setup.environment.is_production and typed_name != setup.project.name:
        raise UsageError(
            f"loading into production needs the migration's name typed, and {typed_name!r} is not it",
            hint=f"run the command again and type {setup.project.name}",
        )


def _require_earlier_waves(
    ledger: Ledger, setup: Setup, plan: dict[str, Any], waves: Sequence[str]
) -> None:
    """A wave is loaded after those before it: its parents are there."""
    first = setup.project.waves.index(waves[0])
    for earlier in setup.project.waves[:first]:
        waiting = ledger.scalar(
            "SELECT count(*) FROM entity WHERE wave = :w AND state = 'pending' AND last_run = :r",
            w=earlier,
            r=plan["run_id"],
        )
        if waiting:
            raise UsageError(
                f"the wave {earlier!r} comes before {waves[0]!r} and is not loaded yet",
                hint=f"crm-migrate load --wave {earlier}",
            )


def _require_standing(ledger: Ledger, plan: dict[str, Any], waves: Sequence[str]) -> None:
    """Refuse a plan that counts on records, or on values, that a rollback took back since."""
    found = ledger.scalar(
        "SELECT count(*) FROM entity e WHERE e.state = 'pending' AND e.reason = 'rolled back' "
        "AND e.last_run = :plan AND e.wave IN (SELECT value FROM json_each(:waves)) AND "
        "CASE WHEN e.target_id IS NULL THEN e.predicted <> 'created' ELSE EXISTS (SELECT 1 FROM "
        "write w JOIN batch b USING (batch_id) JOIN run r USING (run_id) WHERE b.\"pass\" = '1' "
        "AND w.entity_id = e.entity_id AND r.plan_run <> :plan) END",
        plan=plan["run_id"],
        waves=json.dumps(list(waves)),
    )
    if found:
        raise UsageError(
            f"{found:,} records that the plan {plan['run_id']} counts on were rolled back since",
            hint="make a new plan: crm-migrate plan",
        )


def _close_wave(ledger: Ledger, wave: str) -> None:
    """At the close of a wave nothing is pending, unless a lost answer left it in doubt."""
    doubtful = ledger.scalar(
        "SELECT count(*) FROM batch WHERE wave = :w AND state = 'in_doubt'", w=wave
    )
    if doubtful:
        raise TargetError(
            f"{doubtful} batches of the wave {wave!r} are in doubt: their answers were lost and "
            "the target cannot be asked",
            hint="look in the target whether their records are there, then run the load again",
        )


def _report(
    setup: Setup, ledger: Ledger, run: RunFolder, objects: Sequence[str], waves: Sequence[str],
    seconds: float,
) -> RunReport:  # fmt: skip
    counts = count_objects(ledger, setup.mapping, setup.project.waves, objects)
    written = int(
        ledger.scalar(
            "SELECT coalesce(sum(row_count), 0) FROM batch WHERE run_id = :r AND state = 'done'",
            r=run.run_id,
        )
    )
    conflicts = conflict_issues(ledger, run.run_id)
    refused = failed_issues(ledger)
    issues = [*refused, *conflicts]
    confusion, agree = prediction_accuracy(ledger)
    figures = {
        "waves": list(waves),
        "seconds": round(seconds, 3),
        "written": written,
        "run_objects": run_objects(ledger, run.run_id),
        "prediction": confusion,
        "predictions_agree": agree,
        "loads_before": len(runs_of(ledger, "load")),
    }
    rate = written / seconds if seconds else 0
    text = (
        f"{written:,} records written in {seconds:,.1f} seconds ({rate:,.0f} a second), "
        f"waves {', '.join(waves)}.",
    )
    report = RunReport(
        command="load", migration=setup.project.name, environment=setup.environment.name,
        run_id=run.run_id, title=f"Load of {setup.project.name} into {setup.environment.name}",
        objects=counts, issues=tuple(issues[:FAILED_SHOWN]),
        issue_counts={
            code: count
            for code, count in (
                ("refused_by_target", len(refused)), ("edited_in_target", len(conflicts)),
            )
            if count
        },
        sections=(Section("What was written", text), prediction_section(confusion)),
        figures=figures,
    )  # fmt: skip
    return write_report(run, report)
