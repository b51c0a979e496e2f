"""What a mapping says: frozen values, one for each thing a consultant writes in ``mappings/*.yaml``.

Nothing here reads a file (:mod:`migrate.specs.mappingfile` does) or looks at data.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Policy = Literal["keep", "blank", "quarantine"]
Action = Literal["upsert", "create", "update", "bind"]


@dataclass(frozen=True)
class Condition:
    """A test on one source column: ``is`` (in ``values``), ``is_not``, ``empty`` or ``filled``."""

    column: str
    test: Literal["is", "is_not", "empty", "filled"]
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exclusion:
    """Rows that meet the condition are not migrated; they go to the archive with the reason."""

    condition: Condition
    reason: str
    where: str = ""


@dataclass(frozen=True)
class Join:
    """Columns of another table of the sources, as ``<alias>.<column>``; at most one row matches.

    ``on``: column of the block's table -> column of the joined table. Two matching rows are an
    Issue and join nothing. With ``is_required`` a row without a partner is excluded.
    """

    table: str
    alias: str
    on: Mapping[str, str]
    is_required: bool = False
    where: str = ""


@dataclass(frozen=True)
class Unpivot:
    """Repeated columns become one record each: part label -> {new column: source column}.

    A part whose columns are all empty makes no record. ``label`` is the column that carries the
    part's label, empty when nobody asks for it.
    """

    groups: Mapping[str, Mapping[str, str]]
    label: str = ""
    where: str = ""


@dataclass(frozen=True)
class Lookup:
    """A reference to a parent that another block makes.

    ``blocks`` are tried in order; ``by`` names a column of the parent's table when the value is
    not its key, and ``digits`` to how many digits all-digit texts are filled up with zeros on both
    sides of it (a table's own key has its ``key_digits`` for that). A polymorphic reference has ``type_column`` and ``cases`` (text in that column ->
    blocks). ``default`` is the key that stands in for parents that are not migrated (an owner who
    is gone); ``orphan`` says what happens to a value that leads nowhere: "blank" (the record is
    loaded without it, and an Issue says so) or "quarantine".
    """

    blocks: tuple[str, ...] = ()
    by: str = ""
    digits: int = 0
    type_column: str = ""
    cases: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    default: str = ""
    orphan: Literal["blank", "quarantine"] = "quarantine"

    @property
    def all_blocks(self) -> tuple[str, ...]:
        """Every block this lookup may lead to, in order, once each."""
        seen = dict.fromkeys(self.blocks)
        for blocks in self.cases.values():
            seen.update(dict.fromkeys(blocks))
        return tuple(seen)


@dataclass(frozen=True)
class FieldMap:
    """Where one target field comes from.

    ``kind`` "columns" takes the first filled of ``columns``; "join" puts the filled ones together
    with ``separator``; "template" fills ``{column}`` placeholders of ``template`` (missing when
    every placeholder is); "constant" is ``constant`` for every record. Then ``clean`` (a registered
    cleaner; ``part`` picks one of its columns, ``companions`` feeds it others: companion name ->
    source column), then ``values`` (old -> new, compared trimmed and without case; what is not in
    it follows ``unmapped``). ``default`` fills what is empty in the end.
    """

    field: str
    kind: Literal["columns", "join", "template", "constant"] = "columns"
    columns: tuple[str, ...] = ()
    separator: str = " "
    template: str = ""
    constant: str = ""
    clean: str = ""
    part: str = "value"
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    companions: Mapping[str, str] = dataclasses.field(default_factory=dict)
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)
    unmapped: Policy = "quarantine"
    on_unreadable: Policy = "quarantine"
    default: str = ""
    lookup: Lookup | None = None
    where: str = ""

    @property
    def source_columns(self) -> tuple[str, ...]:
        """Every source column this field reads, companions and the type column included."""
        extra = (self.lookup.type_column,) if self.lookup and self.lookup.type_column else ()
        return tuple(dict.fromkeys((*self.columns, *self.companions.values(), *extra)))


@dataclass(frozen=True)
class Block:
    """One reading of one source table into one object of the target.

    ``table`` is ``<source>.<table>``. ``distinct`` derives one record from each distinct value of
    these columns (parents out of repeated text) instead of one from each row. ``action`` "bind"
    creates nothing: the record must exist in the target, found by the field ``bind_by``.
    """

    name: str
    table: str
    object: str
    wave: str
    fields: tuple[FieldMap, ...]
    action: Action = "upsert"
    joins: tuple[Join, ...] = ()
    distinct: tuple[str, ...] = ()
    unpivot: Unpivot | None = None
    exclusions: tuple[Exclusion, ...] = ()
    bind_by: str = ""
    where: str = ""

    @property
    def source(self) -> str:
        return self.table.partition(".")[0]

    def external_id_prefix(self) -> str:
        """What every external id of this block begins with: ``<source>:<block>:``."""
        return f"{self.source}:{self.name}:"


@dataclass(frozen=True)
class Drop:
    """A column that is knowingly left behind, and who signed for it."""

    table: str
    column: str
    reason: str
    signed_off_by: str
    where: str = ""


@dataclass(frozen=True)
class MatchRule:
    """When two records of one object are the same: all fields of any one key filled and equal.

    Compared as canonical text, trimmed and case-folded. The survivor comes from the block that
    stands first in ``priority`` (blocks not named come last, in mapping order), then the lowest
    record id; its empty fields are filled from the others in the same order, consent fields take
    the strictest value.
    """

    object: str
    keys: tuple[tuple[str, ...], ...]
    priority: tuple[str, ...] = ()
    where: str = ""


@dataclass(frozen=True)
class MappingSpec:
    """All mapping files of a migration, as one value; ``files`` is what was read."""

    blocks: tuple[Block, ...]
    drops: tuple[Drop, ...] = ()
    matches: tuple[MatchRule, ...] = ()
    files: tuple[str, ...] = ()

    def block(self, name: str) -> Block | None:
        return next((b for b in self.blocks if b.name == name), None)

    def match(self, object: str) -> MatchRule | None:
        return next((m for m in self.matches if m.object == object), None)
