"""How are the tables written, so that the same rows give the same bytes on every machine?"""

from __future__ import annotations

import csv
import io
import re
import sqlite3
import zipfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from kvapka.schema import SCHEMA
from kvapka.truth import Row
from kvapka.workbook import CUSTOMERS, HIDDEN, PEOPLE

WRITTEN_AT = datetime(2025, 1, 2, 8, 0)


def write_enquiries(rows: list[Row], path: Path) -> None:
    """cp1250, semicolons, CRLF between the records and LF within a field, as Excel exports."""
    with path.open("w", encoding="cp1250", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=";", lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)


def write_erp(tables: dict[str, list[Row]], path: Path) -> None:
    """The ERP's database. Foreign keys are declared but, as in the real one, never enforced."""
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    try:
        connection.executescript(SCHEMA)
        for name in re.findall(r"CREATE TABLE (\w+)", SCHEMA):
            marks = ", ".join("?" * len(tables[name][0]))
            columns = ", ".join(tables[name][0])
            values = [tuple(row.values()) for row in tables[name]]
            connection.executemany(f"INSERT INTO {name} ({columns}) VALUES ({marks})", values)
        connection.commit()
        connection.execute("VACUUM")
    finally:
        connection.close()
    _forget_library_version(path)


def _forget_library_version(path: Path) -> None:
    """Bytes 96 to 99 of the header name the SQLite that wrote last: no business of ours."""
    with path.open("r+b") as file:
        file.seek(96)
        file.write((3_040_000).to_bytes(4, "big"))


def write_workbook(tables: dict[str, list[Row]], total: str, path: Path) -> None:
    """The regional office's workbook: title, merged header, totals row, and a hidden sheet."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = CUSTOMERS
    _write_customers(sheet, tables[CUSTOMERS], Decimal(total))
    _write_plain(book.create_sheet(PEOPLE), tables[PEOPLE])
    hidden = book.create_sheet(HIDDEN)
    _write_plain(hidden, tables[HIDDEN])
    hidden.sheet_state = "hidden"
    book.properties.creator = "Kvapka s.r.o."
    book.properties.created = WRITTEN_AT
    buffer = io.BytesIO()
    book.save(buffer)
    path.write_bytes(_without_clock(buffer.getvalue()))


def _write_customers(sheet: Worksheet, rows: list[Row], total: Decimal) -> None:
    sheet["A1"] = "Zoznam zákazníkov – stav k 31.12.2024"
    sheet["A1"].font = Font(bold=True, size=14)
    groups = [name.split(" / ") for name in rows[0]]
    for column, parts in enumerate(groups, start=1):
        is_first = column == 1 or groups[column - 2][0] != parts[0]
        if is_first:
            sheet.cell(3, column, parts[0]).font = Font(bold=True)
        if len(parts) == 2:
            sheet.cell(4, column, parts[1]).font = Font(bold=True)
            width = sum(other[0] == parts[0] for other in groups)
            if is_first:
                sheet.merge_cells(None, 3, column, 3, column + width - 1)
        else:
            sheet.merge_cells(None, 3, column, 4, column)
    for number, row in enumerate(rows, start=5):
        _write_row(sheet, number, row)
    last = 5 + len(rows)
    sheet.cell(last, 1, "Spolu").font = Font(bold=True)
    amount = list(rows[0]).index("Obrat 2024 / Suma") + 1
    sheet.cell(last, amount, float(total)).font = Font(bold=True)
    sheet.freeze_panes = "A5"


def _write_plain(sheet: Worksheet, rows: list[Row]) -> None:
    for column, name in enumerate(rows[0], start=1):
        sheet.cell(1, column, name).font = Font(bold=True)
    for number, row in enumerate(rows, start=2):
        _write_row(sheet, number, row)


def _write_row(sheet: Worksheet, number: int, row: Row) -> None:
    for column, (name, value) in enumerate(row.items(), start=1):
        cell = sheet.cell(number, column, value)
        if isinstance(value, datetime):
            cell.number_format = "d.m.yyyy"
        elif name == "Adresa / PSČ" and isinstance(value, int) and int(row["Zákazník / IČO"]) % 2:
            cell.number_format = "00000"  # somebody cared, and a row copied keeps its formats
        elif name == "Obrat 2024 / Suma" and isinstance(value, float):
            cell.number_format = "#,##0.00"


def _without_clock(content: bytes) -> bytes:
    """The same zip without the time of saving, and stored: zlib's output differs by build."""
    fixed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(fixed, "w", zipfile.ZIP_STORED) as target,
    ):
        for name in source.namelist():
            data = source.read(name)
            if name == "docProps/core.xml":
                stamp = f"{WRITTEN_AT:%Y-%m-%dT%H:%M:%SZ}".encode()
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, data)
            entry = zipfile.ZipInfo(name, date_time=WRITTEN_AT.timetuple()[:6])
            entry.create_system = 0
            target.writestr(entry, data)
    return fixed.getvalue()
