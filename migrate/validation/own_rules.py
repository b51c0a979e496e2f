"""What do the customer's own lines under ``rules:`` ask, as rules that can be run?"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from migrate.specs.problems import raise_errors, unknown
from migrate.specs.project import QualityRule
from migrate.validation.offered import Offered, alike, find, snake
from migrate.validation.rules import NUMBER_TYPES, TIME_TYPES, UNIQUE_FLAG, Rule, flag_rule
from migrate.values import Issue, TargetObject

WORDS = ("message", "hint")
"""What a line may say in the customer's words, beside the arguments of its expectation."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?Z?)?")
_NUMBERS = ("min_value", "max_value", "mostly", "threshold", "value", "sum_total")
_TRUTHS = ("strict_min", "strict_max", "or_equal", "double_sided", "ties_okay")
_LISTS = ("value_set", "regex_list", "column_list")


def own_rules(
    target: TargetObject, mapped: Collection[str], lines: Iterable[QualityRule]
) -> tuple[Rule, ...]:
    """The rules that the lines about this object ask for.

    ``expect`` names an expectation in snake case or as its class. A rule with ``mostly`` below 1
    tolerates a share of rows, so it judges all rows at once and sends none to quarantine. Raises
    MappingError with everything that is wrong in the lines.

    >>> from migrate.values import TargetField
    >>> account = TargetObject("Account", (TargetField("vat_id"),))
    >>> line = QualityRule("Account", "vat_id", "expect_column_values_to_match_regex", {"regex": "^SK"})
    >>> [(rule.code, rule.severity) for rule in own_rules(account, ["vat_id"], [line])]
    [('rule_match_regex', 'error')]
    """
    lines = [line for line in lines if line.object == target.name]
    raise_errors(own_rule_problems(target, mapped, lines))
    rules: list[Rule] = []
    seen: Counter[tuple[str, str]] = Counter()
    for rule in (_rule(line, target) for line in lines):
        # The code is part of what names a refused row: two rules of one kind need two codes.
        seen[rule.field, rule.code] += 1
        again = seen[rule.field, rule.code]
        rules.append(dataclasses.replace(rule, code=f"{rule.code}_{again}") if again > 1 else rule)
    return tuple(rules)


def own_rule_problems(
    target: TargetObject, mapped: Collection[str], lines: Iterable[QualityRule]
) -> list[Issue]:
    """Everything that is wrong in the lines about this object, with file and line."""
    return [
        issue
        for line in lines
        if line.object == target.name
        for issue in _problems(line, target, mapped)
    ]


def _problems(line: QualityRule, target: TargetObject, mapped: Collection[str]) -> Iterator[Issue]:
    offered = find(line.expect)
    if offered is None:
        message = f"rule: there is no expectation {line.expect!r}"
        names = alike(line.expect)
        yield unknown("unknown_expectation", message, line.expect, names, place=line.where)
        return
    known = (*offered.arguments, *WORDS)
    for name in line.arguments:
        if name not in known:
            message = f"rule: {line.expect} takes no {name!r}"
            yield unknown("unknown_argument", message, name, known, place=line.where)
    misspelt = set(line.arguments) - set(known)
    if (missing := [name for name in offered.required if name not in line.arguments]) and (
        not misspelt
    ):
        message = f"rule: {line.expect} needs {', '.join(missing)}"
        hint = f"write `{missing[0]}:` beside `expect:`"
        yield Issue("missing_argument", "error", message, place=line.where, hint=hint)
    wrong = list(_wrong_values(line, offered))
    yield from wrong
    if not wrong:
        yield from _field_problems(line, target, mapped, offered)


def _refuse(line: QualityRule, message: str, hint: str = "") -> Issue:
    return Issue("wrong_value", "error", f"rule: {message}", place=line.where, hint=hint)


def _wrong_values(line: QualityRule, offered: Offered) -> Iterator[Issue]:
    given = {name: value for name, value in line.arguments.items() if name in offered.arguments}
    takes_moments = offered.compares == "ordered"
    for name, value in given.items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if name in _TRUTHS and not isinstance(value, bool):
            yield _refuse(line, f"{name} must be true or false, found {value!r}")
        elif name in _LISTS and not (isinstance(value, list | tuple) and value):
            yield _refuse(line, f"{name} must be a list", f"write {name}: [one, two]")
        elif name == "mostly" and not (is_number and 0 < value <= 1):
            yield _refuse(line, f"mostly is a share between 0 and 1, found {value!r}")
        elif name in ("min_value", "max_value") and takes_moments and not is_number:
            if not _MOMENT.fullmatch(str(value)):
                yield _refuse(line, f"{name} must be a number or a date such as 2024-03-31")
        elif name in _NUMBERS and not is_number:
            yield _refuse(line, f"{name} must be a number, found {value!r}")
        elif name in ("regex", "regex_list"):
            yield from _wrong_patterns(line, [value] if name == "regex" else value)
    low, high = given.get("min_value"), given.get("max_value")
    if "min_value" in offered.arguments and low is None and high is None:
        yield _refuse(line, f"{line.expect} needs min_value, max_value or both")
    elif type(low) is type(high) and low is not None and low > high:
        yield _refuse(line, f"min_value {low} is greater than max_value {high}")


def _wrong_patterns(line: QualityRule, patterns: Sequence[Any]) -> Iterator[Issue]:
    for pattern in patterns:
        try:
            re.compile(str(pattern))
        except re.error as error:
            yield _refuse(line, f"{pattern!r} is no regular expression: {error}")


def _field_problems(
    line: QualityRule, target: TargetObject, mapped: Collection[str], offered: Offered
) -> Iterator[Issue]:
    columns = _columns(line, offered) or (line.field,)
    if len(columns) < 2 and offered.fields not in ((), ("column",)):
        yield _refuse(line, f"{line.expect} needs another field beside {line.field}")
    for name in columns:
        field = target.field(name)
        if field is None:
            message = f"rule: {target.name} has no field {name!r}"
            names = [f.name for f in target.fields]
            yield unknown("unknown_field", message, name, names, place=line.where)
        elif name not in mapped:
            message = f"rule: {target.name}.{name} is not mapped, so there is nothing to judge"
            yield unknown("unmapped_field", message, name, mapped, place=line.where)
        elif offered.compares == "numbers" and field.type not in NUMBER_TYPES:
            hint = f"{name} is of type {field.type}; name an integer or decimal field"
            yield _refuse(line, f"{line.expect} works on numbers", hint)
        elif offered.compares == "ordered":
            yield from _order_problems(line, target, columns, name)


def _order_problems(
    line: QualityRule, target: TargetObject, columns: Sequence[str], name: str
) -> Iterator[Issue]:
    kinds = {column: _kind(target, column) for column in columns}
    if not kinds[name]:
        hint = "name a field of type integer, decimal, date or datetime"
        yield _refuse(line, f"{line.expect} compares numbers or dates, and {name} is neither", hint)
        return
    if name == columns[0] and len(set(kinds.values())) > 1 and all(kinds.values()):
        yield _refuse(line, f"{' and '.join(columns)} cannot be compared: one is a date")
    for bound in ("min_value", "max_value"):
        value = line.arguments.get(bound)
        if value is not None and isinstance(value, str) != (kinds[name] == "time"):
            wanted = "a date such as 2024-03-31" if kinds[name] == "time" else "a number"
            yield _refuse(line, f"{bound} must be {wanted}, because {name} holds such values")


def _kind(target: TargetObject, name: str) -> str:
    field = target.field(name)
    if field is None:
        return ""
    return "number" if field.type in NUMBER_TYPES else "time" if field.type in TIME_TYPES else ""


def _columns(line: QualityRule, offered: Offered) -> tuple[str, ...]:
    """The fields that the rule reads, its own first."""
    others: list[str] = []
    for name in offered.fields:
        value = line.arguments.get(name)
        others.extend(
            map(str, value) if isinstance(value, list | tuple) else [value] if value else []
        )
    if line.arguments.get("column_A"):
        return tuple(others)
    return tuple(dict.fromkeys([line.field, *others])) if offered.fields else ()


def _rule(line: QualityRule, target: TargetObject) -> Rule:
    offered = find(line.expect)
    assert offered is not None  # the problems were raised before
    said = {name: str(line.arguments[name]) for name in WORDS if name in line.arguments}
    if offered.judges == "flag":
        return flag_rule(
            line.field, UNIQUE_FLAG, code="rule_be_unique", severity=line.severity, where=line.where,
            message=said.get("message", f"another {target.name} has the same {line.field}"),
            hint=said.get("hint", f"the rule is in {line.where or 'migration.yaml'}"),
        )  # fmt: skip
    columns = _columns(line, offered)
    arguments = _arguments(line, offered, columns)
    share = arguments.get("mostly")
    is_ordered = offered.compares != "text"
    return Rule(
        code=f"rule_{_short(offered.name)}",
        field=line.field,
        expectation=offered.name,
        arguments=arguments,
        severity=line.severity,
        message=said.get("message", _sentence(line, offered)),
        hint=said.get("hint", f"the rule is in {line.where or 'migration.yaml'}"),
        is_aggregate=offered.judges == "whole" or (share is not None and share < 1),
        numbers=tuple(c for c in columns if is_ordered and _kind(target, c) == "number"),
        times=tuple(c for c in columns if is_ordered and _kind(target, c) == "time"),
        where=line.where,
    )


def _arguments(line: QualityRule, offered: Offered, columns: Sequence[str]) -> dict[str, Any]:
    skipped = {*WORDS, *offered.fields}
    arguments = {name: value for name, value in line.arguments.items() if name not in skipped}
    if "value_set" in arguments:
        # The frames hold text: 1 in the file is "1", and true is "true".
        arguments["value_set"] = [_canonical(value) for value in arguments["value_set"]]
    if offered.fields == ("column",):
        arguments["column"] = line.field
    elif offered.fields == ("column_A", "column_B"):
        arguments |= {"column_A": columns[0], "column_B": columns[1]}
        arguments["ignore_row_if"] = "either_value_is_missing"
    elif offered.fields == ("column_list",):
        arguments |= {"column_list": list(columns), "ignore_row_if": "any_value_is_missing"}
    return arguments


def _canonical(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _short(name: str) -> str:
    """``ExpectColumnValuesToMatchRegex`` -> ``match_regex``.

    >>> _short("ExpectColumnMeanToBeBetween")
    'mean_be_between'
    """
    short = snake(name).removeprefix("expect_").removeprefix("column_")
    return short.removeprefix("values_").removeprefix("to_").replace("_to_", "_")


def _sentence(line: QualityRule, offered: Offered) -> str:
    words = " ".join(snake(offered.name).split("_")[1:])
    told: Mapping[str, Any] = {k: v for k, v in line.arguments.items() if k not in WORDS}
    return f"{line.field}: expected {words}" + (f" ({_told(told)})" if told else "")


def _told(arguments: Mapping[str, Any]) -> str:
    texts = [
        f"{k} {', '.join(map(str, v)) if isinstance(v, list) else v}" for k, v in arguments.items()
    ]
    joined = ", ".join(texts)
    return joined if len(joined) <= 120 else joined[:117] + "..."
