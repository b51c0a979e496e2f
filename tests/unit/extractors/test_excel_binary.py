"""Old and binary workbooks as other programs write them: what the fast reader takes for something
else, or leaves out."""

from __future__ import annotations

import struct
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from migrate.extractors._workbook.biff import CODE_PAGE, FORMAT, XF, globals_of
from migrate.extractors._workbook.ole import workbook_stream
from migrate.extractors._workbook.xls import marks_of_xls
from tests.unit.extractors.binary_books import (
    record8,
    records_of,
    with_numbers,
    write_xlsb,
    xlsb_error,
    xlsb_number,
    xlsb_row,
    xlsb_text,
)
from tests.unit.extractors.sheets import codes, one, values

xlwt = pytest.importorskip("xlwt")


def _saved(tmp_path: Path, rows: list[list[Any]], number_format: str = "") -> Path:
    """Write an .xls; ``number_format`` is that of the second column below the header."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Data")
    style = xlwt.easyxf(num_format_str=number_format) if number_format else None
    for row, cells in enumerate(rows):
        for column, value in enumerate(cells):
            if value is None:
                continue
            own = (style,) if style and row and column == 1 else ()
            sheet.write(row, column, value, *own)
    path = tmp_path / "old.xls"
    book.save(str(path))
    return path


def _renumber_format(path: Path, number: int) -> None:
    """Give the workbook's own number format another number, as some programs count from 50."""
    data = path.read_bytes()
    own = {}
    for kind, at, _ in records_of(data):
        if kind == FORMAT:
            own[_number_at(data, at + 4)] = at + 4
    wanted = max(own)
    styles = [at + 6 for kind, at, _ in records_of(data)
              if kind == XF and _number_at(data, at + 6) == wanted]  # fmt: skip
    with_numbers(path, [(at, number) for at in (own[wanted], *styles)])


def _number_at(data: bytes, at: int) -> int:
    found: int = struct.unpack_from("<H", workbook_stream(data).data, at)[0]
    return found


def test_a_code_page_named_by_a_library_of_web_servers(tmp_path: Path) -> None:
    path = _saved(tmp_path, [["id", "name"], [1, "Eva Smith"], [2, "Žofia"]])
    with_numbers(path, [(at + 4, 1252) for kind, at, _ in records_of(path.read_bytes())
                        if kind == CODE_PAGE])  # fmt: skip
    table = one(path)
    assert table.column_names == ("id", "name")
    assert values(table, "name") == ["Eva Smith", "Žofia"]


@pytest.mark.parametrize("number", [50, 58, 14])
def test_a_number_whose_format_is_counted_among_those_of_days(tmp_path: Path, number: int) -> None:
    path = _saved(tmp_path, [["id", "sum"], ["a", 12.5], ["b", 700.25]], "0.00000E+00")
    _renumber_format(path, number)
    assert values(one(path), "sum") == ["12.5", "700.25"]


@pytest.mark.parametrize("number", [59, 100, 163])
def test_a_day_whose_format_is_counted_among_those_of_numbers(tmp_path: Path, number: int) -> None:
    rows: list[list[Any]] = [["id", "since"], ["a", date(2019, 3, 1)], ["b", date(2020, 2, 29)]]
    path = _saved(tmp_path, rows, "mmm d, yyyy")
    _renumber_format(path, number)
    assert values(one(path), "since") == ["2019-03-01", "2020-02-29"]


def test_a_formula_in_the_record_of_an_older_format(tmp_path: Path) -> None:
    path = _saved(tmp_path, [["id", "sum"], ["a", 1], ["b", xlwt.Formula("B2+1")]])
    places = [(at, size) for kind, at, size in records_of(path.read_bytes()) if kind == 0x0006]
    result = struct.unpack("<4H", struct.pack("<d", 2.5))
    for at, _ in places:
        changes = [(at + 10 + 2 * index, part) for index, part in enumerate(result)]
        with_numbers(path, [(at, 0x0406), *changes])
    assert values(one(path), "sum") == ["1", "2.5"]


def test_a_number_that_is_none_is_kept(tmp_path: Path) -> None:
    path = _saved(tmp_path, [["id", "sum"], ["a", float("nan")], ["b", 2]])
    assert values(one(path), "sum") == ["NaN", "2"]


def test_a_sheet_of_nothing_but_a_number_that_is_none(tmp_path: Path) -> None:
    assert one(_saved(tmp_path, [[float("nan")]])).count() == 1


def test_the_names_and_formats_of_1993_are_in_the_code_page() -> None:
    sheet = struct.pack("<IH", 0, 0) + b"\x09" + "Zákazníci".encode("cp1250")
    begin = record8(0x0809, struct.pack("<4H", 0x0500, 5, 0, 0))
    stream = b"".join((
        begin, record8(0x0042, struct.pack("<H", 1250)), record8(0x041E, b"\xa4\x00\x0500000"),
        record8(0x00E0, struct.pack("<HH", 0, 164) + bytes(12)), record8(0x0085, sheet),
        record8(0x000A),
    ))  # fmt: skip
    said = globals_of(stream)
    assert [name for name, _ in said.sheets] == ["Zákazníci"]
    assert (said.formats, said.is_biff8) == ({164: "00000"}, False)


def test_the_errors_of_1993_are_found() -> None:
    def stream(place: int) -> bytes:
        begin = struct.pack("<4H", 0x0500, 5, 0, 0)
        name = struct.pack("<IH", place, 0) + b"\x04Data"
        return record8(0x0809, begin) + record8(0x0085, name) + record8(0x000A)

    cell = record8(0x0205, struct.pack("<3HBB", 2, 1, 0, 0x07, 1))
    sheet = record8(0x0809, struct.pack("<4H", 0x0500, 16, 0, 0)) + cell + record8(0x000A)
    (marks,), _ = marks_of_xls(stream(len(stream(0))) + sheet)
    assert marks.errors == {(3, 2): "#DIV/0!"}


def test_what_an_xlsb_shows_beside_the_values(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsb"
    rows = b"".join((
        xlsb_row(0, *(xlsb_text(i, name) for i, name in enumerate(("id", "psc", "sum")))),
        xlsb_row(1, xlsb_text(0, "a"), xlsb_number(1, 1001, 1), xlsb_number(2, 2.5)),
        xlsb_row(2, xlsb_text(0, "b"), xlsb_number(1, 82105, 1), xlsb_error(2, 0x07), is_hidden=True),
        xlsb_row(3, xlsb_text(0, "c"), xlsb_number(1, 900, 1), xlsb_error(2, 0x2A)),
    ))  # fmt: skip
    write_xlsb(path, rows, hidden_column=1, shown="00000")
    table = one(path)
    assert values(table, "psc") == ["01001", "82105", "00900"]
    assert values(table, "sum") == ["2.5", "#DIV/0!", "#N/A"]
    assert {"hidden_rows", "hidden_columns", "cell_error"} <= set(codes(table))
    assert "formats_unread" not in codes(table)
