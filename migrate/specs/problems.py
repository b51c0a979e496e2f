"""How is a problem of a plan worded, and how do many of them become one refusal?"""

from __future__ import annotations

from collections.abc import Iterable

from migrate.errors import MappingError
from migrate.registry import did_you_mean
from migrate.specs.mapping import Block, FieldMap
from migrate.values import Issue, Severity


def unknown(
    code: str, message: str, word: str, known: Iterable[str], *, place: str, entity: str = ""
) -> Issue:
    """A name that does not exist: the sentence, and the nearest name that does.

    >>> unknown("unknown_field", "Contact has no field 'emial'", "emial", ["email", "phone"],
    ...         place="m.yaml:7").hint
    "did you mean 'email'?"
    """
    names = sorted(set(known))
    hint = did_you_mean(word, names) if names else "none is known: look at the problems above"
    return Issue(code, "error", message, entity=entity, column=word, place=place, hint=hint)


def unknown_column(who: str, table: str, column: str, known: Iterable[str], place: str) -> Issue:
    """A column that a table does not have; ``who`` names it."""
    message = f"{who}: {table} has no column {column!r}"
    return unknown("unknown_column", message, column, known, place=place, entity=table)


def field_issue(
    code: str, message: str, block: Block, field: FieldMap, hint: str, severity: Severity = "error"
) -> Issue:
    """A problem of one field of a block, at the field's line."""
    place = field.where or block.where
    return Issue(code, severity, message, block.object, field.field, place=place, hint=hint)


def sentence(issue: Issue) -> str:
    """A problem of a plan in one line.

    >>> sentence(Issue("unknown_key", "error", "no such key", place="m.yaml:2", hint="known: a"))
    'm.yaml:2: no such key (known: a)'
    """
    hint = f" ({issue.hint})" if issue.hint else ""
    return f"{issue.place}: {issue.message}{hint}" if issue.place else f"{issue.message}{hint}"


def raise_errors(issues: Iterable[Issue]) -> None:
    """Raise one MappingError that lists every error among the issues; do nothing without one."""
    errors = [issue for issue in issues if issue.severity == "error"]
    if not errors:
        return
    first, *others = errors
    lines = [first.message, *(sentence(issue) for issue in others)]
    hint = first.hint if not others else "correct these lines, then run: crm-migrate check"
    raise MappingError("\n".join(lines), hint=hint, where=first.place)


def from_error(error: MappingError) -> Issue:
    """The problem that a file which cannot be read at all is, among the others."""
    return Issue("bad_yaml", "error", error.message, place=error.where, hint=error.hint)
