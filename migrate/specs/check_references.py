"""Does every reference lead to a block that makes the right object, early enough, by a fit key?"""

from __future__ import annotations

from collections.abc import Iterator

from migrate.specs.mapping import Block, FieldMap
from migrate.specs.plan import Plan
from migrate.specs.problems import field_issue, unknown, unknown_column
from migrate.values import Issue, TargetField


def check_reference(
    plan: Plan, block: Block, field: FieldMap, known: TargetField
) -> Iterator[Issue]:
    """Everything wrong with one mapped reference; ``known`` is the target's field."""
    who = f"block {block.name!r}: {block.object}.{field.field}"
    if field.lookup is None:
        message = f"{who} refers to {' or '.join(known.references)}; a value alone leads nowhere"
        hint = "write lookup: <the block that makes the parent>"
        yield field_issue("reference_without_lookup", message, block, field, hint)
        return
    parents = []
    for name in field.lookup.all_blocks:
        parent = plan.mapping.block(name)
        if parent is None:
            names = [b.name for b in plan.mapping.blocks]
            place = field.where or block.where
            message = f"{who}: there is no block {name!r} to look up"
            yield unknown("unknown_block", message, name, names, place=place, entity=block.object)
            continue
        parents.append(parent)
        yield from _parent(plan, block, field, known, parent)
    objects = sorted({parent.object for parent in parents})
    if len(objects) > 1 and not field.lookup.cases and known.type_field:
        message = f"{who} may be {' or '.join(objects)}, and a key alone does not say which"
        hint = "write lookup: {type: <column>, cases: {<its text>: <block>}}"
        yield field_issue("polymorphic_without_cases", message, block, field, hint)


def _parent(
    plan: Plan, block: Block, field: FieldMap, known: TargetField, parent: Block
) -> Iterator[Issue]:
    who = f"block {block.name!r}: {block.object}.{field.field}"
    if parent.object not in known.references:
        message = (
            f"{who} refers to {' or '.join(known.references)}, but the block {parent.name!r} makes "
            f"{parent.object}"
        )
        right = [b.name for b in plan.mapping.blocks if b.object in known.references]
        hint = f"blocks that fit: {', '.join(right)}" if right else "no block makes one; write it"
        yield field_issue("lookup_to_wrong_object", message, block, field, hint)
    waves = plan.project.waves
    if {block.wave, parent.wave} <= set(waves) and waves.index(parent.wave) > waves.index(
        block.wave
    ):
        message = (
            f"{who} is loaded in the wave {block.wave!r}, its parents in {parent.name!r} only in "
            f"the later wave {parent.wave!r}"
        )
        hint = (
            f"put {parent.name!r} into the wave {block.wave!r}, or {block.name!r} into a later one"
        )
        yield field_issue("parent_in_later_wave", message, block, field, hint)
    if field.lookup and field.lookup.by:
        yield from _by(plan, block, field, field.lookup.by, parent)
    elif parent.table in plan.tables:
        yield from _key(plan, block, field, parent)


def _by(plan: Plan, block: Block, field: FieldMap, by: str, parent: Block) -> Iterator[Issue]:
    columns = plan.columns(parent)
    if by not in columns:
        who = f"block {block.name!r}: {block.object}.{field.field}, by"
        place = field.where or block.where
        yield unknown_column(who, parent.table, by, columns.names, place)


def _key(plan: Plan, block: Block, field: FieldMap, parent: Block) -> Iterator[Issue]:
    """A lookup compares one text with the parent's key, so it must be made like that key."""
    key = parent.distinct or plan.key(parent.table)
    who = f"block {block.name!r}: {block.object}.{field.field}"
    if not key:
        message = f"{who} looks for records of {parent.name!r}, but {parent.table} has no key"
        hint = "write lookup: {block: ..., by: <column>}"
        yield field_issue("lookup_without_key", message, block, field, hint)
        return
    is_alike = field.kind == "join" and (len(field.columns), field.separator) == (len(key), "|")
    if len(key) > 1 and field.kind != "constant" and not is_alike:
        message = f"{who} is one value, but the key of {parent.name!r} is {' and '.join(key)}"
        hint = f'write join: [{", ".join(f"<{name}>" for name in key)}], separator: "|"'
        yield field_issue("lookup_key_parts", message, block, field, hint)
