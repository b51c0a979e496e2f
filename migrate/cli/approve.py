"""``crm-migrate approve``: sign a plan for production."""

from __future__ import annotations

from pathlib import Path

import click

from migrate.cli._options import in_folder, open_migration


@click.command()
@click.argument("run_id")
@click.option("--by", required=True, metavar='"NAME, ROLE"', help="Who approves it.")
@in_folder
def command(run_id: str, by: str, folder: Path, environment: str) -> int:
    """Book that somebody read the report of plan RUN_ID and wants it loaded."""
    from contextlib import closing

    from migrate.pipeline.runs import approve
    from migrate.pipeline.setup import environment_ledger

    setup = open_migration(folder, environment)
    with closing(environment_ledger(setup, create=False)) as ledger:
        approve(ledger, run_id, by)
    click.echo(f"{run_id} is approved for {setup.environment.name}", err=True)
    return 0
