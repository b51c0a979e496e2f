"""What does a mapping do with each source column: into which fields does it go, what is it else?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from migrate.specs.mapping import Block, FieldMap, MappingSpec


@dataclass(frozen=True)
class Uses:
    """All that a mapping says of one column.

    ``fields`` take its value; ``helps`` read it beside another column (a country beside a phone);
    ``ways`` say in words for what else it is read: to exclude rows, to find a joined row.
    """

    fields: tuple[tuple[Block, FieldMap], ...] = ()
    helps: tuple[tuple[Block, FieldMap], ...] = ()
    ways: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.fields or self.helps or self.ways)


@dataclass
class _Noted:
    fields: list[tuple[Block, FieldMap]] = field(default_factory=list)
    helps: list[tuple[Block, FieldMap]] = field(default_factory=list)
    ways: dict[str, None] = field(default_factory=dict)


def column_uses(
    mapping: MappingSpec, keys: Mapping[str, Iterable[str]]
) -> dict[tuple[str, str], Uses]:
    """(table, column) -> what the mapping does with it; ``keys`` are the key columns of tables.

    >>> name = FieldMap("name", columns=("Firma",))
    >>> block = Block("firms", "crm.firms", "Account", "base", (name,))
    >>> uses = column_uses(MappingSpec((block,)), {"crm.firms": ["id"]})
    >>> [f.field for _, f in uses["crm.firms", "Firma"].fields], uses["crm.firms", "id"].ways
    (['name'], ('tells the rows apart: it becomes the external id',))
    """
    noted: dict[tuple[str, str], _Noted] = {}

    def at(place: tuple[str, str] | None) -> _Noted:
        return noted.setdefault(place, _Noted()) if place else _Noted()

    for block in mapping.blocks:
        for one in block.fields:
            for column in one.source_columns:
                entry = at(block.source_of(column))
                is_value = column in one.columns or (
                    one.lookup and column == one.lookup.type_column
                )
                (entry.fields if is_value else entry.helps).append((block, one))
        for column in keys.get(block.table, ()):
            at((block.table, column)).ways["tells the rows apart: it becomes the external id"] = (
                None
            )
        for column in block.distinct:
            at((block.table, column)).ways[f"makes the records of block {block.name}"] = None
        for exclusion in block.exclusions:
            for column in _columns_of(exclusion.condition):
                at(block.source_of(column)).ways["says which rows are left out"] = None
        for join in block.joins:
            for own, theirs in join.on.items():
                at(block.source_of(own)).ways[f"finds the row of {join.table}"] = None
                at((join.table, theirs)).ways[f"finds the row for {block.table}"] = None
        for one in block.fields:
            for name in one.lookup.all_blocks if one.lookup and one.lookup.by else ():
                parent = mapping.block(name)
                if parent is not None and one.lookup is not None:
                    told = f"is what {block.name}.{one.field} finds its parent by"
                    at(parent.source_of(one.lookup.by)).ways[told] = None
    return {
        place: Uses(tuple(found.fields), tuple(found.helps), tuple(found.ways))
        for place, found in noted.items()
    }


def _columns_of(condition: object) -> tuple[str, ...]:
    """The columns of a condition, whether it is one test or made of several."""
    columns = getattr(condition, "columns", None)
    return tuple(columns) if columns else (str(getattr(condition, "column", "")),)
