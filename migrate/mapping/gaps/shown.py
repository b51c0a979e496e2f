"""How is the gap report told: sections for pages and terminals, sheets for people, JSON for scripts?

Values of the source are in columns that are masked, or left out, unless somebody asks for them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from migrate.mapping.gaps.fields import NewField
from migrate.mapping.gaps.model import Gap, fields_to_create
from migrate.reports.mask import mask_value
from migrate.reports.sheets import Sheet, SheetColumn
from migrate.values import Section

_VERDICTS = {"exists": "exists", "create": "create", "drop": "leave behind"}
_LONGEST_EXAMPLE = 300


@dataclass(frozen=True)
class Cut:
    """Values of a column that are longer than the field they go into."""

    field: str
    column: str
    length: int
    count: int
    filled: int
    worst: tuple[tuple[int, str], ...]
    where: str = ""


@dataclass(frozen=True)
class Lacking:
    """Values that the list of a field lacks, each with how many rows have it."""

    field: str
    values: tuple[tuple[str, int], ...]

    @property
    def rows(self) -> int:
        return sum(count for _, count in self.values)


@dataclass(frozen=True)
class GapReport:
    """The gaps, what would be cut, and the values that lists lack."""

    gaps: tuple[Gap, ...]
    cuts: tuple[Cut, ...] = ()
    lacking: tuple[Lacking, ...] = ()

    @property
    def fields(self) -> list[NewField]:
        return fields_to_create(self.gaps)


def gap_sections(found: GapReport) -> tuple[Section, ...]:
    """A summary, the fields to create, what would be cut, what lists lack, then each table."""
    counted = Counter(gap.verdict for gap in found.gaps)
    suggested = sum(gap.decided_by == "suggestion" for gap in found.gaps)
    text = (
        f"{len(found.gaps)} source columns: {counted['exists']} have a field, {counted['create']} "
        f"need one ({len(found.fields)} fields to make), {counted['drop']} stay behind.",
        *((f"{suggested} of these are suggestions that nobody has decided.",) if suggested else ()),
    )
    sections = [Section("Gaps", text)]
    if found.fields:
        sections.append(Section("Fields to make", (), (tuple(_field_rows(found.fields)),)))
    if found.cuts:
        told = ("Nothing is cut unseen: such records wait in quarantine until somebody decides.",)
        sections.append(
            Section(
                "Too long for their field", told, (tuple(_cut_rows(found)),), private=("examples",)
            )
        )
    if found.lacking:
        rows = tuple(_lacking_rows(found))
        sections.append(Section("Values that lists lack", (), (rows,), private=("value",)))
    for table in dict.fromkeys(gap.measured.table for gap in found.gaps):
        rows = (_GAP_HEADER, *(_gap_row(g) for g in found.gaps if g.measured.table == table))
        sections.append(Section(table, (), (rows,)))
    return tuple(sections)


_GAP_HEADER = ("column", "filled", "type", "longest", "what", "field", "sure", "why")


def _gap_row(gap: Gap) -> tuple[str, ...]:
    one = gap.measured
    new = f"{gap.new.object}.{gap.new.name}, {gap.new.described}" if gap.new else ""
    sure = f"{gap.sure:.0%}" if gap.decided_by == "suggestion" else gap.decided_by
    return (
        one.column, _share(one.fill), one.kind if one.filled else "", f"{one.longest:,}",
        _VERDICTS[gap.verdict], new or ", ".join(gap.fields), sure, gap.why,
    )  # fmt: skip


def _share(share: float) -> str:
    """A share is never rounded to nothing or to everything.

    >>> _share(0.0001), _share(0.9999), _share(0.5), _share(0.0), _share(1.0)
    ('< 1%', '> 99%', '50%', '0%', '100%')
    """
    if 0 < share < 0.01:
        return "< 1%"
    return "> 99%" if 0.99 < share < 1 else f"{share:.0%}"


def _field_rows(fields: Sequence[NewField]) -> Iterator[tuple[str, ...]]:
    yield "object", "API name", "label", "field", "for", "not of this type"
    for field in fields:
        unfit = f"{field.unfit:,}" if field.unfit else ""
        yield (
            field.object, field.name, field.label, field.described, ", ".join(field.columns), unfit,
        )  # fmt: skip


def _cut_rows(found: GapReport) -> Iterator[tuple[str, ...]]:
    yield "field", "from", "length", "too long", "of", "longest", "examples"
    for cut in found.cuts:
        yield (
            cut.field, cut.column, f"{cut.length:,}", f"{cut.count:,}", f"{cut.filled:,}",
            ", ".join(f"{length:,}" for length, _ in cut.worst),
            cut.worst[0][1][:_LONGEST_EXAMPLE] if cut.worst else "",
        )  # fmt: skip


def _lacking_rows(found: GapReport) -> Iterator[tuple[str, ...]]:
    yield "field", "value", "rows"
    for lacking in found.lacking:
        for value, count in lacking.values:
            yield lacking.field, value, f"{count:,}"


def gap_sheets(found: GapReport, *, title: str, show_personal_data: bool = False) -> list[Sheet]:
    """The same as sheets: Columns, Fields to make, Too long, Values."""

    def shown(text: str) -> str:
        return text if show_personal_data else mask_value(text)

    columns = [
        (
            gap.measured.table, gap.measured.column, str(gap.measured.rows), str(gap.measured.filled),
            _share(gap.measured.fill), str(gap.measured.distinct), gap.measured.kind,
            str(gap.measured.longest), _VERDICTS[gap.verdict],
            f"{gap.new.object}.{gap.new.name}" if gap.new else ", ".join(gap.fields),
            gap.new.described if gap.new else "", gap.decided_by,
            f"{gap.sure:.0%}" if gap.decided_by == "suggestion" else "", gap.why, gap.where,
        )
        for gap in found.gaps
    ]  # fmt: skip
    fields = [
        (
            f.object, f.name, f.label, f.type.replace("_", " "), str(f.length or ""),
            str(f.precision or ""), str(f.scale if f.scale is not None else ""),
            ", ".join(shown(value) for value in f.picklist), ", ".join(f.columns), str(f.unfit or ""),
        )
        for f in found.fields
    ]  # fmt: skip
    cuts = [
        (
            c.field, c.column, str(c.length), str(c.count), str(c.filled),
            ", ".join(str(length) for length, _ in c.worst),
            shown(c.worst[0][1][:_LONGEST_EXAMPLE]) if c.worst else "", c.where,
        )
        for c in found.cuts
    ]  # fmt: skip
    values = [
        (one.field, shown(value), str(count))
        for one in found.lacking
        for value, count in one.values
    ]
    return [
        Sheet("Columns", _columns(
            ("table", 24), ("column", 28), ("rows", 10), ("filled", 10), ("share", 8),
            ("distinct", 10), ("type", 12), ("longest", 9), ("what", 14), ("field", 34),
            ("new field", 30), ("decided by", 12), ("sure", 8), ("why", 70), ("place", 28)),
            columns, title),
        Sheet("Fields to make", _columns(
            ("object", 20), ("API name", 32), ("label", 32), ("type", 14), ("length", 9),
            ("digits", 9), ("after the point", 9), ("values", 50), ("for", 44),
            ("not of this type", 12)), fields),
        Sheet("Too long", _columns(
            ("field", 34), ("from", 34), ("length", 9), ("too long", 10), ("of", 10),
            ("longest", 18), ("example", 50), ("place", 28)), cuts,
            "" if show_personal_data else "Examples are masked."),
        Sheet("Values that lists lack", _columns(("field", 34), ("value", 40), ("rows", 10)), values,
              "" if show_personal_data else "Values are masked."),
    ]  # fmt: skip


def _columns(*columns: tuple[str, int]) -> tuple[SheetColumn, ...]:
    return tuple(SheetColumn(title, width) for title, width in columns)


def gap_json(found: GapReport, *, show_personal_data: bool = False) -> dict[str, Any]:
    """The same as plain JSON values; without values of the source unless asked for."""
    return {
        "gaps": [_gap_json(gap) for gap in found.gaps],
        "create": [_field_json(f, with_values=show_personal_data) for f in found.fields],
        "cut": [
            {
                "field": c.field, "column": c.column, "length": c.length, "count": c.count,
                "filled": c.filled, "longest": [length for length, _ in c.worst], "place": c.where,
                **({"examples": [text for _, text in c.worst]} if show_personal_data else {}),
            }
            for c in found.cuts
        ],
        "values_without_home": [
            {
                "field": one.field, "values": len(one.values), "rows": one.rows,
                **({"counts": dict(one.values)} if show_personal_data else {}),
            }
            for one in found.lacking
        ],
    }  # fmt: skip


def _gap_json(gap: Gap) -> dict[str, Any]:
    one = gap.measured
    return {
        "table": one.table, "source_column": one.column, "rows": one.rows, "filled": one.filled,
        "distinct": one.distinct, "type": one.kind, "longest": one.longest, "unfit": one.unfit,
        "verdict": gap.verdict, "fields": list(gap.fields),
        "new": f"{gap.new.object}.{gap.new.name}" if gap.new else None, "why": gap.why,
        "decided_by": gap.decided_by, "confidence": gap.sure, "place": gap.where,
    }  # fmt: skip


def _field_json(field: NewField, *, with_values: bool) -> dict[str, Any]:
    return {
        "object": field.object, "name": field.name, "label": field.label, "type": field.type,
        "length": field.length, "precision": field.precision, "scale": field.scale,
        "picklist": list(field.picklist) if with_values else len(field.picklist),
        "columns": list(field.columns), "unfit": field.unfit,
    }  # fmt: skip
