"""How columns are read: decided once from evidence, written to reading.yaml, followed when edited."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from migrate.errors import MappingError
from migrate.pipeline.column_readings import in_calendar
from migrate.pipeline.reading_file import plain
from migrate.pipeline.setup import Setup
from migrate.registry import did_you_mean
from migrate.specs.mapping import Block, FieldMap
from migrate.store import sets
from migrate.store.sets import quote
from migrate.transform.fields import COMPUTED, cleaner_of, date_decision_name, decide, decision_name
from migrate.values import Decision, Table, TargetSchema

DISTINCT_VALUES = 10_000
RETENTION_CLEANER = "date"


def decide_columns(
    connection: sets.Connection,
    setup: Setup,
    schema: TargetSchema,
    extracts: Mapping[str, Path],
    tables: Mapping[str, Table],
) -> dict[str, Decision]:
    """A decision for each cleaned column of the mapping; those in reading.yaml are followed."""
    given = read_decisions(setup.folder / "reading.yaml")
    decisions: dict[str, Decision] = {}
    for block in setup.mapping.blocks:
        target = schema.object(block.object)
        for field_map in block.fields:
            field = target.field(field_map.field) if target else None
            cleaner = cleaner_of(field_map, field) if field else ""
            if not cleaner or cleaner == "picklist" or not field_map.columns:
                continue
            if field_map.kind in COMPUTED:
                continue
            name = decision_name(block, field_map, cleaner)
            if name not in decisions:
                decisions[name] = given.get(name) or _decide(
                    connection, setup, block, field_map, cleaner, extracts, tables
                )
        for column in rate_day_columns(block):
            field_map = FieldMap(column, columns=(column,))
            name = date_decision_name(block, column)
            if name not in decisions:
                decisions[name] = given.get(name) or _decide(
                    connection, setup, block, field_map, "date", extracts, tables
                )
    for rule in setup.project.retention:
        owner = setup.mapping.block(rule.block)
        if owner is not None:
            field_map = FieldMap(rule.column, columns=(rule.column,))
            name = decision_name(owner, field_map, RETENTION_CLEANER)
            decisions[name] = given.get(name) or _decide(
                connection, setup, owner, field_map, RETENTION_CLEANER, extracts, tables
            )
    unknown = sorted(set(given) - set(decisions))
    if unknown:
        raise MappingError(
            f"reading.yaml decides about {unknown[0]!r}, which no mapping reads",
            hint=did_you_mean(unknown[0], decisions),
            where=str(setup.folder / "reading.yaml"),
        )
    return decisions


def rate_day_columns(block: Block) -> list[str]:
    """The columns that say of which day the rate of a converted amount is."""
    found = [f.conversion.date_column for f in block.fields if f.conversion]
    return [column for column in dict.fromkeys(found) if column]


def write_reading(
    path: Path, decisions: Mapping[str, Decision], tables: Mapping[str, Table]
) -> None:
    """What was guessed, as YAML for people: copy it beside migration.yaml and edit it there."""
    yaml = YAML()
    yaml.allow_unicode = True
    yaml.width = 100
    content = {
        "columns": {name: plain(decision) for name, decision in sorted(decisions.items())},
        "tables": {name: plain(t.reading) for name, t in sorted(tables.items()) if t.reading},
    }
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(
            "# What was guessed while reading. To decide otherwise, copy this file beside\n"
            "# migration.yaml, change `columns:` there (leave out what is right), and plan again.\n"
            "# `tables:` is for information: say the same under `sources:` to decide it.\n"
        )
        yaml.dump(content, stream)


def read_decisions(path: Path) -> dict[str, Decision]:
    """The decisions that somebody edited; none when the file is not there."""
    if not path.exists():
        return {}
    try:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8")) or {}
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise MappingError(
            "is not readable as YAML", hint="compare it with the run's own reading.yaml",
            where=f"{path}{line}",
        ) from error  # fmt: skip
    columns = content.get("columns") or {}
    return {str(name): dict(decision) for name, decision in columns.items()}


def _decide(
    connection: sets.Connection, setup: Setup, block: Block, field_map: FieldMap, cleaner: str,
    extracts: Mapping[str, Path], tables: Mapping[str, Table],
) -> Decision:  # fmt: skip
    pieces = []
    reading: Mapping[str, Any] = {}
    for column in field_map.columns:
        place = block.source_of(column)
        if place is not None:
            table, name = place
            reading = tables[table].reading if table in tables else reading
            pieces.append(
                f"SELECT {quote(name)} AS value FROM {sets.parquet([extracts[table]])} "
                f"WHERE trim({quote(name)}) <> ''"
            )
    values: list[tuple[str, int]] = []
    if pieces:
        rows = sets.run(
            connection,
            f"SELECT value, count(*) AS n FROM ({' UNION ALL '.join(pieces)}) "
            # by md5, so that the values come from the whole column: the first 10,000 of a list
            # of dates are all from the first days of a month, or from the oldest years
            f"GROUP BY 1 ORDER BY n DESC, md5(value) LIMIT {DISTINCT_VALUES}",
        )
        nulls = set(setup.project.nulls)
        values = [(str(value), int(count)) for value, count in rows if value not in nulls]
    project = setup.project
    options = field_map.options
    if cleaner == "datetime" and project.time_zone:
        options = {"time_zone": project.time_zone, **options}
    decided = decide(cleaner, values, locale=project.locale, region=project.region, options=options)
    return in_calendar(decided, reading, options)
