from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest

from migrate.errors import SourceError
from migrate.extractors import open_source
from migrate.values import Table

ROWS = [["id", "name", "since"], ["1", "Ján", "2020-01-02"], ["2", "Eva", "2021-03-04"],
        ["3", "Jozef", "2022-05-06"]]  # fmt: skip


def opened(path: Path, text: str, **options: object) -> tuple[Table, list[list[str]]]:
    path.write_bytes(text.encode())
    (table,) = open_source(path, **options)
    frame = pd.concat(list(table.batches()), ignore_index=True).fillna("")
    return table, frame[list(table.column_names)].to_numpy().tolist()


@pytest.mark.parametrize(
    "delimiter",
    [";", ",", "\t", "|", " ", ":", "^", "~", "§", "¦", "\x1f", "\x01", "\t\t", "||", "::", ";;",
     ", ", "; ", "\\t", "|~|", "@@", "<>", "þ"],
)  # fmt: skip
def test_every_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    text = "".join(delimiter.join(row) + "\n" for row in ROWS)
    table, rows = opened(tmp_path / "a.csv", text)
    assert (list(table.column_names), rows) == (ROWS[0], ROWS[1:])
    assert table.reading["delimiter"] == delimiter
    assert table.count() == 3


@pytest.mark.parametrize("quote", ['"', "'", "`"])
@pytest.mark.parametrize("delimiter", [",", ";", "||"])
def test_every_quotation_mark_is_found(tmp_path: Path, quote: str, delimiter: str) -> None:
    cells = [["id", "note"], ["1", f"a{delimiter} b"], ["2", f"it{quote}s"], ["3", "c\nd"]]
    text = "".join(
        delimiter.join(quote + cell.replace(quote, quote * 2) + quote for cell in row) + "\r\n"
        for row in cells
    )
    table, rows = opened(tmp_path / "a.csv", text)
    assert rows == cells[1:]
    assert table.reading["quote"] == quote
    assert table.count() == 3


def test_backslashes_protect_quotes_delimiters_and_line_ends(tmp_path: Path) -> None:
    text = 'id,note\n1,"48\\" x, \\\\"\n2,"a \\"b\\""\n3,\\N\n4,C:\\dir\n'
    table, rows = opened(tmp_path / "a.csv", text)
    assert rows == [["1", '48" x, \\'], ["2", 'a "b"'], ["3", "\\N"], ["4", "C:\\dir"]]
    assert table.reading["escape"] == "\\"


def test_a_table_as_mysql_writes_it(tmp_path: Path) -> None:
    text = "1\tJan\\\tNovak\t\\N\n2\ttwo\\\nlines\t2020-01-01\n3\tEva\t2020-01-02\n"
    table, rows = opened(tmp_path / "a.txt", text, header_row=0)
    assert rows == [["1", "Jan\tNovak", "\\N"], ["2", "two\nlines", "2020-01-01"],
                    ["3", "Eva", "2020-01-02"]]  # fmt: skip
    assert "\\N 1" in table.reading["evidence"]["nulls"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "mixed"])
def test_every_line_end_is_one(tmp_path: Path, end: str) -> None:
    ends = ["\n", "\r\n", "\r", "\n"] if end == "mixed" else [end] * 4
    text = "".join(";".join(row) + sign for row, sign in zip(ROWS, ends, strict=True))
    table, rows = opened(tmp_path / "a.csv", text)
    assert rows == ROWS[1:]
    assert table.count() == 3


@pytest.mark.parametrize(
    "lines",
    [
        ["name", "Ján Novák", "Eva Malá", "Jozef Veľký"], ["time", "10:05", "11:07", "12:30"],
        ["mail", "a@example.com", "b.c@example.com"], ["date", "2020-01-02", "2020-01-03"],
        ["phone", "+421 905 123 456", "+421 905 123 457"], ["page", "https://example.com/x,y"],
        ["suma", "1,50", "2,75", "3,10"], ["x"],
    ],
)  # fmt: skip
def test_one_column_stays_one_column(tmp_path: Path, lines: list[str]) -> None:
    table, rows = opened(tmp_path / "a.csv", "\n".join(lines) + "\n")
    assert (table.column_names, rows) == ((lines[0],), [[line] for line in lines[1:]])


def test_the_runner_up_is_told(tmp_path: Path) -> None:
    text = "id;a,b\n1;x,y\n2;u,v\n3;w,z\n"
    evidence = opened(tmp_path / "a.csv", text)[0].reading["evidence"]
    assert evidence["delimiter_runner_up"].startswith("'") and evidence["quote"]


@pytest.mark.parametrize(("option", "value"), [("quote", '""'), ("escape", "/")])
def test_a_sign_that_cannot_be_is_refused(tmp_path: Path, option: str, value: str) -> None:
    with pytest.raises(SourceError, match=option):
        opened(tmp_path / "a.csv", "a;b\n1;2\n", **{option: value})


def test_quotes_can_be_switched_off(tmp_path: Path) -> None:
    _, rows = opened(tmp_path / "a.csv", 'a;b\n"x";"y\n1;"\n', quote="none")
    assert rows == [['"x"', '"y'], ["1", '"']]


@pytest.mark.parametrize("width", [1_000, 5_000])
def test_very_broad_tables_are_read(tmp_path: Path, width: int) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([[f"c{i}" for i in range(width)], list(range(width))])
    table, rows = opened(tmp_path / "a.csv", text.getvalue())
    assert (len(table.column_names), rows[0][-1]) == (width, str(width - 1))
