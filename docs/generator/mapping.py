"""Which keys may the YAML files of a migration have? Read off the readers that ask for them.

What a key means stands in ``keys.yaml``; a key without a sentence there, or a sentence without a
key, stops the generation.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from docs.generator.markdown import NOTICE, code, table
from migrate.evidence.roi_lines import LINES
from migrate.specs.project import GATES
from migrate.validation.offered import OFFERED, snake

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent.parent / "migrate"

KINDS = {
    "text": "text", "texts": "text or list", "rows_of_texts": "list of lists", "flag": "true/false",
    "number": "whole number", "percent": "number from 0 to 100", "choice": "one of",
    "text_map": "mapping", "mapping": "mapping",
    "children": "mapping of names", "items": "list", "plain_map": "mapping", "node": "any",
}  # fmt: skip


@dataclass(frozen=True)
class Key:
    """One key that a reader asks for."""

    name: str
    kind: str
    is_required: bool = False
    default: str = ""
    allowed: tuple[str, ...] = ()


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
        return ast.literal_eval(node)  # type: ignore[arg-type]
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
        (HERE / "keys.yaml").read_text(encoding="utf-8")
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


def page() -> str:
    """docs/reference/mapping.md."""
    if wrong := problems():
        raise SystemExit("docs/generator/keys.yaml: " + "; ".join(wrong))
    parts = [NOTICE + INTRODUCTION]
    for title, part in described().items():
        parts.append(f"## {title}\n\n{part['about'].strip()}\n")
        if "example" in part:
            parts.append(f"```yaml\n{part['example'].rstrip()}\n```\n")
        rows = []
        for name, key in keys_of(part).items():
            kind = (
                "one of " + ", ".join(code(a) for a in key.allowed if a)
                if key.allowed
                else key.kind
            )
            kind = part.get("kinds", {}).get(name, kind)
            default = "required" if key.is_required else code(key.default)
            rows.append((code(name), kind, default, part["keys"][name]))
        parts.append(table(("key", "value", "default", "meaning"), rows) + "\n")
    parts.append(_gates() + _expectations() + _roi())
    return "\n".join(parts)


INTRODUCTION = """\
# The YAML files of a migration

Every key that the files may have. An unknown key is an error with its line and the nearest right
name; `crm-migrate check` lists every problem of the whole plan at once. Scalars stay the text that
was typed: `NO` is a country, `0123` a code. `${NAME}` takes the environment variable of that name,
which is how secrets get in: they belong into no file. A list of one may be written as one text. How
the language is used is in [the guide](../guide.md#the-mapping-language).
"""


def _gates() -> str:
    rows = [(code(name), f"{value:g}", GATE_MEANINGS[name]) for name, value in GATES.items()]
    return "## gates\n\nWhat `cutover` measures by, in percent.\n\n" + table(
        ("key", "default", "meaning"), rows
    )


GATE_MEANINGS = {
    "max_quarantined_percent": "at most this share of the units may wait in quarantine",
    "min_prediction_percent": "at least this share of the dry run's predictions must have come true",
    "max_edited_percent": "at most this share of the loaded records may have been edited since: they are not compared",
}


def _expectations() -> str:
    rows = []
    for one in sorted(OFFERED.values(), key=lambda one: one.name):
        given = [*(f"**{code(a)}**" for a in one.required), *(code(a) for a in one.optional)]
        rows.append((code(snake(one.name)), ", ".join(given), JUDGES[one.judges]))
    return (
        "\n\n## Expectations of rules\n\nWhat `expect:` may name, in this spelling or as the class "
        "of Great Expectations; required arguments are bold. Rules that judge each row also take "
        "`mostly`, and then judge all rows at once. A rule may also say `message` and `hint` in the "
        "customer's words.\n\n" + table(("expectation", "arguments", "judges"), rows)
    )


JUDGES = {
    "rows": "each row: failing ones wait in quarantine",
    "flag": "each row, against all others",
    "whole": "one figure over all rows",
}


def _roi() -> str:
    rows = [
        (code(line.id), line.label, "; ".join(code(t.formula) for t in line.terms))
        for line in LINES.values()
    ]
    return (
        "\n\n## roi\n\nInputs of the business case: `currency`, `price_date`, `tax`, `horizon_years`, "
        "`discount_rate`, `mid_year`, `ramp`, `residual_value`, `exchange_rates`, `unquantified`, "
        "`flexibility`, and the lines under `costs` and `benefits`. An input is a number, the word "
        "`measured` (what the toolkit counted), or `{value, provenance, source, currency}` with "
        "the provenance `measured`, `quote`, `expert` or `default`. A line may also say `risk`, "
        "`year`, `schedule`, `provenance`, `source` and `note`.\n\n"
        + table(("line", "what it is", "computed as the sum of"), rows)
    )
