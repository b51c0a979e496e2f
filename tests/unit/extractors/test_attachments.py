from __future__ import annotations

import hashlib
import unicodedata
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from migrate.errors import UsageError
from migrate.extractors._manifest.attachments import (
    MANIFEST_COLUMNS,
    Attachment,
    Limits,
    attachment_folders,
    limits_of,
    manifest_table,
)
from migrate.values import Table


def manifest(folder: Path, *entries: Attachment, limits: Limits | None = None) -> Table:
    return manifest_table(lambda: entries, "export", folders=(folder,), limits=limits)


def whole(table: Table, rows: int = 50_000) -> pd.DataFrame:
    return pd.concat(list(table.batches(rows)), ignore_index=True)


def entry(place: str, name: str = "", key: str = "1", **more: object) -> Attachment:
    return Attachment(
        "deals", key, name or place.replace("\\", "/").rpartition("/")[2], place, **more
    )  # type: ignore[arg-type]


def codes(table: Table) -> dict[str, str]:
    return {issue.code: issue.message for issue in table.issues()}


def test_a_file_is_listed_with_its_size_and_hash(tmp_path: Path) -> None:
    (tmp_path / "zmluva.pdf").write_bytes(b"%PDF zmluva")
    table = manifest(tmp_path, entry("zmluva.pdf", media_type="application/pdf"))
    frame = whole(table)
    assert table.column_names == MANIFEST_COLUMNS
    row = frame.iloc[0]
    assert (row["parent_table"], row["parent_key"], row["name"]) == ("deals", "1", "zmluva.pdf")
    assert row["size"] == "11"
    assert row["sha256"] == hashlib.sha256(b"%PDF zmluva").hexdigest()
    assert pd.isna(row["problem"])
    assert row["place"] == str(tmp_path / "zmluva.pdf")
    assert not table.issues()


@pytest.mark.parametrize(
    "place",
    [
        r"\\server\docs\2019\Zmluva.PDF",
        r"Z:\CRM\2019\zmluva.pdf",
        "C:/crm/docs/2019/zmluva.pdf",
        "file:///srv/old/2019/zmluva.pdf",
        "./2019/zmluva.pdf",
    ],
)
def test_a_path_of_a_machine_that_is_gone_is_found_by_its_end(tmp_path: Path, place: str) -> None:
    for year in ("2018", "2019"):
        (tmp_path / year).mkdir()
        (tmp_path / year / "zmluva.pdf").write_text(year)
    frame = whole(manifest(tmp_path, entry(place)))
    assert frame["place"][0] == str(tmp_path / "2019" / "zmluva.pdf")


def test_a_missing_file_is_listed_and_counted(tmp_path: Path) -> None:
    table = manifest(tmp_path, entry(r"\\gone\a.pdf"), entry("https://example.com/b.pdf"))
    assert whole(table)["problem"].tolist() == ["missing", "missing"]
    assert codes(table)["attachment_missing"].startswith("2 attachments not found in")
    assert whole(table)["place"].tolist() == [r"\\gone\a.pdf", "https://example.com/b.pdf"]


def test_no_path_leads_out_of_the_folders(tmp_path: Path) -> None:
    inside = tmp_path / "export"
    inside.mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (inside / "link.txt").symlink_to(tmp_path / "secret.txt")
    (inside / "loop").symlink_to(inside / "loop")
    table = manifest(inside, entry("../secret.txt"), entry(str(tmp_path / "secret.txt")),
                     entry("link.txt"), entry("/etc/passwd"))  # fmt: skip
    assert whole(table)["problem"].tolist() == ["missing"] * 4


def test_empty_blocked_oversized_and_duplicate_files_are_told(tmp_path: Path) -> None:
    for name, content in {
        "a.txt": b"same", "b.txt": b"same", "empty.doc": b"", "setup.EXE": b"MZ", "big.zip": b"x" * 11,
    }.items():  # fmt: skip
        (tmp_path / name).write_bytes(content)
    names = ["a.txt", "b.txt", "empty.doc", "setup.EXE", "big.zip"]
    table = manifest(tmp_path, *map(entry, names), limits=Limits(max_attachment_bytes=10))
    problems = whole(table)["problem"].fillna("").tolist()
    assert problems == ["", "duplicate", "empty", "blocked", "oversized"]
    assert codes(table).keys() == {
        "attachment_duplicate", "attachment_empty", "attachment_blocked", "attachment_oversized",
    }  # fmt: skip
    assert table.count() == 5


def test_a_double_extension_and_trailing_dots_do_not_hide_a_program(tmp_path: Path) -> None:
    (tmp_path / "faktura.pdf.exe").write_bytes(b"MZ")
    table = manifest(tmp_path, entry("faktura.pdf.exe", "faktura.pdf.exe. "))
    assert whole(table)["problem"].tolist() == ["blocked"]


def test_names_from_a_mac_are_the_same_names(tmp_path: Path) -> None:
    name = "Zmluva číslo.pdf"
    (tmp_path / unicodedata.normalize("NFD", name)).write_text("x")
    table = manifest(tmp_path, entry(name), entry(name, unicodedata.normalize("NFD", name)))
    assert whole(table)["size"].tolist() == ["1", "1"]
    assert codes(table).keys() == {
        "attachment_duplicate", "attachment_name_twice", "attachment_name_decomposed",
    }  # fmt: skip


def test_files_inside_of_zips_are_found_whatever_wrote_their_names(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "WE_1.ZIP", "w") as archive:
        archive.writestr("Attachments/00P1", b"contract")
        archive.writestr("Prílohy/zmluva č. 1.pdf", b"two")
    # a zip of Windows: the PC's OEM page, and no flag that says so
    raw = (tmp_path / "WE_1.ZIP").read_bytes()
    dos = "Prílohy/zmluva č. 1.pdf".encode("cp852")
    utf8 = "Prílohy/zmluva č. 1.pdf".encode()
    assert raw.count(utf8) == 2 and len(dos) != len(utf8)
    frame = whole(manifest(tmp_path, entry("Attachments/00P1"), entry("Prílohy/zmluva č. 1.pdf")))
    assert frame["size"].tolist() == ["8", "3"]
    assert frame["place"][0].endswith("WE_1.ZIP!Attachments/00P1")


def test_a_zip_with_oem_names(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "old.zip", "w") as archive:
        # cp437 for Python, cp852 for the PC that wrote it: no UTF-8 flag
        archive.writestr("žiadosť.doc".encode("cp852").decode("cp437"), b"abc")
    path = tmp_path / "old.zip"
    with zipfile.ZipFile(path) as archive:
        info = archive.infolist()[0]
    content = path.read_bytes()
    name = info.filename.encode("utf-8")
    old = info.filename.encode("cp437")
    assert len(name) != len(old)
    # rewritten by hand: the name in one byte a letter, the flag off
    fixed = _with_oem_name(content, name, old)
    path.write_bytes(fixed)
    frame = whole(manifest(tmp_path, entry("žiadosť.doc")))
    assert frame["size"].tolist() == ["3"]


def _with_oem_name(content: bytes, name: bytes, old: bytes) -> bytes:
    import struct

    local, rest = content.split(b"PK\x01\x02", 1)
    head = bytearray(local[:30])
    struct.pack_into("<H", head, 6, 0)
    struct.pack_into("<H", head, 26, len(old))
    local = bytes(head) + old + local[30 + len(name) :]
    central = bytearray(b"PK\x01\x02" + rest)
    struct.pack_into("<H", central, 8, 0)
    struct.pack_into("<H", central, 28, len(old))
    directory = bytes(central[:46]) + old + bytes(central[46 + len(name) :])
    end = bytearray(directory[directory.index(b"PK\x05\x06") :])
    body = directory[: directory.index(b"PK\x05\x06")]
    struct.pack_into("<I", end, 12, len(body))
    struct.pack_into("<I", end, 16, len(local))
    return local + body + bytes(end)


def test_a_name_that_several_have_is_not_guessed(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "scan.pdf").write_text(folder)
    table = manifest(tmp_path, entry(r"C:\docs\scan.pdf"))
    assert whole(table)["problem"].tolist() == ["missing"]
    assert "attachment_ambiguous" in codes(table)


def test_a_file_found_by_its_name_alone_is_told(tmp_path: Path) -> None:
    (tmp_path / "2020").mkdir()
    (tmp_path / "2020" / "scan.pdf").write_text("x")
    table = manifest(tmp_path, entry(r"C:\docs\2019\scan.pdf"))
    assert whole(table)["size"].tolist() == ["1"]
    assert "attachment_found_by_name" in codes(table)


def test_a_damaged_zip_is_an_issue_and_nothing_else(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.txt", b"hello " * 1000)
    raw = bytearray((tmp_path / "a.zip").read_bytes())
    raw[40:50] = b"\xff" * 10
    (tmp_path / "a.zip").write_bytes(raw)
    table = manifest(tmp_path, entry("x.txt"))
    assert whole(table)["problem"].tolist() == ["missing"]
    assert "attachment_unreadable" in codes(table)


def test_ids_are_unique_and_the_same_in_every_run(tmp_path: Path) -> None:
    entries = [entry("a.txt"), entry("a.txt"), entry("a.txt", key="2"), entry("b", attachment_id="7"),
               entry("c", attachment_id="7")]  # fmt: skip
    first, second = (whole(manifest(tmp_path, *entries))["attachment_id"].tolist() for _ in "ab")
    assert first == second
    assert len(set(first)) == 5
    assert first[3:] == ["7", "7-2"]


def test_long_paths_are_told(tmp_path: Path) -> None:
    table = manifest(tmp_path, entry("\\".join(["folder"] * 50) + "\\a.txt"))
    whole(table)
    assert "attachment_path_long" in codes(table)


def test_bytes_that_the_reader_has_are_hashed_as_they_come(tmp_path: Path) -> None:
    def broken() -> list[bytes]:
        raise OSError("gone")

    table = manifest(
        tmp_path,
        entry("m#1", "a.txt", read=lambda: [b"ab", b"c"]),
        entry("m#2", "b.txt", read=broken),
    )
    frame = whole(table)
    assert frame["size"].fillna("").tolist() == ["3", ""]
    assert frame["sha256"][0] == hashlib.sha256(b"abc").hexdigest()
    assert {"attachment_unreadable", "attachment_missing"} == codes(table).keys()


def test_batches_are_of_the_size_asked_for_and_empty_ones_have_columns(tmp_path: Path) -> None:
    table = manifest(tmp_path, *[entry(f"{n}.txt") for n in range(5)])
    assert [len(frame) for frame in table.batches(2)] == [2, 2, 1]
    (empty,) = manifest(tmp_path).batches()
    assert list(empty.columns) == [*MANIFEST_COLUMNS, "_source_row"]


@pytest.mark.parametrize("given", ["0", "-1", "25 MB", "²", 0])
def test_a_limit_that_is_no_number_is_refused(given: object) -> None:
    with pytest.raises(UsageError, match="max_attachment_bytes"):
        limits_of({"max_attachment_bytes": given}, "box.mbox")


def test_the_folder_of_attachments_has_to_be_there(tmp_path: Path) -> None:
    source = tmp_path / "contacts.dbf"
    source.write_text("")
    assert attachment_folders(source, None) == (tmp_path,)
    assert attachment_folders(source, str(tmp_path)) == (tmp_path, tmp_path)
    with pytest.raises(UsageError, match="attachments_folder"):
        attachment_folders(source, str(tmp_path / "gone"))
