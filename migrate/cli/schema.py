"""``crm-migrate schema``: what may stand in the YAML files, for editors."""

from __future__ import annotations

import click


@click.command()
@click.argument("file", type=click.Choice(["mapping", "migration", "target"]), default="mapping",
                metavar="[mapping|migration|target]")  # fmt: skip
def command(file: str) -> int:
    """Print the JSON Schema of a mapping, of migration.yaml or of a target's file.

    An editor that is given it completes keys, says what they mean, and marks misspelt ones. In a
    file's first line: `# yaml-language-server: $schema=mapping.schema.json`.
    """
    import json

    from migrate.specs.json_schema import json_schema

    click.echo(json.dumps(json_schema(file), ensure_ascii=False, indent=2))
    return 0
