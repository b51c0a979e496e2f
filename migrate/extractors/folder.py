"""What tables does a folder hold, or an archive of files, when each file is read as what it is?

Files that are parts of one export (the same table in several zips, ``export-1.csv`` and
``export-2.csv``) become one table. A file that cannot be read is an Issue, and the rest goes on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from migrate.errors import SourceError, UsageError
from migrate.extractors._folder.files import Listing, SourceFile, list_files
from migrate.extractors._folder.tables import FOLDER_OPTIONS, FileTables, named_tables, said_parts
from migrate.extractors._kinds import kind_of
from migrate.extractors._readings import options_of
from migrate.extractors._text import check_options, chosen, nearest
from migrate.registry import load_plugin, plugin_names
from migrate.values import Issue, Table

# kinds of which a folder holds many files, one for each record: read as if they were one
_MANY = {"vcard": "read_cards", "mail": "read_messages"}


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
    loose = [name for name, own in given.items() if not said_parts(name, own, str(path))]
    if loose:
        names = {table.name: table for table in found}
        for name in chosen(list(names), loose, str(path)):
            given[name] = {**options_of(names[name].reading), **given[name]}
        found, issues = _found(listing, given, options)
    kept = chosen([table.name for table in found], only, str(path))
    return _with_issues([t for t in found if t.name in kept], issues)


def _found(
    listing: Listing, given: Mapping[str, Mapping[str, Any]], options: Mapping[str, Any]
) -> tuple[list[Table], list[Issue]]:
    by_file = _by_file(listing, given)
    _check_shared(options, listing)
    opened: list[FileTables] = []
    many: dict[str, list[SourceFile]] = defaultdict(list)
    for file in listing.files:
        kind, refusal = _kind(file)
        if refusal is None and kind in _MANY:
            many[kind].append(file)
            continue
        own = by_file.get(file.label, {})
        opened.append(
            FileTables(file.label, file.shown, kind, refusal=refusal)
            if refusal
            else _opened(file.label, file.shown, kind, [file.path], listing, own, options)
        )
    for kind, files in many.items():
        label = files[0].label if len(files) == 1 else f"*.{kind}"
        paths = [file.path for file in files]
        own = by_file.get(kind, {})
        opened.append(_opened(label, str(listing.place), kind, paths, listing, own, options))
    refused = [one for one in opened if one.refusal is not None]
    read = [one for one in opened if one.tables]
    if not read and not listing.attached:
        raise _nothing(listing, refused)
    tables = named_tables(read, str(listing.place), given)
    return tables, [*listing.issues, *(_refused(one, listing) for one in refused)]


def _kind(file: SourceFile) -> tuple[str, SourceError | None]:
    try:
        return kind_of(file.path), None
    except SourceError as problem:
        return "", problem


def _refused(one: FileTables, listing: Listing) -> Issue:
    assert one.refusal is not None
    return Issue(
        "file_unreadable", "warning", listing.shown(one.refusal.message), place=one.shown,
        hint=listing.shown(one.refusal.hint),
    )  # fmt: skip


def _nothing(listing: Listing, refused: Sequence[FileTables]) -> SourceError:
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
        f" {refused[0].label} {first.message}{more}",
        hint=listing.shown(first.hint), where=where,
    )  # fmt: skip


def _by_file(
    listing: Listing, given: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, dict[str, Any]]]:
    """Sort the options of tables by the file they are for: file -> table in it -> options."""
    labels = [file.label for file in listing.files]
    result: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for name, own in given.items():
        for part in said_parts(name, own, str(listing.place)):
            label = str(part.get("file", ""))
            kind = str(part.get("files_of_kind", ""))
            if label and label not in labels:
                near = nearest(label, labels)
                raise UsageError(
                    f'table {name}: there is no file "{label}"',
                    hint=f'did you mean "{near}"?' if near else f"there are: {', '.join(labels)}",
                    where=str(listing.place),
                )
            inner = str(part.get("table_in_file") or name)
            result[label or kind][inner] = {
                k: v for k, v in part.items() if k not in FOLDER_OPTIONS
            }
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
    label: str,
    shown: str,
    kind: str,
    paths: Sequence[Path],
    listing: Listing,
    own: Mapping[str, Mapping[str, Any]],
    options: Mapping[str, Any],
) -> FileTables:
    """Read one file, or all files of a kind that keeps a record in each."""
    tables = {"tables": own} if own else {}
    try:
        module = load_plugin("extractors", kind)
        known = getattr(module, "FILE_OPTIONS", ())
        shared = {name: value for name, value in options.items() if name in known}
        if kind in _MANY:
            read_many = getattr(module, _MANY[kind])
            found = read_many(paths, str(listing.place), **tables, **shared)
        else:
            found = module.read_tables(paths[0], **tables, **shared)
    except SourceError as problem:
        return FileTables(label, shown, kind, refusal=problem)
    except UsageError as problem:
        if own:
            message, where = listing.shown(problem.message), listing.shown(problem.where)
            raise UsageError(message, hint=problem.hint, where=where) from problem
        refusal = SourceError(problem.message, hint=problem.hint, where=problem.where)
        return FileTables(label, shown, kind, refusal=refusal)
    is_many = kind in _MANY
    return FileTables(
        label, shown, kind, tuple(_shown(table, listing) for table in found), is_many=is_many
    )


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


def _with_issues(tables: list[Table], issues: Sequence[Issue]) -> list[Table]:
    """Hang what was met in the place on its first table."""
    if not tables or not issues:
        return tables
    first = tables[0]
    return [replace(first, issues=lambda: (*issues, *first.issues())), *tables[1:]]
