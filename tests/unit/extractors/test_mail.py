from __future__ import annotations

import email.policy
import hashlib
import mailbox
from email.message import EmailMessage
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.errors import MigrateError, SourceError, UsageError
from migrate.extractors import mail, open_source
from migrate.extractors._readings import options_of
from migrate.values import SOURCE_ROW, Table

HEAD = (
    b"From: =?utf-8?B?Tm92w6FrLCBKw6Fu?= <jan@example.com>\n"
    b'To: "Kov\xc3\xa1\xc4\x8d, Peter" <peter@example.com>,\n\teva@example.com (Eva)\n'
    b"Cc: undisclosed-recipients:;\n"
    b"Subject: =?windows-1250?Q?=8Eiados=9D_o?=\n =?windows-1250?Q?_ponuku?=\n"
    b"Date: Fri, 1 Mar 2019 10:05:00 +0100 (CET)\n"
    b"Message-ID: <1@example.com>\nIn-Reply-To: <0@example.com>\n"
    b"References: <a@example.com>\n <0@example.com>\nMIME-Version: 1.0\n"
)
PLAIN = HEAD + b"Content-Type: text/plain; charset=utf-8\n\nDobr\xc3\xbd de\xc5\x88\n"


def opened(tmp_path: Path, content: bytes, **options: object) -> dict[str, Table]:
    path = tmp_path / "box.mbox"
    path.write_bytes(content)
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


def message(**more: object) -> EmailMessage:
    made = EmailMessage(policy=email.policy.SMTP)
    made["From"], made["To"] = "jan@example.com", "eva@example.com"
    made["Subject"], made["Date"] = "Ponuka", "Fri, 1 Mar 2019 10:05:00 +0100"
    made["Message-ID"] = "<m@example.com>"
    made.set_content(str(more.get("text", "Dobrý deň")))
    return made


def test_a_saved_message_is_an_activity(tmp_path: Path) -> None:
    tables = opened(tmp_path, PLAIN)
    (row,) = rows(tables["activities"])
    assert row == {
        "activity_id": "1@example.com", "file": "box.mbox", "message_id": "1@example.com",
        "in_reply_to": "0@example.com", "references": "a@example.com 0@example.com",
        "date": "2019-03-01T10:05:00+01:00", "date_raw": "Fri, 1 Mar 2019 10:05:00 +0100 (CET)",
        "direction": "unknown", "from": "Novák, Ján <jan@example.com>", "from_name": "Novák, Ján",
        "from_address": "jan@example.com",
        "to": "Kováč, Peter <peter@example.com>; Eva <eva@example.com>",
        "subject": "Žiadosť o ponuku", "body": "Dobrý deň", "is_html": "false", "attachments": "0",
    }  # fmt: skip
    people = [(p["role"], p.get("name"), p["address"]) for p in rows(tables["participants"])]
    assert people == [
        ("from", "Novák, Ján", "jan@example.com"), ("to", "Kováč, Peter", "peter@example.com"),
        ("to", "Eva", "eva@example.com"),
    ]  # fmt: skip
    assert rows(tables["attachments"]) == []
    assert codes(tables["activities"]) == []
    key = tables["participants"].foreign_keys[0]
    assert (key.columns, key.target_table) == (("activity_id",), "activities")


def test_a_mailbox_that_python_wrote_is_read_as_python_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "box.mbox"
    box = mailbox.mbox(path)
    for number in range(20):
        made = message(text=f"From now on {number}\n\nFrom here at 10:00\nTo: nobody\n>From x\n")
        del made["Message-ID"]
        made["Message-ID"] = f"<{number}@example.com>"
        box.add(mailbox.mboxMessage(made))
    box.close()
    table = open_source(path)[0]
    ours = rows(table)
    assert table.count() == len(ours) == 20
    assert str(ours[7]["body"]).splitlines()[0] == "From now on 7"
    assert [r["message_id"] for r in ours] == [f"{n}@example.com" for n in range(20)]


def test_separators_are_told_from_text(tmp_path: Path) -> None:
    content = (
        b"From jan@example.com Fri Mar  1 10:05:00 2019\n" + PLAIN +
        b"\nFrom now on we meet at 10:00\nand go.\n\nFrom 2019\n\n>From me\n>>From you\n\n"
        b"From - Sat Mar  2 10:05:00 2019\r\n" + PLAIN.replace(b"1@", b"2@").replace(b"\n", b"\r\n") +
        b"\r\nFrom 1630@xxx Sun Mar 03 10:00:00 +0000 2019\nSubject: Gmail\nX-Gmail-Labels: Sent,Work\n"
        b"X-GM-THRID: 77\n\nbody\n"
    )  # fmt: skip
    table = opened(tmp_path, content)["activities"]
    found = rows(table)
    assert len(found) == table.count() == 3
    assert str(found[0]["body"]).endswith(
        "From now on we meet at 10:00\nand go.\n\nFrom 2019\n\nFrom me\n>From you"
    )
    assert (found[2]["labels"], found[2]["thread"]) == ("Sent,Work", "77")
    assert found[2]["received_at"] == "2019-03-03T10:00:00+00:00"
    assert [frame[SOURCE_ROW].tolist() for frame in table.batches()] == [[1, 26, 43]]


def test_escapes_stay_where_the_option_says_so(tmp_path: Path) -> None:
    content = b"From a@example.com Fri Mar  1 10:05:00 2019\nSubject: x\nDate: x\n\n>From me\n"
    assert rows(opened(tmp_path, content)["activities"])[0]["body"] == "From me"
    kept = opened(tmp_path, content, unescape_from=False)["activities"]
    assert rows(kept)[0]["body"] == ">From me"


def test_a_content_length_protects_what_looks_like_a_message(tmp_path: Path) -> None:
    body = b"text\n\nFrom a@example.com Fri Mar  1 10:05:00 2019\nSubject: quoted\n\nend\n"
    content = (
        b"From a@example.com Fri Mar  1 10:05:00 2019\nSubject: one\n"
        b"Content-Length: " + str(len(body)).encode() + b"\n\n" + body +
        b"\nFrom b@example.com Fri Mar  1 10:05:00 2019\nSubject: two\nContent-Length: 99999\n\nx\n"
        b"\nFrom b@example.com Fri Mar  1 10:05:00 2019\nSubject: three\n\ny\n"
    )  # fmt: skip
    table = opened(tmp_path, content)["activities"]
    assert [row["subject"] for row in rows(table)] == ["one", "two", "three"]
    assert table.count() == 3


def test_attachments_are_listed_with_their_hash(tmp_path: Path) -> None:
    made = message()
    made.add_alternative("<p>Dobrý deň</p>", subtype="html")
    made.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="zmluva č. 1.pdf")
    made.add_attachment(b"MZ", maintype="application", subtype="octet-stream", filename="a.exe")
    made.add_attachment(b"", maintype="image", subtype="png", filename="logo.png")
    inner = message(text="inside")
    made.add_attachment(inner)
    tables = opened(tmp_path, made.as_bytes())
    (row,) = rows(tables["activities"])
    assert (row["body"], row["is_html"], row["attachments"]) == ("Dobrý deň", "false", "4")
    files = rows(tables["attachments"])
    assert [f["name"] for f in files] == ["zmluva č. 1.pdf", "a.exe", "logo.png", "Ponuka.eml"]
    assert files[0]["sha256"] == hashlib.sha256(b"%PDF").hexdigest()
    assert [f.get("problem", "") for f in files] == ["", "blocked", "empty", ""]
    assert {f["parent_key"] for f in files} == {"m@example.com"}
    assert str(files[0]["place"]).endswith("box.mbox#1/1")


def test_html_alone_becomes_text(tmp_path: Path) -> None:
    html = "<html><head><title>x</title><style>p{}</style></head><body><p>Dobrý&nbsp;deň,</p><p>Ján<br>Novák</p><script>1</script><table><tr><td>a</td><td>b</td></tr></table>"
    content = (
        PLAIN.partition(b"Content-Type")[0]
        + b"Content-Type: text/html; charset=utf-8\n\n"
        + html.encode()
    )
    (row,) = rows(opened(tmp_path, content)["activities"])
    assert (row["body"], row["is_html"]) == ("Dobrý deň,\n\nJán\nNovák\n\na b", "true")


@pytest.mark.parametrize(
    ("charset", "written"),
    [("utf-8", "cp1250"), ("us-ascii", "cp1250"), ("klingon", "cp1250"), ("", "cp1250"),
     ("iso-8859-1", "cp1252"), ("idna", "utf-8"), ("undefined", "utf-8")],
)  # fmt: skip
def test_charsets_that_lie(tmp_path: Path, charset: str, written: str) -> None:
    text = "Vážený pán Žiška, ďakujeme za Vašu odpoveď, tešíme sa na stretnutie v Košiciach."
    if written == "cp1252":
        text = "„Müller“ – 5 €"
    content = (
        PLAIN.partition(b"Content-Type")[0]
        + f"Content-Type: text/plain{'; charset=' + charset if charset else ''}\n".encode()
        + b"Content-Transfer-Encoding: 8bit\n\n"
        + text.encode(written)
    )
    table = opened(tmp_path, content)["activities"]
    assert rows(table)[0]["body"] == text
    assert ("wrong_charset" in codes(table)) == (charset not in ("", "iso-8859-1"))


def test_headers_in_raw_8_bit_letters(tmp_path: Path) -> None:
    content = "Subject: Žiadosť o ponuku služieb, ďakujem\nFrom: Ján Šťastný <jan@example.com>\nDate: x\n\n".encode(
        "cp1250"
    )
    (row,) = rows(opened(tmp_path, content)["activities"])
    assert row["subject"] == "Žiadosť o ponuku služieb, ďakujem"
    assert row["from_name"] == "Ján Šťastný"


def test_dates_that_are_missing_or_mean_nothing(tmp_path: Path) -> None:
    separator = b"From a@example.com Fri Mar  1 10:05:00 2019\n"
    content = b"\n".join(
        separator + header + b"Subject: x\nMessage-ID: <%d@example.com>\n\nx\n" % number
        for number, header in enumerate(
            [b"", b"Date: yesterday\n", b"Date: Fri, 1 Mar 2019 10:05:00\n",
             b"Date: Fri, 1 Mar 2019 10:05:00 -0000\n", b"Date: Fri, 99 Mar 2019 99:05:00 +9999\n",
             b"Received: by x; Sat, 2 Mar 2019 10:00:00 GMT\n"]
        )
    )  # fmt: skip
    table = opened(tmp_path, content)["activities"]
    found = rows(table)
    assert [row.get("date", "") for row in found] == [
        "", "", "2019-03-01T10:05:00", "2019-03-01T10:05:00+00:00", "", "",
    ]  # fmt: skip
    assert found[5]["received_at"] == "2019-03-02T10:00:00+00:00"
    assert found[0]["received_at"] == "2019-03-01T10:05:00"
    assert codes(table) == ["date_missing", "date_unreadable", "date_without_zone"]


def test_doubles_have_keys_of_their_own(tmp_path: Path) -> None:
    separator = b"From a@example.com Fri Mar  1 10:05:00 2019\n"
    table = opened(
        tmp_path, (separator + PLAIN + b"\n") * 2 + separator + b"Date: x\nSubject: y\n\n"
    )
    found = rows(table["activities"])
    assert [row["activity_id"] for row in found][:2] == ["1@example.com", "1@example.com#2"]
    assert str(found[2]["activity_id"]).startswith("mail-")
    assert {"duplicate_message", "message_id_missing"} <= set(codes(table["activities"]))


def test_tnef_and_encrypted_messages_are_told(tmp_path: Path) -> None:
    made = message()
    made.add_attachment(b"\x78\x9f\x3e\x22", maintype="application", subtype="ms-tnef",
                        filename="winmail.dat")  # fmt: skip
    made.add_attachment(b"x", maintype="application", subtype="pkcs7-mime", filename="smime.p7m")
    tables = opened(tmp_path, made.as_bytes())
    assert set(codes(tables["activities"])) == {"tnef_attachment", "message_encrypted"}
    assert [f["name"] for f in rows(tables["attachments"])] == ["winmail.dat", "smime.p7m"]


def test_a_multipart_that_never_ends_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    content = HEAD + (
        b'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\nhello\n'
        b"--b\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\nJVBERg"
    )
    tables = opened(tmp_path, content)
    assert rows(tables["activities"])[0]["body"] == "hello"
    assert rows(tables["attachments"])[0]["size"] == "4"
    assert codes(tables["activities"]) == ["message_damaged"]


def test_parts_nested_thousands_deep_do_no_harm(tmp_path: Path) -> None:
    content = HEAD + b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(3000)
    )
    table = opened(tmp_path, content)["activities"]
    assert len(rows(table)) == 1
    assert codes(table) == ["message_damaged"]


def test_the_customer_s_domains_tell_the_direction(tmp_path: Path) -> None:
    assert (
        rows(opened(tmp_path, PLAIN, own_domains=["Example.com"])["activities"])[0]["direction"]
        == "outgoing"
    )
    assert (
        rows(opened(tmp_path, PLAIN, own_domains=["other.example"])["activities"])[0]["direction"]
        == "incoming"
    )


def test_many_files_are_one_mailbox(tmp_path: Path) -> None:
    (tmp_path / "1.eml").write_bytes(PLAIN)
    (tmp_path / "2.emlx").write_bytes(str(len(PLAIN)).encode() + b"\n" + PLAIN + b"<?xml plist?>")
    (tmp_path / "3.mbox").write_bytes((b"From a@x Fri Mar  1 10:05:00 2019\n" + PLAIN + b"\n") * 2)
    (tmp_path / "4.msg").write_bytes(b"\xd0\xcf\x11\xe0" + b"\0" * 600)
    (tmp_path / "5.eml").write_bytes(PLAIN.decode().encode("utf-16"))
    paths = sorted(tmp_path.iterdir())
    tables = {t.name: t for t in mail.read_messages(paths, str(tmp_path))}
    found = rows(tables["activities"])
    assert [row["file"] for row in found] == ["1.eml", "2.emlx", "3.mbox", "3.mbox", "5.eml"]
    assert {row["body"] for row in found} == {"Dobrý deň"}
    told = [i for i in tables["activities"].issues() if i.code == "row_not_placed"]
    assert len(told) == 1 and "readpst" in told[0].hint
    assert tables["activities"].count() == len(found) + len(told)
    with pytest.raises(SourceError, match="Outlook"):
        list(mail.read_tables(tmp_path / "4.msg")[0].batches())


def test_options_are_checked(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="own_domains"):
        opened(tmp_path, PLAIN, own_domain=["x"])
    with pytest.raises(UsageError, match="activities"):
        opened(tmp_path, PLAIN, only=["activity"])


def test_a_reading_given_back_reads_the_same(tmp_path: Path) -> None:
    first = opened(tmp_path, PLAIN, own_domains=["example.com"], max_attachment_bytes=10)
    again = opened(tmp_path, PLAIN, tables={n: options_of(t.reading) for n, t in first.items()})
    for name, table in first.items():
        assert rows(table) == rows(again[name]) and table.columns == again[name].columns
        assert table.reading == again[name].reading


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_no_bytes_raise_anything_but_our_errors(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    made = message()
    made.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="č.pdf")
    raw = b"From a@x Fri Mar  1 10:05:00 2019\n" + made.as_bytes() + b"\nFrom b@x 2019\n" + PLAIN
    cut, again = data.draw(st.integers(0, len(raw))), data.draw(st.integers(0, len(raw)))
    junk = data.draw(st.sampled_from([b"", b"\0", b"\xff", b"\n\n", b"=?x?b?", b"Content-Length: 3\n",
                                      b'Content-Type: multipart/mixed; boundary=""\n', b"--"]))  # fmt: skip
    path = tmp_path_factory.mktemp("fuzz") / "a.mbox"
    path.write_bytes(raw[:cut] + junk + raw[again:])
    try:
        for table in mail.read_tables(path):
            assert len(pd.concat(list(table.batches(2)))) == table.count()
    except MigrateError:
        pass
