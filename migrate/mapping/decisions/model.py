"""What is decided about each legacy column, and what changed between two states of the decisions?

Pure: suggestions and a mapping go in, lines come out; no file is read and none is written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from migrate.mapping.decisions.words import in_words
from migrate.specs.mapping import Block, FieldMap, MappingSpec
from migrate.values import TargetField, TargetObject, TargetSchema

NOT_IMPORTED = "do not import"
CONSTANT = "constant: "
NEW = "new: "
_BESIDE = " — "  # between a field's name and its label in a dropdown


class Key(NamedTuple):
    """What a line of the workbook is about, whatever becomes of its place and its texts.

    ``column`` is empty for a field that no column fills, ``block`` and ``field`` for a column that
    nobody has decided on; ``value`` is a picklist value or an owner of the old system.
    """

    kind: str
    table: str = ""
    column: str = ""
    block: str = ""
    field: str = ""
    value: str = ""

    def text(self) -> str:
        """Write the key into one cell.

        >>> Key("field", "crm.people", "mail").text()
        '["field","crm.people","mail"]'
        """
        parts = list(self)
        while len(parts) > 1 and not parts[-1]:
            parts.pop()
        return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))


def read_key(text: str) -> Key | None:
    """Read a key back; None where somebody changed it.

    >>> read_key('["owner","","","","","7"]').value, read_key("7")
    ('7', None)
    """
    try:
        parts = json.loads(text)
    except ValueError:
        return None
    if not isinstance(parts, list) or not 1 <= len(parts) <= len(Key._fields):
        return None
    return Key(*parts) if all(isinstance(part, str) for part in parts) else None


@dataclass(frozen=True)
class Choice:
    """What somebody chose on one line: the texts of its input cells, by title."""

    cells: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, title: str) -> str:
        return self.cells.get(title, "")


@dataclass(frozen=True)
class Change:
    """One line whose input differs between two states; None where there is no such line."""

    key: Key
    before: Choice | None
    after: Choice | None


def differences(before: Mapping[Key, Choice], after: Mapping[Key, Choice]) -> list[Change]:
    """Compare two states of the decisions, in the order of the first, then of the second.

    >>> old = {Key("field", "t", "c"): Choice({"Chosen": ""})}
    >>> new = {Key("field", "t", "c"): Choice({"Chosen": "do not import"})}
    >>> [change.after["Chosen"] for change in differences(old, new)]
    ['do not import']
    >>> differences(new, new)
    []
    """
    keys = dict.fromkeys([*before, *after])
    pairs = ((key, before.get(key), after.get(key)) for key in keys)
    return [Change(key, old, new) for key, old, new in pairs if old != new]


# -- what a mapping decides -------------------------------------------------------------------


@dataclass(frozen=True)
class Use:
    """A column as it goes into one field; ``column`` is empty where a field needs none."""

    block: Block
    map: FieldMap
    column: str

    @property
    def target(self) -> str:
        return f"{self.block.object}.{self.map.field}"

    @property
    def key(self) -> Key:
        kind = "field" if self.column else "constant"
        return Key(kind, self.block.table, self.column, self.block.name, self.map.field)


def uses_of(mapping: MappingSpec) -> dict[tuple[str, str], list[Use]]:
    """List which fields each column goes into, by table and column, in the mapping's order.

    A column of a joined table stands under the block's own table, by its name there
    ("company.country"). A field without any column (a constant) stands under the column "". That a
    column names the records that a block only finds in the target decides nothing about it.
    """
    found: dict[tuple[str, str], list[Use]] = {}
    for block in mapping.blocks:
        for known in block.fields:
            columns = dict.fromkeys(known.columns) or {"": None}
            for column in columns:
                if block.action == "bind" and column in block.distinct:
                    continue
                found.setdefault((block.table, column), []).append(Use(block, known, column))
    return found


def shown_target(schema: TargetSchema, target: str) -> str:
    """Write a field as the dropdown shows it, its label beside it and a star where it is required.

    >>> from migrate.specs.catalogue import read_target
    >>> shown_target(read_target("reference"), "Contact.last_name")
    'Contact.last_name — Last name *'
    >>> shown_target(read_target("reference"), "Contact.shoe_size")
    'new: Contact.shoe_size'
    """
    spec = field_of(schema, target)
    if spec is None:
        return f"{NEW}{target}"
    label = spec.label if spec.label != spec.name else ""
    star = " *" if spec.is_required and not spec.is_read_only else ""
    return f"{target}{_BESIDE}{label}{star}" if label or star else target


def read_target_text(text: str) -> str:
    """Read a field, or another choice, back from what the dropdown shows.

    >>> read_target_text(" Contact.last_name — Last name *"), read_target_text("Do not import")
    ('Contact.last_name', 'do not import')
    """
    plain = " ".join(text.split())
    if plain.casefold() in (NOT_IMPORTED, "do not map"):
        return NOT_IMPORTED
    for mark in (CONSTANT, NEW):
        if plain.casefold().startswith(mark.strip()):
            rest = text.strip()[len(mark.strip()) :].strip()
            return f"{mark}{rest}"
    return plain.partition(_BESIDE)[0].removesuffix(" *").strip()


def field_of(schema: TargetSchema, target: str) -> TargetField | None:
    """Find a field by ``Object.field``; None where the target does not have it."""
    name, _, own = target.partition(".")
    known = schema.object(name)
    return known.field(own) if known else None


def choices_of(schema: TargetSchema, first: Sequence[str] = ()) -> tuple[str, ...]:
    """List what a column may become: the fields that can be written, those of ``first`` objects first."""
    objects = sorted(schema.objects, key=lambda o: o.name not in first)
    fields = [
        shown_target(schema, f"{target.name}.{spec.name}")
        for target in objects
        for spec in target.fields
        if not spec.is_read_only
    ]
    return (NOT_IMPORTED, *fields)


def used_otherwise(
    mapping: MappingSpec, keys: Mapping[str, Sequence[str]]
) -> dict[tuple[str, str], list[str]]:
    """Say in words what else each column is read for: keys, conditions, joins, companions.

    ``keys``: table -> the columns that identify its rows.
    """
    found: dict[tuple[str, str], list[str]] = {}

    def note(table: str, column: str, words: str) -> None:
        said = found.setdefault((table, column), [])
        if words not in said:
            said.append(words)

    for table, columns in keys.items():
        for column in columns:
            note(table, column, "the key of the row")
    for block in mapping.blocks:
        for exclusion in block.exclusions:
            for column in exclusion.condition.columns:
                note(block.table, column, f"decides which rows {block.name} leaves out")
        for column in block.distinct:
            note(block.table, column, f"its distinct values are the records of {block.name}")
        for part, group in block.unpivot.groups.items() if block.unpivot else ():
            for column in group.values():
                note(block.table, column, f"becomes a record of its own in {block.name}, {part}")
        for join in block.joins:
            for column, other in join.on.items():
                note(block.table, column, f"leads to {join.table} in {block.name}")
                note(join.table, other, f"{block.name} joins by it")
        for known in block.fields:
            for column in known.source_columns:
                if column not in known.columns:
                    note(block.table, column, f"helps to read {block.object}.{known.field}")
                _note_joined(block, column, note)
    return found


def _note_joined(block: Block, column: str, note: object) -> None:
    alias, _, own = column.partition(".")
    for join in block.joins:
        if join.alias == alias and callable(note):
            note(join.table, own, f"goes with {block.name} as {column}")


def required_without_source(block: Block, target: TargetObject) -> list[TargetField]:
    """List the required fields of a block's object that nothing fills."""
    if block.action not in ("upsert", "create"):
        return []
    mapped = {known.field for known in block.fields}
    return [
        spec
        for spec in target.fields
        if spec.is_required and not spec.is_read_only and spec.name not in mapped
    ]


def words_of(use: Use) -> str:
    """Say in words how the values get into the field."""
    return in_words(use.map)


def joined(texts: Iterable[str]) -> str:
    """Put texts together as one cell shows them."""
    return "; ".join(text for text in texts if text)
