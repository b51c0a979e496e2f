"""``crm-migrate assess``: what is in the legacy system?"""

from __future__ import annotations

from pathlib import Path

import click

from migrate.cli._options import exit_code, in_folder, open_migration, show, watched, with_report


@click.command()
@click.argument("place", required=False, metavar="[PLACE]")
@click.option("--to", "target", type=click.Path(path_type=Path), metavar="FOLDER",
              help="Where page, workbook and figures of PLACE go (default: assessment-NAME).")  # fmt: skip
@click.option("--locale", default="", metavar="L", help="Whose customs decide: sk_SK, en_US.")
@click.option("--region", default="", metavar="R", help="Whose customs decide: SK, US.")
@in_folder
@with_report
def command(
    *, place: str | None, target: Path | None, locale: str, region: str, folder: Path,
    environment: str, as_json: bool, show_personal_data: bool,
) -> int:  # fmt: skip
    """Profile a migration's sources, or a file, folder or database PLACE on its own.

    Tables, columns and what they mean, keys, references, orphans, duplicates, growth, owners,
    stale records, personal data: as a page for the customer, a workbook and JSON. Nothing is
    written to the source.
    """
    from migrate.pipeline.assessing import assess, assess_place

    if place is None and (target or locale or region):
        raise click.UsageError("--to, --locale and --region belong to a PLACE: name one")
    if place is None:
        report, figures = assess(
            open_migration(folder, environment), show_personal_data=show_personal_data,
            progress=watched(),
        )  # fmt: skip
    else:
        report, figures = assess_place(
            place, folder=target, locale=locale, region=region,
            show_personal_data=show_personal_data, progress=watched(),
        )  # fmt: skip
    if as_json:
        import json

        click.echo(json.dumps(figures, ensure_ascii=False, indent=1))
        return 0 if place is None else exit_code(report)
    code = show(report, as_json=False, show_personal_data=True, table_rows=60)
    return 0 if place is None else code
