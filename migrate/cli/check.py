"""``crm-migrate check``: is the whole plan sound?"""

from __future__ import annotations

from pathlib import Path

import click

from migrate.cli._options import exit_code, in_folder, show, with_report


@click.command()
@in_folder
@with_report
def command(folder: Path, environment: str, as_json: bool, show_personal_data: bool) -> int:
    """Hold migration.yaml and the mappings against headers and schema; list every problem at once.

    No data row is read. Each problem names file and line, what was found, what is allowed, and
    what to do. Exit code 2 when there are errors.
    """
    from migrate.pipeline.checking import check_migration

    report = check_migration(folder, environment)
    if as_json:
        show(report, as_json=True, show_personal_data=show_personal_data)
    else:
        from migrate.specs.problems import sentence

        for issue in report.issues:
            click.echo(f"{issue.severity}: {sentence(issue)}")
        click.echo(report.sections[0].text[0])
    return 2 if exit_code(report) else 0
