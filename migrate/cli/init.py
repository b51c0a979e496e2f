"""``crm-migrate init``: begin a migration."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
@click.option("--source", "places", multiple=True, metavar="PATH_OR_URL", help="What to migrate.")
@click.option("--target", default="reference", show_default=True, metavar="NAME", help="Where to.")
@click.option("--name", default="", help="The migration's name (default: the folder's).")
def command(folder: Path, places: tuple[str, ...], target: str, name: str) -> int:
    """Make FOLDER a migration: migration.yaml and a mapping to fill in.

    Each --source is opened, so that its tables, keys and columns stand in the files already.
    """
    from migrate.pipeline.starting import begin

    for path in begin(folder, places=places, target=target, name=name):
        click.echo(f"wrote {path}")
    click.echo(f"next: fill in the mapping, then: crm-migrate check --folder {folder}", err=True)
    return 0
