"""What does a known legacy system export, as its file in ``mappings/sources`` describes it?

A profile is knowledge about an export: what its tables are called, by which headers it is told, in
which languages its columns are named, which columns hold ids, lists or nothing, and what is known
to be wrong with it. It is data; :mod:`migrate.extractors._profiles` acts on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from migrate.errors import MappingError, UsageError
from migrate.registry import data_folder, did_you_mean
from migrate.specs.catalogue import VERIFIED
from migrate.specs.problems import raise_errors
from migrate.specs.reader import Reader
from migrate.specs.yamlfile import read_yaml
from migrate.values import Issue

NUMBER = "{n}"
PART = "{part}"


@dataclass(frozen=True)
class Part:
    """A new column that holds what ``pattern``'s group finds in another column."""

    column: str
    source: str
    pattern: str


@dataclass(frozen=True)
class Listing:
    """A column whose cell holds several values; ``table`` is the table they become, "" for none."""

    column: str
    separator: str
    table: str = ""
    value: str = "value"
    references: str = ""


@dataclass(frozen=True)
class Group:
    """Numbered columns ("Phone 1 - Value") that become rows of a table of their own.

    ``pattern`` holds ``{n}`` and ``{part}``; ``parts`` says which column each part becomes.
    ``repeated`` are parts that go with every value of a cell that holds several.
    """

    table: str
    pattern: str
    parts: Mapping[str, str]
    separator: str = ""
    repeated: tuple[str, ...] = ()


@dataclass(frozen=True)
class Branch:
    """The rows of a split table that one value names: their table, and what columns mean there."""

    name: str
    columns: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Split:
    """A table that is several: the rows with each value of ``column`` are a table."""

    column: str
    branches: Mapping[str, Branch]
    other: str


@dataclass(frozen=True)
class Mark:
    """Values of a column that mean something of their own: equal to, or beginning with, a text."""

    column: str
    meaning: str
    values: tuple[str, ...] = ()
    begins: tuple[str, ...] = ()
    is_warning: bool = False


@dataclass(frozen=True)
class ProfileTable:
    """One table of an export, under its canonical name."""

    name: str
    names: tuple[str, ...] = ()
    signature: tuple[str, ...] = ()
    share: float = 100.0
    key: tuple[str, ...] = ()
    row_key: str = ""
    references: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    headers: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    id_columns: tuple[str, ...] = ()
    deleted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    nothing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    dates: Mapping[str, str] = field(default_factory=dict)
    skip: Mapping[str, str] = field(default_factory=dict)
    cut_at: Mapping[str, int] = field(default_factory=dict)
    long_texts: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    lists: tuple[Listing, ...] = ()
    groups: tuple[Group, ...] = ()
    marks: tuple[Mark, ...] = ()
    split: Split | None = None
    notes: tuple[str, ...] = ()
    where: str = ""

    @property
    def made(self) -> tuple[str, ...]:
        """The names of the tables that this one becomes."""
        own = (self.name,)
        if self.split:
            own = (*(branch.name for branch in self.split.branches.values()), self.split.other)
        lists = [one.table for one in self.lists if one.table]
        return tuple(dict.fromkeys((*own, *(g.table for g in self.groups), *lists)))


@dataclass(frozen=True)
class AttachmentRule:
    """Where the files lie that rows of ``table`` describe, and which columns describe them.

    A file is called as ``file`` says, in ``folder``; ``link`` names a table that says which record
    a file belongs to: its name, the column with the file's key, the column with the record's.
    """

    table: str
    folder: str
    file: str
    name: tuple[str, ...]
    parent: str = ""
    parent_table: str = ""
    media_type: str = ""
    key: str = ""
    link: tuple[str, str, str] | None = None


@dataclass(frozen=True)
class SourceProfile:
    """A known system's export."""

    name: str
    label: str
    tables: tuple[ProfileTable, ...]
    verified: str = "recalled"
    id_form: str = ""
    languages: tuple[str, ...] = ()
    attachments: tuple[AttachmentRule, ...] = ()
    notes: tuple[str, ...] = ()
    where: str = ""

    def table(self, name: str) -> ProfileTable | None:
        return next((one for one in self.tables if one.name == name), None)

    @property
    def made(self) -> frozenset[str]:
        """The names of all tables that the profile gives."""
        return frozenset(name for table in self.tables for name in table.made)


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
        languages=reader.texts("languages"),
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
    table = ProfileTable(
        name=name,
        names=reader.texts("names"),
        signature=reader.texts("signature", required=True),
        share=reader.percent("share", 100.0),
        key=reader.texts("key"),
        row_key=reader.text("row_key"),
        references={column: references.texts(column) for column in references.names},
        headers=_headers(reader),
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
        split=_split(reader, name),
        notes=reader.texts("notes"),
        where=reader.where,
    )
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
                    "duplicate_value", message, key=language, hint="put the spellings together: a | b"
                )
            columns[column.strip()] = spellings
        found[language] = columns
    return found


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
        pattern=reader.text("pattern", required=True, verbatim=True),
        parts=reader.text_map("parts"),
        separator=reader.text("separator"),
        repeated=reader.texts("repeated"),
    )
    if NUMBER not in group.pattern:
        reader.refuse("wrong_value", f"there is no {NUMBER} in it", key="pattern")
    if PART not in group.pattern and "" not in group.parts:
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


def _split(table: Reader, name: str) -> Split | None:
    if "split" not in table:
        table.node("split")
        return None
    reader = table.mapping("split")
    split = Split(
        column=reader.text("column", required=True),
        branches={
            value: _branch(branch) for value, branch in reader.children("tables", "value")
        },
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
        key=reader.text("key"),
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
            if name in seen:
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


__all__ = [
    "AttachmentRule", "Branch", "Group", "Listing", "Mark", "MappingError", "Part", "ProfileTable",
    "SourceProfile", "Split", "profile_files", "profile_of", "read_profile",
]  # fmt: skip
