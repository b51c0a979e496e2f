"""``crm-migrate status``."""

from __future__ import annotations

from pathlib import Path

import click

from migrate.cli._options import in_folder, open_migration, show, with_report


@click.command()
@in_folder
@with_report
def command(folder: Path, environment: str, as_json: bool, show_personal_data: bool) -> int:
    """Show where the migration stands: runs, waves, what waits."""
    from migrate.pipeline.status_run import status

    report = status(open_migration(folder, environment))
    show(report, as_json=as_json, show_personal_data=show_personal_data, table_rows=40)
    return 0
