"""Which raw text stands behind each field of each unit, read from the extract a second time?

SQL over the extract files: corrections, spellings of nothing, joined tables and unpivoted columns,
without a function of the transform.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from migrate.evidence.raw_conditions import condition_sql, folded_sql, matching_texts
from migrate.specs.mapping import Block, Combinations, Condition, FieldMap, Split
from migrate.specs.project import Project, TableSpec
from migrate.store import sets
from migrate.store.runfolder import RunFolder, safe_name
from migrate.store.sets import literal, quote
from migrate.values import RECORD_ID

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


def extract_file(plan: RunFolder, table: str) -> Path:
    """Where the raw rows of ``<source>.<table>`` are."""
    return plan.path / "extract" / f"{safe_name(table)}.parquet"


def columns_of(connection: sets.Connection, path: Path) -> tuple[str, ...]:
    """The columns of a Parquet file."""
    rows = sets.run(connection, f"DESCRIBE SELECT * FROM {sets.parquet([path])}")
    return tuple(str(row[0]) for row in rows)


def table_spec(project: Project, table: str) -> TableSpec:
    """What migration.yaml says of ``<source>.<table>``."""
    source, _, name = table.partition(".")
    spec = project.sources.get(source)
    return spec.table(name) if spec else TableSpec(name)


@dataclass(frozen=True)
class RawBlock:
    """One block over its extract. ``corrected`` are the columns that people corrected;
    ``matching``: a condition with a regular expression -> the scratch table with the texts that it
    fits (see :mod:`migrate.evidence.raw_conditions`)."""

    block: Block
    plan: RunFolder
    nulls: tuple[str, ...]
    held: Mapping[str, frozenset[str]]
    corrected: frozenset[str]
    matching: Mapping[Condition, str] = field(default_factory=dict)

    def text(self, column: str) -> str:
        """SQL for a column's raw text, missing where it says nothing."""
        cell = self._cell(column)
        spellings = ", ".join(literal(spelling) for spelling in ("", *self.nulls))
        return f"CASE WHEN outer_trim({cell}) NOT IN ({spellings}) THEN {cell} END"

    def met(self, condition: Condition) -> str:
        """SQL that is true where the raw row meets a condition, and never unknown."""
        return condition_sql(condition, self.text, self.matching)

    def field_text(self, field_map: FieldMap) -> str:
        """SQL for the raw text of a field, before anything is cleaned or translated: missing where
        the row does not meet the field's condition."""
        text = self._whole_text(field_map)
        if field_map.split and not field_map.split.is_all:
            text = _part(text, field_map.split)
        if field_map.combinations:
            text = self._combined(field_map.combinations, text, field_map.unmapped == "keep")
        if field_map.when:
            text = f"CASE WHEN {self.met(field_map.when)} THEN {text} END"
        return text

    def _whole_text(self, field_map: FieldMap) -> str:
        if field_map.kind == "constant":
            return literal(field_map.constant)
        texts = [self.text(column) for column in field_map.columns]
        if field_map.kind in {"expression", "python"}:
            # what it is made of: nobody reads a computed value out of it, but damage shows
            return f"nullif(concat_ws(' ', {', '.join(texts)}), '')" if texts else "NULL::TEXT"
        if field_map.kind == "join":
            return f"nullif(concat_ws({literal(field_map.separator)}, {', '.join(texts)}), '')"
        if field_map.kind == "template":
            pieces = _PLACEHOLDER.split(field_map.template)
            parts = [
                f"coalesce({self.text(piece)}, '')" if number % 2 else literal(piece)
                for number, piece in enumerate(pieces)
            ]
            return (
                f"CASE WHEN coalesce({', '.join(texts)}) IS NOT NULL THEN {' || '.join(parts)} END"
            )
        return f"coalesce({', '.join(texts)})" if texts else "NULL"

    def _combined(self, combinations: Combinations, text: str, is_kept: bool) -> str:
        """SQL for the new value of the first line that fits."""
        folded = [f"coalesce({folded_sql(self.text(column))}, '')" for column in combinations.by]
        cases = []
        for texts, new in combinations.lines:
            pairs = zip(folded, texts, strict=True)
            fits = [f"{c} = {literal(t.strip().casefold())}" for c, t in pairs if t is not None]
            cases.append(f"WHEN {' AND '.join(fits) or 'TRUE'} THEN {literal(new)}")
        return f"CASE {' '.join(cases)} ELSE {text if is_kept else 'NULL'} END"

    def source(self, units: str) -> str:
        """The FROM clause: the units of this block (table or query) as ``u`` beside their rows."""
        table = sets.parquet([extract_file(self.plan, self.block.table)])
        joins = [f"FROM {units} u JOIN {table} t ON t.{RECORD_ID} = u.record_id"]
        for join in self.block.joins:
            other = sets.parquet([extract_file(self.plan, join.table)])
            keys = ", ".join(f"trim({quote(theirs)})" for theirs in join.on.values())
            alias = quote(join.alias)
            on = " AND ".join(
                f"trim({self._joined_by(own)}) = trim({alias}.{quote(theirs)})"
                for own, theirs in join.on.items()
            )
            joins.append(
                f"LEFT JOIN (SELECT * FROM {other} QUALIFY count(*) OVER (PARTITION BY {keys}) = 1) "
                f"{alias} ON {on}"
            )
        for number, column in enumerate(sorted(self.corrected)):
            joins.append(
                f"LEFT JOIN (SELECT record_id, any_value(correction) AS value FROM corrections "
                f"WHERE \"column\" = {literal(column)} AND block IN ('', "
                f"{literal(self.block.name)}) GROUP BY 1) k{number} "
                f"ON k{number}.record_id = u.record_id"
            )
        return " ".join(joins)

    def _joined_by(self, own: str) -> str:
        """A column of the block's table, or of a table that stands joined beside it."""
        alias, column = self.block.joined_column(own)
        return f"{quote(alias)}.{quote(column)}" if alias else f"t.{quote(own)}"

    def _cell(self, column: str) -> str:
        unpivot = self.block.unpivot
        if unpivot and column == unpivot.label:
            return "u.part"
        if unpivot and any(column in group for group in unpivot.groups.values()):
            cases = " ".join(
                f"WHEN {literal(part)} THEN {self._stored(group[column])}"
                for part, group in unpivot.groups.items()
                if column in group
            )
            return f"CASE u.part {cases} END"
        return self._stored(column)

    def _stored(self, column: str) -> str:
        """A column of the table itself, or ``alias.column`` of a joined one, corrected."""
        cell = "NULL::TEXT"
        if column in self.held.get("", frozenset()):
            cell = f"t.{quote(column)}"
        for join in self.block.joins:
            name = column.removeprefix(f"{join.alias}.")
            if name != column and name in self.held.get(join.alias, frozenset()):
                cell = f"{quote(join.alias)}.{quote(name)}"
        if column not in self.corrected:
            return cell
        number = sorted(self.corrected).index(column)
        return f"CASE WHEN k{number}.record_id IS NOT NULL THEN k{number}.value ELSE {cell} END"


def raw_block(
    connection: sets.Connection, block: Block, project: Project, plan: RunFolder,
    corrected: Iterable[str],
) -> RawBlock | None:  # fmt: skip
    """The block over its extract, None when the plan's folder does not hold the extract."""
    files = {"": extract_file(plan, block.table)}
    files |= {join.alias: extract_file(plan, join.table) for join in block.joins}
    if not all(path.exists() for path in files.values()):
        return None
    held = {alias: frozenset(columns_of(connection, path)) for alias, path in files.items()}
    nulls = (*project.nulls, *table_spec(project, block.table).nulls)
    own = held[""] | {f"{a}.{name}" for a, names in held.items() if a for name in names}
    raw = RawBlock(block, plan, nulls, held, frozenset(corrected) & own)
    units = f"(SELECT * FROM units WHERE block = {literal(block.name)} AND gone = 0)"
    source = raw.source(units)
    return replace(raw, matching=matching_texts(connection, block, raw.text, source))


def _part(text: str, split: Split) -> str:
    """SQL for one part of a text, trimmed."""
    first, *others = split.separators
    for other in others:
        text = f"replace({text}, {literal(other)}, {literal(first)})"
    return f"nullif(outer_trim(string_split({text}, {literal(first)})[{split.part or -1}]), '')"
