"""Do the values that the mapping itself writes go together, where one field decides about another?"""

from __future__ import annotations

from collections.abc import Iterator

from migrate.registry import did_you_mean
from migrate.specs.mapping import Block, FieldMap
from migrate.specs.problems import field_issue
from migrate.values import Issue, TargetField, TargetObject


def fixed_values(field: FieldMap) -> frozenset[str]:
    """The texts that the mapping itself puts into a field; no row is needed to know them.

    >>> sorted(fixed_values(FieldMap("stage", values={"A": "won"}, default="new")))
    ['new', 'won']
    """
    fixed = {*field.values.values(), field.default, field.otherwise}
    if field.combinations:
        fixed |= {new for _, new in field.combinations.lines}
    if field.kind == "constant" and not field.clean and not field.values:
        fixed.add(field.constant)
    return frozenset(fixed - {""})


def possible_values(field: FieldMap) -> frozenset[str] | None:
    """Every value that the field can have; None where the rows decide."""
    is_constant = field.kind == "constant" and not field.clean and not field.values
    is_listed = bool(field.values or field.combinations) and field.unmapped != "keep"
    has_cleaner = field.clean not in {"", "picklist"} and not field.values
    if (is_constant or is_listed) and not has_cleaner and not field.conversion:
        return fixed_values(field)
    return None


def check_dependent(block: Block, target: TargetObject) -> Iterator[Issue]:
    """Values that no value of the deciding field allows; the rows' own are judged when they are
    known."""
    mapped = {field.field: field for field in block.fields}
    for known in target.fields:
        field, decider = mapped.get(known.name), mapped.get(known.depends_on)
        deciding = possible_values(decider) if decider else None
        if field is None or not deciding:
            continue
        allowed = {value for one in deciding for value in known.allowed.get(one, ())}
        for value in sorted(fixed_values(field) - allowed):
            yield _not_allowed(block, field, known, value, deciding, allowed)


def _not_allowed(
    block: Block, field: FieldMap, known: TargetField, value: str, deciding: frozenset[str],
    allowed: set[str],
) -> Issue:  # fmt: skip
    message = (
        f"block {block.name!r}: {block.object}.{known.name} cannot be {value!r} where "
        f"{known.depends_on} is {' or '.join(sorted(deciding))}"
    )
    hint = did_you_mean(value, allowed) if allowed else f"{known.name} must stay empty there"
    return field_issue("combination_not_allowed", message, block, field, hint)
