"""Check the whole plan before any row is read, and say everything that is wrong at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from migrate.errors import MigrateError, SourceError, TargetError
from migrate.pipeline.setup import Setup, check_setup, open_target, read_setup, readable_tables
from migrate.specs.catalogue import read_target, target_names
from migrate.specs.reader import VARIABLE
from migrate.values import Issue, RunReport, Section, Table, TargetSchema

_EXIT_CODES = {
    "source_unreadable": SourceError.exit_code,
    "target_unreachable": TargetError.exit_code,
}


@dataclass(frozen=True)
class Looked:
    """What the quick check found, and what it looked at: ``schema`` None where nobody has one."""

    issues: tuple[Issue, ...]
    schema: TargetSchema | None
    tables: Mapping[str, Table]


def check_migration(folder: Path, environment: str = "") -> RunReport:
    """Files, headers and the target's schema: every problem at once.

    A source or target that is gone is one problem among the others; what does not depend on it is
    looked at all the same.
    """
    setup, issues = read_setup(folder, environment)
    name = setup.project.name if setup else ""
    if setup is not None:
        issues += look(setup).issues
    once = list(dict.fromkeys(issues))
    return RunReport(
        command="check", migration=name, environment=setup.environment.name if setup else "",
        run_id="", title=f"Check of {name or folder}", issues=tuple(once),
        issue_counts=count_codes(once), sections=(_section(once),),
        figures={"errors": sum(i.severity == "error" for i in once),
                 "warnings": sum(i.severity == "warning" for i in once)},
        verdict="not met" if any(i.severity == "error" for i in once) else "met",
    )  # fmt: skip


def check_exit_code(report: RunReport) -> int:
    """0 without an error; 3 or 4 where a source or the target is all that is wrong; otherwise 2."""
    codes = {_EXIT_CODES.get(issue.code, 2) for issue in report.issues if issue.severity == "error"}
    return min(codes, default=0)


def look(setup: Setup) -> Looked:
    """Hold the mapping against headers and schema; a source or target that is gone is a problem."""
    tables, unread = readable_tables(setup)
    places = {source.name: source.place for source in setup.project.sources.values()}
    found = [
        Issue("source_unreadable", "error", error.message, place=error.where, hint=error.hint)
        for name, error in unread.items()
        if _is_complete(places[name])
    ]
    schema, gone = _schema(setup)
    if schema is not None:
        found += [i for i in check_setup(setup, schema, tables) if not _follows(i, unread)]
    return Looked((*found, *gone), schema, tables)


def _schema(setup: Setup) -> tuple[TargetSchema | None, list[Issue]]:
    """The target's schema; that of its file where the target itself does not answer."""
    environment = setup.environment
    try:
        with closing(open_target(setup)) as loader:
            return loader.describe(), []
    except MigrateError as error:
        place = error.where or environment.where
        gone = [
            Issue("target_unreachable", "error", error.message, place=place, hint=error.hint)
            if isinstance(error, TargetError)
            else Issue("wrong_target", "error", error.message, place=place, hint=error.hint)
        ]
        gone = gone if _is_complete(environment.url) else []
    if environment.target in target_names(folder=setup.folder):
        try:
            return read_target(environment.target, folder=setup.folder), gone
        except MigrateError:
            pass  # the same words stand in the problem already
    return None, gone


def _is_complete(place: str) -> bool:
    """Whether the files say where it is; if not, that is the problem, and it is told already."""
    return bool(place) and not VARIABLE.search(place)


def _follows(issue: Issue, unread: Mapping[str, MigrateError]) -> bool:
    """Whether a table is unknown only because its source could not be read."""
    return issue.code == "unknown_table" and issue.entity.partition(".")[0] in unread


def count_codes(issues: Sequence[Issue]) -> dict[str, int]:
    """How often each code occurs."""
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
