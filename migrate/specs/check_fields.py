"""Does every field of a block exist in the target, and can its source fill it?"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping

from migrate.specs.check_dependent import check_dependent, fixed_values
from migrate.specs.check_references import check_reference
from migrate.specs.check_ways import check_python, check_ways
from migrate.specs.mapping import Block, FieldMap
from migrate.specs.plan import Plan
from migrate.specs.problems import field_issue, unknown, unknown_column
from migrate.specs.reserved import RESERVED_FIELDS
from migrate.specs.time_formats import format_problem
from migrate.specs.zones import unknown_zone
from migrate.values import FieldType, Issue, TargetField, TargetObject

_FITTING: Mapping[FieldType, frozenset[str]] = {
    "decimal": frozenset({"decimal", "integer", "percent"}),
    "integer": frozenset({"integer", "decimal"}),
    "boolean": frozenset({"boolean", "picklist"}),
    "date": frozenset({"date", "datetime"}),
    "datetime": frozenset({"datetime", "date"}),
    "email": frozenset({"email"}),
    "phone": frozenset({"phone"}),
    "url": frozenset({"url"}),
}
"""The cleaners whose results a typed field can take."""

_CLEANED_UNASKED = frozenset({"decimal", "integer", "boolean", "date", "datetime"})
"""Types that no text fits by chance: where one column fills them, their own cleaner is taken."""

_FROM_TEXTS = frozenset({"join", "template"})

_CANONICAL: Mapping[FieldType, tuple[str, str]] = {
    "boolean": (r"true|false", "true or false"),
    "integer": (r"0|-?[1-9][0-9]{0,17}", "a whole number"),
    "decimal": (r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", "a number with a decimal point, 12.50"),
    "date": (r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "a date as 2015-01-31"),
    "datetime": (
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z?",
        "a date and time as 2015-01-31T08:00:00",
    ),
    "currency": (r"[A-Z]{3}", "a code of three capital letters, EUR"),
}
"""What a typed field holds; no cleaner reads a constant, a default or the new ones of values."""


def check_fields(plan: Plan, block: Block, target: TargetObject) -> Iterator[Issue]:
    """Everything wrong with the fields of one block, whose object exists."""
    seen: set[str] = set()
    for field in block.fields:
        yield from _columns(plan, block, field)
        yield from _cleaner(plan, block, field)
        yield from check_python(plan, block, field)
        if field.field in seen:
            message = f"block {block.name!r}: the field {field.field!r} is given twice"
            hint = "keep one; several columns for one field are from: [first, second]"
            yield field_issue("duplicate_field", message, block, field, hint)
        seen.add(field.field)
        known = target.field(field.field)
        if known is None:
            yield _unknown_field(block, field, target)
            continue
        if field.field.casefold() in RESERVED_FIELDS:
            message = (
                f"block {block.name!r}: {target.name}.{field.field} has a name that crm-migrate "
                "works with itself; such fields cannot be mapped in this release"
            )
            yield field_issue("reserved_field", message, block, field, "take it out of the mapping")
        if known.is_read_only and block.action != "bind":
            message = f"block {block.name!r}: {target.name}.{field.field} cannot be written"
            yield field_issue(
                "read_only_field", message, block, field, "the target fills it; take it out"
            )
        if known.type == "reference":
            yield from check_reference(plan, block, field, known)
            continue
        if field.lookup:
            message = f"block {block.name!r}: {target.name}.{field.field} is no reference"
            hint = f"it is {known.type}: take lookup: out, or name a field that refers to an object"
            yield field_issue("lookup_on_plain_field", message, block, field, hint)
        yield from _fixed_values(block, field, known)
        yield from check_ways(plan, block, field, known)
        yield from _type(plan, block, field, known)
    yield from check_dependent(block, target)
    yield from _required(block, target, seen)
    yield from _binding(block, target, seen)


def _unknown_field(block: Block, field: FieldMap, target: TargetObject) -> Issue:
    message = f"block {block.name!r}: {target.name} has no field {field.field!r}"
    place = field.where or block.where
    for reference in target.references:
        if reference.type_field == field.field:
            hint = f"it is filled by itself from the lookup of {reference.name!r}; take it out"
            return field_issue("unknown_field", message, block, field, hint)
    known = [f.name for f in target.fields]
    return unknown("unknown_field", message, field.field, known, place=place, entity=target.name)


def _columns(plan: Plan, block: Block, field: FieldMap) -> Iterator[Issue]:
    columns = plan.columns(block)
    who, place = f"block {block.name!r}, field {field.field!r}", field.where or block.where
    for column in field.read_columns:
        if column and column not in columns:
            yield unknown_column(who, block.table, column, columns.names, place)


def _cleaner(plan: Plan, block: Block, field: FieldMap) -> Iterator[Issue]:
    """The cleaner, and the part, companions and options that it is asked for or given."""
    if not field.clean:
        return
    who = f"block {block.name!r}, field {field.field!r}"
    place = field.where or block.where
    if field.clean not in plan.cleaners:
        message = f"{who}: there is no cleaner {field.clean!r}"
        yield unknown(
            "unknown_cleaner", message, field.clean, plan.cleaners, place=place, entity=block.object
        )
        return
    if plan.cleaner_keys is None:
        return
    keys = plan.cleaner_keys
    options = keys.options.get(field.clean, {})
    asked = [
        ("unknown_part", "part", (field.part,), {"value", *keys.parts.get(field.clean, ())}),
        ("unknown_companion", "companion", field.companions, keys.companions.get(field.clean, ())),
        ("unknown_option", "option", field.options, options),
    ]
    for code, kind, names, known in asked:
        for name in names:
            if name not in known:
                message = f"{who}: the cleaner {field.clean!r} has no {kind} {name!r}"
                yield unknown(code, message, name, known, place=place, entity=block.object)
    for name, value in field.options.items():
        if name == "time_zone" and name in options:
            yield from unknown_zone(str(value), who, place)
        if name == "format" and name in options and (problem := format_problem(str(value))):
            message = f"{who}: format of the cleaner {field.clean!r}: {problem}"
            hint = "write it in the notation of strptime, as '%d.%m.%Y' or '%Y%m%d %H:%M'"
            yield field_issue("bad_format", message, block, field, hint)
        allowed = options.get(name, ())
        if allowed and str(value) not in allowed:
            message = f"{who}: {name} of the cleaner {field.clean!r} cannot be {value!r}"
            yield unknown(
                "unknown_option", message, str(value), allowed, place=place, entity=block.object
            )


def _fixed_values(block: Block, field: FieldMap, known: TargetField) -> Iterator[Issue]:
    """The values that the mapping itself writes: constants, defaults, and the new ones of values."""
    fixed = fixed_values(field)
    who = f"block {block.name!r}: {block.object}.{field.field}"
    for value in sorted(fixed):
        if known.picklist and value not in known.picklist:
            message = f"{who} has no value {value!r} in its list"
            place = field.where or block.where
            yield unknown(
                "value_not_in_picklist",
                message,
                value,
                known.picklist,
                place=place,
                entity=block.object,
            )
        if not _is_canonical(value, known.type):
            hint = f"write {_CANONICAL[known.type][1]}"
            yield field_issue(
                "value_of_wrong_type", f"{who} cannot hold {value!r}", block, field, hint
            )
        if known.length is not None and len(value) > known.length:
            message = f"{who} holds {known.length} characters, {value!r} has {len(value)}"
            yield field_issue("value_too_long", message, block, field, "shorten it")


def _is_canonical(value: str, kind: FieldType) -> bool:
    if kind not in _CANONICAL:
        return True
    if not re.fullmatch(_CANONICAL[kind][0], value):
        return False
    if kind in {"date", "datetime"}:
        try:
            datetime.datetime.fromisoformat(value)
        except ValueError:  # the 30th of February
            return False
    return True


def _type(plan: Plan, block: Block, field: FieldMap, known: TargetField) -> Iterator[Issue]:
    """A warning where nothing on the way makes the text what the typed field needs."""
    fitting = _FITTING.get(known.type)
    if fitting is None or field.values or field.combinations or field.lookup:
        return
    if field.kind == "constant":
        return
    if field.clean and field.part == "value":
        if field.clean in fitting or field.clean not in plan.cleaners:
            return
        found = f"is read by the cleaner {field.clean!r}"
    elif not field.clean and field.kind in _FROM_TEXTS and known.type in _CLEANED_UNASKED:
        found = "is put together from text, and no cleaner reads it"
    else:
        return
    message = f"block {block.name!r}: {block.object}.{field.field} is {known.type}, but {found}"
    names = sorted(fitting & set(plan.cleaners)) or sorted(fitting)
    hint = f"write clean: {known.type if known.type in names else names[0]}"
    yield field_issue("type_mismatch", message, block, field, hint, "warning")


def _required(block: Block, target: TargetObject, mapped: set[str]) -> Iterator[Issue]:
    if block.action not in {"upsert", "create"}:
        return
    for known in target.fields:
        if known.is_required and not known.is_read_only and known.name not in mapped:
            message = f"block {block.name!r}: {target.name}.{known.name} is required, not mapped"
            hint = f"add under fields: {known.name}: <column>, or {known.name}: {{constant: ...}}"
            yield Issue(
                "required_field_unmapped",
                "error",
                message,
                target.name,
                known.name,
                place=block.where,
                hint=hint,
            )


def _binding(block: Block, target: TargetObject, mapped: set[str]) -> Iterator[Issue]:
    if block.action != "bind":
        return
    names = [field.name for field in target.fields]
    if not block.bind_by:
        message = f"block {block.name!r} binds to records that exist, but not by which field"
        hint = f"write bind_by: {'email' if 'email' in names else '<field>'}"
        yield Issue("bind_by_missing", "error", message, block.object, place=block.where, hint=hint)
    elif block.bind_by not in names:
        message = f"block {block.name!r}, bind_by: {target.name} has no field {block.bind_by!r}"
        yield unknown(
            "unknown_field", message, block.bind_by, names, place=block.where, entity=target.name
        )
    elif block.bind_by not in mapped:
        message = (
            f"block {block.name!r} binds by {block.bind_by!r}, which is not mapped: only records "
            "named under owners: or ids: of the environment will be found"
        )
        hint = f"add under fields: {block.bind_by}: <column>"
        yield Issue(
            "bind_by_unmapped", "warning", message, block.object, place=block.where, hint=hint
        )
