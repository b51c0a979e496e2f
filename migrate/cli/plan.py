"""``crm-migrate plan``: the dry run."""

from __future__ import annotations

from pathlib import Path

import click

from migrate.cli._options import in_folder, open_migration, show, watched, with_report


@click.command()
@in_folder
@with_report
def command(folder: Path, environment: str, as_json: bool, show_personal_data: bool) -> int:
    """Show what a load would do, to each record, and what it would cost and bring; write nothing.

    Reads the sources, cleans, matches, validates and asks the target. The plan it leaves behind is
    what `load` sends.
    """
    from migrate.pipeline.planning import plan

    report = plan(open_migration(folder, environment), progress=watched())
    return show(report, as_json=as_json, show_personal_data=show_personal_data)
