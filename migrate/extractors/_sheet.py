"""Where on a sheet are the header, the rows and the totals? Knows values, no file format."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median_high

from migrate.extractors._text import text_of

Row = tuple[int, list[object]]  # the row's number on the sheet, and its cells from column A on
Merge = tuple[tuple[int, int], tuple[int, int]]  # first and last cell, counted from zero

_TOTAL_WORDS = (
    "spolu|celkom|súčet|súčet spolu|medzisúčet|celkem|součet|mezisoučet|total|totals|grand total|"
    "subtotal|sub total|sum|summe|gesamt|gesamtsumme|zwischensumme|razem|suma|ogółem|łącznie|"
    "összesen|итого|всего|всього|разом|общо|ukupno|skupaj|σύνολο|γενικό σύνολο|合计|总计|小计|"
    "kabuuan|totale|somme|total général|totaal|totalt|yhteensä|toplam"
)
TOTAL_LABELS = frozenset(_TOTAL_WORDS.split("|"))
_SCANNED_ROWS = 60
_NUMBER = re.compile(r"[-+(]?\s*\d[\d\s.,'\u00a0\u202f]*\)?\s*(%|[€$£₽]|[A-Z]{3}|Kč|Sk|zł|Ft)?-?")

_FIGURE = re.compile(rf"{_NUMBER.pattern}|=(SUM|SUBTOTAL)\(.*", re.IGNORECASE)


@dataclass(frozen=True)
class Totals:
    """Rows that state totals, what the last one states, and labels that turned out to be data."""

    rows: frozenset[int] = frozenset()
    figures: Mapping[int, str] = field(default_factory=dict)
    doubtful: tuple[int, ...] = ()


def is_blank(value: object) -> bool:
    """Tell whether a cell holds nothing a person would see."""
    return value is None or (isinstance(value, str) and (not value or value.isspace()))


def find_header_rows(rows: Sequence[Row], merges: Sequence[Merge] = ()) -> tuple[int, ...]:
    """Find the rows (numbered from 1) that together name the columns; empty where none can.

    Titles are narrower than the table, or one text merged over its width.

    >>> find_header_rows([(1, ["Customers 2024", "", ""]), (3, ["id", "name", "city"]),
    ...                   (4, [1.0, "Ján", "Žilina"])])
    (3,)
    >>> find_header_rows([(1, ["id", "Obrat", ""]), (2, ["", "Suma", "Mena"]), (3, [1.0, 2.5, "EUR"])],
    ...                  merges=[((0, 0), (1, 0)), ((0, 1), (0, 2))])
    (1, 2)
    """
    scanned = [(number, cells) for number, cells in rows[:_SCANNED_ROWS]]
    if not scanned:
        return ()
    usual = median_high([_filled(cells) for _, cells in scanned])
    by_number = dict(scanned)
    candidates = [row for row in scanned if _can_name(_spread(row, by_number, merges), usual)]
    if not candidates:
        wide = [row for row in scanned if _filled(row[1]) * 5 >= usual * 3]
        return ((wide or scanned)[0][0],)
    first = last = candidates[0][0]
    width = max(_filled(cells) for _, cells in scanned)
    # Down: a merged cell that reaches lower, or a group over several columns with texts below.
    for (top, left), (bottom, right) in merges:
        if top == first - 1 and right - left + 1 < width:
            below = by_number.get(first + 1, [])
            if bottom > top:
                last = max(last, bottom + 1)
            elif right > left and _filled(below) and _is_text(below):
                last = max(last, first + 1)
    # Up: groups over a row that already names every column.
    groups = [m for m in merges if m[0][0] == first - 2 and 0 < m[1][1] - m[0][1] < width - 1]
    if groups and first - 1 in by_number and _is_text(by_number[first - 1]):
        first -= 1
    return tuple(range(first, last + 1))


def header_names(
    rows: Mapping[int, list[object]],
    header_rows: Sequence[int],
    merges: Sequence[Merge],
    width: int,
) -> list[str]:
    """Join the header rows into one name for each column; "" where they say nothing.

    >>> header_names({1: ["id", "Obrat", ""], 2: ["", "Suma", "Mena"]}, [1, 2],
    ...              [((0, 0), (1, 0)), ((0, 1), (0, 2))], 3)
    ['id', 'Obrat / Suma', 'Obrat / Mena']
    """
    parts: list[list[str]] = [[] for _ in range(width)]
    for number in header_rows:
        cells = _spread((number, rows.get(number, [])), rows, merges)
        for index, cell in enumerate(cells[:width]):
            text = " ".join((text_of(cell) or "").split())
            if text and text not in parts[index][-1:]:
                parts[index].append(text)
    return [" / ".join(texts) for texts in parts]


def find_totals(rows: Iterable[Row], label: str = "") -> Totals:
    """Find the rows that state totals: a label, and beside it nothing but figures.

    A row in the middle must agree with the rows above it, for a customer may well be called Total.
    ``label`` is the sheet's own word, and is believed at once.

    >>> rows = [(2, ["A", 1.0]), (3, ["Total", 7.0]), (4, ["B", 2.0]), (5, ["Spolu:", 10.0])]
    >>> find_totals(rows)
    Totals(rows=frozenset({5}), figures={1: '10'}, doubtful=(3,))
    """
    accepted: dict[int, dict[int, str]] = {}
    pending: dict[int, dict[int, str]] = {}
    doubtful: list[int] = []
    everything: dict[int, float] = {}
    group: dict[int, float] = {}
    for number, cells in rows:
        filled = [(index, cell) for index, cell in enumerate(cells) if not is_blank(cell)]
        if not filled:
            continue
        doubtful += pending
        pending.clear()
        figures = _stated(filled, label)
        if figures is not None:
            if (
                _is_own(filled[0][1], label)
                or _agrees(filled, everything)
                or _agrees(filled, group)
            ):
                accepted[number] = figures
                group = {}
                continue
            pending[number] = figures
        for index, cell in filled:
            if isinstance(cell, (int, float)) and not isinstance(cell, bool):
                everything[index] = everything.get(index, 0.0) + cell
                group[index] = group.get(index, 0.0) + cell
    accepted |= pending  # the last row of all: a total that disagrees is one worth knowing
    last = max(accepted, default=0)
    return Totals(frozenset(accepted), accepted.get(last, {}), tuple(doubtful))


def _stated(filled: list[tuple[int, object]], label: str) -> dict[int, str] | None:
    head = filled[0][1]
    if not isinstance(head, str):
        return None
    if not _is_own(head, label) and _plain(head) not in TOTAL_LABELS:
        return None
    figures = {
        index: text
        for index, cell in filled[1:]
        if (text := text_of(cell))
        and (not isinstance(cell, str) or _FIGURE.fullmatch(text.strip()))
    }
    is_figures_only = bool(figures) and len(figures) == len(filled) - 1
    if not is_figures_only and not _is_own(head, label):
        return None
    return {index: text for index, text in figures.items() if not text.startswith("=")}


def _is_own(head: object, label: str) -> bool:
    return bool(label) and isinstance(head, str) and _plain(head) == _plain(label)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" :.=")


def _agrees(filled: list[tuple[int, object]], sums: Mapping[int, float]) -> bool:
    return any(
        isinstance(cell, (int, float)) and index in sums and abs(cell - sums[index]) < 0.01
        for index, cell in filled
    )


def _filled(cells: Sequence[object]) -> int:
    return sum(not is_blank(cell) for cell in cells)


def _is_text(cells: Sequence[object]) -> bool:
    return all(isinstance(cell, str) for cell in cells if not is_blank(cell))


def _can_name(cells: Sequence[object], usual: int) -> bool:
    filled = [cell for cell in cells if not is_blank(cell)]
    texts = [
        cell for cell in filled if isinstance(cell, str) and not _NUMBER.fullmatch(cell.strip())
    ]
    if len(filled) * 5 < usual * 3 or len(texts) * 10 < len(filled) * 7:
        return False
    return len(filled) == 1 or len(set(map(str, filled))) > 1


def _spread(row: Row, rows: Mapping[int, list[object]], merges: Sequence[Merge]) -> list[object]:
    """Give the row's cells with the value of each merged range in all of its cells."""
    number, cells = row
    spread = list(cells)
    for (top, left), (bottom, right) in merges:
        origin = rows.get(top + 1, [])
        if top <= number - 1 <= bottom and left < len(origin) and not is_blank(origin[left]):
            spread += [""] * (right + 1 - len(spread))
            spread[left : right + 1] = [origin[left]] * (right + 1 - left)
    return spread
