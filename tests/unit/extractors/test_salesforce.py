from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from migrate.extractors import open_source
from migrate.extractors._profiles.salesforce_ids import is_damaged, is_id, long_id
from migrate.extractors._readings import options_of
from migrate.values import SOURCE_ROW, Table

SYSTEM = ["IsDeleted", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById",
          "SystemModstamp"]  # fmt: skip
STAMP = "2024-05-01T08:00:00.000Z"
USER = "0054x000001AbCd"
JAN, ANN = "0036e00004P27R7", "0036e00004P27r7"  # two people: ids that differ by case alone
ACME = "0014000000Lmabc"


def long_user(text: str = USER) -> str:
    return long_id(text)


def table(header: list[str], rows: list[list[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([*header, *SYSTEM])
    for row in rows:
        writer.writerow([*row, "false", STAMP, USER, STAMP, USER, STAMP])
    return text.getvalue()


def zipped(path: Path, members: dict[str, str | bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def export(folder: Path) -> Path:
    """An export in two zips: contacts in both, ids of 15 and 18, files missing and to spare."""
    zipped(folder / "WE_00D4000000096ABEAY_1.ZIP", {
        "Account.csv": table(["Id", "Name", "ParentId", "OwnerId"], [[ACME, "Acme", "", USER]]),
        "Contact.csv": table(["Id", "AccountId", "LastName", "Partner__c", "Code__c"], [
            [JAN, ACME, "Example", "", "Internationally"],
            [ANN, long_id(ACME), "Sample", JAN, "Extraordinarily"],
        ]),
        "Attachment.csv": table(["Id", "ParentId", "Name", "BodyLength", "ContentType"], [
            ["00P4x000000AbCd", JAN, "offer.pdf", "3", "application/pdf"],
            ["00P4x000000AbCe", ACME, "offer.pdf", "3", "application/pdf"],
            ["00P4x000000AbCf", ACME, "lost.pdf", "9", "application/pdf"],
            ["00P4x000000AbCg", ACME, "setup.exe", "2", ""],
            ["00P4x000000AbCh", ACME, "empty.txt", "0", "text/plain"],
        ]),
        "Attachments/00P4x000000AbCd": b"pdf",
        f"Attachments/{long_id('00P4x000000AbCe')}": b"pdf",
        "Attachments/00P4x000000AbCg": b"MZ",
    })  # fmt: skip
    zipped(folder / "WE_00D4000000096ABEAY_2.ZIP", {
        "Contact.csv": table(["Id", "AccountId", "LastName", "Partner__c", "Code__c"], [
            ["0036E00004P27R7AAJ", ACME, "Damaged", long_id(ANN), ""],
        ]),
        "Invoice__c.csv": table(["Id", "Name", "ContactId"], [["a0B4x000000AbCd", "I-1", JAN]]),
        "ContentVersion.csv": table(["Id", "ContentDocumentId", "Title", "PathOnClient"], [
            ["0684x000000AbCd", "0694x000000AbCd", "Photo", "photo.jpg"],
        ]),
        "ContentDocumentLink.csv": table(["Id", "LinkedEntityId", "ContentDocumentId"], [
            ["06A4x000000AbC1", USER, "0694x000000AbCd"],
            ["06A4x000000AbC2", ACME, "0694x000000AbCd"],
            ["06A4x000000AbC3", JAN, "0694x000000AbCd"],
        ]),
        "ContentVersion/0684x000000AbCd": b"jpeg",
        "Attachments/00P4x000000AbCh": b"",
        "Attachments/00P4x000000ZZZZ": b"nobody's",
    })  # fmt: skip
    return folder


def whole(table: Table) -> pd.DataFrame:
    return pd.concat(list(table.batches()), ignore_index=True)


def opened(place: Path, **options: object) -> dict[str, Table]:
    tables = {table.name: table for table in open_source(place, **options)}
    for name, table in tables.items():
        frame = whole(table)
        assert len(frame) == table.count(), name
        assert frame[SOURCE_ROW].is_unique, name
    return tables


def codes(table: Table) -> dict[str, str]:
    whole(table)
    return {issue.code: issue.value for issue in table.issues()}


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("0036e00004P27R7", "0036e00004P27R7AAJ"),
        ("0014000000Lmabc", "0014000000LmabcAAB"),
        ("0014000000LmabcAAB", "0014000000LmabcAAB"),
        ("0014000000lmabcaab", "0014000000lmabcaab"),
        ("", ""),
        ("00140000", "00140000"),
        ("0014000000Lmáb1", "0014000000Lmáb1"),
    ],
)
def test_an_id_of_15_gets_its_18(short: str, long: str) -> None:
    assert long_id(short) == long
    assert long_id(long) == long


def test_a_damaged_id_is_told_and_words_and_numbers_are_no_ids() -> None:
    assert is_damaged("0036E00004P27R7AAJ")
    assert not is_damaged("0036e00004P27R7AAJ")
    assert not any(map(is_id, ["Internationally", "123456789012345", "Extraordinarily", "n/a"]))
    assert is_id(JAN)


def test_the_parts_of_an_export_are_one_table_each_with_joined_ids(tmp_path: Path) -> None:
    tables = opened(export(tmp_path / "export"))
    assert list(tables) == [
        "Account", "Contact", "Attachment", "Invoice__c", "ContentVersion",
        "ContentDocumentLink", "attachments",
    ]  # fmt: skip
    contacts = whole(tables["Contact"])
    assert contacts["Id"].tolist() == [long_id(JAN), long_id(ANN), "0036E00004P27R7AAJ"]
    assert contacts["Id"].nunique() == 3
    assert set(contacts["AccountId"]) == {long_id(ACME)} == set(whole(tables["Account"])["Id"])
    # a custom reference is normalised too, a word of fifteen letters is not
    assert contacts["Partner__c"].tolist()[1:] == [long_id(JAN), long_id(ANN)]
    assert contacts["Code__c"].tolist()[0] == "Internationally"
    assert tables["Contact"].reading["id_columns"] == [
        "Id", "AccountId", "Partner__c", "CreatedById", "LastModifiedById",
    ]  # fmt: skip
    found = codes(tables["Contact"])
    assert found["id_checksum"] == "0036E00004P27R7AAJ"
    assert "parts_joined" in found
    assert "ids_lengthened" in found


def test_keys_and_references_come_with_the_profile(tmp_path: Path) -> None:
    tables = opened(export(tmp_path / "export"))
    contact = tables["Contact"]
    assert contact.key == ("Id",)
    references = {key.columns[0]: key.target_table for key in contact.foreign_keys}
    assert references == {"AccountId": "Account"}  # users are not in this export
    assert tables["Invoice__c"].foreign_keys[0].target_table == "Contact"


def test_attachments_are_listed_with_what_is_wrong(tmp_path: Path) -> None:
    manifest = opened(export(tmp_path / "export"))["attachments"]
    rows = whole(manifest).fillna("")
    by_name = rows.set_index("attachment_id")
    offer = by_name.loc[long_id("00P4x000000AbCd")]
    assert (offer["parent_table"], offer["parent_key"]) == ("Contact", long_id(JAN))
    assert (offer["size"], offer["problem"]) == ("3", "")
    assert by_name.loc[long_id("00P4x000000AbCe"), "problem"] == "duplicate"
    assert by_name.loc[long_id("00P4x000000AbCf"), "problem"] == "missing"
    assert by_name.loc[long_id("00P4x000000AbCg"), "problem"] == "blocked"
    assert by_name.loc[long_id("00P4x000000AbCh"), "problem"] == "empty"
    files = rows[rows["name"] == "photo.jpg"]
    assert sorted(files["parent_table"]) == ["Account", "Contact"]  # its owner's library is none
    found = codes(manifest)
    assert {"attachment_missing", "attachment_duplicate", "attachment_without_row"} <= set(found)
    assert "00P4x000000ZZZZ" in found["attachment_without_row"]


@pytest.mark.parametrize("form", ["folder", "one zip", "unpacked", "zip of zips"])
def test_an_export_reads_the_same_however_it_comes(tmp_path: Path, form: str) -> None:
    folder = export(tmp_path / "export")
    expected = opened(folder)
    place = tmp_path / "again"
    if form == "folder":
        place = folder
    elif form == "one zip":
        members: dict[str, str | bytes] = {}
        for path in sorted(folder.iterdir()):
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    members[f"{path.stem}/{name}"] = archive.read(name)
        place = zipped(tmp_path / "all.zip", members)
    elif form == "unpacked":
        for path in sorted(folder.iterdir()):
            with zipfile.ZipFile(path) as archive:
                archive.extractall(place / path.stem)
    else:
        place = zipped(tmp_path / "z.zip", {p.name: p.read_bytes() for p in folder.iterdir()})
    tables = opened(place)
    assert sorted(tables) == sorted(expected)
    for name, table in tables.items():
        columns = [c for c in table.column_names if c != "place"]
        if form == "zip of zips" and name == "attachments":
            continue  # files in a zip inside a zip are listed, their bytes are not looked for
        pd.testing.assert_frame_equal(
            whole(table)[columns], whole(expected[name])[columns], check_like=True
        )


def test_the_readings_alone_read_the_same_tables(tmp_path: Path) -> None:
    folder = export(tmp_path / "export")
    tables = opened(folder)
    again = opened(folder, tables={n: options_of(t.reading) for n, t in tables.items()})
    assert list(again) == list(tables)
    for name, table in tables.items():
        pd.testing.assert_frame_equal(whole(again[name]), whole(table))
    plain = options_of(tables["Contact"].reading) | {"id_columns": []}
    (contact,) = open_source(folder, tables={"Contact": plain}, only=["Contact"])
    assert whole(contact)["Id"].tolist()[0] == JAN


def test_a_single_object_is_recognised_by_its_ids(tmp_path: Path) -> None:
    place = tmp_path / "Contact.csv"
    place.write_text(f'"Id","AccountId","LastName"\n"{JAN}","{ACME}","Example"\n')
    (contact,) = open_source(place)
    assert contact.name == "Contact"
    assert whole(contact)["AccountId"].tolist() == [long_id(ACME)]
    place.write_text('"Id","AccountId","LastName"\n"1","2","Example"\n')
    (plain,) = open_source(place)
    assert plain.name == "contact"


def test_a_report_with_labels_is_joined_by_the_same_ids(tmp_path: Path) -> None:
    place = tmp_path / "report1700000000000.csv"
    place.write_text(
        f'"Contact ID","First Name","Last Name","Account ID"\n"{JAN}","Jan","Example","{ACME}"\n'
    )
    (contact,) = open_source(place)
    assert contact.name == "Contact"
    assert contact.column_names == ("Id", "FirstName", "LastName", "AccountId")
    assert whole(contact)["Id"].tolist() == [long_id(JAN)]


def test_lost_line_breaks_and_cut_texts_are_told(tmp_path: Path) -> None:
    long = "word " * 80
    rows = [[f"00Q4x000000AbC{i:x}", "Example", long] for i in range(15)] * 2
    place = tmp_path / "Lead.csv"
    place.write_text(table(["Id", "LastName", "Description"], rows))
    assert "line_breaks_lost" in codes(opened(place)["Lead"])
    place.write_text(table(["Id", "LastName", "Description"], [*rows, ["00Q4x000000AbCz", "E",
                     "x" * 32_000 + "\n"]]))  # fmt: skip
    assert "line_breaks_lost" not in codes(opened(place)["Lead"])
    feed = tmp_path / "FeedItem.csv"
    feed.write_text(table(["Id", "ParentId", "Body"], [["0D54x000000AbCd", JAN, "x" * 1000]]))
    assert "probably_cut" in codes(opened(feed)["FeedItem"])


def test_deleted_rows_are_read_and_told(tmp_path: Path) -> None:
    place = tmp_path / "Lead.csv"
    text = table(["Id", "LastName"], [["00Q4x000000AbC1", "Gone"], ["00Q4x000000AbC2", "Here"]])
    place.write_text(text.replace('"Gone","false"', '"Gone","true"'))
    lead = opened(place)["Lead"]
    assert len(whole(lead)) == 2
    assert "deleted_rows" in codes(lead)
    assert lead.reading["deleted_flag"] == {"IsDeleted": ["true", "1"]}
