"""What does a ``when:`` say, as a :class:`~migrate.specs.mapping.Condition`?"""

from __future__ import annotations

import datetime
import re

from migrate.specs.mapping import Condition, Test
from migrate.specs.reader import Reader
from migrate.specs.yamlfile import Node
from migrate.values import Issue

TESTS: tuple[Test, ...] = ("is", "is_not", "empty", "filled", "matches", "less", "greater")
PLAIN_NUMBER = re.compile(r"[-+]?[0-9]{1,18}(\.[0-9]{1,10})?")
PLAIN_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

_HINT = "one of them: is: [...], is_not: [...], empty: true, filled: true, matches: ..., less: ..., greater: ..."


def read_condition(owner: Reader, key: str, *, required: bool = False) -> Condition | None:
    """The condition under a key: one test on a column, ``all:`` or ``any:`` of several, or a list,
    all of which must be met. None where there is none, or where it is wrong (an issue says how)."""
    node = owner.node(key, required=required)
    return _condition(node, f"{owner.subject}, {key}", owner.issues) if node else None


def _condition(node: Node, subject: str, issues: list[Issue]) -> Condition | None:
    if node.kind == "list":
        return _group("all", node, subject, issues)
    reader = Reader(node, subject, issues)
    if node.kind != "mapping":
        return None
    every, some = reader.node("all"), reader.node("any")
    if every or some:
        reader.done()
        if every and some:
            hint = "put one of them into a line of the other"
            reader.refuse("conflicting_keys", "all: and any: stand side by side", hint=hint)
        return _group("all" if every else "any", every or some or node, subject, issues)
    return _test(reader)


def _group(test: Test, node: Node, subject: str, issues: list[Issue]) -> Condition | None:
    items = node.items if node.kind == "list" else (node,)
    if not items or node.kind == "text":
        message = f"{subject}: must be a list of conditions, found {node.described}"
        issues.append(Issue("wrong_type", "error", message, place=node.where))
        return None
    parts = [_condition(item, f"{subject} {n}", issues) for n, item in enumerate(items, 1)]
    known = tuple(part for part in parts if part)
    return Condition("", test, parts=known, where=node.where) if len(known) == len(items) else None


def _test(reader: Reader) -> Condition | None:
    column = reader.text("column", required=True)
    given = [test for test in TESTS if test in reader]
    values = reader.texts("is") + reader.texts("is_not")
    no, yes = reader.flag("empty", True), reader.flag("filled", True)
    pattern = reader.text("matches", verbatim=True)
    bound = reader.text("less") + reader.text("greater")
    reader.done()
    if len(given) != 1:
        found = " and ".join(given) or "none"
        message = f"a condition has one test, found {found}"
        reader.refuse("conflicting_keys", message, hint=f"{_HINT}; several are a list under all:")
        return None
    test = given[0]
    if test in {"is", "is_not"}:
        return Condition(column, test, values, where=reader.where)
    if test == "matches":
        return _matching(reader, column, pattern)
    if test in {"less", "greater"}:
        return _compared(reader, column, test, bound.strip())
    is_empty = no if test == "empty" else not yes
    return Condition(column, "empty" if is_empty else "filled", where=reader.where)


def _matching(reader: Reader, column: str, pattern: str) -> Condition | None:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        message = f"{pattern!r} is no regular expression: {error}"
        hint = "put it in single quotes; a backslash before . ( ) [ ] + * ? | means the sign itself"
        reader.refuse("wrong_value", message, key="matches", hint=hint)
        return None
    return Condition(column, "matches", (pattern,), where=reader.where)


def _compared(reader: Reader, column: str, test: Test, bound: str) -> Condition | None:
    if PLAIN_NUMBER.fullmatch(bound) or (PLAIN_DATE.fullmatch(bound) and _is_day(bound)):
        return Condition(column, test, (bound,), where=reader.where)
    hint = "write a plain number, 12.50, or a date as 2015-01-31; for other forms use expression:"
    message = f"{bound!r} is neither a number nor a date in plain form"
    reader.refuse("wrong_value", message, key=test, hint=hint)
    return None


def _is_day(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True
