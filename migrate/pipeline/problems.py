"""The problems of a run as Issues: where each value stands in the source, under which key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from migrate.specs.mapping import MappingSpec
from migrate.store import sets
from migrate.store.sets import literal
from migrate.values import RECORD_ID, RECORD_KEY, SOURCE_ROW, Issue, Table


def problem_issues(
    connection: sets.Connection, mapping: MappingSpec, tables: Mapping[str, Table],
    extracts: Mapping[str, Path],
) -> Iterator[Issue]:  # fmt: skip
    """Every row of the scratch table ``problems``, the errors of each block first."""
    for block in mapping.blocks:
        table = tables[block.table]
        query = (
            f"SELECT p.*, t.{RECORD_KEY} AS record_key, t.{SOURCE_ROW} AS source_row FROM problems p "
            f"JOIN {sets.parquet([extracts[block.table]])} t USING ({RECORD_ID}) "
            f"WHERE p.block = {literal(block.name)} "
            f"ORDER BY p.severity, p.code, t.{SOURCE_ROW}, p.part, p.field"
        )
        for frame in sets.frames(connection, query):
            for row in frame.to_dict("records"):
                yield Issue(
                    code=str(row["code"]),
                    severity=row["severity"],
                    message=_text(row["message"]),
                    entity=block.object,
                    column=_text(row["column"]) or _text(row["field"]),
                    record=_text(row["record_key"]),
                    place=f"{table.origin}:{row['source_row']}",
                    value=_text(row["value"]),
                    hint=_text(row["hint"]),
                )


def count_problems(connection: sets.Connection) -> dict[str, int]:
    """How many problems there are of each code."""
    rows = sets.run(connection, "SELECT code, count(*) FROM problems GROUP BY 1 ORDER BY 2 DESC, 1")
    return {str(code): int(count) for code, count in rows}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
