from __future__ import annotations

import random
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from migrate.errors import MigrateError, SourceError
from migrate.extractors import dbf, kind_of
from migrate.values import Issue, Table
from tests.unit.extractors.dbase import write_dbase

FIELDS = ["NAME C(10)", "N N(6,2)", "D D", "L L", "M M"]
ROWS = [[f"row {i}", i, date(2019, 3, 1), True, f"note {i}"] for i in range(1, 11)]


def one(path: Path, **options: Any) -> Table:
    (table,) = dbf.read_tables(path, **options)
    return table


def read(table: Table) -> tuple[pd.DataFrame, list[Issue]]:
    frame = pd.concat(list(table.batches()), ignore_index=True)
    return frame, list(table.issues())


def placed(table: Table) -> int:
    """The rows read and those told as not placed: what must be the table's own count."""
    frame, issues = read(table)
    return len(frame) + sum(issue.code == "row_not_placed" for issue in issues)


def test_blank_and_damaged_are_told_apart(tmp_path: Path) -> None:
    path = write_dbase(
        tmp_path / "a.dbf",
        ["N N(6,2)", "D D", "L L"],
        [
            [None, None, None],
            [123456, b"00000000", "X"],
            [b"******", b"2019 2 1", "?"],
            [b"12a.50", b"20190229", " "],
            [b"\0" * 6, b"\0" * 8, b"\0"],
            [b"     .", b"nonsense", "t"],
        ],
    )
    table = one(path)
    frame, issues = read(table)
    assert frame["N"].fillna("-").tolist() == ["-", "******", "******", "12a.50", "-", "."]
    assert frame["D"].fillna("-").tolist() == [
        "-", "00000000", "2019 2 1", "20190229", "-", "nonsense",
    ]  # fmt: skip
    assert frame["L"].fillna("-").tolist() == ["-", "X", "-", "-", "-", "true"]
    told = {(i.code, i.column, i.record, i.value) for i in issues}
    assert told == {
        ("overflow", "N", "row 2", "******"), ("overflow", "N", "row 3", "******"),
        ("number_unreadable", "N", "row 4", "12a.50"), ("number_unreadable", "N", "row 6", "."),
        ("date_unreadable", "D", "row 2", "00000000"),
        ("date_unreadable", "D", "row 3", "2019 2 1"),
        ("date_unreadable", "D", "row 4", "20190229"),
        ("date_unreadable", "D", "row 6", "nonsense"),
        ("logical_unreadable", "L", "row 2", "X"),
    }  # fmt: skip
    assert all(issue.place.startswith(f"{path}:") for issue in issues)
    assert placed(table) == table.count() == 6


def test_damage_in_every_row_is_counted_not_listed_for_ever(tmp_path: Path) -> None:
    path = write_dbase(tmp_path / "a.dbf", ["N N(3)"], [[b"***"]] * 2500)
    _, issues = read(one(path))
    assert len(issues) == 1001
    assert "1500 more rows" in issues[-1].message


def test_nul_inside_a_text_is_told(tmp_path: Path) -> None:
    path = write_dbase(tmp_path / "a.dbf", ["T C(8)"], [[b"ab\0cd\0\0\0"], [b"\0" * 8], [b"x"]])
    frame, issues = read(one(path))
    assert frame["T"].fillna("-").tolist() == ["ab cd", "-", "x"]
    assert [(i.code, i.value) for i in issues] == [("nul_bytes", "rows 1")]


def test_a_copy_that_was_cut_is_told_with_the_row_it_cuts(tmp_path: Path) -> None:
    path = write_dbase(tmp_path / "a.dbf", ["NAME C(10)"], [[row[0]] for row in ROWS])
    raw = path.read_bytes()
    path.write_bytes(raw[: 65 + 11 * 7 + 6])
    table = one(path)
    frame, issues = read(table)
    assert len(frame) == 7
    assert [i.code for i in issues] == ["row_count_differs", "row_not_placed"]
    assert issues[1].value == " row 8"
    assert table.count() == 10  # the table's own count: the run says that three rows are gone
    trusting = one(path, row_count="file")
    assert placed(trusting) == trusting.count() == 8
    assert [i.severity for i in trusting.issues() if i.code == "row_count_differs"] == ["warning"]
    path.write_bytes(raw[: 65 + 11 * 7])
    assert [i.code for i in read(one(path))[1]] == ["row_count_differs"]


def test_rows_that_the_head_does_not_know_are_read(tmp_path: Path) -> None:
    path = write_dbase(tmp_path / "a.dbf", FIELDS, ROWS, version=0x83, said_rows=8, deleted=[9])
    table = one(path)
    frame, issues = read(table)
    assert len(frame) == 9
    assert [i.code for i in issues] == ["row_count_differs", "deleted_rows"]
    trusting = one(path, row_count="file")
    assert placed(trusting) == trusting.count() == 9
    nothing = write_dbase(tmp_path / "b.dbf", FIELDS, ROWS, version=0x83, said_rows=0)
    assert len(read(one(nothing))[0]) == 10


def test_what_stands_behind_the_end_is_told(tmp_path: Path) -> None:
    path = write_dbase(tmp_path / "a.dbf", FIELDS[:1], [["one"]])
    path.write_bytes(path.read_bytes() + b"\x1a old rows of long ago")
    frame, issues = read(one(path))
    assert len(frame) == 1
    assert [i.code for i in issues] == ["bytes_after_end"]
    assert "long ago" in issues[0].value
    path = write_dbase(tmp_path / "b.dbf", FIELDS[:1], [["one"]], has_end_mark=False)
    assert read(one(path))[1] == []
    path.write_bytes(path.read_bytes() + b"\x1a" + bytes(500))
    assert read(one(path))[1] == []


def test_a_record_with_a_mark_nobody_knows_is_read_and_told(tmp_path: Path) -> None:
    path = write_dbase(tmp_path / "a.dbf", FIELDS[:1], [["one"], ["two"], ["three"]])
    raw = bytearray(path.read_bytes())
    raw[65 + 11] = 0x1A
    path.write_bytes(raw)
    table = one(path)
    frame, issues = read(table)
    assert frame["NAME"].tolist() == ["one", "two", "three"]
    assert [(i.code, i.value) for i in issues] == [("record_flag_unknown", "rows 2")]
    assert placed(table) == table.count() == 3


def test_heads_in_the_manner_of_other_programs(tmp_path: Path) -> None:
    path = write_dbase(tmp_path / "a.dbf", ["A C(2)", "B N(3)"], [["x", 1]])
    raw = path.read_bytes()
    no_mark = raw[:96] + b"\0" + raw[97:]
    two_marks = raw[:8] + bytes([98]) + raw[9:97] + b"\0" + raw[97:]
    no_date = raw[:1] + b"\xff\xff\xff" + raw[4:]
    garbage_names = raw.replace(b"A\0\0\0\0\0\0\0\0\0\0C", b"A\0garbage\0\0C")
    for variant in (no_mark, two_marks, no_date, garbage_names):
        path.write_bytes(variant)
        assert kind_of(path) == "dbf"
        table = one(path)
        frame, issues = read(table)
        assert table.column_names == ("A", "B")
        assert frame.iloc[0].tolist()[:2] == ["x", "1"]
        assert issues == []


def test_heads_that_contradict_themselves(tmp_path: Path) -> None:
    path = write_dbase(tmp_path / "a.dbf", ["A C(4)", "B C(4)"], [["x", "y"], ["z", "w"]])
    raw = bytearray(path.read_bytes())
    raw[32 + 16] = 3  # the first field one byte shorter than in the records
    path.write_bytes(raw)
    assert [i.code for i in read(one(path))[1]] == ["record_length_differs"]
    raw[32 + 16] = 9
    path.write_bytes(raw)
    with pytest.raises(SourceError, match="the fields take 14 bytes where a record has 9"):
        one(path)
    path.write_bytes(raw[:40])
    with pytest.raises(SourceError, match="names no fields"):
        one(path)
    path.write_bytes(raw[:20])
    with pytest.raises(SourceError, match="too short"):
        one(path)
    encrypted = bytearray(
        write_dbase(tmp_path / "b.dbf", ["A C(4)"], [["x"]], version=0x8B).read_bytes()
    )
    encrypted[15] = 1
    (tmp_path / "b.dbf").write_bytes(encrypted)
    assert [i.code for i in read(one(tmp_path / "b.dbf"))[1]] == ["table_encrypted"]


def test_a_field_of_an_unknown_type_is_read_as_text(tmp_path: Path) -> None:
    path = write_dbase(tmp_path / "a.dbf", ["A C(4)", "X C(4)"], [["x", "y"]])
    path.write_bytes(
        path.read_bytes().replace(b"X\0\0\0\0\0\0\0\0\0\0C", b"X\0\0\0\0\0\0\0\0\0\0Z")
    )
    frame, issues = read(one(path))
    assert frame["X"].tolist() == ["y"]
    assert [i.code for i in issues] == ["field_type_unknown"]


def test_moments_out_of_the_calendar_keep_their_bytes(tmp_path: Path) -> None:
    path = write_dbase(tmp_path / "a.dbf", ["T T"], [[None]], version=0x30)
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b"\x20" + bytes(8) + b"\x1a", b"\x20\xff\xff\xff\x7f\1\0\0\0\x1a"))
    frame, issues = read(one(path))
    assert frame["T"].tolist() == ["\\xffffff7f01000000"]
    assert [i.code for i in issues] == ["moment_unreadable"]


def test_an_empty_table_gives_one_empty_frame(tmp_path: Path) -> None:
    for version in (0x03, 0x30, 0xF5, 0x02, 0x8C):
        fields = FIELDS[:2]
        table = one(write_dbase(tmp_path / f"{version}.dbf", fields, [], version=version))
        frame, issues = read(table)
        assert len(frame) == table.count() == 0
        assert list(frame.columns) == ["NAME", "N", "_source_row"]
        assert issues == []


@pytest.mark.parametrize("version", [0x02, 0x83, 0x8B, 0xF5, 0x32, 0x8C])
def test_no_damage_raises_anything_but_our_errors(tmp_path: Path, version: int) -> None:
    chance = random.Random(version)
    fields = {
        0x02: ["A C(5)", "N N(4,1)", "L L"],
        0x32: ["A C(5) null", "V V(6)", "I I", "Y Y", "T T", "B B(8)", "M M", "Q Q(4)"],
        0x8C: ["A C(5)", "I I", "O O", "S @", "P +", "M M"],
    }.get(version, FIELDS)
    rows = [[None] * len(fields), *([["é", *[None] * (len(fields) - 1)]] * 20)]
    path = write_dbase(tmp_path / "a.dbf", fields, rows, version=version, deleted=[3])
    sound = path.read_bytes()
    (memo := path.with_suffix(".dbt")).write_bytes(bytes(chance.randbytes(3000)))
    opened = 0
    for number in range(120):
        raw = bytearray(sound)
        if number % 4 == 0:
            del raw[chance.randrange(len(raw)) :]
        for _ in range(chance.choice((1, 2, 8, 40))):
            if raw:
                raw[chance.randrange(len(raw))] = chance.randrange(256)
        path.write_bytes(raw)
        if number % 50 == 0:
            memo.write_bytes(chance.randbytes(chance.randrange(3000)))
        try:
            kind_of(path)
            (table,) = dbf.read_tables(path, deleted=chance.choice(("skip", "read")))
            read(table)
            table.count()
            trusting = one(path, row_count="file")
            assert placed(trusting) == trusting.count()
            opened += 1
        except MigrateError as problem:
            assert problem.hint
    assert opened > 20
