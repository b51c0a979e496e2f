"""What is known of a legacy system's export: its tables, columns, keys, quirks and files?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

NUMBER = "{n}"
PART = "{part}"
ANY = "*"
_ORDINALS = {"1": "", "2": "secondary", "3": "third", "4": "fourth"}


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

    A pattern holds ``{n}`` and ``{part}`` (without ``{n}`` it is the first); ``parts`` says which
    column each part becomes. ``repeated`` are parts that go with every value of a cell that holds
    several.
    """

    table: str
    patterns: tuple[str, ...]
    parts: Mapping[str, str]
    separator: str = ""
    repeated: tuple[str, ...] = ()


@dataclass(frozen=True)
class Branch:
    """The rows of a split table that one value names: their table, and what columns mean there."""

    name: str
    columns: Mapping[str, str] = field(default_factory=dict)
    means: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def meaning_of(self, column: str, meant: str) -> str:
        """What a column of these rows means, ``meant`` being what it means in the whole table.

        >>> branch = Branch("details", {"ZIP": "FIELD4"}, {"NOTES": "note"})
        >>> [branch.meaning_of(name, "postcode") for name in ("ZIP", "NOTES", "CITY")]
        ['', 'note', 'postcode']
        """
        ours = self.columns.get(column, column)
        return self.means.get(ours, "" if column in self.columns else meant)


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
    """One table of an export, under its canonical name; ``*`` keeps the name of its file.

    ``names`` are patterns for the file's or the table's name, ``signature`` the columns that tell,
    of which ``share`` percent must be there. ``id_prefix`` begins the ids of the key: where they
    do, the name and the key are enough. A ``is_companion`` is told by its name alone, where another
    table of the profile was recognised beside it. ``means`` says of a column what it means, as the
    glossaries write it; ``{n}`` in its name stands for a number.
    """

    name: str
    names: tuple[str, ...] = ()
    signature: tuple[str, ...] = ()
    share: float = 100.0
    id_prefix: str = ""
    is_companion: bool = False
    key: tuple[str, ...] = ()
    row_key: str = ""
    references: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    headers: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    means: Mapping[str, str] = field(default_factory=dict)
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

    def meaning_of(self, column: str) -> str:
        """What a column means, as the glossaries write it; "" where the profile does not say.

        >>> table = ProfileTable("people", means={"Phone {n}": "phone", "Mobile": "phone:mobile"})
        >>> [table.meaning_of(name) for name in ("mobile", "Phone 1", "Phone 2", "Phones")]
        ['phone:mobile', 'phone', 'phone:secondary', '']
        """
        wanted = " ".join(column.casefold().split())
        for name, meaning in self.means.items():
            shape = re.escape(name.casefold()).replace(re.escape(NUMBER), r"(?P<number>\d+)")
            if found := re.fullmatch(shape, wanted):
                which = _ORDINALS.get(found.groupdict().get("number") or "1", "other")
                return _which_one(meaning, which)
        return ""

    @property
    def made(self) -> tuple[str, ...]:
        """The names of the tables that this one becomes."""
        own = [self.name]
        if self.split:
            own = [*(branch.name for branch in self.split.branches.values()), self.split.other]
        lists = [one.table for one in self.lists if one.table]
        return tuple(dict.fromkeys((*own, *(g.table for g in self.groups), *lists)))


def _which_one(meaning: str, qualifier: str) -> str:
    """Add to a meaning which one of several it is.

    >>> _which_one("email:work", "third"), _which_one("city@company", "third"), _which_one("fax", "")
    ('email:work,third', 'city:third@company', 'fax')
    """
    if not qualifier:
        return meaning
    rest, at, subject = meaning.partition("@")
    return f"{rest}{',' if ':' in rest else ':'}{qualifier}{at}{subject}"


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
    link: tuple[str, str, str] | None = None


@dataclass(frozen=True)
class SourceProfile:
    """A known system's export."""

    name: str
    label: str
    tables: tuple[ProfileTable, ...]
    verified: str = "recalled"
    id_form: str = ""
    id_prefixes: Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[AttachmentRule, ...] = ()
    notes: tuple[str, ...] = ()
    where: str = ""

    def table(self, name: str) -> ProfileTable | None:
        return next((one for one in self.tables if one.name == name), None)

    @property
    def made(self) -> frozenset[str]:
        """The names of all tables that the profile gives."""
        return frozenset(name for table in self.tables for name in table.made)
