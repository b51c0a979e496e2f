"""Check the whole plan before any row is read, and say everything that is wrong at once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from migrate.errors import MigrateError
from migrate.pipeline.setup import check_setup, open_tables, open_target, read_setup
from migrate.values import Issue, RunReport, Section


def check_migration(folder: Path, environment: str = "") -> RunReport:
    """Files, headers and the target's schema; raises only when a source or the target is gone."""
    setup, issues = read_setup(folder, environment)
    name = setup.project.name if setup else ""
    if setup is not None:
        try:
            with closing(open_target(setup)) as loader:
                issues += check_setup(setup, loader.describe(), open_tables(setup))
        except MigrateError:
            if not any(issue.severity == "error" for issue in issues):
                raise  # otherwise the files are wrong, and that is what the user mends first
    once = list(dict.fromkeys(issues))
    return RunReport(
        command="check", migration=name, environment=setup.environment.name if setup else "",
        run_id="", title=f"Check of {name or folder}", issues=tuple(once),
        issue_counts=_counts(once), sections=(_section(once),),
        figures={"errors": sum(i.severity == "error" for i in once),
                 "warnings": sum(i.severity == "warning" for i in once)},
        verdict="not met" if any(i.severity == "error" for i in once) else "met",
    )  # fmt: skip


def _counts(issues: Sequence[Issue]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for issue in issues:
        counts[issue.code] = counts.get(issue.code, 0) + 1
    return counts


def _section(issues: Sequence[Issue]) -> Section:
    errors = sum(issue.severity == "error" for issue in issues)
    warnings = sum(issue.severity == "warning" for issue in issues)
    text = f"{errors} errors, {warnings} warnings."
    if not errors:
        text += " The plan can be made: crm-migrate plan"
    return Section("Whole-plan check", (text,))
