"""``crm-migrate targets``: which CRMs are known, what do they accept, and what does the customer's?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from migrate.cli._options import in_folder, pairs, show, with_report

_WITH_VALUE = ("--folder", "-C")


class Targets(click.Group):
    """A group whose ``show`` need not be said: ``targets salesforce Account`` shows."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command's name first: it may stand behind options, or be left out."""
        at = 0
        while at < len(args) and args[at].startswith("-"):
            at += 2 if args[at] in _WITH_VALUE else 1
        said = args[at] if at < len(args) else ""
        if said in self.commands:
            args = [said, *args[:at], *args[at + 1 :]]
        elif not {"--help", "-h"} & set(args):
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group(cls=Targets, subcommand_metavar="[NAME] [OBJECT] | pull NAME")
def command() -> None:
    """List the known CRMs, show what one accepts, or fetch what the customer's own accepts.

    `targets`, `targets NAME` and `targets NAME OBJECT` show the catalogue (short for `targets
    show`); `targets pull NAME` asks a live system.
    """


@command.command("show")
@click.argument("name", required=False, metavar="[NAME]")
@click.argument("object_name", required=False, metavar="[OBJECT]")
@click.option("--folder", "-C", type=click.Path(path_type=Path), default=Path(), metavar="PATH",
              help="The folder of the migration, whose own targets go first.")  # fmt: skip
@with_report
def show_targets(
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


@command.command("pull")
@click.argument("name")
@click.option("--url", default="", metavar="URL",
              help="Where the system is; without it, where the environment's target is.")  # fmt: skip
@click.option("--option", "options", multiple=True, metavar="KEY=VALUE", callback=pairs,
              help="How it is asked, such as 'token=${CRM_TOKEN}'; as options: of an environment.")  # fmt: skip
@click.option("--object", "objects", multiple=True, metavar="OBJECT",
              help="Fetch this object too, which the description does not have.")  # fmt: skip
@in_folder
@with_report
def pull_schema(
    *, name: str, url: str, options: dict[str, Any], objects: tuple[str, ...], folder: Path,
    environment: str, as_json: bool, show_personal_data: bool,
) -> int:  # fmt: skip
    """Fetch the live schema of a target into mappings/targets/NAME.yaml of the folder.

    Custom fields included; what the product knows of a field (its meaning, its label) is kept.
    Every later step prefers that file. The report says what is added, changed and gone; a second
    pull without changes writes nothing.
    """
    from migrate.pipeline.pulling import pull_target

    report = pull_target(
        name, url=url, folder=folder, environment=environment, options=options, objects=objects
    )
    answer = dict(report.figures) if as_json else None
    return show(
        report, as_json=as_json, show_personal_data=show_personal_data, table_rows=60, answer=answer
    )
