"""What did cleaning change and refuse? As a report for people and as JSON for scripts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from migrate.pipeline.clean_plan import ColumnPlan
from migrate.pipeline.extract_report import issue_json
from migrate.pipeline.reading_file import plain
from migrate.reports.mask import mask_value
from migrate.specs.secrets import mask_url
from migrate.values import Issue, RunReport, Section, Table

EXAMPLES_SHOWN = 5
ISSUES_KEPT = 10_000
"""So many issues of a code are in the report and the JSON; the file of issues has them all."""
_PAIRS_KEPT = 2_000


class Examples:
    """The most frequent changes of each rule, as they pass by."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], Counter[tuple[str, str]]] = {}

    def add(self, column: str, pairs: pd.DataFrame) -> None:
        texts = pairs[["before", "after"]].fillna("")
        for rule, before, after, count in zip(
            pairs["rule"], texts["before"], texts["after"], pairs["count"], strict=True
        ):
            counter = self._counts.setdefault((str(rule), column), Counter())
            key = (str(before), str(after))
            if key in counter or len(counter) < _PAIRS_KEPT:
                counter[key] += int(count)

    def top(self, many: int = EXAMPLES_SHOWN) -> dict[tuple[str, str], list[tuple[str, str]]]:
        """(rule, column) -> its most frequent changes, before and after."""
        return {
            place: [pair for pair, _ in counter.most_common(many)]
            for place, counter in self._counts.items()
        }


@dataclass
class Cleaned:
    """One table that was cleaned: what is counted while it passes by."""

    table: Table
    file: str
    plans: Sequence[ColumnPlan]
    rows: int = 0
    added: tuple[str, ...] = ()
    changed: dict[tuple[str, str], int] = field(default_factory=dict)
    issue_counts: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    examples: Examples = field(default_factory=Examples)
    issues: list[Issue] = field(default_factory=list)

    def note(self, issue: Issue) -> None:
        """Count an issue, and keep it where its code is not yet in the report too often."""
        self.issue_counts[issue.code] += 1
        if self.issue_counts[issue.code] <= ISSUES_KEPT:
            self.issues.append(issue)


def clean_report(
    cleaned: Sequence[Cleaned], place: str, kind: str, files: Mapping[str, str], *,
    show_personal_data: bool = False,
) -> RunReport:  # fmt: skip
    """The report of one cleaning: rules with their counts and examples, columns, issues."""
    counts: Counter[str] = Counter()
    for one in cleaned:
        counts.update(one.issue_counts)
    return RunReport(
        command="clean",
        migration="",
        environment="",
        run_id="",
        title=f"What was cleaned in {mask_url(place)}",
        issues=tuple(issue for one in cleaned for issue in one.issues),
        issue_counts=counts,
        sections=tuple(_sections(cleaned, kind, show_personal_data)),
        files=files,
        figures={"rows": sum(one.rows for one in cleaned), "changed": changed_by_rule(cleaned)},
    )


def changed_by_rule(cleaned: Sequence[Cleaned]) -> dict[str, int]:
    """Rule -> how many values it changed, the busiest first."""
    counts: Counter[str] = Counter()
    for one in cleaned:
        for (rule, _), count in one.changed.items():
            counts[rule] += count
    return dict(counts.most_common())


def clean_json(
    report: RunReport, cleaned: Sequence[Cleaned], *, show_personal_data: bool
) -> dict[str, Any]:
    """The answer for scripts."""
    return {
        "rows": sum(one.rows for one in cleaned),
        "changed": changed_by_rule(cleaned),
        "issues": [
            issue_json(issue, show_personal_data=show_personal_data) for issue in report.issues
        ],
        "issue_counts": dict(report.issue_counts),
        "columns": [column for one in cleaned for column in _columns_json(one)],
        "examples": [
            {"table": table, "rule": rule, "column": column, "count": count, "before": before,
             "after": after}
            for table, rule, column, count, before, after in _examples(cleaned, show_personal_data)
        ],
        "files": dict(report.files),
    }  # fmt: skip


def _columns_json(one: Cleaned) -> Iterator[dict[str, Any]]:
    for plan in one.plans:
        yield {
            "table": one.table.name,
            "name": plan.name,
            "meaning": plan.semantic.type,
            "cleaner": plan.cleaner,
            "companions": dict(plan.companions),
            "decision": plain(plan.decision),
            "changed": sum(n for (_, column), n in one.changed.items() if column == plan.name),
            "refused": one.refused[plan.name],
        }


def _sections(cleaned: Sequence[Cleaned], kind: str, show_personal_data: bool) -> Iterator[Section]:
    header = ("table", "rows", "values changed", "values refused", "columns added", "file")
    rows = tuple(
        (
            one.table.name, f"{one.rows:,}", f"{sum(one.changed.values()):,}",
            f"{one.refused.total():,}", ", ".join(one.added), one.file,
        )
        for one in cleaned
    )  # fmt: skip
    yield Section(f"Tables, cleaned as {kind}", tables=((header, *rows),))
    counts = changed_by_rule(cleaned)
    if counts:
        listed = tuple((rule, f"{count:,}") for rule, count in counts.items())
        yield Section("Changes by rule", tables=((("rule", "values"), *listed),), chart="bars")
        shown = tuple(_once_a_rule(_examples(cleaned, show_personal_data)))
        yield Section(
            "The most frequent changes of each rule",
            text=("All of them are in the list of changes, by which the cleaning can be undone.",),
            tables=((("rule", "column", "values", "before", "after"), *shown),),
        )
    columns = tuple(
        (one.table.name, plan.name, plan.semantic.type, plan.cleaner or "left as it is",
         ", ".join(f"{k}: {v}" for k, v in plan.companions.items()),
         f"{sum(n for (_, column), n in one.changed.items() if column == plan.name):,}",
         f"{one.refused[plan.name]:,}")
        for one in cleaned
        for plan in one.plans
    )  # fmt: skip
    titles = ("table", "column", "looks like", "cleaner", "with", "changed", "refused")
    yield Section("Columns", tables=((titles, *columns),))


def _once_a_rule(
    examples: Iterable[tuple[str, str, str, int, str, str]],
) -> Iterator[tuple[str, str, str, str, str]]:
    """Name a rule, its column and its count once, above the examples of it."""
    above: tuple[str, str, str] = ("", "", "")
    for table, rule, column, count, before, after in examples:
        is_first = (table, rule, column) != above
        above = (table, rule, column)
        yield (rule, column, f"{count:,}", before, after) if is_first else (
            "", "", "", before, after,
        )  # fmt: skip


def _examples(
    cleaned: Sequence[Cleaned], show_personal_data: bool
) -> Iterator[tuple[str, str, str, int, str, str]]:
    """Table, rule, column, count of the rule in it, before, after; personal data masked."""
    for one in cleaned:
        personal = {plan.name for plan in one.plans if plan.is_personal}
        top = one.examples.top()
        for rule, column in sorted(top, key=lambda place: (-one.changed.get(place, 0), place)):
            is_masked = column in personal and not show_personal_data
            for before, after in top[rule, column]:
                shown = (
                    (before, after) if not is_masked else (mask_value(before), mask_value(after))
                )
                yield one.table.name, rule, column, one.changed[rule, column], *shown
