"""Take waves back out of the target and report what was reversed, kept and errored."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from contextlib import closing

from migrate.errors import UsageError
from migrate.loading.undo import Undoing, Undone, dependent_waves, undo
from migrate.pipeline.accounting import count_objects
from migrate.pipeline.loading_run import verify_target
from migrate.pipeline.outcomes import run_objects
from migrate.pipeline.reporting import write_report
from migrate.pipeline.runs import finish_run, start_run
from migrate.pipeline.setup import Setup, environment_ledger, open_target
from migrate.registry import did_you_mean
from migrate.store.ledger import Ledger
from migrate.store.runfolder import RunFolder, new_run
from migrate.values import Issue, Progress, RunReport, Section, TargetSchema, silent


def rollback(
    setup: Setup, *, waves: Sequence[str] = (), is_dry: bool = False, typed_name: str = "",
    progress: Progress = silent,
) -> RunReport:  # fmt: skip
    """Roll back these waves (all of them when none is named), from the ledger alone.

    Raises UsageError when a later wave that is loaded depends on one of them and is not named
    too, and for production without the migration's name typed.
    """
    chosen = _chosen(setup, waves)
    with (
        closing(open_target(setup)) as loader,
        closing(environment_ledger(setup, create=False)) as ledger,
    ):
        schema = loader.describe()
        _require_dependents(setup, ledger, schema, chosen)
        if setup.environment.is_production and not is_dry and typed_name != setup.project.name:
            raise UsageError(
                "rolling back production needs the migration's name typed",
                hint=f"run the command again and type {setup.project.name}",
            )
        with loader.lock(), ledger.exclusive():
            verify_target(setup, loader, ledger)
            run = new_run(setup.project.runs_folder, "rollback")
            start_run(ledger, run.run_id, "rollback" if not is_dry else "rollback --dry-run", {},
                      waves=chosen)  # fmt: skip
            began = time.monotonic()
            try:
                undone = undo(
                    Undoing(ledger, loader, schema, run.run_id, tuple(chosen), is_dry, progress)
                )
            except BaseException:
                finish_run(ledger, run.run_id, "failed")
                raise
            report = _report(setup, ledger, run, undone, chosen, is_dry, time.monotonic() - began)
            finish_run(ledger, run.run_id, "finished", figures=dict(report.figures))
            return report


def _chosen(setup: Setup, waves: Sequence[str]) -> tuple[str, ...]:
    for wave in waves:
        if wave not in setup.project.waves:
            raise UsageError(
                f"there is no wave {wave!r}",
                hint=did_you_mean(wave, setup.project.waves),
                where=setup.project.where,
            )
    return tuple(waves) or setup.project.waves


def _require_dependents(
    setup: Setup, ledger: Ledger, schema: TargetSchema, waves: Sequence[str]
) -> None:
    others = dependent_waves(ledger, schema, waves, setup.project.waves)
    if others:
        named = " ".join(f"--wave {wave}" for wave in (*waves, *others))
        raise UsageError(
            f"the wave {others[0]!r} is loaded and refers to records of {', '.join(waves)}",
            hint=f"roll them back together: crm-migrate rollback {named}",
        )


def _report(
    setup: Setup, ledger: Ledger, run: RunFolder, undone: Undone, waves: Sequence[str],
    is_dry: bool, seconds: float,
) -> RunReport:  # fmt: skip
    table = [("object", "deleted", "fields restored in", "kept", "errored")]
    names = dict.fromkeys([*undone.deleted, *undone.restored, *(k[0] for k in undone.kept)])
    table += [
        (
            name, f"{undone.deleted.get(name, 0):,}", f"{undone.restored.get(name, 0):,}",
            f"{sum(k[0] == name for k in undone.kept):,}",
            f"{sum(e[0] == name for e in undone.errored):,}",
        )
        for name in names
    ]  # fmt: skip
    would = "would be " if is_dry else ""
    text = (
        f"{sum(undone.deleted.values()):,} records {would}deleted, "
        f"{sum(undone.restored.values()):,} restored, {len(undone.kept):,} kept because of users, "
        f"{len(undone.errored):,} errored, in {seconds:,.1f} seconds.",
    )
    issues = [
        Issue(
            "kept", "info", reason, entity=name, record=record, hint="look at the record in the CRM"
        )
        for name, record, reason in undone.kept
    ] + [
        Issue(
            "not_reversed",
            "error",
            message,
            entity=name,
            record=record,
            hint="run the same command again; what is reversed already is skipped",
        )
        for name, record, message in undone.errored
    ]
    objects = tuple(dict.fromkeys(b.object for b in setup.mapping.blocks))
    report = RunReport(
        command="rollback", migration=setup.project.name, environment=setup.environment.name,
        run_id=run.run_id, title=f"Rollback of {', '.join(waves)} from {setup.environment.name}"
        + (" (dry run)" if is_dry else ""),
        objects=count_objects(ledger, setup.mapping, setup.project.waves, objects),
        issues=tuple(issues), sections=(Section("What was taken back", text, (tuple(table),)),),
        issue_counts={c: n for c, n in (("kept", len(undone.kept)),
                                        ("not_reversed", len(undone.errored))) if n},
        figures={
            "waves": list(waves), "is_dry": is_dry, "seconds": round(seconds, 3),
            "reversed": {n: undone.deleted.get(n, 0) + undone.restored.get(n, 0) for n in names},
            "kept": len(undone.kept), "errored": len(undone.errored),
            "run_objects": run_objects(ledger, run.run_id),
        },
    )  # fmt: skip
    report = dataclasses.replace(report, verdict="not met" if undone.errored else "met")
    return write_report(run, report)
