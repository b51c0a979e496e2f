"""What a mapping says: frozen values, one for each thing a consultant writes in ``mappings/*.yaml``.

Nothing here reads a file (:mod:`migrate.specs.mappingfile` does) or looks at data.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from migrate.specs.expression import Expression

Policy = Literal["keep", "blank", "quarantine"]
Action = Literal["upsert", "create", "update", "bind"]


Test = Literal["is", "is_not", "empty", "filled", "matches", "less", "greater", "all", "any"]


@dataclass(frozen=True)
class Condition:
    """A test on one source column, or "all" or "any" of several conditions (``parts``).

    ``is`` and ``is_not`` compare with ``values``, ``matches`` with one regular expression that the
    whole text must fulfil, ``less`` and ``greater`` with one plain number or ISO date.
    """

    column: str
    test: Test
    values: tuple[str, ...] = ()
    parts: tuple[Condition, ...] = ()
    where: str = dataclasses.field(default="", compare=False, repr=False)

    @property
    def tests(self) -> tuple[Condition, ...]:
        """The tests on single columns that it is made of, in order."""
        if self.test not in {"all", "any"}:
            return (self,)
        return tuple(test for part in self.parts for test in part.tests)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that it looks at, once each."""
        return tuple(dict.fromkeys(test.column for test in self.tests))


@dataclass(frozen=True)
class Exclusion:
    """Rows that meet the condition are not migrated; they go to the archive with the reason."""

    condition: Condition
    reason: str
    where: str = ""


@dataclass(frozen=True)
class Join:
    """Columns of another table of the sources, as ``<alias>.<column>``; at most one row matches.

    ``on``: column of the block's table -> column of the joined table; ``<alias>.<column>`` is one of
    a table that an earlier join brought. Two matching rows are an Issue and join nothing. With
    ``is_required`` a row without a partner is excluded.
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
class Split:
    """A value is cut at each of ``separators``; ``part`` counts from 1, 0 is the last one.

    With ``is_all`` every filled part is cleaned and translated by itself, and the field holds them
    one after the other.
    """

    separators: tuple[str, ...]
    part: int = 1
    is_all: bool = False


@dataclass(frozen=True)
class Combinations:
    """Values that depend on several columns: the first line that fits says what the field holds.

    ``lines``: a text for each column of ``by`` (None fits everything, "" what is empty), and the
    new value. Texts are compared trimmed and without case.
    """

    by: tuple[str, ...]
    lines: tuple[tuple[tuple[str | None, ...], str], ...]
    where: str = ""


@dataclass(frozen=True)
class Conversion:
    """An amount is converted by the rate of the day, or the last one of ``within_days`` before it.

    The currency that it is in, and the day, stand in a column each or are the same for all rows;
    ``rates`` names a table of migration.yaml, the only one where it is empty.
    """

    to: str
    column: str = ""
    currency: str = ""
    date_column: str = ""
    date: str = ""
    rates: str = ""
    within_days: int = 7
    where: str = ""


@dataclass(frozen=True)
class PythonFunction:
    """The function ``name`` in the file ``file`` of the migration's folder; somebody else's code."""

    file: str
    name: str
    where: str = dataclasses.field(default="", compare=False, repr=False)


@dataclass(frozen=True)
class FieldMap:
    """Where one target field comes from.

    ``kind`` "columns" takes the first filled of ``columns``; "join" puts the filled ones together
    with ``separator``; "template" fills ``{column}`` placeholders of ``template`` (missing when
    every placeholder is); "constant" is ``constant`` for every record; "expression" is computed and
    "python" asked of ``function``, from ``columns`` both. Then ``split`` takes a part of it. Then
    ``clean`` (a registered cleaner; ``part`` picks one of its columns, ``companions`` feeds it
    others: companion name -> source column), then ``values`` (old -> new, compared trimmed and
    without case; what is not in it follows ``unmapped``), or ``combinations`` instead of all three.
    Then ``conversion``. ``default`` fills what is empty in the end. Rows that do not meet ``when``
    have none of this: the field is ``otherwise``.
    """

    field: str
    kind: Literal["columns", "join", "template", "constant", "expression", "python"] = "columns"
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
    when: Condition | None = None
    otherwise: str = ""
    split: Split | None = None
    expression: Expression | None = None
    function: PythonFunction | None = None
    combinations: Combinations | None = None
    conversion: Conversion | None = None
    signed_off_by: str = ""
    comment: str = ""
    where: str = ""

    @property
    def source_columns(self) -> tuple[str, ...]:
        """Every source column whose value goes into this field, companions and the type column
        included."""
        columns = [*self.columns, *self.companions.values()]
        if self.lookup:
            columns.append(self.lookup.type_column)
        if self.combinations:
            columns += self.combinations.by
        if self.conversion:
            columns += [self.conversion.column, self.conversion.date_column]
        return tuple(dict.fromkeys(column for column in columns if column))

    @property
    def read_columns(self) -> tuple[str, ...]:
        """The source columns, and those that only decide whether they are taken."""
        asked = self.when.columns if self.when else ()
        return tuple(dict.fromkeys((*self.source_columns, *asked)))

    @property
    def is_made(self) -> bool:
        """Whether the value is computed, so that no single text of the source says it."""
        computed = self.kind in {"expression", "python"} or self.conversion is not None
        return computed or bool(self.split and self.split.is_all)


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

    def joined_column(self, name: str) -> tuple[str, str]:
        """The alias and the column behind the name of a joined column; two empty texts for others."""
        for join in self.joins:
            if name.startswith(f"{join.alias}."):
                return join.alias, name[len(join.alias) + 1 :]
        return "", ""

    def source_of(self, column: str) -> tuple[str, str] | None:
        """Table and column behind a name in this block: its own, a joined ``alias.column``, a
        part's; None for what the block itself makes.
        """
        for join in self.joins:
            if column.startswith(f"{join.alias}."):
                return join.table, column[len(join.alias) + 1 :]
        if self.unpivot:
            for columns in self.unpivot.groups.values():
                if column in columns:
                    return self.table, columns[column]
            if column == self.unpivot.label:
                return None
        return self.table, column

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
