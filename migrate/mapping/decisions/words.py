"""How does a transformation of the mapping read in words?"""

from __future__ import annotations

from collections.abc import Sequence

from migrate.specs.mapping import Condition, FieldMap, Lookup

_TESTS = {
    "is": "is", "is_not": "is not", "empty": "is empty", "filled": "is filled",
    "matches": "looks like", "less": "is less than", "greater": "is greater than",
}  # fmt: skip


def in_words(field: FieldMap) -> str:
    """Say how a field gets its value.

    >>> in_words(FieldMap("phone", columns=("Tel",), clean="phone", companions={"region": "Land"}))
    'read as phone, with Land as region'
    >>> in_words(FieldMap("segment", kind="constant", constant="customer"))
    'the same in every record'
    """
    said = [_origin(field), _cleaning(field), _lookup(field.lookup)]
    if getattr(field, "split", None):
        said.append("cut at its separators")
    if getattr(field, "combinations", None):
        said.append("translated together with other columns")
    if getattr(field, "conversion", None):
        said.append("converted into another currency")
    if field.values:
        said.append(f"{len(field.values)} values translated (sheet Values)")
    if getattr(field, "when", None):
        said.append("under a condition")
    if field.default:
        said.append(f"{field.default!r} where it is empty")
    return ", ".join(text for text in said if text) or "as it is"


def condition_in_words(condition: Condition) -> str:
    """Say when a row is left out.

    >>> condition_in_words(Condition("deleted", "is", ("1",)))
    "deleted is '1'"
    """
    parts: Sequence[Condition] = getattr(condition, "parts", ())
    if parts:
        word = " and " if condition.test == "all" else " or "
        return word.join(condition_in_words(part) for part in parts)
    values = " or ".join(repr(value) for value in condition.values)
    return f"{condition.column} {_TESTS.get(condition.test, condition.test)} {values}".strip()


def _origin(field: FieldMap) -> str:
    columns = ", ".join(field.columns)
    if field.kind == "constant":
        return "the same in every record"
    if field.kind == "template":
        return f"put into the text {field.template!r}"
    if field.kind == "join":
        return f"{columns} put together with {field.separator!r} between them"
    if field.kind == "columns":
        return f"the first filled of {columns}" if len(field.columns) > 1 else ""
    return f"computed from {columns}" if columns else "computed"


def _cleaning(field: FieldMap) -> str:
    if not field.clean or (field.values and field.clean == "picklist"):
        return ""
    said = f"read as {field.clean}"
    if field.part != "value":
        said += f", of it {field.part}"
    for name, column in field.companions.items():
        said += f", with {column} as {name}"
    if field.options:
        said += ", " + ", ".join(f"{name} {value}" for name, value in field.options.items())
    return said


def _lookup(lookup: Lookup | None) -> str:
    if lookup is None:
        return ""
    blocks = " or ".join(lookup.all_blocks)
    said = f"looked up among {blocks}"
    if lookup.by:
        said += f" by {lookup.by}"
    if lookup.type_column:
        said += f", {lookup.type_column} says which"
    return said
