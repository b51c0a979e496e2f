"""Which rows of a sheet state totals? A label, and figures that agree with the rows above."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from migrate.extractors._workbook.grid import BLANK, NUMBER, TEXT, Grid, Numbers

TOTAL_WORDS = (
    "spolu|celkom|súčet|súčet spolu|medzisúčet|celkem|součet|mezisoučet|total|totals|grand total|"
    "subtotal|sub total|sum|summe|gesamt|gesamtsumme|zwischensumme|razem|suma|ogółem|łącznie|"
    "suma częściowa|összesen|mindösszesen|részösszeg|итого|всего|всього|разом|общо|ukupno|skupaj|"
    "zbroj|вкупно|укупно|σύνολο|γενικό σύνολο|μερικό σύνολο|合计|总计|小计|合計|総計|小計|합계|"
    "총계|소계|kabuuan|totale|subtotale|totale generale|somme|total général|sous-total|"
    "total general|suma total|totaal|subtotaal|totalt|delsumma|i alt|sammenlagt|yhteensä|"
    "välisumma|kokku|vahesumma|kopā|iš viso|viso|toplam|genel toplam|ara toplam|jumlah|tổng|"
    "tổng cộng|المجموع|الإجمالي|סהכ|סה״כ|कुल|รวม"
)
_MEAN_WORDS = "priemer|průměr|average|mean|durchschnitt|mittelwert|średnia|átlag|среднее|moyenne|media|μέσος όρος|平均"  # fmt: skip
_COUNT_WORDS = "počet|count|number of rows|anzahl|liczba|darab|количество|nombre|conteggio|πλήθος|数量"  # fmt: skip

_END = r"([\s:.=(]|$)"
_LABEL = rf"(?i)^\s*(?:{TOTAL_WORDS}){_END}"
_MEAN = rf"(?i)^\s*(?:{_MEAN_WORDS}){_END}"
_COUNT = rf"(?i)^\s*(?:{_COUNT_WORDS}){_END}"
_EXACT_LABELS = frozenset(TOTAL_WORDS.split("|"))
_FIGURE = re.compile(
    r"[-+(]?\s*\d[\d\s.,'\u00a0\u202f]*\)?\s*(%|[€$£₽]|[A-Z]{3}|Kč|Sk|zł|Ft)?-?"
    r"|=(SUM|SUBTOTAL)\(.*",
    re.IGNORECASE,
)
_MOST_CANDIDATES = 20_000


@dataclass(frozen=True)
class Totals:
    """Rows that state totals, what the last one states, and labels that turned out to be data.

    ``figures`` are by position of the column.
    """

    rows: frozenset[int] = frozenset()
    figures: Mapping[int, str] = field(default_factory=dict)
    doubtful: tuple[int, ...] = ()


@dataclass
class _Sums:
    """What the rows above a row add up to, column by column, without the totals among them."""

    grid: Grid
    start: int

    def __post_init__(self) -> None:
        self._columns: dict[int, tuple[npt.NDArray[np.float64], Numbers]] = {}
        self._taken: dict[int, float] = {}
        self._counted: dict[int, int] = {}
        self._since = self.start

    def _of(self, column: int) -> tuple[npt.NDArray[np.float64], Numbers]:
        if column not in self._columns:
            is_number = self.grid.kinds[column] == NUMBER
            is_number[: self.start] = False
            texts = pc.if_else(pa.array(is_number), self.grid.columns[column], "0")
            self._columns[column] = (
                np.concatenate([[0.0], np.cumsum(pc.cast(texts, pa.float64()).to_numpy())]),
                np.concatenate([[0], np.cumsum(is_number)]).astype(np.int64),
            )
        return self._columns[column]

    def value(self, row: int, column: int) -> float:
        sums, _ = self._of(column)
        return float(sums[row + 1] - sums[row])

    def above(self, row: int, column: int) -> tuple[float, float, int]:
        """The sum of everything above, of the group since the last total, and how many numbers."""
        sums, counts = self._of(column)
        everything = float(sums[row]) - self._taken.get(column, 0.0)
        count = int(counts[row]) - self._counted.get(column, 0)
        return everything, float(sums[row] - sums[self._since]), count

    def leave_out(self, row: int) -> None:
        for column, kinds in enumerate(self.grid.kinds):
            if kinds[row] == NUMBER:
                self._taken[column] = self._taken.get(column, 0.0) + self.value(row, column)
                self._counted[column] = self._counted.get(column, 0) + 1
        self._since = row + 1


def find_totals(
    grid: Grid,
    *,
    start: int,
    label: str = "",
    formulas: Mapping[tuple[int, int], str] | None = None,
) -> Totals:
    """Find the rows that state totals, from the position ``start`` on.

    A row in the middle must agree with the rows above it, for a customer may well be called Total.
    ``label`` is the sheet's own word, and is believed at once. ``formulas`` are those that were
    never calculated, by (row, column) on the sheet.

    >>> from migrate.extractors._workbook.grid import grid_of
    >>> grid = grid_of([(1, ["name", "x"]), (2, ["A", 1.0]), (3, ["Total", 7.0]), (4, ["B", 2.0]),
    ...                 (5, ["Spolu:", 10.0])], width=2)
    >>> find_totals(grid, start=1)
    Totals(rows=frozenset({5}), figures={1: '10'}, doubtful=(3,))
    """
    sums = _Sums(grid, start)
    end = len(grid.rows) - 1
    accepted: dict[int, dict[int, str]] = {}
    doubtful: list[int] = []
    own = _plain(label)
    unset = formulas or {}
    for row, head in _labelled(grid, start, own):
        number = int(grid.rows[row])
        text = _plain(grid.text(row, head))
        figures = _figures(grid, row, head, unset)
        is_own = bool(own) and text == own
        if figures is None and not is_own:
            continue
        stated = figures or {}
        is_sum = any(figure.startswith("=") for figure in stated.values())
        agrees = is_own or is_sum or _agrees(grid, sums, row, text)
        if not agrees and row == end and text in _EXACT_LABELS:
            agrees = True  # the last row of all: a total that disagrees is one worth knowing
        if agrees:
            accepted[number] = {i: t for i, t in stated.items() if not t.startswith("=")}
            sums.leave_out(row)
        elif text in _EXACT_LABELS:
            doubtful.append(number)
    if len(grid.rows) and end >= start + 3 and int(grid.rows[end]) not in accepted:
        bare = _unlabelled(grid, sums, end)
        if bare:
            accepted[int(grid.rows[end])] = bare
    last = max(accepted, default=0)
    return Totals(frozenset(accepted), accepted.get(last, {}), tuple(doubtful))


def _labelled(grid: Grid, start: int, own: str) -> list[tuple[int, int]]:
    """The rows whose first filled cell looks like the label of a total, and that cell's column."""
    pattern = "|".join((_LABEL, _MEAN, _COUNT))
    if own:
        pattern += rf"|(?i)^\s*{re.escape(own)}{_END}"
    open_rows = np.ones(len(grid.rows), dtype=bool)
    open_rows[:start] = False
    found: list[tuple[int, int]] = []
    for column, (texts, kinds) in enumerate(zip(grid.columns, grid.kinds, strict=True)):
        if not open_rows.any():
            break
        here = np.flatnonzero(open_rows & (kinds == TEXT))
        if len(here):
            hits = pc.match_substring_regex(texts.take(pa.array(here)), pattern)
            found += [(int(row), column) for row in here[hits.to_numpy(zero_copy_only=False)]]
        open_rows &= kinds == BLANK
    return sorted(found)[:_MOST_CANDIDATES]


def _figures(
    grid: Grid, row: int, head: int, formulas: Mapping[tuple[int, int], str]
) -> dict[int, str] | None:
    """The figures beside a label; None where there is anything else, or nothing."""
    figures: dict[int, str] = {}
    number = int(grid.rows[row])
    for column in range(head + 1, grid.width):
        text = grid.text(row, column) or formulas.get((number, grid.left + column), "")
        if not text:
            continue
        if grid.kinds[column][row] not in (NUMBER, BLANK) and not _FIGURE.fullmatch(text.strip()):
            return None
        if text.startswith("=") and not _FIGURE.fullmatch(text):
            return None
        figures[column] = text
    return figures or None


def _agrees(grid: Grid, sums: _Sums, row: int, label: str) -> bool:
    is_mean = re.match(_MEAN, label) is not None
    is_count = re.match(_COUNT, label) is not None
    for column in range(grid.width):
        if grid.kinds[column][row] != NUMBER:
            continue
        value = sums.value(row, column)
        everything, group, count = sums.above(row, column)
        if is_count and value in (count, row - sums.start):
            return True
        if is_mean and count and abs(value - everything / count) < 0.01:
            return True
        is_sum = abs(value - everything) < 0.01 or abs(value - group) < 0.01
        if not is_mean and not is_count and is_sum and count:
            return True
    return False


def _unlabelled(grid: Grid, sums: _Sums, row: int) -> dict[int, str]:
    """Figures alone below columns that they add up; empty where the last row is anything else."""
    figures: dict[int, str] = {}
    found = {int(kinds[row]) for kinds in grid.kinds}
    if found != {BLANK, NUMBER}:
        return {}
    for column, kinds in enumerate(grid.kinds):
        if kinds[row] == BLANK:
            continue
        everything, group, count = sums.above(row, column)
        value = sums.value(row, column) if kinds[row] == NUMBER else None
        if value is None or count < 3 or not value:
            return {}
        if abs(value - everything) >= 0.01 and abs(value - group) >= 0.01:
            return {}
        figures[column] = grid.text(row, column)
    return figures if len(figures) < grid.width else {}


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" :.=")
