"""``crm-migrate reconcile``: hold the target against the source."""

from __future__ import annotations

from pathlib import Path

import click

from migrate.cli._options import in_folder, open_migration, show, watched, with_report


@click.command()
@in_folder
@with_report
def command(folder: Path, environment: str, as_json: bool, show_personal_data: bool) -> int:
    """Read the target back and prove, rule by rule, that nothing was lost, doubled or changed.

    Counts and totals come from the raw source, outside the mapping; expected.yaml adds figures of
    the customer's own reports.
    """
    from migrate.pipeline.reconciling import reconcile_target

    report = reconcile_target(
        open_migration(folder, environment), progress=watched(),
        show_personal_data=show_personal_data,
    )  # fmt: skip
    return show(report, as_json=as_json, show_personal_data=show_personal_data, table_rows=40)
