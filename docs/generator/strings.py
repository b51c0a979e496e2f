"""Which names can an expression of the source be, as far as they stand there as text?"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def strings_of(node: ast.AST | None) -> Iterator[str]:
    """The names an expression may yield: a literal, or either side of a conditional.

    >>> list(strings_of(ast.parse("'a_b' if x else other", mode="eval").body))
    ['a_b']
    """
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        if NAME.fullmatch(node.value):
            yield node.value
    elif isinstance(node, ast.Name) and node.id in _constants():
        yield _constants()[node.id]
    elif isinstance(node, ast.IfExp):
        yield from strings_of(node.body)
        yield from strings_of(node.orelse)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from strings_of(value)


@cache
def _constants() -> dict[str, str]:
    """Constants of the package that hold a name: ``DELETED = "deleted_in_target"``."""
    found: dict[str, str] = {}
    for path in sorted((Path(__file__).resolve().parents[2] / "migrate").rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            target = node.targets[0] if isinstance(node, ast.Assign) else None
            value = getattr(getattr(node, "value", None), "value", None)
            is_name = isinstance(value, str) and "_" in value and NAME.fullmatch(value)
            if isinstance(target, ast.Name) and target.id.isupper() and is_name:
                found[target.id] = str(value)
    return found


def sentence_of(node: ast.AST | None) -> str:
    """A literal sentence, with ``…`` where the code puts something in.

    >>> sentence_of(ast.parse("f'no {name} here'", mode="eval").body)
    'no … here'
    """
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            part.value if isinstance(part, ast.Constant) else "…"  # type: ignore[misc]
            for part in node.values
        )
    if isinstance(node, ast.IfExp):
        return sentence_of(node.body) or sentence_of(node.orelse)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return sentence_of(node.left) + (sentence_of(node.right) or "…")
    return ""
