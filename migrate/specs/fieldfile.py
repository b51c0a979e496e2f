"""What does one line under ``fields:`` of a block say, as a :class:`~migrate.specs.mapping.FieldMap`?"""

from __future__ import annotations

import dataclasses
import re

from migrate.specs.conditionfile import read_condition
from migrate.specs.mapping import FieldMap, Lookup
from migrate.specs.reader import Reader
from migrate.specs.waysfile import (
    read_combinations,
    read_conversion,
    read_expression,
    read_function,
    read_split,
)

PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
POLICIES = ("keep", "blank", "quarantine")
ORPHANS = ("blank", "quarantine")
KINDS = ("from", "join", "template", "constant", "expression", "python")


def read_field(fields: Reader, name: str, block: str) -> FieldMap:
    """Read one entry of ``fields``: a mapping, or a source column's name as shorthand.

    ``values`` without a cleaner are read by the cleaner "picklist".
    """
    node = fields.node(name)
    if node is None or node.kind != "mapping":
        column = fields.text(name, required=True)
        return FieldMap(name, columns=(column,) if column else (), where=fields.place(name))
    reader = Reader(node, f"block {block!r}, field {name!r}", fields.issues)
    split, currency = reader.mapping("split"), reader.mapping("currency")
    combinations = read_combinations(reader)
    conversion = read_conversion(currency) if "currency" in reader else None
    by = combinations.by if combinations else ()
    field = _with_origin(reader, FieldMap(name, where=reader.where), by)
    clean, default = reader.text("clean"), reader.text("default")
    values = {} if combinations else _values(reader)
    lookup = _lookup(reader, default)
    field = dataclasses.replace(
        field,
        clean=clean or ("picklist" if values else "decimal" if conversion else ""),
        part=reader.text("part", "value"),
        options=reader.plain_map("options"),
        companions=reader.text_map("with"),
        values=values,
        unmapped=reader.choice("unmapped", POLICIES, "quarantine"),
        on_unreadable=reader.choice("on_unreadable", POLICIES, "quarantine"),
        default=default,
        lookup=lookup,
        when=read_condition(reader, "when"),
        otherwise=reader.text("else"),
        split=read_split(split) if "split" in reader else None,
        combinations=combinations,
        conversion=conversion,
        signed_off_by=reader.text("signed_off_by"),
        comment=reader.text("comment"),
    )
    is_computed = field.kind == "expression" or conversion is not None
    for key in ("part", "options", "with"):
        _needs(reader, key, bool(field.clean), "clean")
    _needs(reader, "on_unreadable", bool(field.clean) or is_computed, "clean")
    _needs(reader, "unmapped", bool(field.clean or combinations), "values")
    _needs(reader, "separator", field.kind == "join", "join")
    _needs(reader, "orphan", lookup is not None, "lookup")
    _needs(reader, "else", "when" in reader, "when")
    _needs(reader, "columns", field.kind == "python", "python")
    _conflicts(reader, field)
    reader.done()
    return field


def _conflicts(reader: Reader, field: FieldMap) -> None:
    """Keys that say something else together than each alone."""

    def refuse(keys: tuple[str, ...], message: str) -> None:
        for key in keys:
            if key in reader:
                reader.refuse("conflicting_keys", message, key=key)

    if field.lookup:
        refuse(("clean", "values", "part", "currency"), "a lookup compares the key as it stands")
        if field.split and field.split.is_all:
            refuse(("split",), "a reference leads to one record: write part: 1 or part: last")
    if field.combinations:
        refuse(("clean", "part", "split"), "values by several columns are compared as they stand")
        if field.unmapped == "keep" and not any(key in reader for key in KINDS):
            reader.refuse("conflicting_keys", "no text is there to keep; say from:", key="unmapped")
    if field.conversion and field.split and field.split.is_all:
        refuse(("split",), "one amount is converted: write part: 1 or part: last")
    if field.on_unreadable == "keep" and (field.kind == "expression" or field.conversion):
        hint = "write on_unreadable: blank, or quarantine"
        message = "there is no text of the source that could stand for a computed value"
        reader.refuse("conflicting_keys", message, key="on_unreadable", hint=hint)


def _needs(reader: Reader, key: str, is_given: bool, needed: str) -> None:
    if key in reader and not is_given:
        reader.refuse("misplaced_key", f"it says nothing without {needed!r}", key=key)


def _with_origin(reader: Reader, field: FieldMap, by: tuple[str, ...]) -> FieldMap:
    """The field with where it comes from; ``by`` are columns whose values decide it by themselves."""
    columns, joined = reader.texts("from"), reader.texts("join")
    # "${price}" in a template is a dollar sign before a column, not a variable
    template, constant = reader.text("template", verbatim=True), reader.text("constant")
    separator = reader.text("separator", " ")
    expression, function = read_expression(reader), read_function(reader)
    read = reader.texts("columns", required=function is not None)
    given = [key for key in KINDS if key in reader]
    if len(given) > 1:
        found = " and ".join(given)
        reader.refuse("conflicting_keys", f"a field comes from one place, found {found}")
    if not given and by:
        return dataclasses.replace(field, kind="join", columns=by, separator=" / ")
    if not given:
        hint = f"write one of {', '.join(KINDS)}"
        reader.refuse("missing_key", "nothing says where it comes from", hint=hint)
    if "join" in given:
        return dataclasses.replace(field, kind="join", columns=joined, separator=separator)
    if "template" in given:
        names = tuple(dict.fromkeys(PLACEHOLDER.findall(template)))
        if template and not names:
            hint = "write columns in braces, {street} {number}, or use constant"
            reader.refuse("wrong_value", "there is no {column} in it", key="template", hint=hint)
        return dataclasses.replace(field, kind="template", template=template, columns=names)
    if "constant" in given:
        return dataclasses.replace(field, kind="constant", constant=constant)
    if "expression" in given:
        names = expression.columns if expression else ()
        return dataclasses.replace(field, kind="expression", expression=expression, columns=names)
    if "python" in given:
        return dataclasses.replace(field, kind="python", function=function, columns=read)
    return dataclasses.replace(field, columns=columns)


def _values(reader: Reader) -> dict[str, str]:
    values = reader.text_map("values")
    seen: dict[str, str] = {}
    for old, new in values.items():
        other = seen.setdefault(old.strip().casefold(), old)
        if other != old and values[other] != new:
            message = f"{other!r} and {old!r} are the same value, trimmed and without case"
            reader.refuse("duplicate_value", message, key="values", hint="keep one of them")
    return values


def _lookup(field: Reader, default: str) -> Lookup | None:
    node = field.node("lookup")
    orphan = field.choice("orphan", ORPHANS, "quarantine")
    if node is None:
        return None
    if node.kind != "mapping":
        return Lookup(blocks=field.texts("lookup"), default=default, orphan=orphan)
    reader = field.mapping("lookup")
    cases = reader.mapping("cases")
    lookup = Lookup(
        blocks=reader.texts("block") + reader.texts("blocks"),
        by=reader.text("by"),
        digits=reader.number("digits"),
        type_column=reader.text("type"),
        cases={text: cases.texts(text) for text in cases.names},
        default=reader.text("default", default),
        orphan=reader.choice("orphan", ORPHANS, orphan),
    )
    _needs(reader, "digits", bool(lookup.by), "by")
    if bool(lookup.type_column) != bool(lookup.cases):
        reader.refuse("missing_key", "'type' (a column) and 'cases' (its texts) need each other")
    if not lookup.all_blocks:
        hint = "write lookup: <block>"
        reader.refuse("missing_key", "nothing says which block makes the parent", hint=hint)
    reader.done()
    return lookup
