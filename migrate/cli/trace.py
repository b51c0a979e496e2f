"""``crm-migrate trace``: where is this customer?"""

from __future__ import annotations

from pathlib import Path

import click

from migrate.cli._options import in_folder, open_migration, show, with_report


@click.command()
@click.argument("text")
@in_folder
@click.option("--limit", default=20, show_default=True, help="At most this many records.")
@with_report
def command(
    text: str, folder: Path, environment: str, limit: int, as_json: bool, show_personal_data: bool
) -> int:
    """Follow a record from its source cell to the target, or to the archive and the reason.

    TEXT is a piece of a name or value, a source key, an external id or a target id.
    """
    from migrate.pipeline.tracing import trace

    report = trace(open_migration(folder, environment), text, limit=limit)
    show(report, as_json=as_json, show_personal_data=show_personal_data, table_rows=400)
    return 0 if report.figures["found"] or report.figures["archived"] else 1
