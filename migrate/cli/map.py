"""``crm-migrate map``: which field does each legacy column belong to?"""

from __future__ import annotations

from pathlib import Path

import click

from migrate.cli._options import show, with_report


@click.group()
def command() -> None:
    """Find the field for every legacy column, and let people decide."""


@command.command("suggest")
@click.argument("place", metavar="PATH_OR_URL")
@click.option("--target", required=True, metavar="CRM[:OBJECT,...]",
              help="The target, and which of its objects: salesforce:Account,Contact.")  # fmt: skip
@click.option("--table", "only", multiple=True, metavar="T", help="Suggest for this table only.")
@click.option("--region", default="", metavar="R", help="Where the data come from: SK, US.")
@click.option("--folder", "-C", type=click.Path(path_type=Path), default=Path(), metavar="PATH",
              help="The folder of the migration, whose targets and glossaries go first.")  # fmt: skip
@with_report
def suggest_fields(
    *, place: str, target: str, only: tuple[str, ...], region: str, folder: Path, as_json: bool,
    show_personal_data: bool,
) -> int:  # fmt: skip
    """Suggest the field of the target for every column of a file, folder or database.

    Ranked, with how likely each is right and why; or to leave the column where it is. Nothing is
    written.
    """
    from migrate.pipeline.suggesting import suggest_for_place

    report = suggest_for_place(place, target, only=only, region=region, folder=folder)
    answer = dict(report.figures) if as_json else None
    return show(report, as_json=as_json, show_personal_data=show_personal_data, answer=answer)
