"""``crm-migrate load``: send the plan to the target."""

from __future__ import annotations

from pathlib import Path

import click

from migrate.cli._options import (
    in_folder,
    open_migration,
    show,
    typed_name,
    watched,
    with_report,
)


@click.command()
@in_folder
@click.option("--wave", default="", metavar="NAME", help="Only this wave (default: all).")
@with_report
def command(
    folder: Path, environment: str, wave: str, as_json: bool, show_personal_data: bool
) -> int:
    """Load the newest plan, wave by wave, parents first; safe to run again at any time.

    What is in the target already is skipped. After a kill the same command goes on. A production
    target takes an approved plan (`approve`) and asks for the migration's name.
    """
    from migrate.pipeline.loading_run import load, require_approval

    setup = open_migration(folder, environment)
    require_approval(setup)
    name = typed_name(setup.environment.is_production, setup.project.name)
    report = load(setup, wave=wave, typed_name=name, progress=watched())
    return show(report, as_json=as_json, show_personal_data=show_personal_data)
