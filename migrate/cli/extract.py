"""``crm-migrate extract``: any source into plain CSV files, with everything that was guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from migrate.cli._options import pairs, show, watched, with_password, with_report


@click.command()
@click.argument("place", metavar="PATH_OR_URL")
@click.option("--to", "folder", required=True, type=click.Path(path_type=Path), metavar="FOLDER",
              help="Where the tables go, one CSV each, with reading.yaml beside them.")  # fmt: skip
@click.option("--table", "only", multiple=True, metavar="T", help="Read this table only.")
@click.option("--reading", type=click.Path(path_type=Path), metavar="FILE",
              help="Follow this reading.yaml, written by an earlier extract and edited.")  # fmt: skip
@click.option("--option", "options", multiple=True, callback=pairs, metavar="KEY=VALUE",
              help="Overrule one guess for every table: encoding=cp1250, header_row=3.")  # fmt: skip
@click.option("--locale", default="", metavar="L", help="Whose customs decide: sk_SK, en_US.")
@click.option("--region", default="", metavar="R", help="Whose customs decide: SK, US.")
@click.option("--typed", "is_typed", is_flag=True,
              help="Write dates, numbers, yes and no in one plain form.")  # fmt: skip
@click.option("--rows", "with_rows", is_flag=True, help="Add the source's row number as a column.")
@click.option("--force", "overwrites", is_flag=True, help="Write over what the folder holds.")
@with_report
def command(
    *, reading: Path | None, as_json: bool, show_personal_data: bool, **request: Any
) -> int:
    """Read a file, folder or database, told nothing but the place, and write its tables as CSV.

    Everything that was guessed is in FOLDER/reading.yaml, with the evidence; correct it there and
    give it back with --reading. Nothing is written to the source.
    """
    from migrate.pipeline.extract_report import extract_json
    from migrate.pipeline.extract_run import Request, extract_place
    from migrate.pipeline.reading_file import read_reading_file

    readings = read_reading_file(reading) if reading else {}
    request["options"] = with_password(request["place"], request["options"])
    report, written = extract_place(Request(readings=readings, **request), progress=watched())
    answer = extract_json(report, written, request["folder"], show_personal_data=show_personal_data)
    return show(report, as_json=as_json, show_personal_data=show_personal_data, answer=answer)
