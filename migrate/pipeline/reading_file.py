"""What was guessed about a place, as YAML for people: written by ``extract``, followed when given back.

Beside each guess stand the evidence for it and what came second. A table that is deleted from the
file is not read; a guess that is deleted is made again.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from migrate.errors import MappingError
from migrate.extractors._readings import options_of
from migrate.specs.secrets import mask_url
from migrate.store.runfolder import write_private_text
from migrate.values import Decision, Table

FILE_NAME = "reading.yaml"
_HEAD = """\
# What was guessed while reading. Change what is wrong, and give the file back:
#   crm-migrate {command} --reading {name}
# A guess that you delete is made again; a table that you delete is not read.
"""


@dataclass(frozen=True)
class TableReading:
    """What a reading file says of one table: options of the extractor, and decisions by column."""

    options: Mapping[str, Any] = field(default_factory=dict)
    columns: Mapping[str, Decision] = field(default_factory=dict)


def write_reading_file(
    path: Path,
    place: str,
    tables: Sequence[Table],
    columns: Mapping[str, Mapping[str, Decision]],
    files: Mapping[str, str],
    *,
    command: str = "",
) -> None:
    """Write the readings of all tables; ``columns`` are the decisions, by table and column.

    ``command`` is what reads the file again, without the name of the program.
    """
    content = {
        table.name: {
            "file": files.get(table.name, ""),
            **plain(table.reading),
            "columns": plain(columns.get(table.name, {})),
        }
        for table in tables
    }
    stream = io.StringIO()
    again = command or f"extract {mask_url(place)} --to FOLDER"
    stream.write(_HEAD.format(command=again, name=path.name))
    yaml = YAML()
    yaml.allow_unicode = True
    yaml.width = 100
    yaml.dump({"tables": content}, stream)
    write_private_text(path, stream.getvalue())


def read_reading_file(path: Path) -> dict[str, TableReading]:
    """Read the file that a person edited. Raises MappingError at the line that is wrong."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise MappingError(
            f"the reading cannot be read ({type(problem).__name__})",
            hint="give the reading.yaml that an earlier extract wrote, saved as UTF-8",
            where=str(path),
        ) from problem
    try:
        content = YAML().load(text)
    except MarkedYAMLError as problem:
        mark = problem.problem_mark
        line = f":{mark.line + 1}" if mark else ""
        raise MappingError(
            f"is not readable as YAML: {problem.problem or 'wrong form'}",
            hint="compare it with the reading.yaml that extract writes",
            where=f"{path}{line}",
        ) from problem
    except YAMLError as problem:
        raise MappingError(
            "is not readable as YAML",
            hint="compare it with the reading.yaml that extract writes",
            where=str(path),
        ) from problem
    tables = content.get("tables") if isinstance(content, dict) else None
    if not isinstance(tables, dict) or not tables:
        raise MappingError(
            "names no table: it needs `tables:` with a mapping for each table",
            hint="give the reading.yaml that an earlier extract wrote",
            where=str(path),
        )
    return {str(name): _table_reading(path, tables, name) for name in tables}


def _table_reading(path: Path, tables: Any, name: Any) -> TableReading:
    said = tables[name]
    line = tables.lc.key(name)[0] + 1
    if said is None:
        return TableReading()
    if not isinstance(said, dict):
        raise MappingError(
            f"table {name} needs a mapping of guesses, and has none",
            hint="write `encoding: utf-8`, one guess a line, or {} to guess all",
            where=f"{path}:{line}",
        )
    columns = said.get("columns") or {}
    if not isinstance(columns, dict) or not all(isinstance(d, dict) for d in columns.values()):
        raise MappingError(
            f"`columns` of table {name} needs a mapping for each column",
            hint="write `Created: {clean: date, order: dmy}`",
            where=f"{path}:{line}",
        )
    options = {key: value for key, value in options_of(plain(said)).items() if key != "file"}
    return TableReading(options, {str(column): plain(d) for column, d in columns.items()})


def plain(value: Any) -> Any:
    """Give a value as YAML's own kinds, whatever mapping, tuple or text subclass it was."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return str(value)
