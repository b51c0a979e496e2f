"""Which keys may the YAML files of a migration have? Read off the readers that ask for them.

What a key means stands in ``keys.yaml``; the reference and the JSON Schema are made from both. A
key without a sentence there, or a sentence without a key, stops the generation.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

KINDS = {
    "text": "text", "texts": "text or list", "rows_of_texts": "list of lists", "flag": "true/false",
    "number": "whole number", "percent": "number from 0 to 100", "choice": "one of",
    "text_map": "mapping", "mapping": "mapping",
    "children": "mapping of names", "items": "list", "plain_map": "mapping", "node": "any",
}  # fmt: skip
ASKING = {"read_condition": "condition", "_column_or_constant": "any"}
"""Functions that are given a reader and the key that they ask it for."""

PACKAGE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Key:
    """One key that a reader asks for."""

    name: str
    kind: str
    is_required: bool = False
    default: str = ""
    allowed: tuple[str, ...] = ()


def keys_file() -> Path:
    """The file with a sentence for each key, in an installed wheel or in a checkout."""
    installed = PACKAGE / "_reference" / "keys.yaml"
    return installed if installed.is_file() else PACKAGE.parent / "docs" / "generator" / "keys.yaml"


def read_keys(module: str, functions: tuple[str, ...]) -> dict[str, Key]:
    """The keys that these functions of a module ask a reader for, in the order of the source."""
    path = PACKAGE.joinpath(*module.split(".")[1:]).with_suffix(".py")
    names = vars(importlib.import_module(module))
    found: dict[str, Key] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name in functions:
            for key in _asked(node, names):
                if key.name not in found or found[key.name].kind == "any":
                    found[key.name] = key
    return found


def _asked(function: ast.FunctionDef, names: Mapping[str, Any]) -> Iterator[Key]:
    calls = [n for n in ast.walk(function) if isinstance(n, ast.Call)]
    for call in sorted(calls, key=lambda c: (c.lineno, c.col_offset)):
        called = call.func.id if isinstance(call.func, ast.Name) else ""
        if called in ASKING and isinstance(call.args[1], ast.Constant):
            required = any(w.arg == "required" for w in call.keywords)
            yield Key(str(call.args[1].value), ASKING[called], required)
            continue
        if not isinstance(call.func, ast.Attribute) or call.func.attr not in KINDS or not call.args:
            continue
        first = call.args[0]
        if not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
            continue
        required = any(w.arg == "required" and _value(w.value, names) for w in call.keywords)
        allowed: tuple[str, ...] = ()
        default = _value(call.args[1], names) if len(call.args) > 1 else ""
        if call.func.attr == "choice":
            allowed = tuple(_value(call.args[1], names) or ())
            default = _value(call.args[2], names) if len(call.args) > 2 else ""
        if call.func.attr in ("children", "items"):
            default = ""
        kind = KINDS[call.func.attr]
        yield Key(first.value, kind, required, _shown(default), allowed)


def _value(node: ast.AST, names: Mapping[str, Any]) -> Any:
    """What a constant, a tuple of them, or a name of the module is; nothing for anything else."""
    try:
        return ast.literal_eval(node)
    except ValueError:
        pass
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "get_args":
        from typing import get_args

        return get_args(names[node.args[0].id])  # type: ignore[attr-defined]
    return ""


def _shown(default: Any) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return repr(default) if default == " " else str(default or "")


def described() -> dict[str, dict[str, Any]]:
    """The parts of the files, each with the readers of its keys and a sentence for each key."""
    content: dict[str, dict[str, Any]] = YAML(typ="safe").load(
        keys_file().read_text(encoding="utf-8")
    )
    return content


def keys_of(part: Mapping[str, Any]) -> dict[str, Key]:
    """The keys of one part, by the functions that read it."""
    found: dict[str, Key] = {}
    for entry in part["read_by"]:
        module, _, functions = entry.partition(":")
        found |= read_keys(module, tuple(functions.split(",")))
    return {name: key for name, key in found.items() if name not in part.get("not_keys", ())}


def problems() -> list[str]:
    """Keys without a sentence, and sentences without a key."""
    wrong = []
    for title, part in described().items():
        known, said = keys_of(part), part["keys"]
        wrong += [
            f"{title}: {name} has no sentence in keys.yaml" for name in known if name not in said
        ]
        wrong += [f"{title}: nothing reads {name} any more" for name in said if name not in known]
    return wrong
