"""Do the rules, totals, retentions, drops, matches and environments speak of things that exist?"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import entry_points

from migrate.registry import plugin_names
from migrate.specs.catalogue import target_names
from migrate.specs.mapping import Block, MatchRule
from migrate.specs.plan import Plan
from migrate.specs.problems import unknown, unknown_column
from migrate.specs.project import ControlTotal
from migrate.values import Issue


def check_plan(plan: Plan) -> Iterator[Issue]:
    """Everything wrong with what refers to blocks, objects and columns from outside a block."""
    yield from _drops(plan)
    for match in plan.mapping.matches:
        yield from _match(plan, match)
    for retention in plan.project.retention:
        who, place = "retention", retention.where
        block = plan.mapping.block(retention.block)
        yield from _block(plan, block, retention.block, who, place)
        yield from _column(plan, block, retention.column, who, place)
    for rule in plan.project.rules:
        yield from _fields(plan, rule.object, (rule.field,), "rule", rule.where)
        if plan.expectations and rule.expect not in plan.expectations:
            message = f"rule: there is no expectation {rule.expect!r}"
            known = plan.expectations
            yield unknown("unknown_expectation", message, rule.expect, known, place=rule.where)
    for total in plan.project.totals:
        yield from _total(plan, total)
    yield from _environments(plan)


def _block(plan: Plan, block: Block | None, name: str, who: str, place: str) -> Iterator[Issue]:
    if block is None and name:
        names = [b.name for b in plan.mapping.blocks]
        message = f"{who}: there is no block {name!r}"
        yield unknown("unknown_block", message, name, names, place=place)


def _column(plan: Plan, block: Block | None, column: str, who: str, place: str) -> Iterator[Issue]:
    if block is None or not column:
        return
    columns = plan.columns(block)
    if column not in columns:
        yield unknown_column(who, block.table, column, columns.names, place)


def _fields(
    plan: Plan, object: str, fields: tuple[str, ...], who: str, place: str
) -> Iterator[Issue]:
    target = plan.schema.object(object)
    if target is None:
        if object:
            known = [o.name for o in plan.schema.objects]
            message = f"{who}: {plan.schema.name} has no object {object!r}"
            yield unknown("unknown_object", message, object, known, place=place)
        return
    names = [field.name for field in target.fields]
    for name in fields:
        if name and name not in names:
            message = f"{who}: {object} has no field {name!r}"
            yield unknown("unknown_field", message, name, names, place=place, entity=object)


def _drops(plan: Plan) -> Iterator[Issue]:
    carried = {
        (block.table, column)
        for block in plan.mapping.blocks
        for field in block.fields
        for column in field.source_columns
    }
    for drop in plan.mapping.drops:
        table = plan.tables.get(drop.table)
        if table is None:
            message = f"drop: there is no table {drop.table!r}"
            yield unknown("unknown_table", message, drop.table, plan.tables, place=drop.where)
        elif drop.column not in table.column_names:
            yield unknown_column("drop", drop.table, drop.column, table.column_names, drop.where)
        if not drop.signed_off_by.strip():
            message = f"{drop.table}: nobody has signed for dropping {drop.column!r}"
            hint = "write signed_off_by: <who decided it>, or take the column out of the list"
            yield Issue(
                "drop_without_signature",
                "error",
                message,
                drop.table,
                drop.column,
                place=drop.where,
                hint=hint,
            )
        if (drop.table, drop.column) in carried:
            message = f"{drop.table}: {drop.column!r} is dropped and mapped at once"
            hint = "take it out of drop:, or out of the fields"
            yield Issue(
                "dropped_but_mapped",
                "warning",
                message,
                drop.table,
                drop.column,
                place=drop.where,
                hint=hint,
            )


def _match(plan: Plan, match: MatchRule) -> Iterator[Issue]:
    who, place = f"match {match.object}", match.where
    fields = tuple(dict.fromkeys(name for key in match.keys for name in key))
    yield from _fields(plan, match.object, fields, who, place)
    rules = [other for other in plan.mapping.matches if other.object == match.object]
    if rules[0] is not match:
        message = f"{who} is given twice, first in {rules[0].where}"
        yield Issue("duplicate_match", "error", message, match.object, place=place, hint="keep one")
    blocks = [block for block in plan.mapping.blocks if block.object == match.object]
    mapped = {field.field for block in blocks for field in block.fields}
    target = plan.schema.object(match.object)
    for name in fields:
        if blocks and target and target.field(name) and name not in mapped:
            message = f"{who}: no block fills {name!r}, so the key never finds anything"
            hint = f"map {name}, or take it out of the key"
            yield Issue(
                "match_field_unmapped", "error", message, match.object, name, place=place, hint=hint
            )
    for name in match.priority:
        block = plan.mapping.block(name)
        yield from _block(plan, block, name, f"{who}, priority", place)
        if block and block.object != match.object:
            message = f"{who}, priority: the block {name!r} makes {block.object}"
            hint = f"blocks that make {match.object}: {', '.join(b.name for b in blocks) or 'none'}"
            yield Issue(
                "block_of_other_object", "error", message, match.object, place=place, hint=hint
            )


def _total(plan: Plan, total: ControlTotal) -> Iterator[Issue]:
    who, place = f"total {total.name!r}", total.where
    block = plan.mapping.block(total.block)
    yield from _block(plan, block, total.block, who, place)
    for column in (total.sum_column, *(by.column for by in total.by)):
        yield from _column(plan, block, column, who, place)
    fields = (total.sum_field, *(by.field for by in total.by))
    yield from _fields(plan, total.object, fields, who, place)
    yield from _converted(plan, total, block)
    if block and total.object and block.object != total.object:
        message = f"{who}: the block {block.name!r} makes {block.object}, not {total.object}"
        hint = f"write object: {block.object}"
        yield Issue("block_of_other_object", "error", message, total.object, place=place, hint=hint)


def _converted(plan: Plan, total: ControlTotal, block: Block | None) -> Iterator[Issue]:
    """A sum of raw amounts is no control of amounts in another currency."""
    fields = block.fields if block else ()
    for field in fields:
        if field.field == total.sum_field and field.conversion and total.sum_field:
            message = (
                f"total {total.name!r} sums raw amounts, and {total.sum_field!r} holds them "
                f"converted to {field.conversion.to}"
            )
            hint = "map the original amount to a field of its own, and sum that one"
            yield Issue(
                "total_of_converted", "error", message, total.object, total.sum_field,
                place=total.where, hint=hint,
            )  # fmt: skip


def _environments(plan: Plan) -> Iterator[Issue]:
    known = {*target_names(folder=plan.project.folder), *plugin_names("loaders")}
    known |= {entry.name for entry in entry_points(group="crm_migrate.loaders")}
    for environment in plan.project.environments.values():
        who, place = f"environment {environment.name!r}", environment.where
        if environment.target and environment.target not in known:
            message = f"{who}: there is no target {environment.target!r}"
            yield unknown("unknown_target", message, environment.target, known, place=place)
        for object in environment.ids:
            yield from _fields(plan, object, (), f"{who}, ids", place)
