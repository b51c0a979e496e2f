"""Which cleaners are there, what may a mapping ask of each, and which rules does each apply?"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

from docs.generator.markdown import NOTICE, code, table
from docs.generator.strings import strings_of
from migrate.cleaners import CLEANERS, COMPANIONS, OPTIONS, PARTS

FOLDER = Path(__file__).resolve().parent.parent.parent / "migrate" / "cleaners"

INTRODUCTION = """\
# Cleaners

A cleaner reads a column's texts and writes them in one form. A field of a mapping names it
(`clean: email`); decimals, whole numbers, booleans, dates and datetimes are cleaned unasked when
one column fills such a field. How a column is read (the order of its dates, the decimal sign) is
decided once from all of its distinct values; the decisions of a run stand in its `reading.yaml`,
which can be copied beside migration.yaml and edited.

What a cleaner cannot read is never blanked silently: it becomes an issue with the original text,
and `on_unreadable:` of the field says whether the record waits in quarantine (the default), keeps
the text, or loses it. A suggestion changes nothing; it only becomes a warning.
"""


def page() -> str:
    """docs/reference/cleaners.md."""
    index = [(f"[`{name}`](#{name})", _summary(name)) for name in CLEANERS]
    parts = [NOTICE + INTRODUCTION, table(("cleaner", "what it does"), index) + "\n"]
    for name in CLEANERS:
        parts.append(f"## {name}\n\n{_description(name)}\n")
        rows = list(_facts(name))
        if rows:
            parts.append(table(("", "", "values"), rows) + "\n")
    parts.append(
        "## Rules\n\nWhat reports say of each value; the refused and the suggested ones are "
    )
    parts[-1] += "also [issue codes](issues.md#codes-of-cleaning).\n"
    rules = rules_by_module()
    parts.append(
        table(
            ("cleaners", "changed", "refused", "suggested"),
            [
                (
                    ", ".join(code(n) for n in CLEANERS if f".{module}:" in CLEANERS[n]),
                    *(", ".join(code(r) for r in sorted(found[kind])) for kind in KINDS),
                )
                for module, found in rules.items()
            ],
        )
    )
    return "\n".join(parts)


KINDS = ("changed", "refused", "suggested")


def rules_by_module() -> dict[str, dict[str, set[str]]]:
    """Module -> kind of outcome -> the names of its rules, read off the source."""
    modules = sorted({place.partition(":")[0].rpartition(".")[2] for place in CLEANERS.values()})
    found = {}
    for module in modules:
        tree = ast.parse((FOLDER / f"{module}.py").read_text(encoding="utf-8"))
        kinds: dict[str, set[str]] = {kind: set() for kind in KINDS}
        for kind, name in _rules(tree):
            kinds[kind].add(name)
        kinds["changed"] -= kinds["refused"] | kinds["suggested"]
        found[module] = kinds
    return found


def _rules(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "Reading" and len(node.args) > 1:
                status = node.args[2].id if _is_name(node, 2) else ""  # type: ignore[attr-defined]
                kind = {"UNREADABLE": "refused", "SUGGESTED": "suggested"}.get(status, "changed")
                yield from ((kind, name) for name in strings_of(node.args[1]))
            elif node.func.id in ("_Moment", "_Amount") and len(node.args) > 1:
                is_none = isinstance(node.args[0], ast.Constant) and node.args[0].value is None
                kind = "refused" if is_none else "changed"
                yield from ((kind, name) for name in strings_of(node.args[1]))
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            yield from _assigned(target, node.value)
        elif isinstance(node, ast.keyword) and node.arg == "rule":
            yield from (("changed", name) for name in strings_of(node.value))
        elif isinstance(node, ast.FunctionDef) and node.name == "_rule":
            for inner in ast.walk(node):
                if isinstance(inner, ast.Return):
                    yield from (("changed", name) for name in strings_of(inner.value))


def _assigned(target: ast.expr, value: ast.expr | None) -> Iterator[tuple[str, str]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, given in zip(target.elts, value.elts, strict=True):
            yield from _assigned(one, given)
    elif isinstance(target, ast.Name) and target.id in ("rule", "problem"):
        kind = "changed" if target.id == "rule" else "refused"
        yield from ((kind, name) for name in strings_of(value))


def _is_name(node: ast.Call, place: int) -> bool:
    return len(node.args) > place and isinstance(node.args[place], ast.Name)


def _docstring(name: str) -> str:
    module, _, function = CLEANERS[name].partition(":")
    return inspect.getdoc(getattr(importlib.import_module(module), function)) or ""


def _summary(name: str) -> str:
    return _docstring(name).split("\n\n")[0].replace("``", "`")


def _description(name: str) -> str:
    """The docstring, its example as a block of code."""
    text, mark, example = _docstring(name).partition(">>>")
    text = text.replace("``", "`").replace(":func:", "").strip()
    return f"{text}\n\n```python\n{mark}{example}\n```" if mark else text


def _facts(name: str) -> Iterator[tuple[str, str, str]]:
    for part in PARTS.get(name, ()):
        yield "part", code(part), ""
    for companion in COMPANIONS.get(name, ()):
        yield "with", code(companion), "a source column"
    for option, allowed in OPTIONS.get(name, {}).items():
        yield "option", code(option), ", ".join(code(v) for v in allowed) or "free"
