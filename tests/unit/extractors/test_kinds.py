from __future__ import annotations

import random
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from migrate.errors import SourceError
from migrate.extractors import kind_of, open_source


def place(tmp_path: Path, data: bytes, name: str = "a.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def zipped(tmp_path: Path, names: Iterable[str]) -> Path:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return path


@pytest.mark.parametrize(
    "data",
    [bytes(range(256)) * 20, b"\x05" + random.Random(7).randbytes(9_000), bytes(range(1, 9)) * 3],
)
def test_what_is_full_of_control_characters_is_no_table(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(SourceError, match="is not text") as raised:
        kind_of(place(tmp_path, data))
    assert raised.value.hint


@pytest.mark.parametrize("rows", [3, 200])
@pytest.mark.parametrize(
    "row",
    [
        "1;Žofia;Košice\r\n".encode("cp1250"), b"1\x01Ann\x01Berlin\n",
        b"1\x1fAnn\x1fBerlin\x1e", b"\xfe1\xfe\x14\xfeAnn\xfe\n", b"1;\x1b[1mAnn\x1b[0m\n",
        b"1;Ann\0\0\0;\x0c\n\x1a", "1;Ян;Київ\n".encode("utf-16-le"),
        "1;Žofia;Šaľa\n".encode("utf-16-be"), "1;Ян\n".encode("utf-32-le"), b"1;a\x02b some text\n",
    ],
)  # fmt: skip
def test_a_text_stays_a_table_whatever_separates_it(tmp_path: Path, row: bytes, rows: int) -> None:
    assert kind_of(place(tmp_path, row * rows)) == "delimited"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_text_with_a_mark_stays_a_table(tmp_path: Path, encoding: str) -> None:
    text = "".join(f"{row};Київ;Ščasná\n" for row in range(200))
    assert kind_of(place(tmp_path, text.encode(encoding))) == "delimited"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"%PDF-1.7\n1 0 obj\n<< >>\nendobj\n", "PDF"),
        (b"{\\rtf1\\ansi Name;Town\\par}\n", "rich text"),
        (b"Rar!;is;all;text\n", "RAR"), (b"MZ\x90\0\3\0\0", "program"), (b"BZh9\x01AY&SY", "bzip2"),
    ],
)  # fmt: skip
def test_what_is_no_data_is_refused(tmp_path: Path, data: bytes, what: str) -> None:
    with pytest.raises(SourceError, match=what):
        kind_of(place(tmp_path, data))


@pytest.mark.parametrize("head", [b"MZ;Name\n", b"GIF8;Name\n", b"BZh;Name\n", b"%PDF;Name\n"])
def test_a_header_that_only_looks_like_a_mark_is_a_table(tmp_path: Path, head: bytes) -> None:
    assert kind_of(place(tmp_path, head + b"1;Ann\n")) == "delimited"


@pytest.mark.parametrize(
    ("part", "what"), [("word/document.xml", "Word"), ("ppt/presentation.xml", "PowerPoint")]
)
def test_a_document_is_not_taken_for_a_workbook(tmp_path: Path, part: str, what: str) -> None:
    with pytest.raises(SourceError, match=f"is a {what}.*not a workbook"):
        kind_of(zipped(tmp_path, ["[Content_Types].xml", part]))


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["[Content_Types].xml", "xl/workbook.xml"], "excel"), (["xl/workbook.xml"], "excel"),
        (["xl\\workbook.xml"], "excel"), (["[content_types].xml", "xl/workbook.bin"], "excel"),
        (["content.xml"], "excel"), (["word/a.csv", "b.csv"], "folder"),
    ],
)  # fmt: skip
def test_a_zip_is_a_workbook_where_it_has_the_parts_of_one(
    tmp_path: Path, names: list[str], kind: str
) -> None:
    assert kind_of(zipped(tmp_path, names)) == kind


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("rows", [3, 200])
def test_an_address_book_is_told_with_any_line_ends(tmp_path: Path, end: str, rows: int) -> None:
    entries = ["# export", "", "version: 1", ""]
    for row in range(rows):
        entries += [f"dn: cn=Ann {row},dc=example,dc=com", "objectClass: person", ""]
    assert kind_of(place(tmp_path, end.join(entries).encode(), "a.ldif")) == "ldif"


@pytest.mark.parametrize(
    "data",
    [
        b"Subject: Offer\r\n\r\nDear Eva,\r\nthank you; see you, soon.\r\n",
        b"Content-Disposition: inline\nSubject: Offer\nFrom: jan@example.com\n\nDear Eva\n",
        b"Thread-Index: AQHa\n\tmore of it\nSubject: Offer\n\nDear Eva\n",
    ],
)
def test_a_message_with_few_or_unusual_headers_is_a_message(tmp_path: Path, data: bytes) -> None:
    assert kind_of(place(tmp_path, data, "a.txt")) == "mail"
    activities = open_source(place(tmp_path, data, "a.txt"))[0]
    assert next(iter(activities.batches()))["subject"].tolist() == ["Offer"]


@pytest.mark.parametrize(
    "data",
    [
        b"Subject: Offer\n\nid;name\n1;Eva\n",
        b"Subject: a;name\n1;Eva\n",
        b"Date: 1. 2. 2024\n\nid,name\n1,Eva\n",
        b"Company: ACME\nCity: Nitra\n\nsome text\n",
        b"subject:date\n1:2\n2:3\n",
    ],
)
def test_a_table_below_a_title_is_no_message(tmp_path: Path, data: bytes) -> None:
    assert kind_of(place(tmp_path, data)) == "delimited"


@pytest.mark.parametrize(
    "data",
    [
        b"VERSION:3.0\r\nFN:Eva\r\nTEL;TYPE=CELL:1\r\nEND:VCARD\r\n",
        b"N:Nov\xe1k;Eva\nFN:Eva\nitem1.EMAIL:e@example.com\nEND:VCARD\nBEGIN:VCARD\nEND:VCARD\n",
        b"VERSION:2.1\nN:Novak;Eva\nORG:ACME\n",
    ],
)
def test_a_card_without_its_first_line_is_named(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(SourceError, match="looks like a vCard") as raised:
        kind_of(place(tmp_path, data, "a.vcf"))
    assert "BEGIN:VCARD" in raised.value.hint


def test_a_table_with_the_words_of_a_card_stays_a_table(tmp_path: Path) -> None:
    assert kind_of(place(tmp_path, b"N:FN:TEL\nEva:Eva:1\nN:2:3\n")) == "delimited"
