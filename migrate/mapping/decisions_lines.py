"""Which lines does the decision workbook have, what do they show, and what is chosen on each?

Pure: suggestions, a mapping, a schema and counts go in. :mod:`migrate.mapping.decisions_sheets`
makes sheets of the lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from migrate.mapping.decisions import (
    CONSTANT,
    NOT_IMPORTED,
    Choice,
    Key,
    Use,
    choices_of,
    field_of,
    joined,
    required_without_source,
    shown_target,
    used_otherwise,
    uses_of,
    words_of,
)
from migrate.mapping.decisions_counts import TableCounts
from migrate.mapping.decisions_words import condition_in_words
from migrate.mapping.suggestions import Suggestion
from migrate.mapping.value_maps import ValueChoice
from migrate.specs.mapping import Block, Drop, Lookup, MappingSpec
from migrate.values import TargetField, TargetSchema

CHOSEN, BLOCK, COMMENT, SIGNED = "Chosen", "Block", "Comment", "Signed off by"
USER, KEYS, ORDER = "Chosen user", "Chosen keys", "Survivor: first block first"
_MOST_LISTED = 500  # values of one column that a person decides on one by one
_LONGEST_SAMPLE = 60
_NATURAL_KEYS = ("registration_number", "tax_id", "vat_id", "email", "product_code", "sku")


@dataclass(frozen=True)
class Line:
    """One line: what it is about, the texts it shows, what is chosen, how a suggestion is written."""

    key: Key
    shown: Mapping[str, str]
    choice: Choice = field(default_factory=Choice)
    plan: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Basis:
    """What the lines are made from.

    ``keys``: table -> the columns that identify its rows; ``owners``: a legacy owner -> the user of
    the target; ``same_value`` says which picklist value each value of a mapped column may become.
    """

    mapping: MappingSpec
    schema: TargetSchema
    counts: Mapping[str, TableCounts] = field(default_factory=dict)
    suggestions: Sequence[Suggestion] = ()
    keys: Mapping[str, Sequence[str]] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    same_value: Callable[[Mapping[str, int], TargetField], Sequence[ValueChoice]] | None = None


@dataclass(frozen=True)
class Decisions:
    """All lines, by sheet; exclusions, new fields and questions are shown only."""

    fields: tuple[Line, ...] = ()
    values: tuple[Line, ...] = ()
    owners: tuple[Line, ...] = ()
    duplicates: tuple[Line, ...] = ()
    exclusions: tuple[Mapping[str, str], ...] = ()

    @property
    def lines(self) -> tuple[Line, ...]:
        return (*self.fields, *self.values, *self.owners, *self.duplicates)

    @property
    def choices(self) -> dict[Key, Choice]:
        """What is chosen now, by key."""
        return {line.key: line.choice for line in self.lines}


def decide(basis: Basis) -> Decisions:
    """Make the lines: what the mapping says is chosen; where it is silent, what is suggested.

    >>> from migrate.specs.catalogue import read_target
    >>> from migrate.specs.mapping import Block, FieldMap
    >>> block = Block("people", "crm.people", "Contact", "all", (FieldMap("phone", columns=("Tel",)),))
    >>> basis = Basis(MappingSpec((block,)), read_target("reference"))
    >>> [line.choice["Chosen"] for line in decide(basis).fields]
    ['Contact.phone — Phone', '']
    """
    return Decisions(
        tuple(_fields(basis)),
        tuple(_values(basis)),
        tuple(_owners(basis)),
        tuple(_duplicates(basis)),
        tuple(_exclusions(basis)),
    )


# -- fields -----------------------------------------------------------------------------------


def _fields(basis: Basis) -> Iterator[Line]:
    uses, drops = uses_of(basis.mapping), {(d.table, d.column): d for d in basis.mapping.drops}
    suggested = {(s.table, s.source_column): s for s in basis.suggestions}
    otherwise = used_otherwise(basis.mapping, basis.keys)
    tables = dict.fromkeys([*basis.counts, *(table for table, _ in (*uses, *drops))])
    for table in tables:
        counts = basis.counts.get(table, TableCounts(table))
        named = [column for of, column in (*uses, *drops) if of == table and column]
        for column in dict.fromkeys([*counts.filled, *named]):
            place = (table, column)
            shown = _shown(counts, column, suggested.get(place), basis.schema)
            shown["Used otherwise"] = joined(otherwise.get(place, ()))
            for use in uses.get(place, ()):
                yield _used(use, shown, basis.schema)
            if place in drops:
                yield _dropped(drops[place], shown)
            elif place not in uses:
                yield from _undecided(table, column, shown, suggested.get(place), basis)
        yield from _without_column(table, uses.get((table, ""), ()), basis)


def _shown(
    counts: TableCounts, column: str, found: Suggestion | None, schema: TargetSchema
) -> dict[str, str]:
    filled = counts.filled.get(column)
    share = f"{filled / counts.rows:.4f}" if filled is not None and counts.rows else ""
    shown = {"Table": counts.table, "Column": column, "Filled": share}
    if found is None:
        return shown
    best = found.best
    review = (found.needs_review,) if found.needs_review else ()
    return {
        **shown,
        "Samples": joined(text[:_LONGEST_SAMPLE] for text in found.facts.samples[:4]),
        "Suggested": shown_target(schema, best.field) if best.field else NOT_IMPORTED,
        "Sure": str(best.confidence),
        "Why": joined((*best.reasons, *review)),
    }


def _used(use: Use, shown: Mapping[str, str], schema: TargetSchema) -> Line:
    cells = {
        CHOSEN: shown_target(schema, use.target),
        BLOCK: use.block.name,
        COMMENT: use.map.comment,
        SIGNED: use.map.signed_off_by,
    }
    return Line(use.key, {**shown, "Transformation": words_of(use)}, Choice(cells))


def _dropped(drop: Drop, shown: Mapping[str, str]) -> Line:
    cells = {CHOSEN: NOT_IMPORTED, COMMENT: drop.reason, SIGNED: drop.signed_off_by}
    return Line(Key("field", drop.table, drop.column), shown, Choice(cells))


def _undecided(
    table: str, column: str, shown: Mapping[str, str], found: Suggestion | None, basis: Basis
) -> Iterator[Line]:
    """One line for a column, or one for each field that parts of its values go into."""
    target = found.best.field if found else None
    if found is None or not target:
        plan = {"reason": joined(found.best.reasons)} if found else {}
        yield Line(Key("field", table, column), shown, plan=plan)
        return
    shape = found.shape
    parts = {target: shape.parts.get(target, ""), **shape.parts}
    for into, part in parts.items():
        plan = {"target": into, "clean": shape.cleaner, "part": part, "parent": shape.parent,
                "joined_with": list(shape.joined_with)}  # fmt: skip
        own = {**shown, "Suggested": shown_target(basis.schema, into)}
        own["Transformation"] = _planned_words(plan)
        yield Line(Key("field", table, column, field=into), own, plan=plan)


def _planned_words(plan: Mapping[str, Any]) -> str:
    said = []
    if plan["parent"]:
        said.append(f"looked up among the {plan['parent']} records")
    elif plan["clean"]:
        said.append(f"read as {plan['clean']}")
    if plan["part"]:
        said.append(f"of it {plan['part']}")
    if plan["joined_with"]:
        said.append(f"put together with {', '.join(plan['joined_with'])}")
    return ", ".join(said)


def _without_column(table: str, constants: Sequence[Use], basis: Basis) -> Iterator[Line]:
    """Constants, and required fields that nothing fills."""
    for use in constants:
        if use.map.kind != "constant":
            continue
        cells = {CHOSEN: f"{CONSTANT}{use.map.constant}", BLOCK: use.block.name,
                 COMMENT: use.map.comment, SIGNED: use.map.signed_off_by}  # fmt: skip
        shown = {"Table": table, "Column": f"(none) {use.target}", "Transformation": words_of(use)}
        yield Line(use.key, shown, Choice(cells))
    for block in basis.mapping.blocks:
        target = basis.schema.object(block.object)
        if block.table != table or target is None:
            continue
        for spec in required_without_source(block, target):
            shown = {
                "Table": table,
                "Column": f"(none) {target.name}.{spec.name}",
                "Why": f"{target.name} records need it, and no column fills it: choose it for a "
                f"column, or write {CONSTANT.strip()} and the value here",
            }
            key = Key("constant", table, "", block.name, spec.name)
            yield Line(key, shown, Choice({BLOCK: block.name}))


# -- values -----------------------------------------------------------------------------------


def value_columns(mapping: MappingSpec, schema: TargetSchema, table: str) -> set[str]:
    """Name the columns of a table whose values, owners or match keys the workbook counts."""
    found = set()
    for (of, column), uses in uses_of(mapping).items():
        if of == table and column:
            for use in uses:
                spec = field_of(schema, use.target)
                rule = mapping.match(use.block.object)
                is_key = rule is not None and any((use.map.field,) == k for k in rule.keys)
                is_list = spec is not None and bool(spec.picklist)
                if use.map.values or is_list or is_key or _is_owner(spec, schema):
                    found.add(column)
    return found


def _values(basis: Basis) -> Iterator[Line]:
    for (table, column), uses in uses_of(basis.mapping).items():
        counts = basis.counts.get(table, TableCounts(table)).values.get(column, {})
        for use in uses:
            spec = field_of(basis.schema, use.target)
            if use.map.lookup or use.map.kind not in ("columns", "template", "join"):
                continue
            if not use.map.values and not (spec and spec.picklist and column):
                continue
            is_alone = len(use.map.columns) == 1
            yield from _mapped_values(use, spec, counts if is_alone else {}, basis)
    for found in undecided(basis):
        for choice in found.values[:_MOST_LISTED]:
            key = Key("value", found.table, found.source_column, field=found.best.field or "",
                      value=choice.source)  # fmt: skip
            yield Line(key, _value_shown(key, choice, choice.count))


def undecided(basis: Basis) -> list[Suggestion]:
    """List the suggestions of a field for columns of which the mapping says nothing."""
    decided = {*uses_of(basis.mapping), *((d.table, d.column) for d in basis.mapping.drops)}
    return [
        found
        for found in basis.suggestions
        if found.best.field and (found.table, found.source_column) not in decided
    ]


def _mapped_values(
    use: Use, spec: TargetField | None, counts: Mapping[str, int], basis: Basis
) -> Iterator[Line]:
    if use.column != (use.map.columns or ("",))[0]:
        return  # a text of several columns is one value
    chosen = {plain(old): new for old, new in use.map.values.items()}
    suggestions: dict[str, ValueChoice] = {}
    if basis.same_value and spec and spec.picklist and counts:
        listed = dict(list(counts.items())[:_MOST_LISTED])
        suggestions = {choice.source: choice for choice in basis.same_value(listed, spec)}
    named = {plain(text): text for text in use.map.values}
    texts = {plain(text): text for text in counts} if len(counts) <= _MOST_LISTED else {}
    for same, text in {**named, **texts}.items():
        column = " + ".join(use.map.columns)
        key = Key("value", use.block.table, column, use.block.name, use.map.field, text)
        number = sum(n for value, n in counts.items() if plain(value) == same)
        shown = _value_shown(key, suggestions.get(text), number if counts else None)
        shown["Field"] = use.target
        yield Line(key, shown, Choice({CHOSEN: chosen.get(same, "")}))


def _value_shown(key: Key, choice: ValueChoice | None, count: int | None) -> dict[str, str]:
    shown = {"Table": key.table, "Column": key.column, "Field": key.field, "Value": key.value,
             "Count": "" if count is None else str(count)}  # fmt: skip
    if choice is not None:
        shown["Suggested"] = choice.target or ""
        shown["Sure"], shown["Why"] = str(choice.confidence), choice.reason
    return shown


def plain(text: str) -> str:
    """Give a value as ``values`` compares it: trimmed and without case."""
    return text.strip().casefold()


# -- owners -----------------------------------------------------------------------------------


def _is_owner(spec: TargetField | None, schema: TargetSchema) -> bool:
    users = {target.name for target in schema.objects if target.is_user}
    return spec is not None and bool(users & set(spec.references))


def _owners(basis: Basis) -> Iterator[Line]:
    counted: dict[str, int] = dict.fromkeys(basis.owners, 0)
    where: dict[str, list[str]] = {}
    for (table, column), uses in uses_of(basis.mapping).items():
        counts = basis.counts.get(table, TableCounts(table)).values.get(column, {})
        for use in uses:
            spec = field_of(basis.schema, use.target)
            if not _is_owner(spec, basis.schema) or (use.map.lookup and use.map.lookup.by):
                continue
            for value, count in list(counts.items())[:_MOST_LISTED]:
                counted[value] = counted.get(value, 0) + count
                where.setdefault(value, []).append(use.target)
    for found in undecided(basis):
        if _is_owner(field_of(basis.schema, found.best.field or ""), basis.schema):
            for value, count in list(found.facts.counts.items())[:_MOST_LISTED]:
                counted[value] = counted.get(value, 0) + count
                where.setdefault(value, []).append(found.best.field or "")
    for value in sorted(counted, key=lambda v: -counted[v]):
        shown = {"Owner": value, "Records": str(counted[value]),
                 "Owns": joined(dict.fromkeys(where.get(value, ())))}  # fmt: skip
        choice = Choice({USER: basis.owners.get(value, "")})
        yield Line(Key("owner", value=value), shown, choice)


def user_blocks(mapping: MappingSpec, schema: TargetSchema) -> list[Block]:
    """List the blocks that make or find users."""
    users = {target.name for target in schema.objects if target.is_user}
    return [block for block in mapping.blocks if block.object in users]


# -- duplicates and exclusions ----------------------------------------------------------------


def keys_text(keys: Sequence[Sequence[str]]) -> str:
    """Write match keys into one cell.

    >>> keys_text([["email"], ["first_name", "last_name"]])
    'email; first_name + last_name'
    """
    return "; ".join(" + ".join(key) for key in keys)


def read_keys(text: str) -> list[list[str]]:
    """Read match keys back.

    >>> read_keys("email; first_name +last_name;")
    [['email'], ['first_name', 'last_name']]
    """
    keys = [[part.strip() for part in key.split("+") if part.strip()] for key in text.split(";")]
    return [key for key in keys if key]


def _duplicates(basis: Basis) -> Iterator[Line]:
    objects = [block.object for block in basis.mapping.blocks if block.action != "bind"]
    ruled = [rule.object for rule in basis.mapping.matches]
    coming = [(found.best.field or "").partition(".") for found in undecided(basis)]
    users = {target.name for target in basis.schema.objects if target.is_user}
    suggested = [name for name, _, _ in coming if name not in users]
    for name in dict.fromkeys([*objects, *ruled, *suggested]):
        target, rule = basis.schema.object(name), basis.mapping.match(name)
        blocks = [block for block in basis.mapping.blocks if block.object == name]
        mapped = {known.field for block in blocks for known in block.fields}
        mapped |= {own for of, _, own in coming if of == name}
        natural = [
            [spec.name]
            for spec in (target.fields if target else ())
            if spec.name in mapped and (spec.is_unique or spec.means in _NATURAL_KEYS)
        ]
        shown = {
            "Object": name,
            "Blocks": joined(block.name for block in blocks),
            "Suggested keys": keys_text(natural),
            "Alike": _alike(blocks, rule.keys if rule else natural, basis),
        }
        cells = {
            KEYS: keys_text(rule.keys) if rule else "",
            ORDER: joined(rule.priority) if rule else "",
        }
        yield Line(Key("match", field=name), shown, Choice(cells))


def _alike(blocks: Sequence[Block], keys: Sequence[Sequence[str]], basis: Basis) -> str:
    """Say how many raw values of each single-column key stand in more than one row."""
    said = []
    for key in keys:
        seen: dict[str, int] = {}
        for block in blocks:
            columns = [k.columns[0] for k in block.fields if [k.field] == list(key) and k.columns]
            for column in columns:
                values = basis.counts.get(block.table, TableCounts("")).values.get(column, {})
                for value, count in values.items():
                    seen[plain(value)] = seen.get(plain(value), 0) + count
        if seen:
            said.append(f"{key[0]}: {sum(n > 1 for n in seen.values())} in several rows")
    return "; ".join(said)


def _exclusions(basis: Basis) -> Iterator[dict[str, str]]:
    for block in basis.mapping.blocks:
        counts = basis.counts.get(block.table, TableCounts(block.table))
        for number, exclusion in enumerate(block.exclusions):
            rows = counts.excluded.get((block.name, number))
            yield {
                "Block": block.name, "Table": block.table,
                "Left out where": condition_in_words(exclusion.condition),
                "Reason": exclusion.reason, "Rows": "" if rows is None else str(rows),
                "Of": str(counts.rows) if counts.rows else "",
            }  # fmt: skip


def lookup_blocks(lookup: Lookup | None) -> tuple[str, ...]:
    """Name the blocks that a lookup leads to."""
    return lookup.all_blocks if lookup else ()


__all__ = [
    "BLOCK", "CHOSEN", "COMMENT", "KEYS", "ORDER", "SIGNED", "USER", "Basis", "Decisions", "Line",
    "choices_of", "decide", "keys_text", "plain", "read_keys", "user_blocks", "value_columns",
]  # fmt: skip
