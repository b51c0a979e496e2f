"""Which issue codes are there, and what does each say? Read off the places that raise them."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from docs.generator.cleaners import rules_by_module
from docs.generator.markdown import NOTICE, code, table
from docs.generator.strings import sentence_of, strings_of
from migrate.validation.rules import _SHAPES

PACKAGE = Path(__file__).resolve().parent.parent.parent / "migrate"

# callee -> the argument that is its message, where the code is the first
RAISERS = {
    "Issue": 2, "unknown": 1, "field_issue": 1, "_issue": 4, "refuse": 1, "Rule": -1,
    "flag_rule": -1, "_conflict": 3, "_shape_rule": -1, "make": 2,
    "issue": 2,
}  # fmt: skip
# codes of one word; every other one has an underscore, which tells them from other first arguments
PLAIN = frozenset({"kept", "mojibake", "orphan", "orphans", "sentinels"})
# constants whose keys are codes and whose values are their sentences
TABLES = {
    "migrate/transform/relations.py": "_REASONS",
    "migrate/pipeline/transforming.py": "_KEY_MESSAGES",
}
REFUSALS = ("migrate/loaders/_sql_errors.py", "_SENTENCES")

INTRODUCTION = """\
# Issue codes

A bad value never stops a run: it becomes an issue with a code, a place, the value and what to do
next. An error keeps its record out of the target until somebody acts (quarantine); a warning is
loaded and listed; an info is a note. All issues of a plan are in its run folder as `issues.xlsx`
and `issues.jsonl`; elsewhere values are masked unless `--show-personal-data` is given.

`…` stands for what the run puts in: a name, a count, a list of what is allowed.
"""


@dataclass(frozen=True)
class Raised:
    """One place that raises a code."""

    code: str
    severity: str
    message: str
    place: str


@cache
def raised() -> list[Raised]:
    """Every code that stands in the source, wherever it is raised."""
    found: list[Raised] = []
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE.parent).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found += [one for one in _calls(tree, place) if "_" in one.code or one.code in PLAIN]
        if place in TABLES:
            found += _table(tree, TABLES[place], place)
    return found


def codes() -> set[str]:
    """The codes of issues, those of cleaning included."""
    shapes = {f"not_{kind}" for kind in _SHAPES}
    return {one.code for one in raised()} | set(_cleaning()) | shapes


def page() -> str:
    """docs/reference/issues.md."""
    by_code: dict[str, list[Raised]] = defaultdict(list)
    for one in raised():
        by_code[one.code].append(one)
    rows = []
    for name, places in sorted(by_code.items()):
        severities = sorted({one.severity for one in places if one.severity})
        messages = list(dict.fromkeys(one.message for one in places if one.message))
        stages = sorted({one.place.split("/")[1].removesuffix(".py") for one in places})
        rows.append((code(name), ", ".join(severities), "; ".join(messages), ", ".join(stages)))
    cleaning = [(code(name), ", ".join(kinds)) for name, kinds in sorted(_cleaning().items())]
    return "\n".join(
        [
            NOTICE + INTRODUCTION,
            table(("code", "severity", "what it says", "raised in"), rows),
            "\nA value that does not have the form of its field's type is `not_` and the type: "
            f"{', '.join(code(f'not_{kind}') for kind in sorted(_SHAPES))}.\n",
            "## Codes of cleaning\n",
            "A refused value is an error or a warning, as `on_unreadable:` (or `unmapped:`) of its "
            "field says; a suggested one is a warning. Where no rule has a name of its own the code "
            "is `not_` and the cleaner. The cleaners are in [cleaners](cleaners.md).\n",
            table(("code", "outcome"), cleaning),
            "\n## Codes of your own rules\n",
            "A line under `rules:` raises `rule_` and the expectation's name without "
            "`expect_column_values_to_`, for example `rule_match_regex`; a second rule of the same "
            "kind on the same field gets `_2`.\n",
            "\n## What a target refuses\n",
            "A record that the target refuses becomes `refused_by_target`; its message begins with "
            "the target's own code. SQL databases say one of these:\n",
            table(("code", "what it says"), [(code(c), m) for c, m in _refusals()]),
        ]
    )


def _cleaning() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for kinds in rules_by_module().values():
        for kind in ("refused", "suggested"):
            for name in kinds[kind]:
                found.setdefault(name, []).append(kind)
    return {name: sorted(set(kinds)) for name, kinds in found.items()}


def _calls(tree: ast.AST, place: str) -> Iterator[Raised]:
    """The codes of a module; a message in a variable is what was last put into it above."""
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    for function in functions:
        sentences = _assigned(function)
        for node in ast.walk(function):
            if isinstance(node, ast.Call):
                yield from _call(node, place, sentences)
            elif isinstance(node, ast.Assign) and _is_code_column(node.targets[0]):
                message = _before(sentences, "message", node.lineno + 9)
                yield from (Raised(name, "", message, place) for name in _series(node.value))
            elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "counted":
                yield from _counted(node.value, place)


def _assigned(function: ast.FunctionDef) -> list[tuple[int, str, str]]:
    """Line, name and sentence of every text put into a variable or a column called by a name."""
    found = []
    for node in ast.walk(function):
        if not isinstance(node, ast.Assign):
            continue
        target, sentence = node.targets[0], sentence_of(node.value)
        name = getattr(target, "id", "")
        if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
            name = str(target.slice.value)
        elif isinstance(node.value, ast.Dict):
            keys = {k.value: v for k, v in zip(node.value.keys, node.value.values, strict=True)
                    if isinstance(k, ast.Constant)}  # fmt: skip
            name, sentence = "message", sentence_of(keys.get("message"))
        elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            for one, value in zip(target.elts, node.value.elts, strict=True):
                found.append((node.lineno, getattr(one, "id", ""), sentence_of(value)))
            continue
        if sentence:
            found.append((node.lineno, name, sentence))
    return found


def _before(sentences: list[tuple[int, str, str]], name: str, line: int) -> str:
    known = [(at, sentence) for at, called, sentence in sentences if called == name and at <= line]
    return max(known)[1] if known else ""


def _counted(value: ast.expr, place: str) -> Iterator[Raised]:
    for entry in getattr(value, "elts", ()):
        parts = getattr(entry, "elts", ())
        if len(parts) == 3:
            for name in strings_of(parts[0]):
                yield Raised(name, "info", f"… {sentence_of(parts[2])}", place)


def _call(node: ast.Call, place: str, sentences: list[tuple[int, str, str]]) -> Iterator[Raised]:
    function = node.func
    called = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    keywords = {word.arg: word.value for word in node.keywords if word.arg}
    if called == "problem_rows" and len(node.args) > 7:
        severity = next(strings_of(node.args[5]), "")
        for name in strings_of(node.args[4]):
            yield Raised(name, severity, sentence_of(node.args[6]), place)
        return
    if called not in RAISERS:
        return
    given = keywords.get("code")
    if given is None and node.args:
        given = node.args[1] if called in ("_conflict", "_shape_rule") else node.args[0]
    position = RAISERS[called]
    message = keywords.get("message")
    if message is None and 0 < position < len(node.args):
        message = node.args[position]
    sentence = sentence_of(message)
    if not sentence and isinstance(message, ast.Name):
        sentence = _before(sentences, message.id, node.lineno)
    severities = _severities(called, node, keywords)
    for number, name in enumerate(strings_of(given)):
        severity = severities[min(number, len(severities) - 1)] if severities else ""
        yield Raised(name, severity, sentence, place)


def _severities(called: str, node: ast.Call, keywords: dict[str, ast.expr]) -> list[str]:
    given = keywords.get("severity")
    if given is None and called in ("Issue", "_issue", "make", "issue") and len(node.args) > 1:
        given = node.args[1]
    if given is None and called == "field_issue" and len(node.args) > 5:
        given = node.args[5]
    if given is None:
        return ["warning" if called == "_conflict" else "error"]
    return list(strings_of(given))


def _is_code_column(target: ast.expr) -> bool:
    return (
        isinstance(target, ast.Subscript)
        and isinstance(target.slice, ast.Constant)
        and target.slice.value == "code"
    )


def _series(value: ast.expr) -> Iterator[str]:
    """Names in ``"x"`` and in ``pd.Series("x", …).where(mask, "y")``."""
    if isinstance(value, ast.Call):
        for part in (value.func, *value.args):
            yield from _series(part)
    elif isinstance(value, ast.Attribute):
        yield from _series(value.value)
    else:
        yield from strings_of(value)


def _table(tree: ast.AST, name: str, place: str) -> Iterator[Raised]:
    for key, value in _entries(tree, name):
        first = value.elts[0] if isinstance(value, ast.Tuple) else value
        yield Raised(key, "error", sentence_of(first).replace("{label}", "…"), place)


def _entries(tree: ast.AST, name: str) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
            assert isinstance(node.value, ast.Dict)
            for key, value in zip(node.value.keys, node.value.values, strict=True):
                if isinstance(key, ast.Constant):
                    yield str(key.value), value


def _refusals() -> list[tuple[str, str]]:
    tree = ast.parse((PACKAGE.parent / REFUSALS[0]).read_text(encoding="utf-8"))
    return [(k, sentence_of(v).replace("{column}", "…")) for k, v in _entries(tree, REFUSALS[1])]
