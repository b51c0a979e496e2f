"""What is in the legacy system, and what is wrong with it."""

from __future__ import annotations

import dataclasses
from typing import Any

from migrate.pipeline.reporting import write_report
from migrate.pipeline.setup import Setup, open_tables
from migrate.profiling.profile import profile
from migrate.profiling.render import assessment_json, assessment_report
from migrate.store.runfolder import new_run
from migrate.values import Progress, RunReport, silent


def assess(setup: Setup, *, progress: Progress = silent) -> tuple[RunReport, dict[str, Any]]:
    """Profile every source of the migration; the report, and the JSON of all figures (masked)."""
    tables = open_tables(setup)
    project = setup.project
    found = profile(
        tables.values(), locale=project.locale, region=project.region, progress=progress
    )
    run = new_run(project.runs_folder, "assess")
    report = assessment_report(
        found, project.name, environment=setup.environment.name, run_id=run.run_id
    )
    report = dataclasses.replace(report, title=f"What is in the legacy systems of {project.name}")
    return write_report(run, report), assessment_json(found)
