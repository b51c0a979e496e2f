"""Read the target back and hold it against the source; the evidence is booked."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Literal

from migrate.errors import UsageError
from migrate.evidence.reconcile import (
    ReconcileInputs,
    reconcile,
    reconciliation_json,
    reconciliation_sections,
)
from migrate.loading.snapshot import take_snapshot
from migrate.pipeline.accounting import count_objects
from migrate.pipeline.corrections import read_corrections
from migrate.pipeline.loading_run import verify_target
from migrate.pipeline.planning import plan_figures
from migrate.pipeline.reading import read_decisions
from migrate.pipeline.reporting import write_report
from migrate.pipeline.runs import finish_run, plan_folder, runs_of, start_run
from migrate.pipeline.setup import Setup, environment_ledger, open_tables, open_target
from migrate.store.duck import connect
from migrate.store.ledger import Ledger
from migrate.store.runfolder import new_run
from migrate.values import Progress, RunReport, silent


def reconcile_target(
    setup: Setup, *, progress: Progress = silent, show_personal_data: bool = False
) -> RunReport:
    """Reconcile what has been loaded. Raises UsageError when nothing has been."""
    with (
        closing(open_target(setup)) as loader,
        closing(environment_ledger(setup, create=False)) as ledger,
    ):
        plan = loaded_plan(ledger)
        folder = plan_folder(setup.project.runs_folder, plan)
        verify_target(setup, loader, ledger)
        schema = loader.describe()
        run = new_run(setup.project.runs_folder, "reconcile")
        start_run(ledger, run.run_id, "reconcile", {}, plan_run=plan["run_id"])
        connection = connect(temp_folder=run.stage("scratch"))
        try:
            objects = plan_figures(folder)["objects"]
            target: dict[str, Path] = {}
            counts: dict[str, int] = {}
            for name in objects:
                described = schema.object(name)
                if described is None:
                    continue
                target[name] = run.file("target", name)
                take_snapshot(
                    loader, described, [], target[name], everything=True, progress=progress
                )
                counts[name] = loader.count(name)
            found = reconcile(
                ReconcileInputs(
                    project=setup.project,
                    mapping=setup.mapping,
                    schema=schema,
                    ledger=ledger,
                    plan=folder,
                    connection=connection,
                    scratch=run.path / "scratch",
                    source_counts={n: t.count() for n, t in open_tables(setup).items()},
                    target_counts=counts,
                    target=target,
                    waves=loaded_waves(setup, ledger),
                    corrections=read_corrections(ledger).values.rename(
                        columns={"_record_id": "record_id"}
                    ),
                    decisions=read_decisions(setup.folder / "reading.yaml"),
                )
            )
        except BaseException:
            finish_run(ledger, run.run_id, "failed")
            raise
        finally:
            connection.close()
        counted = count_objects(ledger, setup.mapping, setup.project.waves, objects)
        figures = reconciliation_json(found)
        verdict: Literal["met", "not met"] = "met" if found.is_met else "not met"
        report = RunReport(
            command="reconcile", migration=setup.project.name,
            environment=setup.environment.name, run_id=run.run_id,
            title=f"Reconciliation of {setup.project.name} with {setup.environment.name}",
            objects=counted, sections=reconciliation_sections(found),
            figures={key: value for key, value in figures.items() if key != "verdict"},
            verdict=verdict,
        )  # fmt: skip
        booked = {
            "verdict": verdict,
            "records": found.records,
            "edited": found.edited,
            "red": [r.rule for r in found.rules if r.status != "met"],
        }
        finish_run(ledger, run.run_id, "finished", figures=booked)
        return write_report(run, report, show_personal_data=show_personal_data)


def loaded_plan(ledger: Ledger) -> dict[str, str]:
    """The plan of the newest finished load."""
    loads = runs_of(ledger, "load")
    if not loads:
        raise UsageError("nothing has been loaded yet", hint="crm-migrate load")
    plans = {run["run_id"]: run for run in runs_of(ledger, "plan")}
    return plans[loads[0]["plan_run"]]


def loaded_waves(setup: Setup, ledger: Ledger) -> tuple[str, ...]:
    """The waves that finished loads have covered, in their order."""
    done = {wave for run in runs_of(ledger, "load") for wave in str(run["waves"]).split(",")}
    return tuple(wave for wave in setup.project.waves if wave in done)
