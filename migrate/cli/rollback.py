"""``crm-migrate rollback``: take waves back out of the target."""

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
@click.option("--wave", "waves", multiple=True, metavar="NAME", help="This wave; may be repeated.")
@click.option("--dry-run", is_flag=True, help="Only say what would be reversed and kept.")
@with_report
def command(
    folder: Path, environment: str, waves: tuple[str, ...], dry_run: bool, as_json: bool,
    show_personal_data: bool,
) -> int:  # fmt: skip
    """Take loaded waves back out: fields restored, created records deleted, children first.

    Works from the ledger alone, days later. What users changed since is kept and listed. A wave
    that others depend on is refused unless they are named too.
    """
    from migrate.pipeline.rollback_run import rollback

    setup = open_migration(folder, environment)
    is_real = setup.environment.is_production and not dry_run
    name = typed_name(is_real, setup.project.name)
    report = rollback(setup, waves=waves, is_dry=dry_run, typed_name=name, progress=watched())
    return show(report, as_json=as_json, show_personal_data=show_personal_data)
