"""What do the larger keys of a field say: an expression, a split, combinations, a conversion?"""

from __future__ import annotations

import re

from migrate.specs.expression import Expression, ExpressionProblem, parse
from migrate.specs.mapping import Combinations, Conversion, PythonFunction, Split
from migrate.specs.reader import Reader
from migrate.values import Issue

_FUNCTION = re.compile(r"(?P<file>[^:]+\.py):(?P<name>[^\W\d]\w*)")
_CODE = re.compile(r"[A-Z]{3}")
LAST = "last"
ALL = "all"


def read_expression(reader: Reader) -> Expression | None:
    """``expression:``, or None where there is none or it is wrong."""
    text = reader.text("expression", verbatim=True)  # "${price}" is no variable here either
    node = reader.node("expression")
    if node is None or not text.strip():
        return None
    try:
        return parse(text)
    except ExpressionProblem as problem:
        message = f"{reader.subject}, expression: {problem.message}"
        place = node.spot(problem.at)
        hint = problem.hint or "the functions and signs are in the reference"
        reader.issues.append(Issue("bad_expression", "error", message, place=place, hint=hint))
        return None


def read_function(reader: Reader) -> PythonFunction | None:
    """``python:``, as ``functions.py:segment``."""
    text = reader.text("python")
    if "python" not in reader:
        return None
    found = _FUNCTION.fullmatch(text.strip())
    if found is None:
        hint = 'write python: "functions.py:segment", a file beside migration.yaml and a function'
        reader.refuse("wrong_value", f"{text!r} names no function", key="python", hint=hint)
        return None
    file = found["file"].replace("\\", "/")
    if file.startswith("/") or ".." in file.split("/") or re.match(r"[A-Za-z]:", file):
        hint = "put the file beside migration.yaml and name it from there"
        reader.refuse("wrong_value", "the file must be in the folder", key="python", hint=hint)
        return None
    return PythonFunction(file, found["name"], reader.place("python"))


def read_split(reader: Reader) -> Split:
    """What stands under ``split:``."""
    separators = reader.texts("separator", required=True)
    part = reader.text("part", "1").strip()
    if "" in separators:
        reader.refuse("wrong_value", "must not be empty", key="separator")
    if part not in {LAST, ALL} and not re.fullmatch(r"[1-9]\d{0,3}", part):
        hint = "write part: 1, part: last or part: all"
        reader.refuse("wrong_value", f"{part!r} is no part", key="part", hint=hint)
        part = "1"
    reader.done()
    number = 0 if part in {LAST, ALL} else int(part)
    return Split(tuple(s for s in separators if s), number, part == ALL)


def read_combinations(field: Reader) -> Combinations | None:
    """``values:`` with ``by:`` and a list under ``map:``; None for an ordinary list of values."""
    node = field.node("values")
    if node is None or node.kind != "mapping" or "by" not in node.entries:
        return None
    if "map" not in node.entries or node.entries["map"].kind == "text":
        return None
    reader = field.mapping("values")
    by = reader.texts("by", required=True)
    if "to" in by:
        hint = "let a join or a query call it otherwise"
        reader.refuse(
            "wrong_value", "a column called 'to' cannot be among them", key="by", hint=hint
        )
    if len(set(by)) < len(by):
        reader.refuse("wrong_value", "a column is named twice", key="by")
    lines: list[tuple[tuple[str | None, ...], str]] = []
    seen: dict[tuple[str | None, ...], str] = {}
    for line in reader.items("map"):
        texts = tuple(line.text(column) if column in line else None for column in by)
        new = line.text("to", required=True)
        line.done()
        alike = tuple(None if t is None else t.strip().casefold() for t in texts)
        if seen.setdefault(alike, new) != new:
            hint = "keep one of them; the first that fits is taken"
            line.refuse("duplicate_value", f"these texts became {seen[alike]!r} above", hint=hint)
        lines.append((texts, new))
    reader.done()
    return Combinations(by, tuple(lines), reader.where)


def read_conversion(reader: Reader) -> Conversion:
    """What stands under ``currency:``."""
    to = reader.text("to", required=True)
    column, currency = _column_or_constant(reader, "from")
    date_column, date = _column_or_constant(reader, "date")
    conversion = Conversion(
        to=to, column=column, currency=currency, date_column=date_column, date=date,
        rates=reader.text("rates"), within_days=reader.number("within_days", 7), where=reader.where,
    )  # fmt: skip
    for key, code in (("to", to), ("from", currency)):
        if code and not _CODE.fullmatch(code):
            hint = "write a code of three capital letters, EUR"
            reader.refuse("wrong_value", f"{code!r} is no currency", key=key, hint=hint)
    if date and not re.fullmatch(r"\d{4}-\d\d-\d\d", date):
        reader.refuse(
            "wrong_value", f"{date!r} is no date", key="date", hint="write it as 2015-01-31"
        )
    reader.done()
    return conversion


def _column_or_constant(owner: Reader, key: str) -> tuple[str, str]:
    """A column's name, or what ``{constant: ...}`` says."""
    node = owner.node(key, required=True)
    if node is None or node.kind != "mapping":
        return (owner.text(key), "") if node else ("", "")
    reader = owner.mapping(key)
    constant = reader.text("constant", required=True)
    reader.done()
    return "", constant
