"""``crm-migrate map``: which field does each legacy column belong to?"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from migrate.cli._options import in_folder, open_migration, show, watched, with_report


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
@click.option("--no-learned", is_flag=True, help="Forget for once what was decided before.")
@with_report
def suggest_fields(
    *, place: str, target: str, only: tuple[str, ...], region: str, folder: Path, no_learned: bool,
    as_json: bool, show_personal_data: bool,
) -> int:  # fmt: skip
    """Suggest the field of the target for every column of a file, folder or database.

    Ranked, with how likely each is right and why; or to leave the column where it is. Nothing is
    written.
    """
    from migrate.pipeline.suggesting import suggest_for_place

    report = suggest_for_place(
        place, target, only=only, region=region, folder=folder, use_learned=not no_learned
    )
    answer = dict(report.figures) if as_json else None
    return show(report, as_json=as_json, show_personal_data=show_personal_data, answer=answer)


@command.command("gaps")
@click.argument("place", required=False, metavar="[PLACE]")
@click.option("--target", default="", metavar="CRM[:OBJECT,...]",
              help="For a PLACE alone: the target, and which of its objects.")  # fmt: skip
@click.option("--table", "only", multiple=True, metavar="T", help="Of a PLACE: this table only.")
@click.option("--region", default="", metavar="R", help="Where the data of a PLACE come from: SK.")
@click.option("--to", type=click.Path(path_type=Path), metavar="FILE",
              help="Write the report as a workbook (.xlsx) or a page (.html).")  # fmt: skip
@click.option("--scripts", type=click.Path(path_type=Path), metavar="FOLDER",
              help="Write what makes the new fields: a click list, and scripts where there are any.")  # fmt: skip
@in_folder
@with_report
def find_gaps(
    *, place: str | None, target: str, only: tuple[str, ...], region: str, to: Path | None,
    scripts: Path | None, folder: Path, environment: str, as_json: bool, show_personal_data: bool,
) -> int:  # fmt: skip
    """Say which source columns have a field, which need a new one, and which stay behind.

    Of a migration, by its mapping and, where it is silent, by suggestions; or of any PLACE, by
    suggestions alone. All rows are measured. The new fields have names by the target's rules,
    types, lengths with head room and lists of values; what would be too long is counted.
    """
    if place is not None and not target:
        raise click.UsageError("a PLACE needs --target: salesforce, or salesforce:Account,Contact")
    if place is None and (target or only or region):
        raise click.UsageError("--target, --table and --region belong to a PLACE: name one")
    from migrate.pipeline.gapping import gaps_of_migration, gaps_of_place

    if place is None:
        report = gaps_of_migration(
            open_migration(folder, environment), to=to, scripts=scripts,
            show_personal_data=show_personal_data, progress=watched(),
        )  # fmt: skip
    else:
        report = gaps_of_place(
            place, target, only=only, region=region, folder=folder, to=to, scripts=scripts,
            show_personal_data=show_personal_data, progress=watched(),
        )  # fmt: skip
    answer = dict(report.figures) if as_json else None
    return show(
        report, as_json=as_json, show_personal_data=show_personal_data, table_rows=60, answer=answer
    )


@command.command("check")
@in_folder
@with_report
def check_values(*, folder: Path, environment: str, as_json: bool, show_personal_data: bool) -> int:
    """Hold the mapping against every row: what would be refused, cut, without a home or an orphan.

    All that `check` says, and beside it what the values say after cleaning: those that cannot be
    read, are too long, stand in no list, find no parent; required fields with nothing in them;
    columns that say nothing. Exit code 2 when the plan cannot be made, 1 when values would be
    refused. Nothing is written.
    """
    from migrate.pipeline.map_checking import check_mapping, map_check_exit_code

    report = check_mapping(folder, environment, progress=watched())
    if not as_json:
        from migrate.specs.problems import sentence

        for issue in report.issues:
            click.echo(f"{issue.severity}: {sentence(issue)}")
    show(
        report if as_json else dataclasses.replace(report, issues=(), issue_counts={}),
        as_json=as_json, show_personal_data=show_personal_data, table_rows=40,
    )  # fmt: skip
    return map_check_exit_code(report)


@command.command("export")
@click.argument("workbook", type=click.Path(path_type=Path))
@in_folder
@with_report
def export_workbook(
    workbook: Path, folder: Path, environment: str, as_json: bool, show_personal_data: bool
) -> int:
    """Write the decision workbook (.xlsx): every column with its samples, suggestion and choice.

    Values, owners, match keys, exclusions, new fields and open questions have sheets of their own.
    """
    from migrate.pipeline.deciding import export_decisions, open_undecided

    setup = open_undecided(folder, environment)
    report = export_decisions(setup, workbook, progress=watched())
    return show(report, as_json=as_json, show_personal_data=show_personal_data)


@command.command("import")
@click.argument("workbook", type=click.Path(path_type=Path))
@click.option("--learn-for", "whose", type=click.Choice(["customer", "everyone"]),
              help="Keep what is signed off, as `map learn` does.")  # fmt: skip
@in_folder
@with_report
def import_workbook(
    *, workbook: Path, whose: str | None, folder: Path, environment: str, as_json: bool,
    show_personal_data: bool,
) -> int:  # fmt: skip
    """Take the choices in WORKBOOK into mappings/*.yaml; with any error nothing is written.

    Comments, order and everything that nobody decided stay as they are.
    """
    from migrate.pipeline.deciding import open_undecided
    from migrate.pipeline.deciding_import import import_decisions

    report = import_decisions(open_undecided(folder, environment), workbook)
    code = show(report, as_json=as_json, show_personal_data=show_personal_data)
    if whose and not code:
        from migrate.pipeline.learning import learn

        migration = open_migration(folder, environment)
        learned = learn(migration, for_everyone=whose == "everyone", signed_only=True)
        click.echo(learned.sections[0].text[0], err=True)
    return code


@command.command("learn")
@in_folder
@click.option("--for", "whose", type=click.Choice(["customer", "everyone"]), default="customer",
              help="Whose suggestions it helps: this customer's, or everyone's as well.")  # fmt: skip
@with_report
def learn_decisions(
    *, folder: Path, environment: str, whose: str, as_json: bool, show_personal_data: bool
) -> int:
    """Keep what the mapping decides, so that `map suggest` uses it first next time.

    Which heading goes into which field, and which columns are dropped; no values. For this customer
    in mappings/learned.yaml, for everyone also in your own configuration folder.
    """
    from migrate.pipeline.learning import learn

    migration = open_migration(folder, environment)
    report = learn(migration, for_everyone=whose == "everyone")
    answer = dict(report.figures) if as_json else None
    return show(report, as_json=as_json, show_personal_data=show_personal_data, answer=answer)
