"""Which values, owners, match keys and exclusions does the decision workbook list?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from migrate.mapping.decisions.counts import TableCounts
from migrate.mapping.decisions.model import Choice, Key, Use, field_of, joined, uses_of
from migrate.mapping.decisions.state import CHOSEN, KEYS, ORDER, USER, Basis, Line, undecided
from migrate.mapping.decisions.words import condition_in_words
from migrate.mapping.value_maps import ValueChoice
from migrate.specs.mapping import Block, MappingSpec
from migrate.values import TargetField, TargetSchema

_MOST_LISTED = 500  # values of one column that a person decides on one by one
_AS_THEY_ARE = ("", "text", "picklist")  # after other cleaners ``values`` meets other texts
_NATURAL_KEYS = ("registration_number", "tax_id", "vat_id", "email", "product_code", "sku")


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


def values_lines(basis: Basis) -> Iterator[Line]:
    for (table, column), uses in uses_of(basis.mapping).items():
        counts = basis.counts.get(table, TableCounts(table)).values.get(column, {})
        for use in uses:
            spec = field_of(basis.schema, use.target)
            if use.map.lookup or use.map.kind not in ("columns", "template", "join"):
                continue
            if not use.map.values and not (spec and spec.picklist and column):
                continue
            is_alone = len(use.map.columns) == 1 and use.map.clean in _AS_THEY_ARE
            yield from _mapped_values(use, spec, counts if is_alone else {}, basis)
    for found in undecided(basis):
        if found.shape.cleaner == "boolean":
            continue  # the cleaner knows yes and no
        for choice in found.values[:_MOST_LISTED]:
            key = Key("value", found.table, found.column, field=found.best.field or "",
                      value=choice.source)  # fmt: skip
            yield Line(key, _value_shown(key, choice, choice.count))


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


def owners_lines(basis: Basis) -> Iterator[Line]:
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


def duplicates_lines(basis: Basis) -> Iterator[Line]:
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


def excluded_rows(basis: Basis) -> Iterator[dict[str, str]]:
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
