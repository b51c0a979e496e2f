"""What is in the legacy system, and what is wrong with it: of a migration, or of any place alone."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

from migrate.errors import SourceError, UsageError
from migrate.extractors import open_source
from migrate.pipeline.reporting import write_report
from migrate.pipeline.setup import Setup, open_tables
from migrate.profiling.assessment import Assessment
from migrate.profiling.page import assessment_page
from migrate.profiling.profile import profile
from migrate.profiling.render import assessment_json, assessment_report
from migrate.profiling.workbook import assessment_sheets
from migrate.specs.secrets import mask_url
from migrate.store.runfolder import new_run, private_folder, write_private_text
from migrate.values import Progress, RunReport, silent

PAGE, WORKBOOK, FIGURES = "report.html", "report.xlsx", "report.json"


def assess(
    setup: Setup, *, show_personal_data: bool = False, progress: Progress = silent
) -> tuple[RunReport, dict[str, Any]]:
    """Profile every source of the migration; the report, and the JSON of all figures.

    Values are masked in both, and in the files of the run, unless ``show_personal_data``.
    """
    tables = open_tables(setup)
    project = setup.project
    found = profile(
        tables.values(), locale=project.locale, region=project.region, progress=progress
    )
    run = new_run(project.runs_folder, "assess")
    report = assessment_report(
        found, project.name, environment=setup.environment.name, run_id=run.run_id,
        show_personal_data=show_personal_data,
    )  # fmt: skip
    title = f"What is in the legacy systems of {project.name}"
    report = write_report(
        run, dataclasses.replace(report, title=title), show_personal_data=show_personal_data
    )
    files = _write(run.path, found, title, project.name, show_personal_data)
    report = dataclasses.replace(report, files={**report.files, **files})
    return report, assessment_json(found, show_personal_data=show_personal_data)


def assess_place(
    place: str,
    *,
    folder: Path | None = None,
    locale: str = "",
    region: str = "",
    show_personal_data: bool = False,
    progress: Progress = silent,
) -> tuple[RunReport, dict[str, Any]]:
    """Profile a file, a folder or a database that belongs to no migration.

    Page, workbook and figures go to ``folder`` (default: ``assessment-<name>`` here). Nothing is
    written to the source. Raises SourceError where the place cannot be read.
    """
    target = folder or Path(f"assessment-{place_name(place)}")
    _refuse_inside(target, place)
    tables = [table for table in open_source(place) if not table.is_view]
    if not tables:
        raise SourceError(f"{mask_url(place)} holds no tables", hint="check the path")
    found = profile(tables, locale=locale, region=region, progress=progress)
    title = f"What is in {_shown_name(place)}"
    report = assessment_report(found, show_personal_data=show_personal_data)
    figures = assessment_json(found, show_personal_data=show_personal_data)
    private_folder(target)
    files = _write(target, found, title, mask_url(place), show_personal_data)
    text = json.dumps(figures, ensure_ascii=False, indent=1) + "\n"
    write_private_text(target / FIGURES, text)
    files["json"] = str(target / FIGURES)
    return dataclasses.replace(report, title=title, files=files), figures


def place_name(place: str) -> str:
    """Make a folder's name from a place.

    >>> place_name("/data/Zákazníci 2019.xlsx"), place_name("postgresql://me@host/crm?x=1")
    ('Zákazníci_2019', 'crm')
    """
    last = re.split(r"[\\/]", re.sub(r"\?.*$", "", place).rstrip("\\/"))[-1]
    stem = last.rsplit(".", 1)[0] if "." in last.strip(".") else last
    return re.sub(r"[^\w.-]+", "_", stem).strip("_.") or "source"


def _shown_name(place: str) -> str:
    return mask_url(place) if "://" in place else Path(place).name or place


def _refuse_inside(target: Path, place: str) -> None:
    """A source is never written to: a folder of files is one as a whole."""
    if "://" in place:
        return
    source, wanted = Path(place).resolve(), target.resolve()
    if source.is_dir() and (wanted == source or source in wanted.parents):
        raise UsageError(
            f"{target} lies in the source {place}, and a source is never written to",
            hint="name a folder outside of it with --to",
        )


def _write(
    folder: Path, found: Assessment, title: str, place: str, show_personal_data: bool
) -> dict[str, str]:
    from migrate.reports.xlsx import write_workbook

    page = assessment_page(found, title=title, place=place, show_personal_data=show_personal_data)
    write_private_text(folder / PAGE, page)
    sheets = assessment_sheets(found, title=title, show_personal_data=show_personal_data)
    write_workbook(folder / WORKBOOK, sheets)
    return {"report": str(folder / PAGE), "workbook": str(folder / WORKBOOK)}
