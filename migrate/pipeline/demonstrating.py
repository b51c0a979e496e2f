"""The whole main job on the bundled company: assess, plan, load in two waves, reconcile, verdict."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

from migrate.errors import UsageError
from migrate.pipeline.assessing import assess
from migrate.pipeline.cutover_run import cutover
from migrate.pipeline.loading_run import load
from migrate.pipeline.planning import plan
from migrate.pipeline.reconciling import reconcile_target
from migrate.pipeline.setup import open_setup
from migrate.registry import data_folder
from migrate.values import Progress, RunReport, Section, silent

MARK = ".crm-migrate-demo"
PARTS = ("migration.yaml", "expected.yaml", "mappings", "legacy")


def demonstrate(folder: Path, *, progress: Progress = silent) -> RunReport:
    """Run the demonstration in ``folder``, which is made, or made anew if it is an earlier one's."""
    prepare(folder)
    setup = open_setup(folder)
    assessed, _ = assess(setup, progress=progress)
    planned = plan(setup, progress=progress)
    for wave in setup.project.waves:
        loaded = load(setup, wave=wave, progress=progress)
    again = load(setup, progress=progress)  # the evidence that loading twice changes nothing
    reconciled = reconcile_target(setup, progress=progress)
    decided = cutover(setup)
    files = {
        label: report.files["report"]
        for label, report in (
            ("assessment", assessed), ("dry run", planned), ("load", loaded),
            ("reconciliation", reconciled), ("cutover", decided),
        )
    }  # fmt: skip
    text = (
        f"Loaded in {len(setup.project.waves)} waves; loading again wrote "
        f"{again.figures['written']} records. Reconciliation: {reconciled.verdict}.",
        f"Look around in {folder}: crm-migrate --help says what else there is.",
    )
    go_live = "proven" if decided.verdict == "met" else "not proven yet: see the criteria"
    return dataclasses.replace(
        reconciled, command="demo",
        title=f"Demonstration: {setup.project.name} (reconciliation {reconciled.verdict}, "
        f"go-live {go_live})",
        sections=(Section("What was done", text), *decided.sections[:1]),
        figures={**reconciled.figures, "folder": str(folder),
                 "written_again": again.figures["written"],
                 "criteria": decided.figures["criteria"]},
        files=files,
    )  # fmt: skip


def prepare(folder: Path) -> None:
    """Put a fresh copy of the bundled company into the folder."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            raise UsageError(
                f"{folder} is not empty",
                hint="name a new folder: crm-migrate demo FOLDER",
                where=str(folder),
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    source = data_folder("examples") / "company"
    for part in PARTS:
        if (source / part).is_dir():
            shutil.copytree(source / part, folder / part)
        else:
            shutil.copy(source / part, folder / part)
    (folder / MARK).write_text("made by crm-migrate demo\n", encoding="utf-8")
