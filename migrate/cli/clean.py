"""``crm-migrate clean``: one file, cleaned alone, with everything that was changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from migrate.cli._options import show, watched, with_report


@click.command()
@click.argument("place", metavar="FILE")
@click.option("--as", "kind", default="", metavar="KIND",
              help="What a row is: contact, account, lead, deal, activity, product, user, …")  # fmt: skip
@click.option("--to", required=True, type=click.Path(path_type=Path), metavar="OUT",
              help="The cleaned file: CSV, a workbook by its ending .xlsx, or a folder.")  # fmt: skip
@click.option("--table", default="", metavar="T", help="Clean this table of several.")
@click.option("--reading", type=click.Path(path_type=Path), metavar="FILE",
              help="Follow this reading file, written by an earlier run and edited.")  # fmt: skip
@click.option("--locale", default="", metavar="L", help="Whose customs decide: sk_SK, en_US.")
@click.option("--region", default="", metavar="R", help="Whose customs decide: SK, US.")
@click.option("--undo", is_flag=True, help="FILE is a cleaned one: write it as it was before.")
@click.option("--force", "overwrites", is_flag=True, help="Write over OUT if it is there.")
@with_report
def command(
    *, undo: bool, place: str, to: Path, overwrites: bool, as_json: bool, show_personal_data: bool,
    reading: Path | None, **request: Any,
) -> int:  # fmt: skip
    """Clean a file: names, companies, e-mails, phones, dates, numbers, countries, addresses.

    What each column is, and how it is read, is decided from its heading and values; the decisions
    are in OUT.reading.yaml, to be corrected and given back with --reading. OUT has the same rows in
    the same order, and what the values would have lost in columns of its own (an extension, a
    second number). OUT.changes.csv lists every change with its rule, and --undo takes them back.
    A value that cannot be read stays as it is, and is listed.
    """
    from migrate.pipeline import cleaning

    if undo:
        report, answer = cleaning.undo_cleaning(Path(place), to, overwrites=overwrites)
    else:
        asked = {**request, "show_personal_data": show_personal_data, "overwrites": overwrites}
        report, answer = cleaning.clean_asked(place, to, reading, asked, progress=watched())
    return show(report, as_json=as_json, show_personal_data=show_personal_data, answer=answer)
