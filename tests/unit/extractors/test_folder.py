from __future__ import annotations

import os
import random
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from migrate.errors import MigrateError, SourceError, UsageError
from migrate.extractors import open_source
from migrate.extractors._folder.files import list_files
from migrate.extractors._readings import options_of
from migrate.values import SOURCE_ROW, Issue, Table


def put(path: Path, content: str | bytes = "id;name\n1;a\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def zipped(path: Path, members: dict[str, str | bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def whole(table: Table) -> pd.DataFrame:
    return pd.concat(list(table.batches()), ignore_index=True)


def opened(place: Path, **options: object) -> dict[str, Table]:
    tables = {table.name: table for table in open_source(place, **options)}
    for name, table in tables.items():
        frame = whole(table)
        assert len(frame) == table.count(), name
        if "files_of_kind" not in table.reading:
            assert frame[SOURCE_ROW].is_unique, name
    return tables


def read_again(place: Path, tables: dict[str, Table]) -> None:
    again = opened(place, tables={t.name: options_of(t.reading) for t in tables.values()})
    assert list(again) == list(tables)
    for name, table in tables.items():
        pd.testing.assert_frame_equal(whole(again[name]), whole(table))


def issues(tables: dict[str, Table]) -> list[Issue]:
    for table in tables.values():
        whole(table)
    return [issue for table in tables.values() for issue in table.issues()]


def test_each_file_is_read_as_what_it_is_and_named_by_file(tmp_path: Path) -> None:
    put(tmp_path / "in/Zákazníci 2024.csv", "id;meno\n1;Žofia\n")
    put(tmp_path / "in/deep/er/orders.csv", "id,total\n1,2\n")
    put(tmp_path / "in/deep/notes.json", '[{"id": 1, "text": "a"}]')
    tables = opened(tmp_path / "in", only=["zakaznici_2024", "orders"])
    assert set(tables) == {"zakaznici_2024", "orders"}
    assert tables["orders"].reading["file"] == "deep/er/orders.csv"
    assert tables["orders"].origin.endswith("deep/er/orders.csv")


def test_the_same_name_in_two_folders_is_numbered(tmp_path: Path) -> None:
    put(tmp_path / "in/a/contacts.csv", "id;x\n1;a\n")
    put(tmp_path / "in/b/contacts.csv", "id;y\n2;b\n")
    tables = opened(tmp_path / "in")
    assert list(tables) == ["contacts", "contacts_2"]
    assert tables["contacts_2"].reading["table_in_file"] == "contacts"
    read_again(tmp_path / "in", tables)


def test_numbered_parts_with_one_header_are_one_table(tmp_path: Path) -> None:
    for number in (1, 2, 10):
        put(tmp_path / f"in/export-{number}.csv", f"id;name\n{number};n{number}\n{number}0;m\n")
    put(tmp_path / "in/export-3.csv", "id;other\n3;x\n")
    tables = opened(tmp_path / "in")
    assert list(tables) == ["export", "export_3"]
    table = tables["export"]
    assert whole(table)["id"].tolist() == ["1", "10", "2", "20", "10", "100"]
    assert whole(table)[SOURCE_ROW].tolist() == [2, 3, 5, 6, 8, 9]
    joined = next(i for i in issues(tables) if i.code == "parts_joined")
    assert "1-3: export-1.csv" in joined.value
    assert "7-9: export-10.csv, counted from 6" in joined.value
    missing = next(i for i in issues(tables) if i.code == "part_missing")
    assert "3, 4, 5, 6, 7, 8, 9" in missing.message
    read_again(tmp_path / "in", tables)


@pytest.mark.parametrize(
    "names",
    [
        ("contacts_2023.csv", "contacts_2024.csv"),
        ("contacts-2024-01-01.csv", "contacts-2024-02-01.csv"),
        ("backup-2024-05.csv", "backup-2024-06.csv"),
        ("contacts (1).csv", "contacts (2).csv"),
        ("CONTACT1.csv", "CONTACT2.csv"),
    ],
)
def test_snapshots_copies_and_names_are_no_parts(tmp_path: Path, names: tuple[str, str]) -> None:
    for name in names:
        put(tmp_path / "in" / name)
    assert len(opened(tmp_path / "in")) == 2


def test_parts_are_taken_apart_where_the_options_say_so(tmp_path: Path) -> None:
    for number in (1, 2):
        put(tmp_path / f"in/export-{number}.csv")
    tables = opened(
        tmp_path / "in",
        tables={"first": {"file": "export-1.csv"}, "second": {"file": "export-2.csv"}},
    )
    assert list(tables) == ["first", "second"]
    parts = {"all": {"parts": [{"file": "export-1.csv"}, {"file": "export-2.csv"}]}}
    assert whole(opened(tmp_path / "in", tables=parts)["all"])["id"].tolist() == ["1", "1"]


def test_options_reach_the_file_they_are_for(tmp_path: Path) -> None:
    put(tmp_path / "in/a.csv", "Žaneta;1\n".encode("cp1250") * 3)
    put(tmp_path / "in/b.csv", "x,y\n1,2\n")
    tables = opened(tmp_path / "in", tables={"a": {"encoding": "cp1250", "delimiter": ";"}})
    assert tables["a"].reading["encoding"] == "cp1250"
    assert opened(tmp_path / "in", encoding="cp1250")["b"].reading["encoding"] == "cp1250"
    with pytest.raises(UsageError, match="unknown option"):
        open_source(tmp_path / "in", encodnig="cp1250")
    with pytest.raises(UsageError, match='there is no table "c"'):
        open_source(tmp_path / "in", tables={"c": {"encoding": "cp1250"}})
    with pytest.raises(UsageError, match="there is no file") as caught:
        open_source(tmp_path / "in", tables={"c": {"file": "bb.csv"}})
    assert 'did you mean "b.csv"' in caught.value.hint
    with pytest.raises(UsageError, match="unknown option"):
        open_source(tmp_path / "in", tables={"a": {"file": "a.csv", "delimeter": ";"}})


def test_junk_is_listed_and_the_rest_is_read(tmp_path: Path) -> None:
    put(tmp_path / "in/a.csv")
    for name in ("Thumbs.db", ".DS_Store", "~$a.xlsx", "a.mdx", "a.cdx", "a.fpt", "reading.yaml",
                 "__MACOSX/._a.csv", ".git/config"):  # fmt: skip
        put(tmp_path / "in" / name, b"\x00\x01\x02")
    tables = opened(tmp_path / "in")
    assert list(tables) == ["a"]
    ignored = [issue for issue in issues(tables) if issue.code == "files_ignored"]
    listed = "; ".join(issue.value for issue in ignored)
    for name in ("Thumbs.db", ".DS_Store", "~$a.xlsx", "a.mdx", "a.fpt", "reading.yaml", ".git/"):
        assert name in listed
    assert all(issue.severity == "info" for issue in ignored)


def test_a_file_that_cannot_be_read_is_an_issue_unless_none_can(tmp_path: Path) -> None:
    put(tmp_path / "in/offer.pdf", b"%PDF-1.4\n\x00\x01")
    put(tmp_path / "in/photo.png", b"\x89PNG\r\n\x1a\n\x00")
    with pytest.raises(SourceError, match="none of its 2 files can be read"):
        open_source(tmp_path / "in")
    put(tmp_path / "in/a.csv")
    tables = opened(tmp_path / "in")
    assert list(tables) == ["a"]
    unread = {Path(i.place).name for i in issues(tables) if i.code == "file_unreadable"}
    assert unread == {"offer.pdf", "photo.png"}
    (tmp_path / "nothing").mkdir()
    with pytest.raises(SourceError, match="no file to read"):
        open_source(tmp_path / "nothing")


CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Example;{0};;;\r\nFN:{0} Example\r\nTEL:+421 2 5441 000{1}\r\nEND:VCARD\r\n"
MAIL = "From: {0}@example.com\r\nTo: info@example.org\r\nSubject: {0}\r\nDate: Mon, 4 Mar 2019 10:00:00 +0100\r\nMessage-ID: <{0}@example.com>\r\n\r\ntext\r\n"


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_cards_and_messages_in_a_file_each_are_one_table(tmp_path: Path, form: str) -> None:
    members: dict[str, str | bytes] = {"prices.csv": "id;name\n1;a\n"}
    for number, name in enumerate(("jane", "bob", "eva")):
        members[f"cards/{name}.vcf"] = CARD.format(name, number)
        members[f"box/cur/{name}:2,S"] = MAIL.format(name)
    place = tmp_path / "in"
    if form == "zip":
        place = zipped(tmp_path / "in.zip", members)
    else:
        for name, content in members.items():
            put(place / name, content)
    tables = opened(place)
    assert {"prices", "contacts", "activities"} <= set(tables)
    assert sorted(whole(tables["contacts"])["first_name"]) == ["bob", "eva", "jane"]
    assert len(whole(tables["activities"])) == 3
    assert tables["contacts"].reading["files_of_kind"] == "vcard"
    for table in tables.values():
        assert all(key.target_table in tables for key in table.foreign_keys)
        assert "crm-migrate-" not in table.origin + str(whole(table).to_dict())
    read_again(place, tables)


def test_references_follow_the_names_that_tables_get_in_a_folder(tmp_path: Path) -> None:
    import sqlite3

    (tmp_path / "in").mkdir()
    with sqlite3.connect(tmp_path / "in/erp.db") as database:
        database.executescript(
            "CREATE TABLE firms (id INTEGER PRIMARY KEY);"
            "CREATE TABLE people (id INTEGER PRIMARY KEY, firm INTEGER REFERENCES firms (id));"
        )
    database.close()
    put(tmp_path / "in/a.csv")
    tables = opened(tmp_path / "in")
    assert tables["erp_people"].foreign_keys[0].target_table == "erp_firms"
    read_again(tmp_path / "in", tables)


def test_links_are_not_followed(tmp_path: Path) -> None:
    put(tmp_path / "in/a.csv")
    put(tmp_path / "secret.csv")
    (tmp_path / "in/loop").symlink_to(tmp_path / "in", target_is_directory=True)
    (tmp_path / "in/out.csv").symlink_to(tmp_path / "secret.csv")
    (tmp_path / "in/dead.csv").symlink_to(tmp_path / "gone.csv")
    os.mkfifo(tmp_path / "in/pipe.csv")
    tables = opened(tmp_path / "in")
    assert list(tables) == ["a"]
    assert [i.code for i in issues(tables)].count("link_not_followed") == 3


def test_a_zip_reads_like_the_folder_that_it_holds(tmp_path: Path) -> None:
    place = zipped(tmp_path / "export.zip", {
        "data/a.csv": "id;name\n1;a\n", "data/b.csv": "id;name\n2;b\n", "Thumbs.db": b"x",
    })  # fmt: skip
    tables = opened(place)
    assert list(tables) == ["a", "b"]
    assert tables["a"].origin == f"{place}!data/a.csv"
    assert tables["a"].reading["file"] == "data/a.csv"
    read_again(place, tables)


def test_a_zip_with_one_file_keeps_the_names_of_its_tables(tmp_path: Path) -> None:
    tables = opened(zipped(tmp_path / "x.zip", {"Kontakte.csv": "id;name\n1;a\n"}))
    assert list(tables) == ["kontakte"]


def test_unpacked_files_go_when_the_tables_go(tmp_path: Path) -> None:
    place = zipped(tmp_path / "x.zip", {"a.csv": "id;name\n1;a\n"})
    listing = list_files(place)
    assert listing.unpacked is not None
    folder = listing.unpacked.path
    assert folder.is_dir()
    assert folder.stat().st_mode & 0o077 == 0
    del listing
    assert not folder.exists()


def test_a_member_cannot_leave_the_folder_it_is_unpacked_into(tmp_path: Path) -> None:
    place = zipped(tmp_path / "in/x.zip", {
        "../../evil.csv": "id;name\n1;a\n", "/abs/evil2.csv": "id;name\n1;a\n",
        "C:\\win\\evil3.csv": "id;name\n1;a\n", "..": "id;name\n1;a\n",
    })  # fmt: skip
    assert len(opened(place)) >= 3
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["in", "x.zip"]


def test_a_bomb_is_refused_and_the_rest_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migrate.extractors._folder.files._BOMB_BYTES", 1 << 20)
    place = zipped(tmp_path / "x.zip", {"a.csv": "id;name\n1;a\n", "bomb.csv": b"0" * (8 << 20)})
    tables = opened(place)
    assert list(tables) == ["a"]
    (issue,) = [i for i in issues(tables) if i.code == "file_unreadable"]
    assert "would grow to" in issue.message
    assert issue.place == f"{place}!bomb.csv"


def test_an_encrypted_member_is_told(tmp_path: Path) -> None:
    place = zipped(tmp_path / "x.zip", {"a.csv": "id;name\n1;a\n", "b.csv": "id;name\n1;a\n"})
    raw = bytearray(place.read_bytes())
    second = raw.index(b"PK\x03\x04", 4)
    raw[second + 6] |= 1
    central = raw.index(b"PK\x01\x02", raw.index(b"PK\x01\x02") + 4)
    raw[central + 8] |= 1
    place.write_bytes(raw)
    tables = opened(place)
    assert list(tables) == ["a"]
    (issue,) = [i for i in issues(tables) if i.code == "file_unreadable"]
    assert "encrypted" in issue.message


def test_a_broken_zip_is_refused_or_an_issue_of_its_folder(tmp_path: Path) -> None:
    broken = zipped(tmp_path / "in/x.zip", {"a.csv": "id;name\n1;a\n"})
    broken.write_bytes(broken.read_bytes()[:40])
    put(tmp_path / "in/b.csv")
    with pytest.raises(SourceError):
        open_source(broken)
    tables = opened(tmp_path / "in")
    assert list(tables) == ["b"]
    assert any(i.code == "file_unreadable" and "zip" in i.message for i in issues(tables))


def test_damaged_archives_never_raise_anything_else(tmp_path: Path) -> None:
    whole_zip = zipped(tmp_path / "good.zip", {
        "a.csv": "id;name\n" + "1;a\n" * 50, "deep/b.csv": "id,x\n1,2\n" * 20,
        "in.zip": zipped(tmp_path / "inner.zip", {"c.csv": "k;v\n1;2\n"}).read_bytes(),
    }).read_bytes()  # fmt: skip
    chance = random.Random(7)
    place = tmp_path / "bad.zip"
    for turn in range(150):
        raw = bytearray(whole_zip)
        if turn % 3 == 0:
            raw = raw[: chance.randrange(30, len(raw))]
        for _ in range(chance.randrange(1, 6)):
            raw[chance.randrange(4, len(raw))] = chance.randrange(256)
        place.write_bytes(raw)
        try:
            for table in open_source(place):
                whole(table)
                table.count()
        except MigrateError:
            continue


def test_an_error_while_reading_names_the_member_not_the_copy(tmp_path: Path) -> None:
    place = zipped(tmp_path / "x.zip", {"a.csv": "id;name\n1;a;b;c\n2;b\n3;c\n"})
    tables = {table.name: table for table in open_source(place)}
    shown = [issue.place for issue in issues(tables)]
    assert shown
    assert all(str(place) in text and "crm-migrate-" not in text for text in shown)
