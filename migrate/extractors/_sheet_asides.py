"""Which rows of a table are no records? Repeated headers, page footers, signatures, notes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from migrate.extractors._sheet_grid import BLANK, TEXT, Grid, Numbers

_PAGE = re.compile(
    r"\s*[-–]?\s*(strana|stránka|str|page|seite|pagina|página|strona|oldal|страница|стр|сторінка|"
    r"стор|σελίδα|σελ|pág|pag|side|sida|sivu|sayfa|第)[\s.:]*\d+"
    r"(\s*(z|ze|of|von|de|di|van|od|из|з|από|av|/|页|頁|ページ|,|共)*\s*\d*)?\s*(页|頁|ページ)?\s*[-–]?\s*",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"\s*(vypracoval|vyhotovil|zostavil|schválil|zodpovedá|podpis|pečiatka|vypracovala|zpracoval|"
    r"signature|signed|prepared by|approved by|created by:|printed|exported|generated|report (date|run)|"
    r"erstellt (von|am)|gedruckt|unterschrift|genehmigt|sporządził|wydrukowano|zatwierdził|"
    r"készítette|aláírás|nyomtatva|составил|подпись|утвердил|напечатано|подготовил|склав|"
    r"poznámk|pozn\.|note[s]?:|\*+\s*\w|zdroj:|source:|quelle:|anmerkung|uwag[ai]:|źródło|примечание|"
    r"vytlačené|vygenerované|vytištěno|exportované|dátum tlače|konečný stav|koniec (zoznamu|výpisu)|"
    r"end of (report|list|file)|©|_{4,}|\.{6,}|-{4,}$|={4,}$|firmado|firma autorizzata|υπογραφή|制表|审核)",
    re.IGNORECASE,
)


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


def find_asides(grid: Grid, header_rows: Sequence[int], start: int) -> list[Aside]:
    """Find the rows from the position ``start`` on that are no records.

    >>> from migrate.extractors._sheet_grid import grid_of
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
    closing = _closing(grid, few, start)
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


def _closing(grid: Grid, few: Numbers, start: int) -> Iterator[Aside]:
    """Signatures and remarks: the last rows, as long as each says so or follows one that does."""
    narrow = set(few.tolist())
    tail: list[int] = []
    for position in range(len(grid.rows) - 1, start - 1, -1):
        has_texts_only = all(kinds[position] <= TEXT for kinds in grid.kinds)
        if position not in narrow or not has_texts_only:
            break
        tail.append(position)
    begun = False
    for position in reversed(tail):
        text = row_text(grid, position)
        begun = begun or _CLOSING.match(text) is not None
        if begun:
            yield Aside(int(grid.rows[position]), "footer_row", text)
