"""Delimited files that are polluted the way real ones are, and what a reader should make of them.

The pollutions are those of the Pollock benchmark (Vitagliano, Hameed, Jiang, Reisener, Wu, Naumann:
"Pollock: A Data Loading Benchmark", PVLDB 16, 2023): one small source file, and 2,289 ways in which
it is not as RFC 4180 wants it. The files are our own, of the same make: 84 lines of nine columns
(date, time, quantity, code, price, a name in quotes where it holds a comma or a quotation mark, a
long text and an address in quotes always, and a column that is always empty).

``clean`` is the text that a reader is measured by, as CSV in quotes throughout, header first.
``weight`` is how often the pollution was met in the survey of 3,712 public files.
"""

from __future__ import annotations

import csv
import io
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

NAMES = ("DAY", "HOUR", "Pieces", "ITEMCODE", "Price", "ItemName", "ItemText", "Page", "Remarks")
ALWAYS_QUOTED = frozenset({6, 7})
ROWS = 83
_END = "\r\n"


@dataclass(frozen=True)
class Cell:
    """One cell: its text, and whether it stands in quotes."""

    text: str
    quoted: bool = False


Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Polluted:
    """One file: its name and kind, its bytes, and what should come out."""

    name: str
    kind: str
    data: bytes
    clean: str
    weight: float


def source_rows(seed: int = 7) -> list[Row]:
    """The header and 83 rows."""
    chance = random.Random(seed)
    rows = [tuple(Cell(name, i in ALWAYS_QUOTED) for i, name in enumerate(NAMES))]
    nouns = ("Kettle", "Lantern", "Rain Jacket", "Hiking Boots", "Rod", "Wool Hat", "Table", "Tent",
             "Sleeping Bag", "Bike", "Pillow", "Stove", "Sofa", "Trail Shoes")  # fmt: skip
    kinds = ("Women's", "Men's", "Kids'", "Light", "Heavy-Duty", "Classic", "Girls'", "Waterproof")
    words = ("made", "for", "cold", "days", "and", "long", "walks", "this", "keeps", "its", "shape",
             "wash", "after", "warm", "dry", "comfort", "won't", "let", "you", "down", "ideal",
             "layer", "best", "value", "50+", "trail", "from", "soft", "3-in-1", "cotton")  # fmt: skip
    for number in range(ROWS):
        name = f"{chance.choice(kinds)} {chance.choice(nouns)}"
        if number % 5 == 1:
            name += f", {chance.choice(('Print', 'Plaid', 'Short-Sleeve', 'Two-Pack'))}"
        if number % 17 == 3:
            name += f', {chance.randint(5, 48)}"'
        text = " ".join(chance.choice(words) for _ in range(chance.randint(12, 34))).capitalize()
        if number % 7 != 2:
            text += f", {' '.join(chance.choice(words) for _ in range(5))}"
        if number % 29 == 11:
            text += " in our 8\\'9\" length"
        code = f"{chance.choice(('MG', 'RI', 'CC', 'YY', 'BH'))}-{chance.randint(1000, 9999)}"
        rows.append((
            Cell(f"{number % 28 + 1:02d}/{number % 12 + 1:02d}/2018"),
            Cell(f"{number // 4 % 24:02d}:{number % 4 * 15:02d}"),
            Cell(str(chance.randint(0, 33))),
            Cell(code),
            Cell(f"${chance.randint(0, 99)}.{chance.randint(0, 99):02d}"),
            Cell(name, "," in name or '"' in name),
            Cell(text + ".", True),
            Cell(f"https://www.example.com/item/{code.replace('-', '_')}.html", True),
            Cell(""),
        ))  # fmt: skip
    return rows


def polluted_files(rows: Sequence[Row] | None = None) -> Iterator[Polluted]:
    """Yield the source file and its 2,289 pollutions."""
    rows = list(rows or source_rows())
    yield from _whole_files(rows)
    for row in range(len(rows)):
        for column in range(len(NAMES)):
            yield from _one_row(rows, row, column)
        joined = _joined(rows[row], " ")
        yield _made(f"row_field_delimiter_{row}_0x20.csv", "row_delimiter",
                    _lines(rows, {row: joined}), rows, 1 / 7)  # fmt: skip


def _whole_files(rows: list[Row]) -> Iterator[Polluted]:
    plain = _lines(rows)
    header, body = rows[0], rows[1:]
    names = [cell.text for cell in header]
    yield _made("source.csv", "source", plain, rows, 1)
    yield Polluted("file_no_payload.csv", "file", b"", "", 15)
    yield _made("file_no_trailing_newline.csv", "file", plain[: -len(_END)], rows, 184)
    yield _made("file_double_trailing_newline.csv", "file", plain + _END, rows, 5)
    yield _made("file_no_header.csv", "file", _lines(body), body, 470)
    for count in (2, 3):
        stacked = [" ".join([name] * count) for name in names]
        clean = [tuple(Cell(name) for name in stacked), *body]
        yield _made(f"file_header_multirow_{count}.csv", "file",
                    _joined(header) * (count - 1) + plain, clean, 47)  # fmt: skip
    empty = "," * (len(NAMES) - 1) + _END
    yield _made("file_preamble.csv", "file", "PREAMBLE" + empty + empty + plain, rows, 282)
    for kind, width in (("less", 8), ("same", 9), ("more", 10)):
        yield _made(f"file_multitable_{kind}.csv", "file",
                    plain + _second_table(rows, width), rows, 188 / 3)  # fmt: skip
    yield _made("file_header_only.csv", "file", _lines(rows[:1]), rows[:1], 3)
    yield _made("file_one_data_row.csv", "file", _lines(rows[:2]), rows[:2], 4)
    for end, weight in (("\n", 1691), ("\r", 7)):
        yield _made(f"file_record_delimiter_0x{ord(end):X}.csv", "structure",
                    plain.replace(_END, end), rows, weight)  # fmt: skip
    for sign, weight in ((";", 834), ("\t", 4), (", ", 101), (" ", 4)):
        label = "".join(f"_0x{ord(c):X}" for c in sign)
        text = "".join(_joined(row, sign) for row in rows)
        yield _made(f"file_field_delimiter{label}.csv", "structure", text, rows, weight)
    apostrophes = "".join(_joined(row, quote="'") for row in rows)
    yield _made("file_quotation_char_0x27.csv", "structure", apostrophes, rows, 11)
    for escape, label, weight in (("\\", "0x5C", 1), ("", "0x00", 7)):
        text = "".join(_joined(row, escape=escape) for row in rows)
        yield _made(f"file_escape_char_{label}.csv", "structure", text, rows, weight)


def _second_table(rows: list[Row], width: int) -> str:
    """A further table below: the same rows, where a quotation mark cut a cell in two."""
    lines = []
    for number, row in enumerate(rows[:-1]):
        texts: list[str] = []
        for cell in row:
            first, *others = cell.text.split('"')
            texts += [first, *('"' + other for other in others)]
        texts = texts[: min(width, len(NAMES))]
        texts += ["col1" if number == 0 else ""] * (width - len(texts))
        lines.append(_joined(tuple(Cell(text, "," in text[1:]) for text in texts)))
    return "".join(lines)


def _one_row(rows: list[Row], row: int, column: int) -> Iterator[Polluted]:
    pieces = [_written(cell) for cell in rows[row]]
    more = [*pieces[:column], "", *pieces[column:]]
    yield _made(f"row_more_sep_row{row}_col{column}.csv", "more_delimiters",
                _lines(rows, {row: ",".join(more) + _END}), rows, 39 / 106.06)  # fmt: skip
    if column:
        less = [*pieces[: column - 1], pieces[column - 1] + pieces[column], *pieces[column + 1 :]]
        yield _made(f"row_less_sep_row{row}_col{column}.csv", "less_delimiters",
                    _lines(rows, {row: ",".join(less) + _END}), rows, 39 / 106.06)  # fmt: skip
    cell = rows[row][column]
    stray = [*pieces]
    stray[column] = (
        pieces[column][:1] + '"' + pieces[column][1:] if cell.quoted else '"' + pieces[column]
    )
    changed = list(rows)
    changed[row] = tuple(
        replace(one, text='"' + one.text) if i == column else one for i, one in enumerate(rows[row])
    )
    raw = {(row, column): stray[column]} if cell.quoted else {}
    yield _made(f"row_extra_quote{row}_col{column}.csv", "stray_quotes",
                _lines(rows, {row: ",".join(stray) + _END}), changed, 1 / 108, raw)  # fmt: skip


def _written(cell: Cell, quote: str = '"', escape: str = '"') -> str:
    text = cell.text.replace('"', escape + '"')
    return quote + text + quote if cell.quoted else text


def _joined(row: Row, sign: str = ",", quote: str = '"', escape: str = '"') -> str:
    return sign.join(_written(cell, quote, escape) for cell in row) + _END


def _lines(rows: Sequence[Row], others: dict[int, str] | None = None) -> str:
    others = others or {}
    return "".join(others.get(number, _joined(row)) for number, row in enumerate(rows))


def _made(
    name: str,
    kind: str,
    text: str,
    clean: Sequence[Row],
    weight: float,
    raw: dict[tuple[int, int], str] | None = None,
) -> Polluted:
    """``raw`` are cells that stand in the clean text as they were written: a stray quote and all."""
    raw = raw or {}
    lines = [
        ",".join(
            raw.get((y, x)) or '"' + cell.text.replace('"', '""') + '"'
            for x, cell in enumerate(row)
        )
        for y, row in enumerate(clean)
    ]
    return Polluted(name, kind, text.encode(), "".join(line + "\n" for line in lines), weight)


# -- the measures of the benchmark ---------------------------------------------------------------

MEASURES = (
    "success", "header precision", "header recall", "header F1", "record precision",
    "record recall", "record F1", "cell precision", "cell recall", "cell F1",
)  # fmt: skip


def scores(clean: str, loaded: Sequence[Sequence[str]] | None) -> tuple[float, ...]:
    """Give the ten measures of one file; ``loaded`` is the header and the rows, None for a failure.

    >>> scores('"a","b"\\n"1","x"\\n', [["a", "b"], ["1", "x"]])
    (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
    """
    if loaded is None:
        return (0.0,) * 10
    source = list(csv.reader(io.StringIO(clean, newline="")))
    if not source:
        return (1.0,) * 10
    first = list(map(normal, source[0])), list(map(normal, loaded[0])) if loaded else []
    records = ["".join(map(normal, row)) for row in source[1:]]
    found = ["".join(map(normal, row)) for row in loaded[1:]]
    cells = [cell for row in source for cell in row]
    seen = [cell for row in loaded for cell in row]
    return (1.0, *_measured(*first), *_measured(records, found), *_measured(cells, seen))


def _measured(source: Sequence[str], loaded: Sequence[str]) -> tuple[float, float, float]:
    if not source:
        return 1.0, 1.0, 1.0
    common = (Counter(source) & Counter(loaded)).total()
    if not common:
        return 0.0, 0.0, 0.0
    precision, recall = common / len(source), common / len(loaded)
    return precision, recall, 2 * precision * recall / (precision + recall)


def normal(text: str) -> str:
    """One form for a value that systems write in several: dates, times, figures, yes and no.

    >>> [normal(text) for text in ("28/01/2018", "2018-01-28", "00:15:00", "2.0", "True", "A")]
    ['2018-01-28', '2018-01-28', '00:15', '2', '1', 'a']
    """
    text = text.strip() if text.strip() != text and text.strip().isalnum() else text
    lower = text.lower()
    if lower in ("true", "false"):
        return "1" if lower == "true" else "0"
    day, _, rest = text.partition(" ")
    if rest in ("", "00:00:00"):
        for sign in "/-":
            parts = day.split(sign)
            if len(parts) == 3 and all(part.isdigit() for part in parts):
                year, month, date = parts if len(parts[0]) == 4 else parts[::-1]
                return f"{year}-{month:>02}-{date:>02}"
    parts = text.split(":")
    if len(parts) in (2, 3) and all(part.isdigit() and len(part) <= 2 for part in parts):
        return ":".join(f"{part:>02}" for part in parts[:2])
    try:
        return f"{float(text):g}" if text and text[-1].isdigit() and text.isascii() else lower
    except ValueError:
        return lower
