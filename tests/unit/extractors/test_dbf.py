from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import dbf
import pandas as pd
import pytest

from migrate.errors import SourceError, UsageError
from migrate.extractors import kind_of, open_source
from migrate.extractors._readings import options_of
from migrate.extractors.dbf import read_tables as dbf_tables
from migrate.values import SOURCE_ROW, Table
from tests.unit.extractors.dbase import Field, write_dbase

FIELDS = ["NAME C(20)", "AMOUNT N(10,2)", "BORN D", "ACTIVE L", "NOTES M"]
ROWS = [
    ["Žilina s.r.o.", Decimal("12.50"), date(2019, 3, 1), True, "prvá poznámka"],
    ["Kováč", -3, date(1899, 12, 31), False, None],
    [None, None, None, None, "x" * 2000],
]


def one(path: Path, **options: Any) -> Table:
    (table,) = dbf_tables(path, **options)
    return table


def whole(table: Table, rows: int = 50_000) -> pd.DataFrame:
    return pd.concat(list(table.batches(rows)), ignore_index=True)


def values(table: Table, column: str) -> list[str | None]:
    return [None if isinstance(v, float) else v for v in whole(table)[column]]


def codes(table: Table) -> list[str]:
    whole(table)
    return [issue.code for issue in table.issues()]


@pytest.mark.parametrize("version", [0x83, 0x8B, 0x05, 0xF5, 0x30, 0x31, 0x32, 0x04, 0x8C])
def test_every_version_reads_alike(tmp_path: Path, version: int) -> None:
    path = write_dbase(tmp_path / "Klienti.DBF", FIELDS, ROWS, version=version, encoding="cp1250")
    assert kind_of(path) == "dbf"
    table = one(path)
    assert table.name == "klienti"
    assert values(table, "NAME") == ["Žilina s.r.o.", "Kováč", None]
    assert values(table, "AMOUNT") == ["12.50", "-3.00", None]
    assert values(table, "BORN") == ["2019-03-01", "1899-12-31", None]
    assert values(table, "ACTIVE") == ["true", "false", None]
    assert values(table, "NOTES") == ["prvá poznámka", None, "x" * 2000]
    assert whole(table, 2)[SOURCE_ROW].tolist() == [1, 2, 3]
    assert table.count() == 3
    assert [column.type for column in table.columns] == ["C(20)", "N(10,2)", "D", "L", "M"]
    assert codes(table) == []


@pytest.mark.parametrize("version", [0x03, 0x83, 0xF5, 0x30])
def test_the_dbf_library_reads_the_same_values(tmp_path: Path, version: int) -> None:
    fields = FIELDS if version != 0x03 else FIELDS[:-1]
    rows = [row[: len(fields)] for row in ROWS]
    path = write_dbase(tmp_path / "a.dbf", fields, rows, version=version, encoding="cp1250")
    with dbf.Table(str(path)).open(dbf.READ_ONLY) as theirs:
        expected = [[_text(value) for value in record] for record in theirs]
    frame = whole(one(path)).drop(columns=SOURCE_ROW)
    ours = [[_text(value) for value in row] for row in frame.itertuples(index=False)]
    assert ours == expected


def _text(value: object) -> str:
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    try:
        return str(float(value))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return str(value).strip()


def test_visual_foxpro_has_nulls_varchars_and_binary_numbers(tmp_path: Path) -> None:
    path = write_dbase(
        tmp_path / "v.dbf",
        ["A C(5) null", "V V(10) null", "I I", "B B(8)", "Y Y", "T T", "N N(5,1) null", "Q Q(5)",
         "G G", "W W"],
        [
            ["x", "ab ", 5, 1.5, "12.75", datetime(2019, 3, 1, 10, 5, 7), 1, b"\0\1", b"\0\1", "w"],
            [None, None, -5, -1e-7, "-0.0001", None, None, b"12345", None, None],
            ["", "0123456789", 2**31 - 1, 0, "922337203685477.5807", datetime(1899, 1, 1), 0,
             b"", b"", b""],
        ],
        version=0x32,
    )  # fmt: skip
    table = one(path)
    assert table.column_names == ("A", "V", "I", "B", "Y", "T", "N", "Q", "G", "W")
    assert values(table, "A") == ["x", None, None]
    assert values(table, "V") == ["ab ", None, "0123456789"]
    assert values(table, "I") == ["5", "-5", "2147483647"]
    assert values(table, "B") == ["1.5", "-0.0000001", "0"]
    assert values(table, "Y") == ["12.75", "-0.0001", "922337203685477.5807"]
    assert values(table, "T") == ["2019-03-01T10:05:07", None, "1899-01-01"]
    assert values(table, "N") == ["1.0", None, "0.0"]
    assert values(table, "Q") == ["\\x0001", "\\x3132333435", None]
    assert values(table, "G") == ["\\x0001", None, None]
    assert values(table, "W") == ["\\x77", None, None]
    assert codes(table) == []


def test_dbase_7_has_long_names_and_sortable_numbers(tmp_path: Path) -> None:
    path = write_dbase(
        tmp_path / "seven.dbf",
        ["CUSTOMER_FULL_NAME_31_CHARACTER C(10)", "ID +", "N I", "D O", "STAMP @"],
        [["Jan", 1, -7, -2.5, datetime(2019, 3, 1, 10, 5)], ["Eva", 2, 7, 1e9, None]],
        version=0x8C,
    )
    table = one(path)
    assert table.column_names[0] == "CUSTOMER_FULL_NAME_31_CHARACTER"
    assert values(table, "ID") == ["1", "2"]
    assert values(table, "N") == ["-7", "7"]
    assert values(table, "D") == ["-2.5", "1000000000"]
    assert values(table, "STAMP") == ["2019-03-01T10:05:00", None]


def test_dbase_2_is_read_too(tmp_path: Path) -> None:
    path = write_dbase(
        tmp_path / "old.dbf", ["NAME C(10)", "N N(6,2)", "OK L"], [["Jan", 1.5, True]], version=2
    )
    table = one(path)
    assert whole(table).iloc[0].tolist()[:3] == ["Jan", "1.50", "true"]
    assert table.reading["evidence"]["format"] == "dBase II"


def test_texts_longer_than_255_use_the_decimals(tmp_path: Path) -> None:
    path = write_dbase(
        tmp_path / "a.dbf", ["T C(1000)", "N N(3)"], [["y" * 1000, 7], ["z", 8]], version=0xF5
    )
    assert values(one(path), "T") == ["y" * 1000, "z"]
    assert values(one(path), "N") == ["7", "8"]
    # ... and a writer that leaves anything in the decimals of a text is read all the same.
    raw = bytearray(write_dbase(tmp_path / "b.dbf", ["T C(5)"], [["abc"]]).read_bytes())
    raw[32 + 17] = 3
    (tmp_path / "b.dbf").write_bytes(raw)
    assert values(one(tmp_path / "b.dbf"), "T") == ["abc"]


def test_deleted_rows_are_told_and_can_be_read(tmp_path: Path) -> None:
    rows = [[f"row {i}"] for i in range(1, 11)]
    path = write_dbase(tmp_path / "a.dbf", ["T C(10)"], rows, deleted=[2, 6, 7, 8])
    table = one(path)
    assert whole(table, 3)[SOURCE_ROW].tolist() == [1, 2, 4, 5, 6, 10]
    assert table.count() == 6
    (issue,) = table.issues()
    assert (issue.code, issue.severity, issue.value) == ("deleted_rows", "warning", "rows 3, 7-9")
    full = one(path, deleted="read")
    assert full.count() == len(whole(full)) == 10
    assert full.column_names == ("T", "is_deleted")
    assert [i for i, v in enumerate(values(full, "is_deleted"), 1) if v == "true"] == [3, 7, 8, 9]
    assert [i.severity for i in full.issues()] == ["info"]


def test_names_used_twice_or_not_at_all_are_numbered(tmp_path: Path) -> None:
    path = write_dbase(
        tmp_path / "a.dbf",
        ["CUSTOMER_N C(5)", "CUSTOMER_N C(5)", Field(b"\x20", "C", 2), "_key C(3)"],
        [["a", "b", "c", "d"]],
    )
    table = one(path)
    assert table.column_names == ("CUSTOMER_N", "CUSTOMER_N_2", "field_3", "_key_2")
    assert codes(table) == ["column_renamed"] * 3


def test_numbers_have_one_form_and_odd_ones_stay(tmp_path: Path) -> None:
    texts = [
        b"     -.5",
        b"      5.",
        b"      +7",
        b"  1.5E+3",
        b"00012   ",
        b"   12,50",
        b"\0" * 8,
    ]
    path = write_dbase(tmp_path / "a.dbf", ["N N(8,2)"], [[text] for text in texts])
    table = one(path)
    assert values(table, "N") == ["-0.5", "5", "7", "1500", "00012", "12,50", None]
    assert codes(table) == ["decimal_comma"]


def test_logical_fields_in_every_spelling(tmp_path: Path) -> None:
    path = write_dbase(tmp_path / "a.dbf", ["L L"], [[t.encode()] for t in "TtYyFfNn? \0J"])
    table = one(path)
    assert values(table, "L") == ["true"] * 4 + ["false"] * 4 + [None] * 3 + ["J"]
    assert codes(table) == ["logical_unreadable"]


# -- code pages -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp437", "Müller Señor"), ("cp850", "Müller Çelik"), ("cp1252", "Müller Façade"),
        ("cp852", "Žilina Ďuriš"), ("cp866", "Иванов"), ("cp865", "Ørsted"), ("cp861", "Þór"),
        ("kamenicky", "Žluťoučký kůň"), ("mazovia", "Łódź Śląsk"), ("cp737", "Αθήνα"),
        ("cp857", "Şükrü"), ("cp950", "客戶"), ("cp949", "고객"), ("cp936", "客户"),
        ("cp932", "顧客ソフト"), ("cp874", "ลูกค้า"), ("cp1255", "לקוח"), ("cp1256", "عميل"),
        ("cp1250", "Žilina"), ("cp1251", "Иванов"), ("cp1254", "Şükrü"), ("cp1253", "Αθήνα"),
        ("cp1257", "Ąžuolas"),
    ],
)  # fmt: skip
def test_the_language_byte_names_the_code_page(tmp_path: Path, encoding: str, text: str) -> None:
    path = write_dbase(tmp_path / "a.dbf", ["T C(40)"], [[text], ["ascii"]], encoding=encoding)
    table = one(path)
    assert values(table, "T") == [text, "ascii"]
    assert table.reading["encoding"] == encoding


WORDS = {
    "cp1250": "Žilina Kováčová Ďuriš Šťastný Ľubomír Hlavná účtovníčka pokladňa žiadosť príjem",
    "cp852": "Žilina Kováčová Ďuriš Šťastný Ľubomír Hlavná účtovníčka pokladňa žiadosť príjem",
    "kamenicky": "Žluťoučký kůň příliš úpěl ďábelské ódy střešní dělník řezník šéf účet",
    "cp866": "Иванов Пётр Сергеевич договор поставки клиент директор бухгалтерия счёт оплата",
    "cp1251": "Иванов Пётр Сергеевич договор поставки клиент директор бухгалтерия счёт оплата",
}


@pytest.mark.parametrize("encoding", WORDS)
def test_language_byte_0_lets_the_letters_decide(tmp_path: Path, encoding: str) -> None:
    words = WORDS[encoding].split()
    path = write_dbase(
        tmp_path / "a.dbf", ["T C(40)"], [[w] for w in words], encoding=encoding, language=0
    )
    table = one(path)
    assert values(table, "T") == words
    assert table.reading["evidence"]["encoding_runner_up"]


def test_a_wrong_language_byte_is_told(tmp_path: Path) -> None:
    words = WORDS["cp852"].split()
    path = write_dbase(
        tmp_path / "a.dbf", ["T C(40)"], [[w] for w in words], encoding="cp852", language=0x03
    )
    table = one(path)
    assert values(table, "T") == words
    (issue,) = table.issues()
    assert issue.code == "encoding_differs"
    assert "cp1252" in issue.hint
    assert values(one(path, encoding="cp1252"), "T") != words


def test_utf_8_proves_itself_and_a_cpg_file_is_believed(tmp_path: Path) -> None:
    words = WORDS["cp1250"].split()
    path = write_dbase(
        tmp_path / "a.dbf", ["T C(6)"], [[w[:5].encode()[:6]] for w in words], language=0x57
    )
    assert one(path).reading["encoding"] == "utf-8"
    for said, name in (("UTF-8", "utf-8"), ("1250", "cp1250"), ("ANSI 1251", "cp1251"),
                       ("88592", "iso8859-2"), ("OEM 852", "cp852")):  # fmt: skip
        path.with_suffix(".cpg").write_text(said)
        assert one(path).reading["encoding"] == name
    path.with_suffix(".cpg").write_text("nobody knows")
    assert one(path).reading["encoding"] == "utf-8"


def test_the_last_of_many_rows_decides_the_code_page_where_it_alone_has_letters(
    tmp_path: Path,
) -> None:
    rows = [["ascii"]] * 250_000 + [["Žluťoučký kůň"]]
    path = write_dbase(tmp_path / "a.dbf", ["T C(40)"], rows, encoding="cp852", language=0)
    assert one(path).reading["evidence"]["encoding"] != "only ASCII bytes (language byte 0x00)"


def test_bytes_that_the_page_does_not_know_stay_visible(tmp_path: Path) -> None:
    path = write_dbase(
        tmp_path / "a.dbf", ["T C(10)"], [[b"a\x81b"], [b"\x9aa"]], encoding="cp1252"
    )
    table = one(path)
    assert values(table, "T") == ["a\\x81b", "ša"]
    assert codes(table) == ["undecodable_bytes"]
    wide = write_dbase(tmp_path / "b.dbf", ["T C(10)"], [[b"a\xff\xff"], ["客"]], encoding="cp936")
    assert values(one(wide), "T") == ["a\\xff\\xff", "客"]
    assert codes(one(wide)) == ["undecodable_bytes"]


# -- options and readings ---------------------------------------------------------------------


def test_a_reading_given_back_reads_the_same(tmp_path: Path) -> None:
    path = write_dbase(
        tmp_path / "a.dbf", FIELDS, ROWS, version=0xF5, encoding="cp1250", language=0, deleted=[1],
        memo="LONGTEXT.MEM",
    )  # fmt: skip
    for options in ({"memo": "LONGTEXT.MEM"}, {"deleted": "read", "row_count": "file"}):
        first = one(path, **options)
        again = one(path, tables={first.name: options_of(first.reading)})
        assert again.columns == first.columns
        assert again.count() == first.count()
        pd.testing.assert_frame_equal(whole(again), whole(first))
        assert {**again.reading, "evidence": 0} == {**first.reading, "evidence": 0}


def test_mistakes_in_options_are_told_with_the_nearest_name(tmp_path: Path) -> None:
    path = write_dbase(tmp_path / "CONTACT1.DBF", FIELDS, ROWS, encoding="cp1250", version=0xF5)
    with pytest.raises(UsageError, match='did you mean "encoding"'):
        open_source(path, encodign="cp1250")
    with pytest.raises(UsageError, match="allowed: skip, read"):
        open_source(path, deleted="yes")
    with pytest.raises(UsageError, match='did you mean "contact1"'):
        open_source(path, only=["contact"])
    with pytest.raises(SourceError, match=r'did you mean "CONTACT1\.FPT"'):
        open_source(path, memo="CONTACTS.FPT")
    with pytest.raises(SourceError, match='the encoding "cp12500" is not known'):
        open_source(path, encoding="cp12500")
    with pytest.raises(SourceError, match="holds one table"):
        open_source(path, tables={"a": {}, "b": {}})
    assert open_source(path, only=[]) == []
    assert one(path, tables={"firms": {}}).name == "firms"


# -- memo files -------------------------------------------------------------------------------


def test_the_memo_file_is_found_in_any_case_and_by_its_blocks(tmp_path: Path) -> None:
    path = write_dbase(
        tmp_path / "contact1.dbf",
        FIELDS,
        ROWS,
        encoding="cp1250",
        version=0xF5,
        memo="CONTACT1.FPT",
    )
    assert values(one(path), "NOTES")[2] == "x" * 2000
    # The table says dBase III, the memo file is FoxPro's: its blocks decide.
    raw = bytearray(path.read_bytes())
    raw[0] = 0x83
    path.write_bytes(raw)
    assert values(one(path), "NOTES")[2] == "x" * 2000
    assert one(path).reading["evidence"]["memo"].startswith("fpt")


@pytest.mark.parametrize("block_size", [0, 1, 33, 64, 512, 8192])
def test_foxpro_memos_have_any_block_size(tmp_path: Path, block_size: int) -> None:
    path = write_dbase(
        tmp_path / "a.dbf", FIELDS, ROWS, encoding="cp1250", version=0x30, block_size=block_size
    )
    assert values(one(path), "NOTES") == ["prvá poznámka", None, "x" * 2000]


def test_a_missing_memo_file_costs_no_row(tmp_path: Path) -> None:
    path = write_dbase(tmp_path / "a.dbf", FIELDS, ROWS, encoding="cp1250", version=0x83, memo="")
    table = one(path)
    assert values(table, "NOTES") == ["1", None, "2"]
    assert values(table, "AMOUNT") == ["12.50", "-3.00", None]
    (issue,) = table.issues()
    assert (issue.code, issue.severity, issue.column) == ("memo_missing", "error", "NOTES")
    assert issue.value == "rows 1, 3"


def test_pointers_that_lead_nowhere_keep_their_raw_text(tmp_path: Path) -> None:
    rows = [["a", "good"], ["b", 999_999], ["c", None], ["d", 0]]
    for version in (0x83, 0x8B, 0xF5, 0x30):
        path = write_dbase(tmp_path / f"v{version}.dbf", ["T C(2)", "M M"], rows, version=version)
        table = one(path)
        assert values(table, "M") == ["good", "999999", None, None]
        assert [(i.code, i.record) for i in table.issues()] == [("memo_unreadable", "row 2")]
    path = write_dbase(tmp_path / "x.dbf", ["M M"], [["good"], ["good too"]], version=0x83)
    path.write_bytes(path.read_bytes().replace(b"         2", b"       x2 "))
    assert values(one(path), "M") == ["good", "x2"]


def test_memos_of_dbase_iii_end_at_the_first_mark(tmp_path: Path) -> None:
    path = write_dbase(
        tmp_path / "a.dbf",
        ["M M"],
        [[b"short\x1aleft over from a longer one"], [b"wrapped\x8d\nline\r\nnext"], [b"a\0b"]],
        version=0x83,
    )
    table = one(path)
    assert values(table, "M") == ["short", "wrapped line\r\nnext", "a b"]
    assert codes(table) == ["soft_line_breaks", "nul_bytes"]


def test_a_set_in_the_manner_of_goldmine_and_act(tmp_path: Path) -> None:
    key = "A0001-EXAMPLE-000001"
    write_dbase(
        tmp_path / "CONTACT1.DBF", ["ACCOUNTNO C(20)", "COMPANY C(40)", "NOTES M"],
        [[key, "Example s.r.o.", "hlavná poznámka"]], version=0xF5, encoding="cp1250",
    )  # fmt: skip
    write_dbase(
        tmp_path / "CONTACT2.DBF", ["ACCOUNTNO C(20)", "USERDEF01 C(10)", "UBIRTHDAY D"],
        [[key, "gold", date(1970, 1, 1)]], version=0x03,
    )  # fmt: skip
    write_dbase(
        tmp_path / "CONTSUPP.DBF",
        ["ACCOUNTNO C(20)", "RECTYPE C(1)", "CONTACT C(30)", "CONTSUPREF C(35)", "NOTES M"],
        [[key, "P", "E-mail Address", "jan@example.com", None], [key, "C", "Eva Malá", "", "ext"]],
        version=0xF5, memo="contsupp.fpt",
    )  # fmt: skip
    write_dbase(  # ACT!: the same bytes under other names
        tmp_path / "firma.adb", ["CONTACT_ID C(12)", "REGARDING M"], [["1", "volať späť"]],
        version=0xF5, encoding="cp1250", memo="firma.blb",
    )  # fmt: skip
    assert values(one(tmp_path / "CONTACT1.DBF"), "NOTES") == ["hlavná poznámka"]
    assert values(one(tmp_path / "CONTACT2.DBF"), "UBIRTHDAY") == ["1970-01-01"]
    assert values(one(tmp_path / "CONTSUPP.DBF"), "NOTES") == [None, "ext"]
    activities = one(tmp_path / "firma.adb")
    assert values(activities, "REGARDING") == ["volať späť"]
    assert activities.reading["memo"] == "firma.blb"
