"""In which words is a line of the decision workbook refused?"""

from __future__ import annotations

from collections.abc import Mapping

from migrate.mapping.decisions.judged import Added, Place, Said
from migrate.mapping.decisions.reading import Entry
from migrate.mapping.decisions.state import COMMENT
from migrate.values import Issue


def stale(entry: Entry, now: Mapping[Place, Said]) -> Issue:
    return entry.issue(
        "stale_decision", "warning",
        f"the mapping changed since the export and says {_in_words(now)}; nothing is taken from "
        "this line, which shows what it said then",
        hint="export the workbook again",
    )  # fmt: skip


def conflict(entry: Entry, now: Mapping[Place, Said]) -> Issue:
    return entry.issue(
        "changed_in_both", "error",
        "the choice was changed here, and in the mapping too since the export: it says "
        f"{_in_words(now)}",
        hint="export the workbook again and decide there",
    )  # fmt: skip


def _in_words(now: Mapping[Place, Said]) -> str:
    said = [f"{target} ({block})" if block else target for block, target in now]
    return ", ".join(said) or "something else"


def said_twice(entry: Entry) -> Issue:
    return entry.issue(
        "lines_disagree", "error", "two lines of the column choose the same field differently",
        hint="write the same comment and name on both, or empty one of them",
    )  # fmt: skip


def not_kept(entry: Entry) -> Issue:
    return entry.issue(
        "comment_without_choice", "info",
        "nothing is chosen on the line, so what else was written there is not kept",
        hint="choose a field, or “do not import”", title=COMMENT,
    )  # fmt: skip


def column_gone(entry: Entry) -> Issue:
    return entry.issue(
        "unknown_column", "error", "the source does not have the column any more",
        hint="export the workbook again",
    )  # fmt: skip


def field_taken(one: Added) -> Issue:
    return one.entry.issue(
        "field_taken", "error", f"another column goes into {one.target} already, in {one.block}",
        hint="choose another field, take the other column out, or write in the mapping which of "
        "them comes first: from: [first, second]",
    )  # fmt: skip
