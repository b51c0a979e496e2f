"""``crm-migrate assess``: what is in the legacy system?"""

from __future__ import annotations

from pathlib import Path

import click

from migrate.cli._options import in_folder, open_migration, show, watched, with_report


@click.command()
@in_folder
@with_report
def command(folder: Path, environment: str, as_json: bool, show_personal_data: bool) -> int:
    """Profile the sources: tables, columns, keys, references, orphans, volumes, owners."""
    from migrate.pipeline.assessing import assess

    report, figures = assess(open_migration(folder, environment), progress=watched())
    if as_json:
        import json

        click.echo(json.dumps(figures, ensure_ascii=False, indent=1))
    else:
        show(report, as_json=False, show_personal_data=show_personal_data, table_rows=60)
    return 0
