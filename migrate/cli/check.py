"""``crm-migrate check``: is the whole plan sound?"""

from __future__ import annotations

from pathlib import Path

import click

from migrate.cli._options import in_folder, show, with_report


@click.command()
@in_folder
@with_report
def command(folder: Path, environment: str, as_json: bool, show_personal_data: bool) -> int:
    """Hold migration.yaml and the mappings against headers and schema; list every problem at once.

    No data row is read. Each problem names file and line, what was found, what is allowed, and
    what to do. Exit code 2 when there are errors; 3 or 4 when a source or the target is all that
    is wrong.
    """
    from migrate.pipeline.checking import check_exit_code, check_migration

    report = check_migration(folder, environment)
    if as_json:
        show(report, as_json=True, show_personal_data=show_personal_data)
    else:
        from migrate.specs.problems import sentence

        for issue in report.issues:
            click.echo(f"{issue.severity}: {sentence(issue)}")
        click.echo(report.sections[0].text[0])
    return check_exit_code(report)
