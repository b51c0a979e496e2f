"""``crm-migrate quarantine``: refused rows out to a workbook, and corrected ones back."""

from __future__ import annotations

from pathlib import Path

import click

from migrate.cli._options import in_folder, open_migration, show, with_report


@click.group()
def command() -> None:
    """Mend refused rows in a workbook: export, correct in Excel, import, plan, load."""


@command.command("export")
@click.argument("workbook", type=click.Path(path_type=Path))
@in_folder
@with_report
def export_rows(
    workbook: Path, folder: Path, environment: str, as_json: bool, show_personal_data: bool
) -> int:
    """Write every refused value into WORKBOOK (.xlsx), the reason beside it."""
    from migrate.pipeline.quarantine_run import export

    report = export(open_migration(folder, environment), workbook)
    return show(report, as_json=as_json, show_personal_data=show_personal_data)


@command.command("import")
@click.argument("workbook", type=click.Path(path_type=Path))
@in_folder
@with_report
def import_rows(
    workbook: Path, folder: Path, environment: str, as_json: bool, show_personal_data: bool
) -> int:
    """Take the corrections in WORKBOOK; they take part in the next plan."""
    from migrate.pipeline.quarantine_run import bring_back

    report = bring_back(open_migration(folder, environment), workbook)
    return show(report, as_json=as_json, show_personal_data=show_personal_data)
