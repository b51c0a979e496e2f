"""Which rules must the records of an object keep, by the target's schema and by the customer's own?

Knows nothing of Great Expectations but names: :mod:`migrate.validation.expectations` runs the rules.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from migrate.values import MULTIPLE, Severity, TargetField, TargetObject

UNIQUE_FLAG = "@unique:"
REFERENCE_FLAG = "@reference:"
COMBINATION_FLAG = "@combination:"
FLAGS = (UNIQUE_FLAG, REFERENCE_FLAG, COMBINATION_FLAG)
"""``@unique:code`` beside the fields holds "false" where another record has the same code, and
``@reference:owner`` where the owner is not found: both need the whole set, so DuckDB fills them.
``@combination:stage`` holds it where the field that the stage depends on does not allow it."""

NUMBER_TYPES = frozenset({"integer", "decimal"})
TIME_TYPES = frozenset({"date", "datetime"})

_TEXT_TYPES = frozenset({"text", "long_text", "email", "phone", "url", "picklist", "currency"})
_LEAP = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_DATE = (
    "(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    f"|{_LEAP}-02-29)"
)
_SHAPES = {
    "integer": ("-?[0-9]{1,18}", "12"),
    "decimal": (r"-?[0-9]+(?:\.[0-9]+)?", "1250.5"),
    "boolean": ("true|false", "true"),
    "date": (_DATE, "2024-03-31"),
    "datetime": (
        rf"{_DATE}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{{1,6}})?Z?",
        "2024-03-31T15:30:00",
    ),
    "currency": ("[A-Z]{3}", "EUR"),
}
# What every CRM asks for: one @, no blank or bracket, a domain of labels with a dot. Blanks are
# listed one by one, because Arrow's fast expressions have no \s that means all of them.
_APART = r" \t\r\n\f\v\xa0@,;:<>()\[\]\\\""
_LABEL = f"[^{_APART}./_-](?:[^{_APART}./_]*[^{_APART}./_-])?"
_ENDING = f"[^{_APART}./_0-9-](?:[^{_APART}./_]*[^{_APART}./_-])"
_EMAIL = rf"[^{_APART}]+@(?:{_LABEL}\.)+{_ENDING}"
_SHOWN_CHOICES = 12


@dataclasses.dataclass(frozen=True)
class Rule:
    """One thing that must be true of an object's records.

    ``expectation`` is the class of Great Expectations, ``arguments`` what it takes, the names of
    columns among them; ``field`` is where a failure is reported. ``numbers`` and ``times`` name the
    columns to compare as numbers, or as moments, rather than as text. An aggregate judges all rows
    at once. ``where`` is the line of the customer's own rule.
    """

    code: str
    field: str
    expectation: str
    arguments: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    severity: Severity = "error"
    message: str = ""
    hint: str = ""
    is_aggregate: bool = False
    numbers: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    where: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the frame that the rule reads."""
        named = [
            self.arguments[a] for a in ("column", "column_A", "column_B") if a in self.arguments
        ]
        return tuple(dict.fromkeys([*named, *self.arguments.get("column_list", ())])) or (
            self.field,
        )


def schema_rules(target: TargetObject, mapped: Collection[str]) -> tuple[Rule, ...]:
    """The rules that the target's schema makes for the mapped fields.

    Flag columns are among them; :func:`flag_columns` says which the frames must have.

    >>> name = TargetField("name", length=40, is_required=True)
    >>> [rule.code for rule in schema_rules(TargetObject("Account", (name,)), ["name"])]
    ['required_missing', 'too_long']
    """
    return tuple(
        rule
        for one in target.fields
        if one.name in mapped
        for rule in (*_rules_of(one, target), *_dependence_rules(one, mapped))
    )


def flag_columns(rules: Iterable[Rule]) -> tuple[str, ...]:
    """The Boolean columns that somebody who sees the whole set has to put beside the fields.

    >>> code = TargetField("code", is_unique=True)
    >>> flag_columns(schema_rules(TargetObject("Product", (code,)), ["code"]))
    ('@unique:code',)
    """
    return tuple(
        dict.fromkeys(name for rule in rules for name in rule.columns if name.startswith(FLAGS))
    )


def flag_rule(name: str, flag: str, *, message: str, hint: str, code: str, **more: Any) -> Rule:
    """A rule about the field ``name`` that fails where its flag column says "false"."""
    return Rule(
        code, name, "ExpectColumnValuesToNotBeInSet",
        {"column": f"{flag}{name}", "value_set": ["false"]}, message=message, hint=hint, **more,
    )  # fmt: skip


def _rules_of(one: TargetField, target: TargetObject) -> Iterator[Rule]:
    name = one.name
    if one.is_required:
        yield Rule(
            "required_missing", name, "ExpectColumnValuesToNotBeNull", {"column": name},
            message=f"{target.name} is not accepted without {name}",
            hint="enter a value in the quarantine workbook, or give the field a `default:`",
        )  # fmt: skip
    shape = _SHAPES.get(one.type)
    if shape:
        yield _shape_rule(one, f"not_{one.type}", shape[0], one.type, shape[1])
    if one.type == "email":
        yield _shape_rule(one, "email_invalid", _EMAIL, "e-mail address", "jan@example.com")
    if one.length is not None and one.type in _TEXT_TYPES and not one.picklist:
        yield Rule(
            "too_long", name, "ExpectColumnValueLengthsToBeBetween",
            {"column": name, "max_value": one.length},
            message=f"longer than the {one.length} characters that {name} holds",
            hint="shorten it in the quarantine workbook, or lengthen the field in the CRM",
        )  # fmt: skip
    if one.picklist and one.is_multiple:
        values = "|".join(re.escape(value) for value in one.picklist)
        yield Rule(
            "not_in_picklist", name, "ExpectColumnValuesToMatchRegex",
            {"column": name, "regex": rf"^(?:{values})(?:{MULTIPLE}(?:{values}))*\Z"},
            message=f"{name} offers no such value, or not all of these",
            hint=f"allowed: {_choices(one.picklist)}; map them under `values:` of {name}",
        )  # fmt: skip
    elif one.picklist:
        yield Rule(
            "not_in_picklist", name, "ExpectColumnValuesToBeInSet",
            {"column": name, "value_set": list(one.picklist)},
            message=f"{name} offers no such value",
            hint=f"allowed: {_choices(one.picklist)}; map it under `values:` of {name}",
        )  # fmt: skip
    if one.is_unique:
        yield flag_rule(
            name, UNIQUE_FLAG, code="not_unique",
            message=f"another {target.name} has the same {name}, which must be unique",
            hint="correct one of them in the quarantine workbook, or let duplicates be merged",
        )  # fmt: skip
    if one.type == "reference":
        yield flag_rule(
            name, REFERENCE_FLAG, code="unresolved_reference",
            message=f"{name} points to {' or '.join(one.references) or 'a record'} that is not "
            "among the migrated records",
            hint="correct the key in the quarantine workbook, or migrate the parent too",
        )  # fmt: skip


def _dependence_rules(one: TargetField, mapped: Collection[str]) -> Iterator[Rule]:
    """The value goes with that of the field it depends on, where both are mapped."""
    if one.depends_on and one.depends_on in mapped:
        allowed = "; ".join(
            f"{value}: {_choices(values) or 'none'}" for value, values in one.allowed.items()
        )
        yield flag_rule(
            one.name, COMBINATION_FLAG, code="combination_not_allowed",
            message=f"{one.name} offers no such value together with that {one.depends_on}",
            hint=f"allowed: {allowed}; map them together under `values: {{by: …, map: …}}`",
        )  # fmt: skip


def _shape_rule(one: TargetField, code: str, shape: str, noun: str, example: str) -> Rule:
    return Rule(
        code, one.name, "ExpectColumnValuesToMatchRegex",
        {"column": one.name, "regex": rf"^(?:{shape})\Z"},
        message=f"the text is no {noun} as {one.name} needs it, such as {example}",
        hint="correct the value in the quarantine workbook",
    )  # fmt: skip


def _choices(values: tuple[str, ...]) -> str:
    shown = ", ".join(values[:_SHOWN_CHOICES])
    more = len(values) - _SHOWN_CHOICES
    return f"{shown} and {more} more" if more > 0 else shown
