"""``crm-migrate cutover``."""

from __future__ import annotations

from pathlib import Path

import click

from migrate.cli._options import in_folder, open_migration, show, with_report


@click.command()
@in_folder
@with_report
def command(folder: Path, environment: str, as_json: bool, show_personal_data: bool) -> int:
    """Show which go-live criteria are proven, and which are not; no evidence counts as not met."""
    from migrate.pipeline.cutover_run import cutover

    report = cutover(open_migration(folder, environment))
    return show(report, as_json=as_json, show_personal_data=show_personal_data, table_rows=40)
