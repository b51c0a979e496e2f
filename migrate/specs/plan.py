"""What does the whole plan consist of, and which columns can each of its blocks read?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from migrate.specs.mapping import Block, MappingSpec
from migrate.specs.project import Project
from migrate.values import Table, TargetSchema


@dataclass(frozen=True)
class Columns:
    """The columns that a block can read.

    Where a table is not known (a problem of its own), every column of it passes.
    """

    names: frozenset[str]
    is_known: bool = True
    unknown_aliases: tuple[str, ...] = ()

    def __contains__(self, column: object) -> bool:
        alias = str(column).partition(".")[0]
        return column in self.names or not self.is_known or alias in self.unknown_aliases


@dataclass(frozen=True)
class CleanerKeys:
    """What each cleaner may be asked for or given: the tables that :mod:`migrate.cleaners` keeps."""

    parts: Mapping[str, Collection[str]]
    companions: Mapping[str, Collection[str]]
    options: Mapping[str, Mapping[str, Collection[str]]]


@dataclass(frozen=True)
class Plan:
    """The inputs of the whole-plan check; ``tables`` are by ``<source>.<table>``, headers only."""

    project: Project
    mapping: MappingSpec
    schema: TargetSchema
    tables: Mapping[str, Table]
    cleaners: Collection[str]
    cleaner_keys: CleanerKeys | None = None
    expectations: Collection[str] = ()

    def columns(self, block: Block) -> Columns:
        """Everything that the block's fields may name: its table's columns, those of joined tables
        as ``<alias>.<column>``, and the columns that it unpivots into."""
        table = self.tables.get(block.table)
        names = set(table.column_names) if table else set()
        closed = []
        for join in block.joins:
            joined = self.tables.get(join.table)
            if joined is None:
                closed.append(join.alias)
            else:
                names |= {f"{join.alias}.{name}" for name in joined.column_names}
        if block.unpivot:
            names |= {new for group in block.unpivot.groups.values() for new in group}
            names |= {block.unpivot.label} - {""}
        return Columns(frozenset(names), table is not None, tuple(closed))

    def key(self, name: str) -> tuple[str, ...]:
        """The key columns of a table: those that the migration declares, or else the source."""
        table = self.tables.get(name)
        source, _, own = name.partition(".")
        spec = self.project.sources.get(source)
        declared = spec.table(own).key if spec else ()
        return declared or (table.key if table else ())
