from __future__ import annotations

import base64
import uuid
from io import BytesIO
from pathlib import Path

import ldif as peer
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.errors import MigrateError, SourceError, UsageError
from migrate.extractors import ldif, open_source
from migrate.extractors._readings import options_of
from migrate.values import SOURCE_ROW, Table


def b64(content: str | bytes) -> str:
    raw = content.encode("utf-8") if isinstance(content, str) else content
    return base64.b64encode(raw).decode("ascii")


# Thunderbird's address book: no version, values beyond ASCII as base64, lists as groupOfNames.
THUNDERBIRD = f"""\
dn:: {b64("cn=Ján Novák,mail=jan@example.com")}
objectclass: top
objectclass: person
objectclass: organizationalPerson
objectclass: inetOrgPerson
objectclass: mozillaAbPersonAlpha
givenName:: {b64("Ján")}
sn:: {b64("Novák")}
cn:: {b64("Ján Novák")}
mail: jan@example.com
mozillaSecondEmail: novak@example.org
modifytimestamp: 0Z
telephoneNumber: +421 2 5555 0000
mobile: +421 905 123 456
mozillaWorkStreet2: 2. poschodie
birthyear: 1985
birthmonth: 04

dn: cn=Team
objectclass: top
objectclass: groupOfNames
cn: Team
member:: {b64("cn=Ján Novák,mail=jan@example.com")}
member: cn=Eva
member: cn=Peter
member: cn=Jana
"""


def opened(tmp_path: Path, text: str | bytes, **options: object) -> dict[str, Table]:
    path = tmp_path / "people.ldif"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return {table.name: table for table in open_source(path, **options)}


def rows(table: Table) -> list[dict[str, object]]:
    frame = pd.concat(list(table.batches()), ignore_index=True)
    return [
        {k: v for k, v in row.items() if k != SOURCE_ROW and v == v}
        for row in frame.to_dict("records")
    ]


def codes(table: Table) -> list[str]:
    list(table.batches())
    return [issue.code for issue in table.issues()]


def person(*lines: str, dn: str = "cn=a") -> str:
    return "\n".join([f"dn: {dn}", "objectClass: person", *lines, "", ""])


def test_thunderbird_s_people_and_lists_are_tables(tmp_path: Path) -> None:
    tables = opened(tmp_path, THUNDERBIRD)
    assert list(tables) == ["persons", "groups", "groups_member"]
    (row,) = rows(tables["persons"])
    assert row["dn"] == "cn=Ján Novák,mail=jan@example.com"
    assert (row["givenName"], row["sn"], row["mobile"]) == ("Ján", "Novák", "+421 905 123 456")
    assert (
        row["objectclass"] == "top;person;organizationalPerson;inetOrgPerson;mozillaAbPersonAlpha"
    )
    assert (row["mail"], row["mozillaSecondEmail"]) == ("jan@example.com", "novak@example.org")
    (group,) = rows(tables["groups"])
    assert group["member"] == "cn=Ján Novák,mail=jan@example.com"
    members = rows(tables["groups_member"])
    assert [m["member"] for m in members][1:] == ["cn=Eva", "cn=Peter", "cn=Jana"]
    key = tables["groups_member"].foreign_keys[0]
    assert (key.columns, key.target_table, key.target_columns) == (("dn",), "groups", ("dn",))
    assert tables["persons"].key == ("dn",)
    assert [table.count() for table in tables.values()] == [1, 1, 4]
    assert codes(tables["persons"]) == []


def test_an_export_of_active_directory(tmp_path: Path) -> None:
    guid = uuid.UUID("12345678-9abc-def0-1234-56789abcdef0")
    sid = bytes([1, 5, 0, 0, 0, 0, 0, 5]) + b"".join(
        number.to_bytes(4, "little") for number in (21, 1, 2, 3, 500)
    )
    photo = b"\xff\xd8\xff" + b"x" * 20
    text = f"""version: 1
dn: CN=Nováková Jana,OU=Predaj,DC=example,DC=com
changetype: add
objectClass: top
objectClass: person
objectClass: organizationalPerson
objectClass: user
objectGUID:: {b64(guid.bytes_le)}
objectSid:: {b64(sid)}
thumbnailPhoto:: {b64(photo)}
otherTelephone: 1
otherTelephone: 2
otherTelephone: 3
msExchBlob:: {b64(bytes([0, 1, 2]))}
whenCreated: 20190301100500.0Z

dn: CN=PC1
objectClass: person
objectClass: user
objectClass: computer
cn: PC1

dn: OU=Predaj,DC=example,DC=com
changetype: add
objectClass: organizationalUnit
ou: Predaj

dn: CN=All
changetype: add
objectClass: group
member;range=0-1: CN=a
member;range=0-1: CN=b

dn: CN=Old
changetype: delete

dn: CN=Old2
changetype: modify
replace: mail
mail: x@example.com
-
"""
    tables = opened(tmp_path, text)
    assert set(tables) == {"persons", "computers", "organizational_units", "groups", "attachments"}
    (row,) = rows(tables["persons"])
    assert row["objectGUID"] == str(guid)
    assert row["objectSid"] == "S-1-5-21-1-2-3-500"
    assert [row["otherTelephone"], row["otherTelephone_2"], row["otherTelephone_3"]] == [
        "1",
        "2",
        "3",
    ]
    assert row["msExchBlob"] == r"\x000102"
    assert "thumbnailPhoto" not in row and "changetype" not in row
    (file,) = rows(tables["attachments"])
    assert (file["name"], file["parent_table"], file["size"]) == (
        "thumbnailphoto.jpg",
        "persons",
        "23",
    )
    issues = {i.code: i for i in tables["persons"].issues()}
    assert set(issues) == {"row_not_placed", "binary_value", "values_in_ranges"}
    assert issues["row_not_placed"].severity == "error"
    assert "replace: mail" in issues["row_not_placed"].value
    assert tables["persons"].count() == 1 + 2


def test_lines_are_joined_as_bytes_before_they_are_read(tmp_path: Path) -> None:
    raw = "dn: cn=a\nobjectClass: person\ncn: Žofia Šťastná\n".encode()
    cut = raw.index("Š".encode()) + 1
    text = raw[:cut] + b"\n " + raw[cut:] + b"# a comment\n  that goes on\ndescription: a\n  b\n"
    (row,) = rows(opened(tmp_path, text)["persons"])
    assert (row["cn"], row["description"]) == ("Žofia Šťastná", "a b")


def test_a_url_is_kept_and_never_fetched(tmp_path: Path) -> None:
    table = opened(tmp_path, person("jpegPhoto:< file:///etc/hostname"))["persons"]
    assert rows(table)[0]["jpegPhoto"] == "file:///etc/hostname"
    assert codes(table) == ["url_not_fetched"]


def test_options_of_language_are_columns_of_their_own(tmp_path: Path) -> None:
    text = person("cn: Vienna", "cn;lang-sk:: " + b64("Viedeň"), "photo;binary:: " + b64(b"GIF89a"))
    tables = opened(tmp_path, text)
    (row,) = rows(tables["persons"])
    assert (row["cn"], row["cn;lang-sk"]) == ("Vienna", "Viedeň")
    assert rows(tables["attachments"])[0]["media_type"] == "image/gif"


def test_broken_lines_are_told_with_their_text(tmp_path: Path) -> None:
    text = "dn: cn=a\nobjectClass: person\nthis is nothing\ncn:: !!!\ncn: b\n\nmail: nobody@example.com\n"
    table = opened(tmp_path, text)["persons"]
    (row,) = rows(table)
    assert (row["cn"], row["cn_2"]) == ("!!!", "b")
    found = {i.code: i for i in table.issues()}
    assert set(found) == {"broken_line", "row_not_placed", "damaged_base64"}
    assert found["broken_line"].value == "this is nothing"
    assert found["row_not_placed"].value == "mail: nobody@example.com"
    assert table.count() == 2


def test_a_dn_without_a_blank_line_above_begins_an_entry(tmp_path: Path) -> None:
    table = opened(tmp_path, "dn: cn=a\nobjectClass: person\ndn: cn=a\nobjectClass: person\n")[
        "persons"
    ]
    assert len(rows(table)) == table.count() == 2
    assert table.key == ()
    assert codes(table) == ["repeated_dn"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r", "\r\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_line_ends_and_encodings(tmp_path: Path, ending: str, encoding: str) -> None:
    text = ("version: 1\n\n" + person("cn: Žofia") + person("cn: b", dn="cn=b")).replace(
        "\n", ending
    )
    path = tmp_path / "a.ldif"
    path.write_bytes(text.encode(encoding))
    (table,) = ldif.read_tables(path)
    assert [row["cn"] for row in rows(table)] == ["Žofia", "b"]
    assert table.count() == 2


def test_raw_letters_of_an_old_code_page(tmp_path: Path) -> None:
    text = "".join(
        person(f"cn: Žofia Šťastná, Ľubica Kováčová, Košice {n}", dn=f"cn={n}") for n in range(3)
    )
    table = opened(tmp_path, text.encode("cp1250"))["persons"]
    assert rows(table)[2]["cn"] == "Žofia Šťastná, Ľubica Kováčová, Košice 2"
    assert table.reading["encoding"] == "cp1250"


def test_what_holds_no_entry_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.ldif"
    path.write_text("dn: cn=a\nchangetype: delete\n")
    with pytest.raises(SourceError, match="only change records"):
        ldif.read_tables(path)
    path.write_text("")
    with pytest.raises(SourceError, match="no entry"):
        ldif.read_tables(path)
    path.write_text(person())
    with pytest.raises(UsageError, match="encoding"):
        ldif.read_tables(path, encodings="x")


def test_our_reading_is_that_of_the_library(tmp_path: Path) -> None:
    tables = opened(tmp_path, "version: 1\n\n" + THUNDERBIRD)
    ours = {row["dn"]: row for name in ("persons", "groups") for row in rows(tables[name])}
    theirs = dict(peer.LDIFParser(BytesIO(THUNDERBIRD.encode())).parse())
    assert ours.keys() == theirs.keys()
    for dn, attributes in theirs.items():
        for name, values in attributes.items():
            if name.lower() != "objectclass":
                assert ours[dn][name] == values[0]
            else:
                assert ours[dn]["objectclass"] == ";".join(values)


def test_a_reading_given_back_reads_the_same(tmp_path: Path) -> None:
    text = THUNDERBIRD + "\n" + person("jpegPhoto:: " + b64(b"\x89PNG"), "sn: Šťastný")
    first = opened(tmp_path, text.encode("cp1250"))
    again = opened(tmp_path, text.encode("cp1250"),
                   tables={n: options_of(t.reading) for n, t in first.items()})  # fmt: skip
    for name, table in first.items():
        assert rows(table) == rows(again[name]) and table.columns == again[name].columns


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_no_bytes_raise_anything_but_our_errors(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    raw = THUNDERBIRD.encode()
    cut, again = data.draw(st.integers(0, len(raw))), data.draw(st.integers(0, len(raw)))
    junk = data.draw(st.sampled_from([b"", b"\0", b"\xff\xfe", b"\n\n", b"dn: x\n", b"#", b"version: 1\n",
                                      b"changetype: add\n", b"::", b"\n "]))  # fmt: skip
    path = tmp_path_factory.mktemp("fuzz") / "a.ldif"
    path.write_bytes(raw[:cut] + junk + raw[again:])
    try:
        tables = ldif.read_tables(path)
    except MigrateError:
        return
    for table in tables:
        frames = list(table.batches(2))
        lost = sum(issue.code == "row_not_placed" for issue in table.issues())
        assert sum(map(len, frames)) + lost == table.count()
