"""What does a known legacy system export, as its file in ``mappings/sources`` describes it?

A profile is data: what tables are called, by which headers they are told, in which languages their
columns are named, which columns hold ids, lists or nothing, and what is known to be wrong.
:mod:`migrate.extractors._profiles.reading` acts on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from migrate.errors import UsageError
from migrate.registry import data_folder, did_you_mean
from migrate.specs.catalogue import VERIFIED
from migrate.specs.glossary import unknown_in
from migrate.specs.problems import raise_errors
from migrate.specs.profile import (
    ANY,
    NUMBER,
    PART,
    AttachmentRule,
    Branch,
    Group,
    Listing,
    Mark,
    Part,
    ProfileTable,
    SourceProfile,
    Split,
)
from migrate.specs.reader import Reader
from migrate.specs.yamlfile import read_yaml
from migrate.values import Issue


def profile_files(*, folder: Path | None = None) -> dict[str, Path]:
    """The profiles that have a file: the product's, and those of a migration's own folder.

    >>> "salesforce" in profile_files()
    True
    """
    places = [data_folder("mappings")] + ([folder / "mappings"] if folder else [])
    return {p.stem: p for place in places for p in sorted((place / "sources").glob("*.yaml"))}


def read_profile(name: str, *, folder: Path | None = None) -> SourceProfile:
    """Read the file of a profile, ``<folder>/mappings/sources`` before the product's.

    Raises UsageError for a name that has no file, MappingError with everything wrong in the file.

    >>> read_profile("salesforce").table("Contact").references["AccountId"]
    ('Account',)
    """
    files = profile_files(folder=folder)
    if name not in files:
        raise UsageError(
            f"there is no source profile {name!r}", hint=did_you_mean(name, {*files, "none"})
        )
    return profile_of(files[name])


@cache
def profile_of(path: Path) -> SourceProfile:
    """Read one profile; the same file is read once."""
    label = f"sources/{path.name}"
    issues: list[Issue] = []
    reader = Reader(read_yaml(path, label=label), label, issues)
    reader.text("source")
    profile = SourceProfile(
        name=path.stem,
        label=reader.text("label", path.stem),
        tables=tuple(_table(r, n) for n, r in reader.children("tables", "table", required=True)),
        verified=reader.choice("verified", VERIFIED, "recalled"),
        id_form=reader.choice("id_form", ("", "salesforce"), ""),
        id_prefixes=reader.text_map("id_prefixes"),
        attachments=tuple(_attachment(r) for r in reader.items("attachments")),
        notes=reader.texts("notes"),
        where=reader.where,
    )
    reader.done()
    issues += _contradictions(profile)
    raise_errors(issues)
    return profile


def _table(reader: Reader, name: str) -> ProfileTable:
    references = reader.mapping("references")
    is_companion = reader.flag("companion")
    table = ProfileTable(
        name=name,
        names=reader.texts("names"),
        signature=reader.texts("signature", required=not is_companion),
        share=reader.percent("share", 100.0),
        id_prefix=reader.text("id_prefix"),
        is_companion=is_companion,
        key=reader.texts("key"),
        row_key=reader.text("row_key"),
        references={column: references.texts(column) for column in references.names},
        headers=_headers(reader),
        means=_means(reader),
        id_columns=reader.texts("id_columns"),
        deleted=_texts_by_column(reader.mapping("deleted")),
        nothing=_texts_by_column(reader.mapping("nothing")),
        dates=reader.text_map("dates"),
        skip=reader.text_map("skip"),
        cut_at=_numbers(reader.mapping("cut_at")),
        long_texts=reader.texts("long_texts"),
        parts=tuple(_part(r) for r in reader.items("parts")),
        lists=tuple(_listing(r, n) for n, r in reader.children("lists", "list")),
        groups=tuple(_group(r, n) for n, r in reader.children("groups", "group")),
        marks=tuple(_mark(r) for r in reader.items("marks")),
        split=_split(reader.mapping("split"), name) if "split" in reader else None,
        notes=reader.texts("notes"),
        where=reader.where,
    )
    if (is_companion or table.id_prefix) and not table.names:
        reader.refuse("missing_key", "the key 'names' is missing: it is told by its name")
    reader.done()
    return table


def _headers(reader: Reader) -> dict[str, dict[str, tuple[str, ...]]]:
    """A language's headers: a line each, ``canonical = header | another spelling``."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    languages = reader.mapping("headers")
    for language in languages.names:
        columns: dict[str, tuple[str, ...]] = {}
        for line in languages.text(language, verbatim=True).splitlines():
            column, sign, spelled = line.partition(" = ")
            spellings = tuple(text.strip() for text in spelled.split(" | ") if text.strip())
            if not line.strip():
                continue
            if not sign or not column.strip() or not spellings:
                languages.refuse(
                    "wrong_value",
                    f"the line {line.strip()!r} is not of the form: column = header",
                    key=language,
                    hint="write one column a line; further spellings after |",
                )
                continue
            if column.strip() in columns:
                message = f"the column {column.strip()!r} is there twice"
                languages.refuse(
                    "duplicate_value",
                    message,
                    key=language,
                    hint="put the spellings together: a | b",
                )
            columns[column.strip()] = spellings
        found[language] = columns
    return found


def _means(reader: Reader) -> dict[str, str]:
    """What columns mean, as the glossaries write it; what no glossary knows is refused."""
    columns = reader.mapping("means")
    meant = {column: columns.text(column) for column in columns.names}
    for column, meaning in meant.items():
        for name, hint in unknown_in(meaning):
            columns.refuse("unknown_meaning", f"{name!r} is no meaning", key=column, hint=hint)
    return meant


def _texts_by_column(reader: Reader) -> dict[str, tuple[str, ...]]:
    return {column: reader.texts(column) for column in reader.names}


def _numbers(reader: Reader) -> dict[str, int]:
    return {column: reader.number(column) for column in reader.names}


def _part(reader: Reader) -> Part:
    part = Part(
        column=reader.text("column", required=True),
        source=reader.text("from", required=True),
        pattern=reader.text("pattern", required=True, verbatim=True),
    )
    _check_pattern(reader, part.pattern)
    reader.done()
    return part


def _check_pattern(reader: Reader, pattern: str) -> None:
    try:
        groups = re.compile(pattern).groups
    except re.error as problem:
        reader.refuse("wrong_value", f"is not a regular expression ({problem})", key="pattern")
        return
    if groups != 1:
        reader.refuse(
            "wrong_value", f"needs one group in brackets, has {groups}", key="pattern",
            hint="put brackets around what the new column holds",
        )  # fmt: skip


def _listing(reader: Reader, column: str) -> Listing:
    listing = Listing(
        column=column,
        separator=reader.text("separator", required=True),
        table=reader.text("table"),
        value=reader.text("value", "value"),
        references=reader.text("references"),
    )
    reader.done()
    return listing


def _group(reader: Reader, table: str) -> Group:
    group = Group(
        table=table,
        patterns=reader.texts("pattern", required=True),
        parts=reader.text_map("parts"),
        separator=reader.text("separator"),
        repeated=reader.texts("repeated"),
    )
    if group.patterns and not any(NUMBER in pattern for pattern in group.patterns):
        reader.refuse("wrong_value", f"there is no {NUMBER} in it", key="pattern")
    if any(PART not in pattern for pattern in group.patterns):
        reader.refuse("wrong_value", f"there is no {PART} in it", key="pattern")
    reader.done()
    return group


def _mark(reader: Reader) -> Mark:
    mark = Mark(
        column=reader.text("column", required=True),
        meaning=reader.text("meaning", required=True),
        values=reader.texts("values"),
        begins=reader.texts("begins"),
        is_warning=reader.flag("warning"),
    )
    if not (mark.values or mark.begins):
        reader.refuse("missing_key", "nothing says which values", hint="write values: or begins:")
    reader.done()
    return mark


def _split(reader: Reader, name: str) -> Split:
    split = Split(
        column=reader.text("column", required=True),
        branches={value: _branch(branch) for value, branch in reader.children("tables", "value")},
        other=reader.text("other", f"{name}_other"),
    )
    if not split.branches:
        reader.refuse("missing_key", "the key 'tables' is missing: value -> table")
    reader.done()
    return split


def _branch(reader: Reader) -> Branch:
    branch = Branch(
        name=reader.text("name", required=True),
        columns=reader.text_map("columns"),
        means=_means(reader),
        notes=reader.texts("notes"),
    )
    reader.done()
    return branch


def _attachment(reader: Reader) -> AttachmentRule:
    link = reader.mapping("link")
    rule = AttachmentRule(
        table=reader.text("table", required=True),
        folder=reader.text("folder", required=True),
        file=reader.text("file", required=True),
        name=reader.texts("name", required=True),
        parent=reader.text("parent"),
        parent_table=reader.text("parent_table"),
        media_type=reader.text("media_type"),
        link=(link.text("table"), link.text("key"), link.text("parent")) if link.names else None,
    )
    link.done()
    reader.done()
    return rule


def _contradictions(profile: SourceProfile) -> Iterable[Issue]:
    """What one key says against another: names of tables that are not there, or there twice."""
    known = {name for table in profile.tables for name in table.made} | {
        table.name for table in profile.tables
    }
    seen: dict[str, str] = {}
    for table in profile.tables:
        for column, targets in table.references.items():
            for target in targets:
                if target not in known:
                    yield Issue(
                        "unknown_table", "error",
                        f"table {table.name!r}, {column} refers to {target!r}, which is not described",
                        place=table.where, hint=did_you_mean(target, known),
                    )  # fmt: skip
        for name in table.made:
            if name in seen and name != ANY:
                yield Issue(
                    "duplicate_name", "error", f"two tables are called {name!r}",
                    place=table.where, hint=f"the first is in {seen[name]}; rename one",
                )  # fmt: skip
            seen[name] = table.where
    for rule in profile.attachments:
        wanted = [rule.table, *(rule.link[:1] if rule.link else ())]
        for name in wanted:
            if profile.table(name) is None:
                yield Issue(
                    "unknown_table", "error",
                    f"attachments: there is no table {name!r}", place=profile.where,
                    hint=did_you_mean(name, known),
                )  # fmt: skip
