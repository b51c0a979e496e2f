"""What does a consultant hand to the customer? One page that needs no network and prints well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from migrate.reports.mask import mask_report
from migrate.reports.summary import (
    IDENTITY_TERMS,
    broken_lines,
    count_of,
    file_named,
    issue_kinds,
    numeric_columns,
    totals,
    where_to_look,
)
from migrate.reports.svg import DISPOSITION_COLOURS, MAX_BARS, Bar, draw_stacked, draw_table
from migrate.values import DISPOSITIONS, ObjectCount, RunReport, Section

TABLE_ROWS = 50
MARKS = {"met": "✓", "not met": "✗", "waived": "≈", "no evidence": "?"}


@dataclass(frozen=True)
class Tile:
    """One figure that a reader should see first."""

    label: str
    figure: str
    share: str
    kind: str = ""


@dataclass(frozen=True)
class TableView:
    """A table as the page shows it: which columns hold figures, and how many rows are left out.

    The first column names its row and stands to the left, a year or a number as well.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    left_out: int

    @property
    def is_narrow(self) -> bool:
        """Few columns, all of figures: stretched over the page, a row could not be followed."""
        return len(self.header) <= 4 and all(self.numeric[1:])


@dataclass(frozen=True)
class SectionView:
    """A section as the page shows it, its chart drawn."""

    section: Section
    chart: Markup
    caption: str
    tables: tuple[TableView, ...]


def render_html(report: RunReport, *, show_personal_data: bool = False) -> str:
    """Show a whole report as one self-contained page.

    >>> page = render_html(RunReport("plan", "acme", "sandbox", "r1", "Plan <draft>"))
    >>> page.startswith("<!doctype html>"), "Plan &lt;draft&gt;" in page
    (True, True)
    """
    if not show_personal_data:
        report = mask_report(report)
    return page_template().render(
        report=report,
        is_masked=not show_personal_data,
        marks=MARKS,
        terms=IDENTITY_TERMS,
        tiles=_tiles(report.objects),
        totals=totals(report.objects),
        count_of=count_of,
        splits=sum(line.splits for line in report.objects),
        source_rows=sum(line.rows for line in report.objects),
        broken=broken_lines(report.objects),
        dispositions_chart=_dispositions(report.objects),
        sections=[_section_view(section) for section in report.sections],
        kinds=issue_kinds(report),
        where_to_look=where_to_look,
        issues_file=file_named(report, ".xlsx", ".jsonl", word="issues"),
        tables_file=file_named(report, ".json"),
    )


@cache
def page_template(name: str = "report.html.j2") -> Template:
    """The template of a page, with the style that all pages share."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates", encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def _tiles(objects: Sequence[ObjectCount]) -> tuple[Tile, ...]:
    """Figures that add up: what came out of the source, and the places it went."""
    total = totals(objects)
    extracted = total["extracted"]
    groups = (
        ("in the target", ("created", "updated", "unchanged"), "good"),
        ("merged", ("merged",), ""),
        ("left out by rule", ("excluded",), ""),
        ("need a decision", ("quarantined", "failed"), "attention"),
        ("still to load", ("pending",), ""),
    )
    tiles = [Tile("extracted", f"{extracted:,}", "")]
    for label, terms, kind in groups:
        count = sum(total[term] for term in terms)
        share = _share(count, extracted)
        tiles.append(Tile(label, f"{count:,}", share, kind if count else ""))
    return tuple(tiles)


def _share(count: int, whole: int) -> str:
    """A share is never rounded to nothing or to everything: one lost record must show.

    >>> _share(1, 1_000_000), _share(999_999, 1_000_000), _share(1, 4), _share(0, 4)
    ('< 0.1 %', '> 99.9 %', '25.0 %', '0 %')
    """
    if not whole or not count:
        return "0 %" if whole else ""
    if count == whole:
        return "100 %"
    percent = 100 * count / whole
    if percent < 0.1:
        return "< 0.1 %"
    return "> 99.9 %" if percent > 99.9 else f"{percent:.1f} %"


def _dispositions(objects: Sequence[ObjectCount]) -> Markup:
    used = [name for name in DISPOSITIONS if any(count_of(line, name) for line in objects)]
    if not used:
        return Markup("")
    bars = [
        Bar(
            f"{line.object} · {line.wave}" if line.wave else line.object,
            tuple(float(count_of(line, name)) for name in used),
            tuple(f"{count_of(line, name):,}" for name in used),
            note=f"{line.extracted:,}",
        )
        for line in objects[:MAX_BARS]
    ]
    colours = [DISPOSITION_COLOURS[name] for name in used]
    title = "Where every extracted record went"
    return Markup(draw_stacked(bars, used, title=title, colours=colours, is_share=True))


def _section_view(section: Section) -> SectionView:
    tables = [table for table in section.tables if len(table) > 1]
    views = tuple(map(_table_view, tables))
    if not section.chart or not tables:
        return SectionView(section, Markup(""), "", views)
    header = tables[0][0]
    measure = f"{header[1]} by {header[0]}" if len(header) == 2 else f"by {header[0]}"
    chart = draw_table(tables[0], section.chart, title=f"{section.title}, {measure}")
    return SectionView(section, Markup(chart), measure, views)


def _table_view(table: Sequence[Sequence[str]]) -> TableView:
    header, *rows = table
    shown = tuple(tuple(row) for row in rows[:TABLE_ROWS])
    numeric = (False, *numeric_columns(rows, len(header))[1:])
    return TableView(tuple(header), shown, numeric, len(rows) - len(shown))
