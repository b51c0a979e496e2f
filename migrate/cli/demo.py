"""``crm-migrate demo``: the main job, on a made-up company, in one go."""

from __future__ import annotations

from pathlib import Path

import click

from migrate.cli._options import show, watched


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("demo"))
@click.option("--json", "as_json", is_flag=True, help="Write the report as JSON to stdout.")
def command(folder: Path, as_json: bool) -> int:
    """Migrate a made-up company's legacy data into an embedded CRM, in FOLDER (default: demo).

    Assess, map, clean, validate, dry run, load in two waves, reconcile, verdict. Exit code 0 when
    the accounting identity holds and the reconciliation is met: its refused rows are meant to be.
    """
    from migrate.pipeline.demonstrating import demonstrate

    report = demonstrate(folder, progress=watched())
    show(report, as_json=as_json)
    return 0 if report.identity_holds and report.verdict == "met" else 1
