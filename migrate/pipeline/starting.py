"""Begin a migration: a folder with a migration.yaml that says what to fill in, and a mapping."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from migrate.errors import UsageError
from migrate.extractors import open_source
from migrate.registry import did_you_mean
from migrate.specs.catalogue import read_target, target_names
from migrate.values import Table, TargetSchema

_PROJECT = """\
# One migration. Paths are relative to this folder; secrets come from the environment: ${{NAME}}.
migration: {name}
# locale: sk_SK            # how numbers and dates are written, where the data does not say
# region: SK               # whose phone numbers have no country code
# currency: EUR
# time_zone: Europe/Bratislava

sources:
{sources}
environments:
  sandbox:
    target: {target}
    url: "{url}"
  # production:
  #   target: {target}
  #   url: "${{CRM_URL}}"
  #   production: true       # takes an approved plan, and asks for the migration's name

waves: [base, history]

# retention:
#   - {{block: activities, column: due, before: 2015-01-01, reason: older than ten years}}
# totals:
#   - {{name: deals by currency, block: deals, object: Opportunity, sum: amount, into: amount, by: {{currency: currency}}}}
# gates: {{max_quarantined_percent: 0.5}}
"""

_SOURCE = """\
  {name}:
    place: {place}
    tables:
{tables}"""

_MAPPING = """\
# Which field of the CRM comes from where. `crm-migrate check` says what is missing.
# Every column that stands in no block is kept in the archive; one that is knowingly left behind
# stands under `drop:` with who signed for it.
blocks:
{blocks}
"""


def begin(folder: Path, *, places: Sequence[str], target: str, name: str = "") -> list[Path]:
    """Write migration.yaml and mappings/crm.yaml; returns the files written.

    Opens each source to list its tables and columns. Raises UsageError when the folder holds a
    migration already, SourceError when a source cannot be read.
    """
    if (folder / "migration.yaml").exists():
        raise UsageError(
            f"{folder} holds a migration already",
            hint="go on with it: crm-migrate check",
            where=str(folder / "migration.yaml"),
        )
    if target not in target_names():
        raise UsageError(
            f"there is no target {target!r}", hint=did_you_mean(target, target_names())
        )
    schema = read_target(target)
    opened = [
        (
            _source_name(place),
            _written(folder, place),
            open_source(_found(folder, place), folder=folder),
        )
        for place in places
    ]
    sources = "".join(_source(n, place, tables) for n, place, tables in opened)
    blocks = "".join(_block(n, table, schema) for n, _, tables in opened for table in tables)
    url = "sqlite:///sandbox.db" if target == "reference" else "https://..."
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mappings").mkdir(exist_ok=True)
    files = {
        folder / "migration.yaml": _PROJECT.format(
            name=name or folder.resolve().name.lower().replace(" ", "_"),
            sources=sources or "  # crm:\n  #   place: legacy/customers.xlsx\n",
            target=target,
            url=url,
        ),
        folder / "mappings" / "crm.yaml": _MAPPING.format(blocks=blocks or "  {}"),
    }
    for path, content in files.items():
        path.write_text(content, encoding="utf-8", newline="\n")
    return list(files)


def _found(folder: Path, place: str) -> str | Path:
    if "://" in place:
        return place
    path = Path(place)
    return path if path.exists() else folder / place


def _written(folder: Path, place: str) -> str:
    """The place as migration.yaml must say it: relative to the migration's folder."""
    found = _found(folder, place)
    if isinstance(found, str):
        return found
    try:
        return Path(os.path.relpath(found.resolve(), folder.resolve())).as_posix()
    except ValueError:  # on another drive of Windows
        return found.resolve().as_posix()


def _source_name(place: str) -> str:
    stem = Path(place.split("?")[0]).stem if "://" not in place else place.split("://")[0]
    return "".join(c if c.isalnum() else "_" for c in stem.lower()) or "source"


def _source(name: str, place: str, tables: Sequence[Table]) -> str:
    lines = []
    for table in tables:
        if table.is_view:
            continue
        if table.key:
            lines.append(f"      # {table.name}: its key is {', '.join(table.key)}\n")
        else:
            lines.append(
                f"      {table.name}: {{key: [{_quoted(table.column_names[0])}]}}  "
                "# is this column the key? a row is recognised by it for ever\n"
            )
    return _SOURCE.format(name=name, place=_quoted(place), tables="".join(lines))


def _block(source: str, table: Table, schema: TargetSchema) -> str:
    if table.is_view:
        return ""
    first = schema.objects[0].name
    columns = "\n".join(f"  #     {_quoted(column)}" for column in table.column_names)
    return (
        f"  # {table.name}:\n  #   from: {source}.{table.name}\n"
        f"  #   to: {first}            # {', '.join(o.name for o in schema.objects)}\n"
        f"  #   fields:\n  #     name: ...\n  #   columns of the table:\n{columns}\n"
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
