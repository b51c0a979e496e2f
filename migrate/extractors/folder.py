"""What tables does a folder hold, or an archive of files, when each file is read as what it is?

Files that are parts of one export (the same table in several zips, ``export-1.csv`` and
``export-2.csv``) become one table. A file that cannot be read is an Issue, and the rest goes on.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from migrate.errors import SourceError, UsageError
from migrate.extractors._folder_files import Listing, SourceFile, list_files
from migrate.extractors._joined import family, joined, missing_parts
from migrate.extractors._kinds import kind_of
from migrate.extractors._readings import options_of
from migrate.extractors._text import check_options, chosen, nearest, slug, unique_names
from migrate.registry import load_plugin, plugin_names
from migrate.values import Issue, Table

FOLDER_OPTIONS = ("file", "parts", "table_in_file")
_MANY = frozenset({"vcard", "mail", "ldif"})  # kinds whose files are usually a record each


def read_tables(
    place: str | Path,
    *,
    tables: Mapping[str, Mapping[str, Any]] | None = None,
    only: Sequence[str] | None = None,
    **options: Any,
) -> list[Table]:
    """Give the tables of all files of a folder or zip archive, named by file.

    A table's options are those of the kind of its file; ``file`` (or ``parts``) says which file
    they are for. Options for the whole place go to the files whose kind knows them. Raises
    SourceError where no file holds a table.
    """
    path = Path(place)
    listing = list_files(path)
    given = dict(tables or {})
    found, issues = _found(listing, given, options)
    loose = [name for name, own in given.items() if "file" not in own and "parts" not in own]
    if loose:
        names = {table.name: table for table in found}
        for name in chosen(list(names), loose, str(path)):
            given[name] = {**options_of(names[name].reading), **given[name]}
        found, issues = _found(listing, given, options)
    kept = chosen([table.name for table in found], only, str(path))
    return _with_issues([t for t in found if t.name in kept], issues)


@dataclass(frozen=True)
class _Opened:
    """The tables of one file, or why there are none."""

    file: SourceFile
    kind: str
    tables: tuple[Table, ...] = ()
    refusal: SourceError | None = None


def _found(
    listing: Listing, given: Mapping[str, Mapping[str, Any]], options: Mapping[str, Any]
) -> tuple[list[Table], list[Issue]]:
    by_file = _by_file(listing, given)
    _check_shared(options, listing)
    opened = [_opened(file, listing, by_file.get(file.label, {}), options) for file in listing.files]
    refused = [one for one in opened if one.refusal is not None]
    read = [one for one in opened if one.tables]
    if not read and not listing.attached:
        raise _nothing(listing, refused)
    return _named(read, listing, given), [*listing.issues, *(_refused(o, listing) for o in refused)]


def _refused(one: _Opened, listing: Listing) -> Issue:
    assert one.refusal is not None
    return Issue(
        "file_unreadable", "warning", listing.shown(one.refusal.message), place=one.file.shown,
        hint=listing.shown(one.refusal.hint),
    )  # fmt: skip


def _nothing(listing: Listing, refused: Sequence[_Opened]) -> SourceError:
    where = str(listing.place)
    if not refused:
        told = listing.issues[0].message if listing.issues else "it is empty"
        return SourceError(
            f"there is no file to read in it ({told})", hint="name the folder of the export",
            where=where,
        )  # fmt: skip
    first = refused[0].refusal
    assert first is not None
    more = f"; and {len(refused) - 1} more like it" if len(refused) > 1 else ""
    return SourceError(
        f"none of its {len(refused)} files can be read:"
        f" {refused[0].file.label} {first.message}{more}",
        hint=listing.shown(first.hint), where=where,
    )  # fmt: skip


def _by_file(
    listing: Listing, given: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, dict[str, Any]]]:
    """Sort the options of tables by the file they are for: file -> table in it -> options."""
    labels = [file.label for file in listing.files]
    result: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for name, own in given.items():
        for part in own.get("parts") or ([own] if "file" in own else []):
            if not isinstance(part, Mapping) or "file" not in part:
                raise UsageError(
                    f"table {name}: every entry of `parts` needs `file`",
                    hint="take it from reading.yaml", where=str(listing.place),
                )  # fmt: skip
            label = str(part["file"])
            if label not in labels:
                near = nearest(label, labels)
                raise UsageError(
                    f'table {name}: there is no file "{label}"',
                    hint=f'did you mean "{near}"?' if near else f"there are: {', '.join(labels)}",
                    where=str(listing.place),
                )
            inner = str(part.get("table_in_file") or name)
            result[label][inner] = {k: v for k, v in part.items() if k not in FOLDER_OPTIONS}
    return result


def _check_shared(options: Mapping[str, Any], listing: Listing) -> None:
    """Refuse an option of the whole place that no kind of file knows."""
    if not options:
        return
    known = {"tables", "only"}
    for kind in plugin_names("extractors"):
        if kind != "folder":
            known |= set(getattr(load_plugin("extractors", kind), "FILE_OPTIONS", ()))
    check_options(options, sorted(known - {"name"}), str(listing.place))


def _opened(
    file: SourceFile,
    listing: Listing,
    own: Mapping[str, Mapping[str, Any]],
    options: Mapping[str, Any],
) -> _Opened:
    kind = ""
    try:
        kind = kind_of(file.path)
        module = load_plugin("extractors", kind)
        known = getattr(module, "FILE_OPTIONS", ())
        shared = {name: value for name, value in options.items() if name in known}
        tables = module.read_tables(file.path, **({"tables": own} if own else {}), **shared)
    except SourceError as problem:
        return _Opened(file, kind, refusal=problem)
    except UsageError as problem:
        if own:
            raise UsageError(
                listing.shown(problem.message), hint=problem.hint, where=listing.shown(problem.where)
            ) from problem
        return _Opened(
            file, kind, refusal=SourceError(problem.message, hint=problem.hint, where=problem.where)
        )
    return _Opened(file, kind, tuple(_shown(table, listing) for table in tables))


def _shown(table: Table, listing: Listing) -> Table:
    """Name files in origin, Issues and errors as the user knows them; keep what is unpacked."""
    if listing.unpacked is None:
        return table
    return replace(
        table,
        origin=listing.shown(table.origin),
        read=partial(_read, table, listing),
        count=partial(_count, table, listing),
        issues=lambda: tuple(
            replace(issue, place=listing.shown(issue.place), message=listing.shown(issue.message))
            for issue in table.issues()
        ),
    )


def _read(table: Table, listing: Listing, rows: int) -> Iterator[pd.DataFrame]:
    try:
        yield from table.batches(rows)
    except SourceError as problem:
        raise _told(problem, listing) from problem


def _count(table: Table, listing: Listing) -> int:
    try:
        return table.count()
    except SourceError as problem:
        raise _told(problem, listing) from problem


def _told(problem: SourceError, listing: Listing) -> SourceError:
    return SourceError(
        listing.shown(problem.message), hint=listing.shown(problem.hint),
        where=listing.shown(problem.where),
    )  # fmt: skip


# -- names, and parts of one export -------------------------------------------------------------


@dataclass(frozen=True)
class _Piece:
    """One table of one file, before it has its last name."""

    file: SourceFile
    kind: str
    table: Table
    name: str
    group: tuple[Any, ...]
    numbers: tuple[int, ...] = ()


def _named(
    read: Sequence[_Opened], listing: Listing, given: Mapping[str, Mapping[str, Any]]
) -> list[Table]:
    explicit = {
        (str(part["file"]), str(part.get("table_in_file") or name)): name
        for name, own in given.items()
        for part in (own.get("parts") or ([own] if "file" in own else []))
    }
    pieces = [piece for one in read for piece in _pieces(one, len(read) == 1, explicit)]
    groups: dict[tuple[Any, ...], list[_Piece]] = defaultdict(list)
    for piece in pieces:
        groups[piece.group].append(piece)
    merged = [part for group in groups.values() for part in _parted(group)]
    # a name that was given stays; the others make way
    merged.sort(key=lambda parts: parts[0].group[0] != "given")
    names = unique_names(_name(parts) for parts in merged)
    order = {file.label: index for index, file in enumerate(listing.files)}
    made = [
        (order[parts[0].file.label], _table(name, parts, listing, given))
        for name, parts in zip(names, merged, strict=True)
    ]
    return [table for _, table in sorted(made, key=lambda pair: pair[0])]


def _name(parts: list[_Piece]) -> str:
    """Name a table that is in parts without their number, where the number is in the name."""
    first = parts[0]
    stem = Path(first.file.label).stem
    if first.group[0] != "one" or len(parts) == 1 or not family(stem)[1]:
        return first.name
    number = re.escape(slug(re.findall(r"\d+", stem)[-1]))
    return re.sub(rf"_?(part_?)?{number}(?=_|$)", "", first.name, count=1) or first.name


def _pieces(
    one: _Opened, is_alone: bool, explicit: Mapping[tuple[str, str], str]
) -> Iterator[_Piece]:
    stem = slug(Path(one.file.label).stem)
    whole, numbers = family(one.file.label)
    for table in one.tables:
        if name := explicit.get((one.file.label, table.name)):
            yield _Piece(one.file, one.kind, table, name, ("given", name))
        elif one.kind in _MANY:
            yield _Piece(one.file, one.kind, table, table.name, ("many", one.kind, table.name))
        elif len(one.tables) == 1:
            alone = table.name if is_alone else stem
            group = ("one", whole, one.kind, table.column_names)
            yield _Piece(one.file, one.kind, table, alone, group, numbers)
        else:
            name = table.name if is_alone else f"{stem}_{table.name}"
            group = ("one", whole, one.kind, table.name, table.column_names)
            yield _Piece(one.file, one.kind, table, name, group, numbers)


def _parted(group: list[_Piece]) -> Iterator[list[_Piece]]:
    """Give what is one table together: numbered parts, records in a file each, or what was told."""
    is_numbered = all(piece.numbers for piece in group)
    if group[0].group[0] in ("given", "many") or (is_numbered and len(group) > 1):
        yield sorted(group, key=lambda piece: piece.numbers) if is_numbered else group
        return
    yield from ([piece] for piece in group)


def _table(
    name: str, parts: list[_Piece], listing: Listing, given: Mapping[str, Mapping[str, Any]]
) -> Table:
    labelled = [_labelled(piece, name) for piece in parts]
    if len(parts) == 1 and "parts" not in given.get(name, {}):
        return replace(labelled[0], name=name)
    is_many = parts[0].group[0] == "many"
    why = "each is read as one kind of record" if is_many else "one header, and numbers in the names"
    why = "given" if parts[0].group[0] == "given" else why
    gaps = missing_parts([piece.numbers for piece in parts]) if parts[0].numbers else []
    extra = [Issue(
        "part_missing", "warning",
        f"the parts {', '.join(map(str, gaps))} of the export are not there", entity=name,
        place=str(listing.place), hint="ask for them: the numbers in the files' names leave a gap",
    )] if gaps else []  # fmt: skip
    return joined(name, labelled, str(listing.place), why=why, extra=extra)


def _labelled(piece: _Piece, name: str) -> Table:
    reading: dict[str, Any] = {"file": piece.file.label}
    if piece.table.name != name:
        reading["table_in_file"] = piece.table.name
    return replace(piece.table, reading={**reading, **piece.table.reading})


def _with_issues(tables: list[Table], issues: Sequence[Issue]) -> list[Table]:
    """Hang what was met in the place on its first table."""
    if not tables or not issues:
        return tables
    first = tables[0]
    return [replace(first, issues=lambda: (*issues, *first.issues())), *tables[1:]]
