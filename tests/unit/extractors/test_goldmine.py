"""GoldMine and ACT!: sets of dBase tables, told apart and named by their source profiles."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from migrate.extractors import open_source
from migrate.extractors._readings import options_of
from migrate.values import SOURCE_ROW, Issue, Table
from tests.unit.extractors.dbase import write_dbase

ACME, BETA = "A1011512345678901Acm", "A1011512345678902Bet"
PAGE = {"encoding": "cp1250"}


def whole(table: Table) -> pd.DataFrame:
    return pd.concat(list(table.batches()), ignore_index=True)


def opened(place: Path, **options: object) -> dict[str, Table]:
    tables = {table.name: table for table in open_source(place, **options)}
    for name, table in tables.items():
        frame = whole(table)
        lost = sum(issue.code == "row_not_placed" for issue in table.issues())
        assert len(frame) + lost == table.count(), name
        assert frame[SOURCE_ROW].is_unique
    return tables


def issues(table: Table) -> list[Issue]:
    whole(table)
    return list(table.issues())


def goldmine(folder: Path) -> Path:
    folder.mkdir()
    write_dbase(
        folder / "CONTACT1.DBF",
        ["ACCOUNTNO C(20)", "COMPANY C(40)", "CONTACT C(40)", "KEY1 C(20)", "NOTES M",
         "U_COMPANY C(40)", "RECID C(15)"],
        [(ACME, "Acme s.r.o.", "Ján Príklad", "Zákazník", "Poznámka\nA", "ACME S.R.O.", "R1"),
         (BETA, "Beta a.s.", "Eva Vzorová", "", None, "BETA A.S.", "R2")],
        **PAGE,
    )  # fmt: skip
    (folder / "CONTACT1.MDX").write_bytes(b"\x02index")
    write_dbase(
        folder / "CONTACT2.DBF",
        ["ACCOUNTNO C(20)", "CALLBACKON D", "LASTCONTON D", "COMMENTS C(65)", "UVIP C(3)",
         "RECID C(15)"],
        [(ACME, None, date(2010, 5, 4), "", "áno", "S1")],
        **PAGE,
    )  # fmt: skip
    supp = ["ACCOUNTNO C(20)", "RECTYPE C(1)", "CONTACT C(30)", "TITLE C(35)", "CONTSUPREF C(35)",
            "ZIP C(10)", "STATE C(20)", "COUNTRY C(20)", "CITY C(30)", "ADDRESS1 C(40)",
            "STATUS C(4)", "U_CONTACT C(30)", "RECID C(15)"]  # fmt: skip
    write_dbase(
        folder / "CONTSUPP.DBF", supp,
        [
            (ACME, "C", "Peter Ďalší", "technik", "", "811 01", "", "SK", "Bratislava",
             "Hlavná 1", "01", "PETER DALSI", "C1"),
            (ACME, "P", "E-mail Address", "", "info@example.com", "1101", "", "", "JAN 1/2/10",
             "", "00", "", "P1"),
            (ACME, "P", "Serial number", "model X", "SN-1", "pole4", "pole6", "pole3",
             "JAN 1/2/10", "pole7", "00", "", "P2"),
            ("H  0001", "H", "", "", "Serial number", "", "", "", "", "", "", "", "H1"),
            (BETA, "L", "offer", "", "", "", "", "", "", "", "", "", "L1"),
            (BETA, "c", "Malé Písmeno", "", "", "", "", "", "", "", "", "", "C2"),
            (BETA, "X", "nobody knows", "", "", "", "", "", "", "", "", "", "X1"),
            (BETA, "", "no kind", "", "", "", "", "", "", "", "", "", "X2"),
        ],
        **PAGE,
    )  # fmt: skip
    write_dbase(
        folder / "CONTHIST.DBF",
        ["ACCOUNTNO C(20)", "SRECTYPE C(1)", "RECTYPE C(10)", "ONDATE D", "REF C(65)",
         "STATUS C(2)", "DURATION C(8)", "LOPRECID C(15)", "NOTES M", "RECID C(15)"],
        [
            (ACME, "C", "CC P", date(2011, 1, 2), "Ponuka (oc: Peter Ďalší)", " 1", "00:05:00",
             "", "text", "H1"),
            ("--", "M", "MI", date(2011, 1, 3), "Re: ponuka", " 0", "", "", None, "H2"),
            ("PB:JAN", "O", "O", None, "obed (v meste)", "", "", "", None, "H3"),
        ],
        **PAGE,
    )  # fmt: skip
    write_dbase(folder / "MAILBOX.DBF", ["ACCOUNTNO C(20)", "MAILREF C(60)", "RECID C(15)"],
                [(ACME, "Re: ponuka", "M1")], **PAGE)  # fmt: skip
    return folder


def test_a_goldmine_set_gets_its_tables_keys_and_references(tmp_path: Path) -> None:
    tables = opened(goldmine(tmp_path / "gm"))
    assert {
        "CONTACT1", "CONTACT2", "additional_contacts", "details", "referrals", "linked_documents",
        "organization_tree", "detail_headers", "alerts", "process_events", "CONTSUPP_other",
        "CONTHIST", "MAILBOX",
    } == set(tables)  # fmt: skip
    assert tables["CONTACT1"].key == ("ACCOUNTNO",)
    assert tables["CONTACT1"].reading["profile"] == "goldmine"
    for name in ("CONTACT2", "additional_contacts", "details", "CONTHIST", "MAILBOX"):
        assert tables[name].foreign_keys[0].target_table == "CONTACT1", name
    assert whole(tables["CONTACT1"])["NOTES"].tolist()[0] == "Poznámka\nA"
    listed = [i for t in tables.values() for i in issues(t) if i.code == "files_ignored"]
    assert "CONTACT1.MDX" in " ".join(issue.value for issue in listed)


def test_shadows_are_skipped_and_custom_fields_are_not(tmp_path: Path) -> None:
    tables = opened(goldmine(tmp_path / "gm"))
    assert "U_COMPANY" not in tables["CONTACT1"].column_names
    assert "UVIP" in tables["CONTACT2"].column_names
    skipped = next(i for i in issues(tables["CONTACT1"]) if i.code == "columns_skipped")
    assert skipped.value == "U_COMPANY"
    again = opened(
        tmp_path / "gm", tables={"CONTACT1": {"skipped_columns": [], "profile": "goldmine"}}
    )
    assert "U_COMPANY" in again["CONTACT1"].column_names


def test_rows_of_contsupp_are_parted_by_what_they_are(tmp_path: Path) -> None:
    tables = opened(goldmine(tmp_path / "gm"))
    people = whole(tables["additional_contacts"])
    assert people["CONTACT"].tolist() == ["Peter Ďalší", "Malé Písmeno"]
    assert people["CITY"].tolist()[0] == "Bratislava"
    details = whole(tables["details"])
    assert details["DETAIL"].tolist() == ["E-mail Address", "Serial number"]
    assert details["REFERENCE"].tolist() == ["info@example.com", "SN-1"]
    # the address columns of a detail are fields of its own, and none of an address
    assert details[["FIELD1", "FIELD3", "FIELD4", "FIELD6", "FIELD7"]].values.tolist()[1] == [
        "model X", "pole3", "pole4", "pole6", "pole7",
    ]  # fmt: skip
    assert "CITY" not in details
    assert "CREATED" in details
    assert whole(tables["CONTSUPP_other"])["CONTACT"].tolist() == ["nobody knows", "no kind"]
    parted = [t for t in tables.values() if t.reading.get("source_table") == "contsupp"]
    assert sum(len(whole(t)) for t in parted) == 8 == sum(t.count() for t in parted)
    assert "special_values" in {i.code for i in issues(tables["additional_contacts"])}


def test_history_shows_the_hidden_contact_and_marks_what_has_none(tmp_path: Path) -> None:
    history = opened(goldmine(tmp_path / "gm"))["CONTHIST"]
    frame = whole(history).fillna("")
    assert frame["OTHER_CONTACT"].tolist() == ["Peter Ďalší", "", ""]
    assert frame["REF"].tolist()[0] == "Ponuka (oc: Peter Ďalší)"
    assert frame["HAS_NOTES"].tolist() == ["1", "0", ""]
    assert frame["PRIVATE_FLAG"].tolist() == ["P", "", ""]
    marked = [i for i in issues(history) if i.code == "special_values"]
    assert [i.value for i in marked] == ["--", "PB:…"]
    assert all(i.severity == "warning" for i in marked)


def test_the_readings_of_a_set_read_it_again(tmp_path: Path) -> None:
    tables = opened(goldmine(tmp_path / "gm"))
    again = opened(tmp_path / "gm", tables={n: options_of(t.reading) for n, t in tables.items()})
    assert list(again) == list(tables)
    for name, table in tables.items():
        pd.testing.assert_frame_equal(whole(again[name]), whole(table))


def test_an_act_set_is_told_by_its_extensions(tmp_path: Path) -> None:
    folder = tmp_path / "act"
    folder.mkdir()
    write_dbase(
        folder / "DEMO.DBF",
        ["COMPANY C(50)", "NAME C(50)", "ADDR1 C(50)", "ADDR2 C(30)", "ADDR3 C(30)",
         "PHONE2 C(42)", "TITLE2 C(50)", "ALTPHONE C(42)", "ASSISTANT C(50)"],
        [("Acme", "Ján Príklad", "", "", "", "", "", "", "")],
    )  # fmt: skip
    write_dbase(folder / "DEMO.ADB", ["REGARDING C(40)"], [("call",)])
    write_dbase(folder / "DEMO.HDB", ["REGARDING C(40)", "TEXT M"], [("note", "long text")],
                memo="DEMO.BLB")  # fmt: skip
    write_dbase(folder / "OTHER.DBF", ["X C(5)"], [("x",)])
    tables = opened(folder)
    assert {"contacts", "activities", "notes_history"} <= set(tables)
    assert tables["contacts"].reading["profile"] == "act"
    assert "profile" not in tables["other"].reading
    assert "its name, beside" in tables["activities"].reading["evidence"]["profile"]
    listed = [i for t in tables.values() for i in issues(t) if i.code == "files_ignored"]
    assert "DEMO.BLB" in " ".join(issue.value for issue in listed)
