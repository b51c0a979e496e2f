"""Can this plan be carried out, and if not, what must be changed where?

Everything is looked at before any data row is read, and everything wrong is told at once.
:mod:`migrate.specs.check_fields` looks at the fields of the blocks, :mod:`migrate.specs.check_plan`
at what migration.yaml and the mapping say about blocks, objects and columns elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from migrate.specs.check_fields import check_fields
from migrate.specs.check_plan import check_plan
from migrate.specs.mapping import Block, MappingSpec
from migrate.specs.order import load_order
from migrate.specs.plan import CleanerKeys, Plan
from migrate.specs.problems import unknown, unknown_column
from migrate.specs.project import Project, TableSpec
from migrate.specs.projectfile import DEFAULT_WAVE
from migrate.specs.reserved import WORKING_NAMES
from migrate.values import Issue, Table, TargetSchema


def check(
    project: Project,
    mapping: MappingSpec,
    schema: TargetSchema,
    tables: Mapping[str, Table],
    *,
    cleaners: Collection[str],
    cleaner_keys: CleanerKeys | None = None,
    expectations: Collection[str] = (),
) -> list[Issue]:
    """Hold the mapping against the sources' headers and the target's schema; no row is read.

    ``tables`` are by ``<source>.<table>``. Parts and options of cleaners, and expectations of
    rules, are only checked when the known ones are given. Errors come first, then warnings.
    """
    plan = Plan(project, mapping, schema, tables, cleaners, cleaner_keys, expectations)
    issues = [
        *_tables(plan),
        *_waves(plan),
        *(issue for block in mapping.blocks for issue in _block(plan, block)),
        *_doubles(mapping),
        *_cycles(plan),
        *check_plan(plan),
        *_not_accounted(plan),
    ]
    once = list(dict.fromkeys(issues))
    return sorted(once, key=lambda issue: issue.severity != "error")


def _tables(plan: Plan) -> Iterator[Issue]:
    """What migration.yaml says about tables, and whether rows of mapped ones can be told apart."""
    mapped = {block.table for block in plan.mapping.blocks}
    for name, table in plan.tables.items():
        spec = _table_spec(plan, name)
        place = spec.where if spec else ""
        yield from _header(name, table, place)
        for column in spec.key if spec else ():
            if column not in table.column_names:
                message = f"the key of {name} names the column {column!r}, which it does not have"
                known = table.column_names
                yield unknown(
                    "key_column_unknown", message, column, known, place=place, entity=name
                )
        if name in mapped and not plan.key(name) and not (spec and spec.is_one_shot):
            own = name.partition(".")[2]
            yield Issue(
                "no_key",
                "error",
                f"{name} has no key: nothing tells its rows apart when the file comes again",
                entity=name,
                place=place,
                hint=f"write under tables: {own}: {{key: [<column>]}}, or, if it is read only "
                f"once, {own}: {{one_shot: true}}",
            )
    for source in plan.project.sources.values():
        for own, spec in source.tables.items():
            if f"{source.name}.{own}" not in plan.tables:
                yield _unknown_table(plan, f"{source.name}.{own}", "migration.yaml", spec.where)


def _table_spec(plan: Plan, name: str) -> TableSpec | None:
    source, _, own = name.partition(".")
    spec = plan.project.sources.get(source)
    return spec.table(own) if spec else None


def _header(name: str, table: Table, place: str) -> Iterator[Issue]:
    names = table.column_names
    for column in dict.fromkeys(names):
        if column.casefold() in WORKING_NAMES:
            message = f"{name} has a column {column!r}, a name that crm-migrate keeps for itself"
            hint = "rename it, or read the table through a query"
            yield Issue("reserved_column", "error", message, name, column, place=place, hint=hint)
        if names.count(column) > 1:
            message = f"{name} has {names.count(column)} columns called {column!r}"
            hint = "rename all but one in the source"
            yield Issue("duplicate_column", "error", message, name, column, place=place, hint=hint)
    seen: dict[str, str] = {}
    for column in names:
        other = seen.setdefault(column.casefold(), column)
        if other != column:
            message = f"the columns {other!r} and {column!r} of {name} differ in case alone"
            hint = "rename one in the source, or read the table through a query that renames it"
            yield Issue("duplicate_column", "error", message, name, column, place=place, hint=hint)


def _unknown_table(plan: Plan, name: str, who: str, place: str) -> Issue:
    source, _, own = name.partition(".")
    if source not in plan.project.sources:
        message = f"{who}: there is no source {source!r} for {name!r}"
        return unknown("unknown_table", message, source, plan.project.sources, place=place)
    beside = [t.partition(".")[2] for t in plan.tables if t.partition(".")[0] == source]
    message = f"{who}: the source {source!r} has no table {own!r}"
    return unknown("unknown_table", message, own, beside, place=place, entity=name)


def _block(plan: Plan, block: Block) -> Iterator[Issue]:
    who = f"block {block.name!r}"
    if block.table and block.table not in plan.tables:
        yield _unknown_table(plan, block.table, who, block.where)
    for join in block.joins:
        if join.table and join.table not in plan.tables:
            yield _unknown_table(plan, join.table, f"{who}, join", join.where or block.where)
        aliases = [other.alias.casefold() for other in block.joins]
        if aliases.index(join.alias.casefold()) < block.joins.index(join):
            message = f"{who}: two joins are called {join.alias!r}"
            hint = "give one another name with as:"
            yield Issue("duplicate_alias", "error", message, place=join.where, hint=hint)
        later = [other.alias for other in block.joins[block.joins.index(join) :]]
        for column in join.on:
            if block.joined_column(column)[0] in later:
                message = (
                    f"{who}: the join {join.alias!r} needs {column!r}, which is joined after it"
                )
                hint = "write the join that brings the column first"
                place = join.where or block.where
                yield Issue("join_out_of_order", "error", message, place=place, hint=hint)
        for column in _own(plan, block):
            if column.casefold().startswith(f"{join.alias.casefold()}."):
                message = (
                    f"{who}: the column {column!r} of {block.table} reads as a column of the join "
                    f"{join.alias!r}"
                )
                hint = "give the join another name with as:"
                place = join.where or block.where
                yield Issue(
                    "duplicate_alias", "error", message, block.table, column, place=place, hint=hint
                )
    if block.wave not in plan.project.waves and plan.project.waves != (DEFAULT_WAVE,):
        message = f"{who}: there is no wave {block.wave!r}"
        yield unknown("unknown_wave", message, block.wave, plan.project.waves, place=block.where)
    yield from _columns(plan, block)
    target = plan.schema.object(block.object)
    if target is None:
        if block.object:
            message = f"{who}: {plan.schema.name} has no object {block.object!r}"
            known = [o.name for o in plan.schema.objects]
            yield unknown("unknown_object", message, block.object, known, place=block.where)
        return
    if not target.can_create and block.action in {"upsert", "create"}:
        message = f"{who}: {plan.schema.name} lets nobody create {target.name} records"
        hint = "write action: bind and bind_by: <field>, and let their owner create them there"
        yield Issue("cannot_create", "error", message, target.name, place=block.where, hint=hint)
    yield from check_fields(plan, block, target)


def _waves(plan: Plan) -> Iterator[Issue]:
    """One problem for all blocks where migration.yaml has no waves: its key is misspelt, or missing."""
    lost = [block for block in plan.mapping.blocks if block.wave not in plan.project.waves]
    if lost and plan.project.waves == (DEFAULT_WAVE,):
        first, waves = lost[0], ", ".join(dict.fromkeys(block.wave for block in lost))
        message = f"block {first.name!r}: there is no wave {first.wave!r}, migration.yaml has none"
        hint = f"write in migration.yaml, in the order of loading: waves: [{waves}]"
        yield Issue("unknown_wave", "error", message, place=first.where, hint=hint)


def _own(plan: Plan, block: Block) -> list[str]:
    """The columns that a block has without its joins."""
    table = plan.tables.get(block.table)
    groups = block.unpivot.groups.values() if block.unpivot else ()
    made = [column for group in groups for column in group]
    return list(dict.fromkeys([*(table.column_names if table else ()), *made]))


def _columns(plan: Plan, block: Block) -> Iterator[Issue]:
    """The columns that the block itself names; those of its fields are looked at with them."""
    columns = plan.columns(block)
    named = [("distinct", c, block.where) for c in block.distinct]
    named += [("exclude", c, e.where) for e in block.exclusions for c in e.condition.columns]
    for join in block.joins:
        named += [("join", column, join.where) for column in join.on]
        other = plan.tables.get(join.table)
        known = other.column_names if other else ()
        for column in join.on.values() if other else ():
            if column not in known:
                who, place = f"block {block.name!r}, join", join.where or block.where
                yield unknown_column(who, join.table, column, known, place)
    if block.unpivot:
        groups = block.unpivot.groups.values()
        named += [("unpivot", c, block.unpivot.where) for group in groups for c in group.values()]
    for key, column, where in named:
        if column and column not in columns:
            who, place = f"block {block.name!r}, {key}", where or block.where
            yield unknown_column(who, block.table, column, columns.names, place)


def _doubles(mapping: MappingSpec) -> Iterator[Issue]:
    """Blocks whose records would get the same external ids, as far as any target can tell."""
    seen: dict[str, Block] = {}
    for block in mapping.blocks:
        other = seen.setdefault(block.name.casefold(), block)
        if other is block:
            continue
        if other.name == block.name:
            message = f"the block {block.name!r} is given twice, first in {other.where}"
            hint = "give it a name of its own; it becomes part of external ids"
            yield Issue("duplicate_block", "error", message, place=block.where, hint=hint)
        elif (other.source, other.object) == (block.source, block.object):
            message = (
                f"the blocks {other.name!r} and {block.name!r} differ in case alone, and so would "
                f"their external ids in {block.object}: many targets take them for the same"
            )
            hint = "rename one before the first load"
            yield Issue(
                "external_id_collision",
                "error",
                message,
                block.object,
                place=block.where,
                hint=hint,
            )


def _cycles(plan: Plan) -> Iterator[Issue]:
    stuck = load_order(plan.mapping, plan.schema).stuck
    for block in plan.mapping.blocks:
        for field in block.fields:
            if field.lookup and block.action != "bind" and (block.object, field.field) in stuck:
                yield Issue(
                    "cyclic_blocks_required",
                    "error",
                    f"block {block.name!r}: {block.object}.{field.field} is required and closes a "
                    f"cycle of required references, so neither record can be written first",
                    block.object,
                    field.field,
                    place=field.where,
                    hint="make one of the references optional in the target, or bind one side",
                )


def _not_accounted(plan: Plan) -> Iterator[Issue]:
    """Columns and tables that nobody mentions; they go to the archive, which may be a slip."""
    used: dict[str, set[str]] = {}
    reader: dict[str, Block] = {}
    for block in plan.mapping.blocks:
        _use(plan, block, used)
        reader.setdefault(block.table, block)
        for join in block.joins:
            reader.setdefault(join.table, block)
    dropped = {(drop.table, drop.column) for drop in plan.mapping.drops}
    for name, table in plan.tables.items():
        if name not in reader:
            if all((name, column) in dropped for column in table.column_names):
                continue
            spec = _table_spec(plan, name)
            message = f"no block reads the table {name}: its rows will be archived"
            hint = "map it, or drop its columns with a reason and a signature"
            place = spec.where if spec else ""
            yield Issue("table_not_mapped", "warning", message, name, place=place, hint=hint)
            continue
        for column in table.column_names:
            if column not in used[name] and (name, column) not in dropped:
                yield Issue(
                    "column_not_accounted",
                    "warning",
                    f"{name}: the column {column!r} is neither mapped nor dropped: it will be "
                    "archived",
                    name,
                    column,
                    place=reader[name].where,
                    hint="map it to a field, or name it under drop: with a reason and a signature",
                )


def _use(plan: Plan, block: Block, used: dict[str, set[str]]) -> None:
    """Add the columns whose values the block carries over, and those that are keys of its rows."""
    own = used.setdefault(block.table, set())
    aliases = {join.alias: join.table for join in block.joins}
    groups = block.unpivot.groups.values() if block.unpivot else ()
    own |= {*plan.key(block.table), *block.distinct, *(c for g in groups for c in g.values())}
    for join in block.joins:
        own |= set(join.on)
        used.setdefault(join.table, set()).update(join.on.values())
        for alias, column in map(block.joined_column, join.on):
            if alias in aliases:
                used.setdefault(aliases[alias], set()).add(column)
    for column in (column for field in block.fields for column in field.source_columns):
        alias, _, rest = column.partition(".")
        own.add(column)
        if alias in aliases:
            used[aliases[alias]].add(rest)
