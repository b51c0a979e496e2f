"""The verdict so far: which criteria are met, which are not, and for which there is no evidence.

The tool never says "go": it says what is proven. No evidence counts as not met.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Literal

from migrate.errors import MigrateError
from migrate.pipeline.accounting import count_objects
from migrate.pipeline.outcomes import prediction_accuracy, prediction_section
from migrate.pipeline.plan_report import run_figures
from migrate.pipeline.planning import plan_figures
from migrate.pipeline.reconciling import loaded_waves
from migrate.pipeline.reporting import write_report
from migrate.pipeline.runs import latest_plan, plan_folder, runs_of
from migrate.pipeline.setup import Setup, environment_ledger
from migrate.store.ledger import Ledger, open_ledger
from migrate.store.runfolder import new_run
from migrate.values import ObjectCount, RunReport, Section

Status = Literal["met", "not met", "no evidence"]


@dataclass(frozen=True)
class Criterion:
    """One thing that must be proven before users open the new system."""

    name: str
    status: Status
    evidence: str


def cutover(setup: Setup) -> RunReport:
    """Gather the evidence of an environment into one verdict."""
    with closing(environment_ledger(setup, create=False)) as ledger:
        plan = latest_plan(ledger, setup.environment.name)
        folder = plan_folder(setup.project.runs_folder, plan)
        objects = count_objects(
            ledger, setup.mapping, setup.project.waves, plan_figures(folder)["objects"]
        )
        confusion, _ = prediction_accuracy(ledger)
        criteria = tuple(_criteria(setup, ledger, plan, objects, confusion))
    run = new_run(setup.project.runs_folder, "cutover")
    table = [("criterion", "status", "evidence")]
    table += [(c.name, c.status, c.evidence) for c in criteria]
    is_met = all(criterion.status == "met" for criterion in criteria)
    report = RunReport(
        command="cutover", migration=setup.project.name, environment=setup.environment.name,
        run_id=run.run_id, title=f"Cutover of {setup.project.name} to {setup.environment.name}",
        objects=objects, verdict="met" if is_met else "not met",
        sections=(
            Section(
                "Criteria",
                ("The decision belongs to the business owner; this is the evidence for it. No "
                 "evidence counts as not met.",),
                (tuple(table),), status="met" if is_met else "not met",
            ),
            prediction_section(confusion),
        ),
        figures={"criteria": [{"name": c.name, "status": c.status, "evidence": c.evidence}
                              for c in criteria]},
    )  # fmt: skip
    return write_report(run, report)


def _criteria(
    setup: Setup, ledger: Ledger, plan: Mapping[str, Any], objects: tuple[ObjectCount, ...],
    confusion: list[dict[str, Any]],
) -> Iterator[Criterion]:  # fmt: skip
    holds = all(count.is_balanced for count in objects)
    yield Criterion(
        "accounting identity", "met" if holds else "not met",
        f"{sum(c.extracted for c in objects):,} units, every one with exactly one disposition"
        if holds else "extracted and dispositions differ: see the accounting table",
    )  # fmt: skip
    yield _loaded(setup, ledger, objects)
    yield _reconciled(ledger)
    yield _as_loaded(setup, ledger)
    yield _predicted(setup, confusion)
    yield _quarantined(setup, objects)
    failed = sum(count.dispositions.get("failed", 0) for count in objects)
    incomplete = sum(count.incomplete for count in objects)
    yield Criterion(
        "nothing refused by the target", "not met" if failed or incomplete else "met",
        f"{failed:,} records failed, {incomplete:,} are incomplete",
    )  # fmt: skip
    yield _rollback_tested(setup)
    if setup.environment.is_production:
        by = plan["approved_by"] if isinstance(plan["approved_by"], str) else ""
        yield Criterion(
            "plan approved", "met" if by else "not met",
            f"{plan['run_id']} by {by}" if by else f"{plan['run_id']} is not approved",
        )  # fmt: skip


def _loaded(setup: Setup, ledger: Ledger, objects: tuple[ObjectCount, ...]) -> Criterion:
    waves = loaded_waves(setup, ledger)
    pending = sum(count.dispositions.get("pending", 0) for count in objects)
    missing = [wave for wave in setup.project.waves if wave not in waves]
    if not waves:
        return Criterion("all waves loaded", "no evidence", "nothing has been loaded")
    if missing or pending:
        return Criterion(
            "all waves loaded", "not met",
            f"not loaded: {', '.join(missing) or 'none'}; {pending:,} units are pending",
        )  # fmt: skip
    return Criterion("all waves loaded", "met", f"{', '.join(waves)}; nothing is pending")


def _reconciled(ledger: Ledger) -> Criterion:
    name = "reconciliation of severity 1 green"
    found, loads = runs_of(ledger, "reconcile"), runs_of(ledger, "load")
    if not found:
        return Criterion(name, "no evidence", "no reconciliation has been run")
    newest = found[0]
    changes = [*loads, *runs_of(ledger, "rollback")]
    writing = [
        r["run_id"]
        for r in changes
        if r["finished_at"] >= newest["started_at"] and run_figures(r["figures"]).get("written", 1)
    ]
    if writing:
        return Criterion(name, "no evidence", f"{writing[0]} has changed the target since")
    figures = run_figures(newest["figures"])
    red = ", ".join(figures.get("red", ()))
    if figures.get("verdict") == "met":
        return Criterion(name, "met", newest["run_id"] + (f"; amber: {red}" if red else ""))
    return Criterion(name, "not met", f"{newest['run_id']}: not met: {red}")


def _as_loaded(setup: Setup, ledger: Ledger) -> Criterion:
    """Edited records are not compared; when they are many, the comparison proves little."""
    name = "the target is as we loaded it"
    found = runs_of(ledger, "reconcile")
    figures = run_figures(found[0]["figures"]) if found else {}
    records = int(figures.get("records", 0))
    if not records:
        return Criterion(name, "no evidence", "no reconciliation has compared a record")
    edited = int(figures.get("edited", 0))
    share = 100 * edited / records
    most = setup.project.gates["max_edited_percent"]
    return Criterion(
        name, "met" if share <= most else "not met",
        f"{edited:,} of {records:,} records were edited since the load and are not compared "
        f"({share:.2f} %, at most {most:g} %)",
    )  # fmt: skip


def _predicted(setup: Setup, confusion: list[dict[str, Any]]) -> Criterion:
    name = "the dry run told the truth"
    total = sum(row["entities"] for row in confusion)
    if not total:
        return Criterion(name, "no evidence", "nothing has been loaded")
    right = sum(row["entities"] for row in confusion if row["predicted"] == row["actual"])
    share = 100 * right / total
    least = setup.project.gates["min_prediction_percent"]
    return Criterion(
        name, "met" if share >= least else "not met",
        f"{right:,} of {total:,} predictions came true ({share:.2f} %, at least {least:g} %)",
    )  # fmt: skip


def _quarantined(setup: Setup, objects: tuple[ObjectCount, ...]) -> Criterion:
    mapped = [count for count in objects if not count.object.startswith("(")]
    total = sum(count.extracted for count in mapped)
    waiting = sum(count.dispositions.get("quarantined", 0) for count in mapped)
    share = 100 * waiting / total if total else 0.0
    most = setup.project.gates["max_quarantined_percent"]
    return Criterion(
        "few refused rows", "met" if share <= most else "not met",
        f"{waiting:,} of {total:,} units wait in quarantine ({share:.2f} %, at most {most:g} %)",
    )  # fmt: skip


def _rollback_tested(setup: Setup) -> Criterion:
    """A rollback that was really executed, in any environment of this migration."""
    name = "rollback tested"
    for environment in setup.project.environments.values():
        if not environment.ledger.exists():
            continue
        try:
            ledger = open_ledger(
                environment.ledger, migration=setup.project.name, environment=environment.name
            )
        except MigrateError:
            continue
        with closing(ledger):
            for run in runs_of(ledger, "rollback"):
                figures = run_figures(run["figures"])
                errors = int(figures.get("errored", 0))
                return Criterion(
                    name, "not met" if errors else "met",
                    f"{run['run_id']} in {environment.name}: "
                    f"{sum(figures.get('reversed', {}).values()):,} reversed, {errors:,} errored, "
                    f"{figures.get('seconds', 0):,} s",
                )  # fmt: skip
    return Criterion(name, "no evidence", "no rollback has been executed in any environment")
