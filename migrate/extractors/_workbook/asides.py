"""Which rows of a table are no records? Repeated headers, page footers, signatures, notes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from migrate.extractors._workbook.grid import BLANK, TEXT, Grid, Numbers

_OF = (
    r"\s*(z|ze|of|von|de|di|van|od|av|fra|/|из|з|από|ettől|,|共|\|)\s*(共)?\s*\d+\s*(页|頁|ページ)?"
)
_PAGE = re.compile(
    r"\s*[-–]?\s*((strana|stránka|page|seite|pagina|página|strona|oldal|страница|сторінка|σελίδα|第)"
    rf"[\s.:]*\d+({_OF})?\s*(页|頁|ページ)?"
    # words that may be an address: only with the number of pages
    rf"|(str|стр|стор|σελ|pág|pag|s|side|sida|sivu|sayfa)[\s.:]*\d+{_OF})\s*[-–]?\s*",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"\s*(pripravil|připravil|vypracoval|vyhotovil|zostavil|schválil|zodpovedá|podpis|pečiatka|vypracovala|zpracoval|"
    r"signature|signed|prepared by|approved by|created by:|printed|exported|generated|report (date|run)|"
    r"erstellt (von|am)|gedruckt|unterschrift|genehmigt|sporządził|wydrukowano|zatwierdził|"
    r"készítette|aláírás|nyomtatva|составил|подпись|утвердил|напечатано|подготовил|склав|"
    r"poznámk|pozn\.|note[s]?:|\*+\s*\w|zdroj:|source:|quelle:|anmerkung|uwag[ai]:|źródło|примечание|"
    r"vytlačené|vygenerované|vytištěno|exportované|dátum tlače|konečný stav|koniec (zoznamu|výpisu)|"
    r"end of (report|list|file)|©|_{4,}|\.{6,}|-{4,}$|={4,}$|firmado|firma autorizzata|υπογραφή|制表|审核)",
    re.IGNORECASE,
)


_MOST_SIGNATURES, _MOST_UNLABELLED = 10, 3  # rows below a total


@dataclass(frozen=True)
class Aside:
    """A row that is no record: its number on the sheet, the Issue's code, what it says."""

    row: int
    code: str
    text: str


def row_text(grid: Grid, position: int) -> str:
    """Give what a row says, cell by cell."""
    texts = (grid.text(position, column) for column in range(grid.width))
    return " | ".join(text for text in texts if text)


def find_asides(
    grid: Grid, header_rows: Sequence[int], start: int, last_total: int = 0
) -> list[Aside]:
    """Find the rows from the position ``start`` on that are no records.

    ``last_total`` is the number of the last row that states totals: texts that stand alone below it,
    behind an empty row, are a signature or a remark.

    >>> from migrate.extractors._workbook.grid import grid_of
    >>> grid = grid_of([(1, ["id", "name"]), (2, [1.0, "A"]), (3, ["Strana 1 z 2", ""]),
    ...                 (4, ["id", "name"]), (5, [2.0, "B"]), (6, ["Vypracoval: N. N.", ""])], width=2)
    >>> [(aside.row, aside.code) for aside in find_asides(grid, [1], 1)]
    [(3, 'page_footer'), (4, 'repeated_header'), (6, 'footer_row')]
    """
    filled = np.zeros(len(grid.rows), np.int64)
    for kinds in grid.kinds:
        filled += kinds != BLANK
    found = {aside.row: aside for aside in _repeated(grid, header_rows, start)}
    few = np.flatnonzero(filled <= min(2, grid.width - 1))
    titles = {row_text(grid, int(i)) for i in few if i < start}
    for position in few[few >= start].tolist():
        text, number = row_text(grid, position), int(grid.rows[position])
        if number in found:
            continue
        cells = text.split(" | ")
        if any(_PAGE.fullmatch(cell) for cell in cells):
            found[number] = Aside(number, "page_footer", text)
        elif text in titles:
            found[number] = Aside(number, "repeated_header", text)
    numbering = _numbering(grid, start)
    if numbering and numbering.row not in found:
        found[numbering.row] = numbering
    closing = _closing(grid, few, start, last_total)
    found.update((aside.row, aside) for aside in closing if aside.row not in found)
    return [found[number] for number in sorted(found)]


def _repeated(grid: Grid, header_rows: Sequence[int], start: int) -> Iterator[Aside]:
    for number in header_rows:
        place = int(np.searchsorted(grid.rows, number))
        if place >= len(grid.rows) or grid.rows[place] != number:
            continue
        texts = [grid.text(place, column) for column in range(grid.width)]
        named = [column for column, text in enumerate(texts) if text]
        if len(named) < 2:
            continue
        alike = pc.equal(grid.columns[named[0]], texts[named[0]]).fill_null(False)
        for position in np.flatnonzero(alike.to_numpy(zero_copy_only=False)).tolist():
            if position < start:
                continue
            if all(grid.text(position, column) == text for column, text in enumerate(texts)):
                yield Aside(int(grid.rows[position]), "repeated_header", row_text(grid, position))


def _numbering(grid: Grid, start: int) -> Aside | None:
    """The row below a header that numbers the columns of a printed form: 1, 2, 3 ..."""
    if start < 1 or grid.width < 3 or len(grid.rows) < start + 2:
        return None
    texts = [grid.text(start, column).strip() for column in range(grid.width)]
    if texts != [str(number) for number in range(1, grid.width + 1)]:
        return None
    below = [np.bincount(kinds[start + 1 :], minlength=2) for kinds in grid.kinds]
    if not any(counts[TEXT] * 2 > counts.sum() for counts in below):
        return None  # all of it is numbers: it may be a record
    return Aside(int(grid.rows[start]), "column_numbers", " | ".join(texts))


def _closing(grid: Grid, few: Numbers, start: int, last_total: int) -> Iterator[Aside]:
    """Signatures and remarks: the last rows, as long as each says so or follows one that does."""
    signatures = _signatures(grid, start, last_total)
    narrow = set(few.tolist()) | signatures
    tail: list[int] = []
    for position in range(len(grid.rows) - 1, start - 1, -1):
        has_texts_only = all(kinds[position] <= TEXT for kinds in grid.kinds)
        if position not in narrow or not has_texts_only:
            break
        tail.append(position)
    begun = False
    for position in reversed(tail):
        text = row_text(grid, position)
        begun = begun or position in signatures or _CLOSING.match(text) is not None
        if begun:
            yield Aside(int(grid.rows[position]), "footer_row", text)


def _signatures(grid: Grid, start: int, last_total: int) -> set[int]:
    """The few rows below the last total, behind an empty row: texts alone, or labels."""
    first = int(np.searchsorted(grid.rows, last_total, side="right"))
    below = range(max(first, start), len(grid.rows))
    if not last_total or not below or int(grid.rows[first]) == last_total + 1:
        return set()
    is_labelled = ":" in row_text(grid, below[0]).partition(" | ")[0]
    if len(below) > (_MOST_SIGNATURES if is_labelled else _MOST_UNLABELLED):
        return set()
    return {position for position in below if _is_signature(row_text(grid, position))}


def _is_signature(text: str) -> bool:
    """Tell a text alone, or a label with what belongs to it.

    >>> _is_signature("Pripravila: Jana"), _is_signature("Dňa: | 3. 4."), _is_signature("7 | Eva")
    (True, True, False)
    """
    cells = text.split(" | ")
    return len(cells) == 1 or (len(cells) == 2 and cells[0].rstrip().endswith(":"))
