"""``crm-migrate targets``: which CRMs are known, and what do they accept?"""

from __future__ import annotations

from pathlib import Path

import click

from migrate.cli._options import show, with_report


@click.command()
@click.argument("name", required=False, metavar="[NAME]")
@click.argument("object_name", required=False, metavar="[OBJECT]")
@click.option("--folder", "-C", type=click.Path(path_type=Path), default=Path(), metavar="PATH",
              help="The folder of the migration, whose own targets go first.")  # fmt: skip
@with_report
def command(
    *, name: str | None, object_name: str | None, folder: Path, as_json: bool,
    show_personal_data: bool,
) -> int:  # fmt: skip
    """List the CRMs of the catalogue, the objects of one, or the fields of one object.

    `verified` says how well the facts are known: tested, documented, inferred or recalled.
    """
    from migrate.pipeline.showing_targets import targets_report

    report = targets_report(name or "", object_name or "", folder=folder)
    answer = dict(report.figures) if as_json else None
    return show(report, as_json=as_json, show_personal_data=show_personal_data, answer=answer)
