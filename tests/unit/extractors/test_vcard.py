from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pandas as pd
import pytest
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.errors import MigrateError, SourceError, UsageError
from migrate.extractors import open_source, vcard
from migrate.extractors._readings import options_of
from migrate.values import SOURCE_ROW, Table


def opened(tmp_path: Path, text: str | bytes, **options: object) -> dict[str, Table]:
    path = tmp_path / "contacts.vcf"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return {table.name: table for table in open_source(path, **options)}


def rows(table: Table) -> list[dict[str, object]]:
    frame = pd.concat(list(table.batches()), ignore_index=True)
    return [
        {k: v for k, v in row.items() if k != SOURCE_ROW and v == v}
        for row in frame.to_dict("records")
    ]


def contact(tmp_path: Path, *lines: str, version: str = "3.0") -> dict[str, object]:
    (row,) = rows(opened(tmp_path, card(*lines, version=version))["contacts"])
    return row


def card(*lines: str, version: str = "3.0") -> str:
    return "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""])


def codes(table: Table) -> list[str]:
    list(table.batches())
    return [issue.code for issue in table.issues()]


# Apple's Contacts: groups with labels, types in small letters, a year that is left out.
APPLE = card(
    "PRODID:-//Apple Inc.//macOS 14.4//EN",
    "N:Nováková;Jana;Mária;Ing.;PhD.",
    "FN:Ing. Jana Mária Nováková\\, PhD.",
    "ORG:Vzorová\\, s.r.o.;Obchod;Export",
    "TITLE:riaditeľka",
    "EMAIL;type=INTERNET;type=HOME:jana@example.org",
    "EMAIL;type=INTERNET;type=WORK;type=pref:jana@example.com",
    "TEL;type=CELL;type=VOICE;type=pref:+421 905 123 456",
    "TEL;type=WORK;type=FAX:+421 2 5555 0000",
    "item1.TEL:+421 911 000 000",
    "item1.X-ABLabel:_$!<HomeFAX>!$_",
    "item2.ADR;type=WORK;type=pref:;;Hlavná 1\\, 2. dvor;Košice;Košický kraj;040 01;Slovensko",
    "item2.X-ABADR:sk",
    "item3.URL;type=pref:https://example.com/?a=b;c",
    "item3.X-ABLabel:_$!<HomePage>!$_",
    "BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-15",
    "NOTE:prvý riadok\\nd",
    " ruhý riadok\\; koniec",
    "X-PHONETIC-LAST-NAME:novakova",
    "UID:8D3F-1",
)


def test_a_card_of_apple(tmp_path: Path) -> None:
    tables = opened(tmp_path, APPLE)
    (row,) = rows(tables["contacts"])
    assert row == {
        "contact_id": "8D3F-1", "uid": "8D3F-1", "product": "-//Apple Inc.//macOS 14.4//EN",
        "last_name": "Nováková", "first_name": "Jana", "middle_name": "Mária",
        "name_prefix": "Ing.", "name_suffix": "PhD.", "full_name": "Ing. Jana Mária Nováková, PhD.",
        "organization": "Vzorová, s.r.o.", "department": "Obchod", "department_2": "Export",
        "title": "riaditeľka", "email": "jana@example.com", "email_2": "jana@example.org",
        "phone_mobile": "+421 905 123 456", "phone_work_fax": "+421 2 5555 0000",
        "phone_home_fax": "+421 911 000 000",
        "work_street": "Hlavná 1, 2. dvor", "work_city": "Košice", "work_region": "Košický kraj",
        "work_postcode": "040 01", "work_country": "Slovensko", "work_country_code": "sk",
        "website": "https://example.com/?a=b;c", "birthday": "--04-15",
        "note": "prvý riadok\ndruhý riadok; koniec", "x_phonetic_last_name": "novakova",
    }  # fmt: skip
    phones = rows(tables["contact_phones"])
    assert [(p["position"], p["number"], p.get("type", ""), p.get("label")) for p in phones] == [
        ("1", "+421 905 123 456", "cell;voice", None),
        ("2", "+421 2 5555 0000", "work;fax", None),
        ("3", "+421 911 000 000", "", "HomeFAX"),
    ]
    assert tables["contact_phones"].foreign_keys[0].target_table == "contacts"
    assert rows(tables["contact_properties"]) == [
        {"contact_id": "8D3F-1", "position": "1", "property": "URL", "label": "HomePage",
         "value": "https://example.com/?a=b;c"}
    ]  # fmt: skip
    assert codes(tables["contacts"]) == ["incomplete_date"]
    assert tables["contacts"].key == ("contact_id",)


def test_a_card_of_a_nokia_phone_in_an_old_code_page(tmp_path: Path) -> None:
    text = (
        b"BEGIN:VCARD\r\nVERSION:2.1\r\n"
        b"N;CHARSET=windows-1250;ENCODING=QUOTED-PRINTABLE:=8A=9Dastn=FD;J=E1n\r\n"
        b"TEL;PREF;CELL;VOICE:+421905123456\r\nTEL;WORK:02/5555\r\n"
        b"NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:Prv=C3=BD=0D=0A=\r\ndruh=C3=\r\n=BD=3D=\r\n\r\n"
        b"X-CLASS:private\r\nEND:VCARD\r\n"
    )
    (row,) = rows(opened(tmp_path, text)["contacts"])
    assert row["last_name"] == "Šťastný" and row["first_name"] == "Ján"
    assert row["phone_mobile"] == "+421905123456" and row["phone_work"] == "02/5555"
    assert row["note"] == "Prvý\ndruhý="
    assert row["x_class"] == "private"


def test_an_encoded_semicolon_belongs_to_the_name(tmp_path: Path) -> None:
    row = contact(tmp_path, "N;ENCODING=QUOTED-PRINTABLE:A=3BB;C=5C;D", version="2.1")
    assert (row["last_name"], row["first_name"]) == ("A;B", "C;D")


def test_a_card_of_outlook(tmp_path: Path) -> None:
    photo = base64.b64encode(b"\xff\xd8\xff" + bytes(range(100))).decode()
    text = card(
        "N;LANGUAGE=sk:Novák;Ján", "FN:Ján Novák", "ORG:Vzor\\;y;IT",
        "TEL;HOME;FAX:02/1", "EMAIL;PREF;INTERNET:jan@example.com",
        "ADR;WORK;PREF;ENCODING=QUOTED-PRINTABLE:;;Hlavn=E1 1=0D=0A2. poschodie;Ko=9Aice;;04001;SK",
        "LABEL;WORK;PREF;ENCODING=QUOTED-PRINTABLE:Hlavn=E1 1=0D=0A04001 Ko=9Aice",
        "X-MS-OL-DEFAULT-POSTAL-ADDRESS:2", "URL;WORK:http://example.com", "BDAY:19850415",
        "PHOTO;TYPE=JPEG;ENCODING=BASE64:", *[" " + photo[i : i + 50] for i in range(0, len(photo), 50)],
        "", "REV:20240101T000000Z", version="2.1",
    )  # fmt: skip
    tables = opened(tmp_path, text)
    (row,) = rows(tables["contacts"])
    assert row["organization"] == "Vzor;y" and row["department"] == "IT"
    assert row["phone_home_fax"] == "02/1"
    assert row["work_street"] == "Hlavná 1\n2. poschodie" and row["work_city"] == "Košice"
    assert row["work_formatted"] == "Hlavná 1\n04001 Košice"
    assert row["birthday"] == "1985-04-15"
    assert tables["contacts"].reading["encoding"] == "cp1250"
    (file,) = rows(tables["attachments"])
    content = base64.b64decode(photo)
    assert file["size"] == str(len(content)) and file["media_type"] == "image/jpeg"
    assert file["sha256"] == hashlib.sha256(content).hexdigest()
    assert (file["parent_table"], file["parent_key"]) == ("contacts", row["contact_id"])
    assert file["name"] == "photo.jpg"


def test_base64_that_nobody_indented(tmp_path: Path) -> None:
    text = card("FN:A", "PHOTO;ENCODING=BASE64;TYPE=PNG:iVBORw0K", "GgoAAAAN", "SUhEUg==", "", "TEL:1",
                version="2.1")  # fmt: skip
    tables = opened(tmp_path, text)
    assert rows(tables["attachments"])[0]["size"] == "16"
    assert rows(tables["contacts"])[0]["phone"] == "1"
    assert codes(tables["contacts"]) == []


def test_a_card_of_google_version_4(tmp_path: Path) -> None:
    row = contact(
        tmp_path,
        "FN:Jana Nováková",
        "KIND:individual",
        'TEL;VALUE=uri;PREF=1;TYPE="voice,cell":tel:+421-905-123-456;ext=12',
        "EMAIL;PREF=2:mailto:b@example.com",
        "EMAIL;PREF=1:a@example.com",
        "ANNIVERSARY:20100612",
        "BDAY:--0415",
        'ADR;TYPE=home;LABEL="Hlavná 1\\nKošice":;;Hlavná 1;Košice;;040 01;Slovensko',
        'NOTE;X-A="a^nb^\'c^^:d":e',
        version="4.0",
    )
    assert row["phone_mobile"] == "+421-905-123-456;ext=12"
    assert (row["email"], row["email_2"]) == ("a@example.com", "b@example.com")
    assert (row["anniversary"], row["birthday"]) == ("2010-06-12", "--04-15")
    assert row["home_formatted"] == "Hlavná 1\nKošice"
    assert row["note"] == "e"
    assert row["kind"] == "individual"


def test_carets_of_rfc_6868(tmp_path: Path) -> None:
    row = contact(tmp_path, "ADR;TYPE=work;LABEL=\"a^nb^'c^'^^\":;;x;y;;;", version="4.0")
    assert row["work_formatted"] == 'a\nb"c"^'


def test_several_of_a_kind_stand_in_child_tables_and_nothing_is_dropped(tmp_path: Path) -> None:
    text = card(
        "FN:A", *[f"EMAIL:{n}@example.com" for n in range(5)], "TEL;CELL:1", "TEL;CELL:2",
        "ADR;TYPE=work:;;a;b;;;", "ADR;TYPE=work:;;c;d;;;;extra;parts", "IMPP:xmpp:a@example.com",
        "IMPP:sip:b@example.com", "X-SOCIALPROFILE;type=linkedin:https://example.com/in/a",
        "NOTE:one", "NOTE:two", "CATEGORIES:a,b\\,c", "N:a;b;c;d;e;f;g", "AGENT:somebody",
    )  # fmt: skip
    tables = opened(tmp_path, text)
    (row,) = rows(tables["contacts"])
    assert [row["email"], row["email_2"], row["email_3"]] == [f"{n}@example.com" for n in range(3)]
    assert len(rows(tables["contact_emails"])) == 5
    assert [p["number"] for p in rows(tables["contact_phones"])] == ["1", "2"]
    addresses = rows(tables["contact_addresses"])
    assert [a["street"] for a in addresses] == ["a", "c"]
    assert addresses[1]["country"] == ";extra;parts"
    assert row["note"] == "one\n\ntwo"
    assert row["categories"] == "a;b,c"
    assert row["name_rest"] == "f;g"
    assert row["agent"] == "somebody"
    told = [(p["property"], p.get("type"), p["value"]) for p in rows(tables["contact_properties"])]
    assert told == [
        ("IMPP", None, "xmpp:a@example.com"), ("IMPP", None, "sip:b@example.com"),
        ("X-SOCIALPROFILE", "linkedin", "https://example.com/in/a"),
    ]  # fmt: skip


def test_a_broken_line_costs_that_line_and_not_its_card(tmp_path: Path) -> None:
    tables = opened(tmp_path, card("FN:A", "this is no property", "TEL:1") + card("FN:B"))
    assert [row["full_name"] for row in rows(tables["contacts"])] == ["A", "B"]
    (issue,) = tables["contacts"].issues()
    assert (issue.code, issue.severity, issue.value) == (
        "broken_line",
        "warning",
        "this is no property",
    )
    assert issue.place.endswith("contacts.vcf:4")


@pytest.mark.parametrize(
    ("text", "names", "code"),
    [
        ("BEGIN:VCARD\nFN:A\nBEGIN:VCARD\nFN:B\nEND:VCARD\n", ["A", "B"], "card_not_closed"),
        ("BEGIN:VCARD\nFN:A\nEND:VCARD\nBEGIN:VCARD\nFN:B\nTEL", ["A", "B"], "card_not_closed"),
        ("BEGIN:VCARD\nFN:A\nEND:VCARD\nFN:B\nEND:VCARD\n", ["A", "B"], "card_not_closed"),
        ("BEGIN:VCARD\nFN:A\nEND:VCARD\nhello\nBEGIN:VCARD\nFN:B\nEND:VCARD", ["A", "B"],
         "line_outside_card"),
    ],
)  # fmt: skip
def test_a_card_without_its_end_or_beginning(
    tmp_path: Path, text: str, names: list[str], code: str
) -> None:
    table = opened(tmp_path, text)["contacts"]
    assert [row["full_name"] for row in rows(table)] == names
    assert code in codes(table)
    assert table.count() == 2


def test_an_agent_is_a_contact_of_its_own(tmp_path: Path) -> None:
    text = card("FN:Boss", "AGENT:", "BEGIN:VCARD", "VERSION:2.1", "FN:Agent", "END:VCARD", "TEL:1",
                version="2.1")  # fmt: skip
    table = opened(tmp_path, text)["contacts"]
    found = {row["full_name"]: row for row in rows(table)}
    assert found["Boss"]["phone"] == "1"
    assert found["Agent"]["agent_of"] == found["Boss"]["contact_id"]
    assert table.count() == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r", "\r\r\n"])
def test_encodings_and_line_ends_of_the_file(tmp_path: Path, encoding: str, ending: str) -> None:
    path = tmp_path / "a.vcf"
    path.write_bytes(
        card("FN:Žofia Šťastná", "NOTE:a", " b").replace("\r\n", ending).encode(encoding)
    )
    (row,) = rows(vcard.read_tables(path)[0])
    assert (row["full_name"], row["note"]) == ("Žofia Šťastná", "ab")


def test_a_fold_in_the_middle_of_a_letter(tmp_path: Path) -> None:
    line = "FN:Žofia".encode()
    text = b"BEGIN:VCARD\r\nVERSION:3.0\r\n" + line[:4] + b"\r\n " + line[4:] + b"\r\nEND:VCARD\r\n"
    assert rows(opened(tmp_path, text)["contacts"])[0]["full_name"] == "Žofia"


def test_values_without_a_charset_are_read_by_their_letters(tmp_path: Path) -> None:
    cards = "".join(card(f"FN:Žofia Šťastná {n}", "NOTE:Kováčová, Košice") for n in range(3))
    tables = opened(tmp_path, cards.encode("cp1250") + card("FN:Ľubica Čapková").encode())
    names = [row["full_name"] for row in rows(tables["contacts"])]
    assert names[0] == "Žofia Šťastná 0" and names[3] == "Ľubica Čapková"
    evidence = tables["contacts"].reading["evidence"]
    assert tables["contacts"].reading["encoding"] == "cp1250" and evidence["encoding_runner_up"]
    other = opened(tmp_path, cards.encode("cp1250"), tables={"contacts": {"encoding": "cp1251"}})
    assert rows(other["contacts"])[0]["full_name"] != "Žofia Šťastná 0"


def test_a_charset_that_lies_is_told(tmp_path: Path) -> None:
    text = b"BEGIN:VCARD\nVERSION:2.1\nFN;CHARSET=UTF-8:\x8eofia \x8a\x9dastn\xe1\nN;CHARSET=klingon:A\nEND:VCARD\n"
    table = opened(tmp_path, text)["contacts"]
    assert codes(table) == ["wrong_charset", "wrong_charset"]


def test_groups_members_and_cards_without_names_are_told(tmp_path: Path) -> None:
    tables = opened(
        tmp_path,
        card("FN:Team", "X-ADDRESSBOOKSERVER-KIND:group", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:1",
             "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:2") + card("TEL:1") + card("ORG:Vzor"),
    )  # fmt: skip
    assert [row["member"] for row in rows(tables["contact_members"])] == [
        "urn:uuid:1",
        "urn:uuid:2",
    ]
    assert codes(tables["contacts"]) == ["card_without_name", "group_cards"]


def test_cards_have_ids_that_last(tmp_path: Path) -> None:
    text = card("FN:A", "UID:1") + card("FN:B", "UID:1") + card("FN:C") + card("FN:C")
    table = opened(tmp_path, text)["contacts"]
    ids = [str(row["contact_id"]) for row in rows(table)]
    assert ids[:2] == ["1", "1#2"]
    assert ids[3] == ids[2] + "#2" and ids[2].startswith("card-")
    assert "repeated_uid" in codes(table)
    shorter = opened(tmp_path, card("FN:C"))["contacts"]
    assert rows(shorter)[0]["contact_id"] == ids[2]


def test_many_files_are_read_as_one(tmp_path: Path) -> None:
    paths = []
    for number in range(3):
        paths.append(tmp_path / f"{number}.vcf")
        paths[-1].write_text(card(f"FN:{number}"))
    (table,) = vcard.read_cards(paths, str(tmp_path))
    frame = pd.concat(list(table.batches(2)))
    assert frame["file"].tolist() == ["0.vcf", "1.vcf", "2.vcf"]
    assert frame[SOURCE_ROW].tolist() == [1, 2, 3]
    assert table.count() == 3


def test_what_is_no_card_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.vcf"
    path.write_text("FN:A\n")
    with pytest.raises(SourceError, match="no line BEGIN:VCARD"):
        vcard.read_tables(path)
    path.write_text(card("FN:A"))
    with pytest.raises(UsageError, match="encoding"):
        vcard.read_tables(path, encodin="utf-8")
    with pytest.raises(UsageError, match="contacts"):
        vcard.read_tables(path, only=["contact"])
    with pytest.raises(UsageError, match="contacts"):
        vcard.read_tables(path, tables={"contact": {}})
    with pytest.raises(SourceError, match="klingon"):
        vcard.read_tables(path, encoding="klingon")


def test_nul_and_a_name_of_ours_do_no_harm(tmp_path: Path) -> None:
    table = opened(tmp_path, card("FN:A\0B", "X-FOO:1"))["contacts"]
    assert rows(table)[0]["full_name"] == "AB"
    assert codes(table) == ["nul_bytes"]


def test_our_reading_is_that_of_vobject(tmp_path: Path) -> None:
    text = APPLE + card("N:Kováč;Peter;;;", "FN:Peter Kováč", "TEL;TYPE=CELL:+421 1", "NOTE:a\\, b")
    ours = rows(opened(tmp_path, text)["contacts"])
    for row, theirs in zip(ours, vobject.readComponents(text), strict=True):
        assert row["full_name"] == theirs.fn.value
        assert row["last_name"] == theirs.n.value.family
        assert row["first_name"] == theirs.n.value.given
        assert row["note"] == theirs.note.value
        if hasattr(theirs, "adr"):
            assert row["work_street"] == theirs.adr.value.street
            assert row["work_city"] == theirs.adr.value.city


def test_a_reading_given_back_reads_the_same(tmp_path: Path) -> None:
    photo = "PHOTO;ENCODING=b;TYPE=PNG:iVBORw0KGgo="
    first = opened(tmp_path, (APPLE + card("FN:Šťastný", photo)).encode("cp1250"))
    again = opened(tmp_path, (tmp_path / "contacts.vcf").read_bytes(),
                   tables={name: options_of(t.reading) for name, t in first.items()})  # fmt: skip
    assert first.keys() == again.keys()
    for name, table in first.items():
        assert table.columns == again[name].columns
        assert rows(table) == rows(again[name])


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_no_bytes_raise_anything_but_our_errors(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    raw = APPLE.encode() + card("N;ENCODING=QUOTED-PRINTABLE:=C5=\r\n=A0", version="2.1").encode()
    cut = data.draw(st.integers(0, len(raw)))
    junk = data.draw(st.sampled_from([b"", b"\0", b"\xff\xfe", b"=", b'"', b";:", b"\r", b"BEGIN:VCARD\n",
                                      b"END:VCARD\n", b"AGENT:\nBEGIN:VCARD\n"]))  # fmt: skip
    raw = raw[:cut] + junk + raw[data.draw(st.integers(0, len(raw))) :]
    path = tmp_path_factory.mktemp("fuzz") / "a.vcf"
    path.write_bytes(raw)
    try:
        tables = vcard.read_tables(path)
        for table in tables:
            assert len(pd.concat(list(table.batches(2)))) == table.count()
    except MigrateError:
        pass
