"""What are the tables of several files called, and which of them are parts of one?"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from migrate.errors import SourceError, UsageError
from migrate.extractors._joined import family, joined, missing_parts
from migrate.extractors._text import slug, unique_names
from migrate.values import Issue, Table

FOLDER_OPTIONS = ("file", "parts", "table_in_file", "files_of_kind")


@dataclass(frozen=True)
class FileTables:
    """The tables of one file (or of all files of a kind), or why there are none."""

    label: str
    shown: str
    kind: str
    tables: tuple[Table, ...] = ()
    refusal: SourceError | None = None
    is_many: bool = False


@dataclass(frozen=True)
class _Piece:
    """One table of one file, before it has its last name; equal groups may be one table."""

    source: FileTables
    table: Table
    name: str
    group: tuple[object, ...]
    numbers: tuple[int, ...] = ()

    @property
    def is_given(self) -> bool:
        return self.group[0] == "given"


def said_parts(name: str, own: Mapping[str, Any], place: str) -> list[Mapping[str, Any]]:
    """Give the files that the options of a table name, each with the options for it.

    Raises UsageError for a part that names no file.
    """
    if "parts" not in own:
        return [own] if "file" in own or "files_of_kind" in own else []
    parts = own["parts"]
    if not isinstance(parts, list) or not all(
        isinstance(p, Mapping) and "file" in p for p in parts
    ):
        raise UsageError(
            f"table {name}: `parts` must be a list, and every entry needs `file`",
            hint="take it from reading.yaml", where=place,
        )  # fmt: skip
    return parts


def named_tables(
    read: Sequence[FileTables], place: str, given: Mapping[str, Mapping[str, Any]]
) -> list[Table]:
    """Name every table by its file, number names used twice, and put parts together."""
    explicit = {
        (
            str(part.get("file") or part.get("files_of_kind")),
            str(part.get("table_in_file") or name),
        ): name
        for name, own in given.items()
        for part in said_parts(name, own, place)
    }
    groups: dict[tuple[object, ...], list[_Piece]] = defaultdict(list)
    for one in read:
        for piece in _pieces(one, len(read) == 1, explicit):
            groups[piece.group].append(piece)
    merged = [parts for group in groups.values() for parts in _parted(group)]
    merged.sort(key=lambda parts: not parts[0].is_given)  # a name that was given stays
    names = unique_names(_name(parts) for parts in merged)
    final = {
        (piece.source.label, piece.table.name): name
        for name, parts in zip(names, merged, strict=True)
        for piece in parts
    }
    order = {one.label: index for index, one in enumerate(read)}
    made = [
        (order[parts[0].source.label], _table(name, parts, place, given, final))
        for name, parts in zip(names, merged, strict=True)
    ]
    return [table for _, table in sorted(made, key=lambda pair: pair[0])]


def _pieces(
    one: FileTables, is_alone: bool, explicit: Mapping[tuple[str, str], str]
) -> Iterator[_Piece]:
    stem = slug(Path(one.label).stem)
    whole, numbers = family(one.label)
    for table in one.tables:
        if name := explicit.get((one.kind if one.is_many else one.label, table.name)):
            yield _Piece(one, table, name, ("given", name))
        elif one.is_many:
            yield _Piece(one, table, table.name, ("many", one.kind, table.name))
        else:
            named = stem if len(one.tables) == 1 else f"{stem}_{table.name}"
            inner = "" if len(one.tables) == 1 else table.name
            group = ("one", whole, one.kind, inner, table.column_names)
            yield _Piece(one, table, table.name if is_alone else named, group, numbers)


def _parted(group: list[_Piece]) -> Iterator[list[_Piece]]:
    """Give what is one table together: numbered parts, and what was told."""
    is_numbered = all(piece.numbers for piece in group)
    if is_numbered and len(group) > 1:
        yield sorted(group, key=lambda piece: piece.numbers)
    elif group[0].is_given:
        yield group
    else:
        yield from ([piece] for piece in group)


def _name(parts: list[_Piece]) -> str:
    """Name a table that is in parts without their number, where the number is in the name."""
    first = parts[0]
    stem = Path(first.source.label).stem
    if first.is_given or len(parts) == 1 or not family(stem)[1]:
        return first.name
    number = re.escape(slug(re.findall(r"\d+", stem)[-1]))
    return re.sub(rf"_?(part_?)?{number}(?=_|$)", "", first.name, count=1) or first.name


def _table(
    name: str,
    parts: list[_Piece],
    place: str,
    given: Mapping[str, Mapping[str, Any]],
    final: Mapping[tuple[str, str], str],
) -> Table:
    labelled = [_labelled(piece, name, final) for piece in parts]
    if len(parts) == 1 and "parts" not in given.get(name, {}):
        return replace(labelled[0], name=name)
    why = "given" if parts[0].is_given else "one header, and numbers in the names"
    gaps = missing_parts([piece.numbers for piece in parts]) if parts[0].numbers else []
    extra = [Issue(
        "part_missing", "warning",
        f"the parts {', '.join(map(str, gaps))} of the export are not there", entity=name,
        place=place, hint="ask for them: the numbers in the files' names leave a gap",
    )] if gaps else []  # fmt: skip
    return joined(name, labelled, place, why=why, extra=extra)


def _labelled(piece: _Piece, name: str, final: Mapping[tuple[str, str], str]) -> Table:
    """Say where a table came from, and let its references use the names of the whole place."""
    source, table = piece.source, piece.table
    reading: dict[str, Any] = (
        {"files_of_kind": source.kind} if source.is_many else {"file": source.label}
    )
    if table.name != name:
        reading["table_in_file"] = table.name
    references = tuple(
        replace(key, target_table=final.get((source.label, key.target_table), key.target_table))
        for key in table.foreign_keys
    )
    return replace(table, foreign_keys=references, reading={**reading, **table.reading})
