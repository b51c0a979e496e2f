"""Which page does a consultant put before the customer after the assessment?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from migrate.profiling.assessment import Assessment, ColumnProfile, Owners, TableProfile
from migrate.profiling.render import guesses
from migrate.profiling.score import FORMULA, Score, score
from migrate.profiling.showing import Showing
from migrate.profiling.wording import (
    MEANINGS,
    PERSONAL,
    key_of,
    meaning_of,
    remarks,
    repeats,
    share,
    untouched,
)
from migrate.reports.html import Tile, page_template
from migrate.reports.mask import mask_issue, mask_value
from migrate.reports.summary import SEVERITY_ORDER, where_to_look
from migrate.reports.svg import MAX_BARS, Bar, draw_bars, draw_heat, draw_stacked
from migrate.values import Issue

_ISSUES, _MATTERS, _GUESSES = 300, 8, 400
# What stands in the way of a migration comes before what only costs work.
_GRAVE = ("count_differs", "no_key", "mojibake", "orphans", "likely_duplicates", "duplicate_rows",
          "owners_gone", "values_of_another_kind", "reference_cycle", "future_dates", "test_records",
          "nearly_unique", "blank_rows", "stale_records")  # fmt: skip
_SEVERITY_COLOURS = {"error": "#C8401A", "warning": "#E69F00", "info": "#56B4E9", "": "#8A939C"}


@dataclass(frozen=True)
class PatternView:
    """One shape and its share in words."""

    shape: str
    share: str


@dataclass(frozen=True)
class ColumnView:
    """One column as the page shows it."""

    column: ColumnProfile
    meaning: str
    filled: str
    fits: str
    patterns: tuple[PatternView, ...]
    values: str
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class TableView:
    """One table as the page shows it, its charts drawn."""

    table: TableProfile
    score: Score | None
    key: str
    filled: str
    repeats: str
    first_year: str
    last_year: str
    facts: tuple[tuple[str, str], ...]
    sentences: tuple[str, ...]
    heat: Markup
    growth: Markup
    ages: Markup
    columns: tuple[ColumnView, ...]


@dataclass(frozen=True)
class PersonalView:
    """The columns of one class of personal data."""

    name: str
    meaning: str
    columns: tuple[str, ...]
    values: int


@dataclass(frozen=True)
class Finding:
    """An issue as the page shows it."""

    severity: str
    where: str
    message: str
    hint: str
    value: str = ""


def assessment_page(
    assessment: Assessment,
    *,
    title: str,
    place: str = "",
    day: date | None = None,
    show_personal_data: bool = False,
) -> str:
    """Show an assessment as one self-contained page that prints well.

    >>> page = assessment_page(Assessment(()), title="What is in <acme>")
    >>> page.startswith("<!doctype html>"), "What is in &lt;acme&gt;" in page
    (True, True)
    """
    showing = Showing(show_personal_data)
    template = page_template("assessment.html.j2")
    findings = [_finding(issue, showing) for issue in _ordered(assessment.issues)]
    seen = [guess for table in assessment.tables for guess in guesses(table)]
    return template.render(
        title=title,
        meta=(("Source", place), ("Date", (day or date.today()).isoformat())),
        tiles=_tiles(assessment),
        matters=_matters(assessment.issues, showing),
        severity_chart=_by_kind(assessment.issues),
        tables=[_table(table, assessment, showing) for table in assessment.tables],
        formula=FORMULA,
        personal=_personal(assessment),
        references=assessment.references,
        same=assessment.same_meanings,
        meanings=MEANINGS,
        kinds=findings[:_ISSUES],
        left_out=max(0, len(findings) - _ISSUES),
        guesses=seen[:_GUESSES],
        share=share,
        split_name=split_name,
        capital=_capital,
        is_masked=not show_personal_data,
    )


def split_name(name: str) -> list[str]:
    """Say where a name may be broken at the end of a line: after its signs, between its words.

    >>> split_name("primary_addressCity.x")
    ['primary_', 'address', 'City.', 'x']
    """
    return [part for part in re.split(r"(?<=[_./\-+])|(?<=[a-z])(?=[A-Z])", name) if part]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _finding(issue: Issue, showing: Showing) -> Finding:
    shown = issue if showing.show_personal_data else mask_issue(issue)
    value = issue.value
    if value and not showing.show_personal_data:
        value = ", ".join(mask_value(part) for part in value.split(", "))
    return Finding(issue.severity, where_to_look(shown), issue.message, issue.hint, value)


def _ordered(issues: Sequence[Issue]) -> list[Issue]:
    grave = {code: rank for rank, code in enumerate(_GRAVE)}
    return sorted(
        issues, key=lambda i: (SEVERITY_ORDER[i.severity], grave.get(i.code, 99), i.entity)
    )


def _matters(issues: Sequence[Issue], showing: Showing) -> list[Finding]:
    """The gravest findings, each kind once: where it recurs, in how many places."""
    grave = {code: rank for rank, code in enumerate(_GRAVE)}
    counts = Counter(issue.code for issue in issues)
    chosen: dict[str, Issue] = {}
    for issue in _ordered(
        [issue for issue in issues if issue.code in grave or issue.severity == "error"]
    ):
        chosen.setdefault(issue.code, issue)
    found = []
    for issue in list(chosen.values())[:_MATTERS]:
        shown = _finding(issue, showing)
        more = counts[issue.code] - 1
        again = f" (and in {more:,} more place{'s' if more > 1 else ''})" if more else ""
        found.append(Finding(shown.severity, shown.where, shown.message + again, shown.hint))
    return found


def _tiles(assessment: Assessment) -> list[Tile]:
    rows = sum(table.rows for table in assessment.tables)
    columns = [column for table in assessment.tables for column in table.columns]
    scores = [
        (found.total, table.rows)
        for table in assessment.tables
        if (found := score(table, assessment.references))
    ]
    whole = sum(weight for _, weight in scores)
    mean = f"{sum(total * weight for total, weight in scores) / whole:.0f}" if whole else "–"
    repeated = sum(t.duplicates.estimated or t.duplicates.exact for t in assessment.tables)
    orphans = sum(found.orphans for found in assessment.references)
    empty = sum(not column.filled for column in columns)
    personal = sum(bool(column.meaning.personal) for column in columns)
    return [
        Tile("tables", f"{len(assessment.tables):,}", ""),
        Tile("rows", f"{rows:,}", ""),
        Tile("columns", f"{len(columns):,}", f"{empty:,} empty" if empty else ""),
        Tile("columns with personal data", f"{personal:,}", ""),
        Tile("rows that likely repeat others", f"{repeated:,}", share(repeated / rows) if rows else "",
             "attention" if repeated else ""),
        Tile("quality score", mean, "of 100, by rows" + (f"; {orphans:,} orphans" if orphans else "")),
    ]  # fmt: skip


def _by_kind(issues: Sequence[Issue]) -> Markup:
    counts = Counter((issue.severity, issue.code) for issue in issues)
    if not counts:
        return Markup("")
    order = sorted(counts, key=lambda kind: (SEVERITY_ORDER[kind[0]], -counts[kind], kind[1]))
    names = [name for name in ("error", "warning", "info") if any(s == name for s, _ in order)]
    bars = [
        Bar(
            code.replace("_", " "),
            tuple(float(counts[severity, code]) if severity == name else 0.0 for name in names),
            tuple(f"{counts[severity, code]:,}" if severity == name else "" for name in names),
            note=f"{counts[severity, code]:,}",
        )
        for severity, code in order[:MAX_BARS]
    ]
    colours = [_SEVERITY_COLOURS[name] for name in names]
    title = "Findings by kind and severity"
    return Markup(draw_stacked(bars, names, title=title, colours=colours))


def _personal(assessment: Assessment) -> list[PersonalView]:
    found = []
    for name, meaning in PERSONAL.items():
        held = [
            (table.name, column)
            for table in assessment.tables
            for column in table.columns
            if column.meaning.personal == name
        ]
        if held:
            listed = tuple(f"{table}.{column.name}" for table, column in held)
            found.append(PersonalView(name, meaning, listed, sum(c.filled for _, c in held)))
    return found


def _table(table: TableProfile, assessment: Assessment, showing: Showing) -> TableView:
    scored = score(table, assessment.references)
    years = [year for year, _ in table.volumes]
    return TableView(
        table=table,
        score=scored,
        key=key_of(table),
        filled=share(scored.filled) if scored else "",
        repeats=repeats(table.duplicates, table.rows) if table.rows else "",
        first_year=str(years[0]) if years else "",
        last_year=str(years[-1]) if years else "",
        facts=tuple(_facts(table)),
        sentences=tuple(_sentences(table)),
        heat=_heat(table),
        growth=_growth(table),
        ages=_ages(table),
        columns=tuple(_column(column, showing) for column in table.columns),
    )


def _facts(table: TableProfile) -> list[tuple[str, str]]:
    facts = [("rows", f"{table.rows:,}"), ("key", key_of(table)), ("from", table.origin)]
    if table.not_placed:
        facts.append(("could not be placed", f"{table.not_placed:,}"))
    if table.rows + table.not_placed != table.own_count:
        facts.append(("the source counts", f"{table.own_count:,}"))
    if table.blank_rows:
        facts.append(("rows that hold nothing", f"{table.blank_rows:,}"))
    if table.test_rows:
        facts.append(("rows that look like trials", f"{table.test_rows:,}"))
    if table.owners:
        facts.append(("people active / gone", f"{table.owners.active:,} / {table.owners.gone:,}"))
    return facts


def _sentences(table: TableProfile) -> list[str]:
    said = []
    found = table.duplicates
    if found.likenesses:
        ways = "; ".join(
            f"{each.method} ({', '.join(each.columns)}): {each.rows:,} rows in {each.groups:,} groups"
            for each in found.likenesses
        )
        said.append(
            f"About {found.estimated:,} rows ({share(found.estimated / table.rows)}) seem to mean the"
            f" same as an earlier one. Estimated by {ways}."
        )
    if old := untouched(table):
        said.append(old)
    if table.owners and table.owners.owned_by_gone:
        owned = ", ".join(f"{count:,} in {name}" for name, count in table.owners.owned_by_gone)
        said.append(_who_is_gone(table.owners, owned))
    if table.empty_columns:
        said.append(f"Never filled: {', '.join(table.empty_columns)}.")
    return said


def _who_is_gone(owners: Owners, owned: str) -> str:
    if not owners.column:
        return f"People who are gone still own rows: {owned}."
    by = f", by {owners.flag}" if owners.flag else ""
    return (
        f"{owners.gone:,} of {owners.active + owners.gone + owners.unknown:,} people under"
        f" {owners.column} are called gone or touched nothing in the last year{by}: {owned}."
    )


def _heat(table: TableProfile) -> Markup:
    if not table.rows:
        return Markup("")
    cells = [
        (column.name, column.fill_rate, share(column.fill_rate).replace(" %", "%"))
        for column in table.columns
    ]
    return Markup(draw_heat(cells, title=f"How full the columns of {table.name} are"))


def _growth(table: TableProfile) -> Markup:
    if len(table.volumes) < 2:
        return Markup("")
    bars = [
        Bar(str(year), (float(count),), (f"{count:,}",))
        for year, count in _without_gaps(table.volumes)[-MAX_BARS:]
    ]
    return Markup(draw_bars(bars, ["rows"], title=f"Rows per year of {table.name}"))


def _without_gaps(counts: Sequence[tuple[int, int]]) -> Sequence[tuple[int, int]]:
    """Every year between the first and the last, where that is still a chart.

    >>> _without_gaps([(2015, 7), (2017, 3)])
    [(2015, 7), (2016, 0), (2017, 3)]
    """
    first, last = counts[0][0], counts[-1][0]
    if last - first >= MAX_BARS:
        return counts
    known = dict(counts)
    return [(year, known.get(year, 0)) for year in range(first, last + 1)]


def _ages(table: TableProfile) -> Markup:
    found = table.staleness
    if found is None or len(found.by_age) < 2:
        return Markup("")
    bars = [
        Bar(f"{age} – {age + 1}", (float(count),), (f"{count:,}",))
        for age, count in _without_gaps(found.by_age)[:MAX_BARS]
    ]
    return Markup(draw_bars(bars, ["rows"], title=f"Years since rows of {table.name} were touched",
                            colours=("#6B7785",)))  # fmt: skip


def _column(column: ColumnProfile, showing: Showing) -> ColumnView:
    return ColumnView(
        column=column,
        meaning=meaning_of(column),
        filled=share(column.fill_rate),
        fits=share(column.meaning.share),
        patterns=tuple(
            PatternView(pattern.shape, share(pattern.share)) for pattern in column.patterns[:3]
        ),
        values=showing.range(column) or showing.counted(column, column.top, 3),
        remarks=tuple(remarks(column, showing)),
    )
