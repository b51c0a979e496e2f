"""Can a split, a conversion or a function of the customer's own do what the mapping asks of it?"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from migrate.registry import did_you_mean
from migrate.specs.mapping import Block, Conversion, FieldMap, PythonFunction
from migrate.specs.plan import Plan
from migrate.specs.problems import field_issue, unknown
from migrate.values import Issue, TargetField


def check_ways(plan: Plan, block: Block, field: FieldMap, known: TargetField) -> Iterator[Issue]:
    """Everything wrong with what a field does beyond taking, cleaning and translating a text."""
    who = f"block {block.name!r}: {block.object}.{field.field}"
    if field.split and field.split.is_all and not known.is_multiple:
        message = f"{who} holds one value, not all parts of a text"
        hint = "write part: 1 or part: last; or multiple: true in the target's file, if it holds several"
        yield field_issue("split_into_single", message, block, field, hint)
    if field.conversion:
        yield from _conversion(plan, block, field, field.conversion, known)


def _conversion(
    plan: Plan, block: Block, field: FieldMap, conversion: Conversion, known: TargetField
) -> Iterator[Issue]:
    who = f"block {block.name!r}: {block.object}.{field.field}"
    tables = plan.project.rates
    if known.type != "decimal":
        message = f"{who} is {known.type}: an amount is converted into a decimal field"
        yield field_issue("conversion_of_other_type", message, block, field, "take currency: out")
    if field.clean != "decimal" or field.part != "value":
        message = f"{who} is read by {field.clean!r}, which gives no amount"
        yield field_issue("conversion_of_other_type", message, block, field, "write clean: decimal")
    if not tables:
        message = f"{who}: migration.yaml names no rates"
        hint = "write there rates: rates.csv, a file with the columns date, from, to, rate"
        yield field_issue("unknown_rates", message, block, field, hint)
    elif conversion.rates and conversion.rates not in tables:
        message = f"{who}: there are no rates {conversion.rates!r}"
        place = conversion.where or field.where
        yield unknown("unknown_rates", message, conversion.rates, tables, place=place)
    elif not conversion.rates and len(tables) > 1:
        message = f"{who}: migration.yaml names several tables of rates"
        hint = f"write rates: {' or '.join(sorted(tables))}"
        yield field_issue("unknown_rates", message, block, field, hint)


def check_python(plan: Plan, block: Block, field: FieldMap) -> Iterator[Issue]:
    """A function runs only where somebody allowed it, and only when it is there; it is not run."""
    function = field.function
    if function is None:
        return
    who = f"block {block.name!r}, field {field.field!r}"
    if not plan.project.allows_python:
        message = f"{who} calls {function.file}:{function.name}, and functions are not allowed"
        hint = (
            "write allow_python: true in migration.yaml if you trust the file: it can do "
            "everything that you can do on this machine"
        )
        yield field_issue("python_not_allowed", message, block, field, hint)
    path = plan.project.folder / function.file
    if not path.is_file():
        beside = [p.name for p in plan.project.folder.glob("*.py")]
        message = f"{who}: there is no file {function.file!r} beside migration.yaml"
        hint = did_you_mean(function.file, beside) if beside else "write it there"
        yield Issue("missing_file", "error", message, place=function.where, hint=hint)
        return
    yield from _defined(who, function, path)


def _defined(who: str, function: PythonFunction, path: Path) -> Iterator[Issue]:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        message = f"{who}: {function.file} is not Python: {getattr(error, 'msg', 'no text')}"
        place = f"{function.file}:{line}"
        yield Issue("python_unreadable", "error", message, place=place, hint="correct this line")
        return
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    names += [
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    if function.name not in names:
        message = f"{who}: {function.file} has no function {function.name!r}"
        yield unknown("unknown_function", message, function.name, names, place=function.where)
