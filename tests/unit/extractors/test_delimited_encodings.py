from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from migrate.errors import SourceError
from migrate.extractors import open_source
from migrate.extractors._delimited.encodings import find_encoding
from migrate.values import Table

SLOVAK = "Žofia Šťastná, Ľubica Kováčová, Košice"
RUSSIAN = "Иванов Пётр, Смирнова Анна, Казань"
GREEK = "Γιώργος Παπαδόπουλος, Θεσσαλονίκη, Ελένη"


def opened(path: Path, data: bytes, **options: object) -> tuple[Table, pd.DataFrame]:
    path.write_bytes(data)
    (table,) = open_source(path, **options)
    return table, pd.concat(list(table.batches()), ignore_index=True)


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("cp1250", SLOVAK), ("iso-8859-2", SLOVAK), ("cp852", SLOVAK), ("mac-latin2", SLOVAK),
        ("cp1252", "Hélène Lefèvre, François Bézier"), ("iso-8859-1", "Hélène Lefèvre, François"),
        ("iso-8859-15", "José Muñoz, Málaga"), ("cp850", "Jürgen Müller, Größe, Köln"),
        ("cp437", "José Muñoz, Málaga, año"), ("cp1251", RUSSIAN), ("koi8-r", RUSSIAN),
        ("cp866", RUSSIAN), ("iso-8859-5", RUSSIAN), ("koi8-u", "Їжакевич Ігор, Київ, вулиця"),
        ("cp1253", GREEK), ("iso-8859-7", GREEK), ("cp737", GREEK),
        ("gb18030", "王小明, 北京市朝阳区, 上海贸易有限公司"), ("gbk", "王小明, 北京市朝阳区"),
        ("big5", "王小明, 臺北市信義區, 國際貿易公司"), ("cp932", "山田太郎, 東京都千代田区"),
        ("cp949", "김철수, 서울특별시, 주식회사"),
        ("utf-8", SLOVAK), ("utf-8-sig", SLOVAK), ("utf-16", SLOVAK), ("utf-32", SLOVAK),
        ("utf-16-le", SLOVAK), ("utf-16-be", RUSSIAN), ("utf-32-le", SLOVAK), ("utf-32-be", GREEK),
    ],
)  # fmt: skip
def test_every_encoding_is_found_and_read(tmp_path: Path, encoding: str, name: str) -> None:
    text = "id;meno\r\n" + "".join(f"{row};{name}\r\n" for row in range(1, 4))
    table, frame = opened(tmp_path / "a.csv", text.encode(encoding))
    assert frame["meno"].tolist() == [name] * 3
    assert table.count() == 3
    assert table.reading["evidence"]["encoding"]


FAR = [
    ("cp1254", ["Ayşe Yılmaz, İstanbul", "Mehmet Öztürk, Şişli", "Çağrı Güneş, Beşiktaş"]),
    ("iso-8859-9", ["AYŞE YILMAZ", "MEHMET ÖZTÜRK, ŞİŞLİ", "ÇAĞRI GÜNEŞ"]),
    ("cp1257", ["Jonas Kazlauskas, Šiauliai", "Rūta Žukauskienė", "Eglė Petrauskaitė, Kėdainiai"]),
    ("cp1257", ["Jānis Bērziņš, Rīga", "Līga Kalniņa, Jūrmala", "Pēteris Ozoliņš, Liepāja"]),
    ("cp1257", ["Jüri Õunapuu, Pärnu", "Ülle Põld, Tähe tänav", "Žanna Šmidt, Jõhvi"]),
    ("cp1255", ["משה כהן, תל אביב", "יעל לוי, ירושלים", "דוד מזרחי, שדרות בן גוריון"]),
    ("cp1256", ["محمد أحمد, القاهرة", "فاطمة علي, شارع الملك فهد", "شركة التجارة الدولية"]),
    ("cp1256", ["محمد رضايي, تهران", "شرکت بازرگاني پارس", "زهرا گلچين, اصفهان"]),
    ("cp874", ["สมชาย ใจดี, กรุงเทพมหานคร", "ถนนสุขุมวิท แขวงคลองเตย", "บริษัท การค้าไทย จำกัด"]),
    ("euc_jp", ["山田太郎, 東京都千代田区", "カブシキガイシャ, ひらがな", "佐藤花子, 大阪市北区"]),
    ("euc_kr", ["김철수, 서울특별시", "주식회사 한국", "이영희, 부산광역시"]),
]  # fmt: skip
NEAR = [
    ("cp1250", ["Žofia Šťastná", "Ľubica Kováčová, Košice", "Ďuriš Ondrej, Námestie"]),
    ("cp1250", ["Zdeněk Němec", "Vít", "Dědic"]), ("cp1250", ["Constanţa", "Galaţi"]),
    ("cp1250", ["Đorđe Šimić", "Čačak"]), ("cp1252", ["Jürgen Müller", "Özdemir, Köln", "Jäger"]),
    ("cp1252", ["Müller", "Özdemir", "Köln"]), ("cp1252", ["François", "Benoît", "Château"]),
    ("cp1252", ["Noël", "Père", "Citroën"]), ("cp1252", ["Sørensen", "Kjær", "Ærø"]),
    ("cp1252", ["João Simões", "Gonçalves"]), ("cp1252", ["Nicolò", "Città", "perché"]),
    ("koi8-r", ["иванов", "смирнова анна", "казань, улица ленина"]),
    ("cp1251", ["ИВАНОВ ПЕТР", "СМИРНОВА АННА", "КАЗАНЬ, УЛИЦА ЛЕНИНА"]),
    ("cp1253", ["γιώργος", "θεσσαλονίκη, οδός ερμού"]),
    ("gb18030", ["王小明, 北京市朝阳区", "上海贸易有限公司", "李伟, 广州市天河区"]),
    ("big5", ["王小明, 臺北市信義區", "國際貿易公司", "陳美玲, 高雄市"]),
]  # fmt: skip


@pytest.mark.parametrize("rows", [3, 200])
@pytest.mark.parametrize(("encoding", "names"), FAR + NEAR)
def test_texts_of_many_languages_are_read_right_and_none_takes_another_for_its_own(
    tmp_path: Path, encoding: str, names: list[str], rows: int
) -> None:
    wanted = [names[row % len(names)] for row in range(rows)]
    text = "id;name\r\n" + "".join(f"{row};{name}\r\n" for row, name in enumerate(wanted))
    table, frame = opened(tmp_path / "a.csv", text.encode(encoding))
    assert frame["name"].tolist() == wanted
    assert not [issue for issue in table.issues() if issue.severity == "error"]


def test_japanese_without_kana_is_told_from_korean_and_chinese(tmp_path: Path) -> None:
    names = ["山田太郎, 東京都千代田区", "株式会社田中商店", "佐藤花子, 大阪市北区"] * 67
    text = "id;name\n" + "".join(f"{row};{name}\n" for row, name in enumerate(names))
    assert opened(tmp_path / "a.csv", text.encode("euc_jp"))[1]["name"].tolist() == names


@pytest.mark.parametrize("rows", [3, 200])
def test_what_fits_no_language_is_doubtful_and_what_fits_one_is_not(
    tmp_path: Path, rows: int
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"id;name\n" + b"1;x\xa4\xa7\xb6x\xff\xf7q\n" * rows)
    found = find_encoding(path)
    assert found.is_doubtful and not found.is_sure
    path.write_bytes(("id;name\n" + f"1;{SLOVAK}\n" * rows).encode("cp1250"))
    assert not find_encoding(path).is_doubtful


def test_a_tie_names_what_came_second_and_reads_the_same(tmp_path: Path) -> None:
    table, _ = opened(tmp_path / "a.csv", "id;Name\n1;Jürgen Müller\n".encode("cp1252"))
    assert "same text" in table.reading["evidence"]["encoding_runner_up"]
    assert not table.issues()


def test_a_language_named_decides_between_pages(tmp_path: Path) -> None:
    data = "id;Name\n1;Bézier\n".encode("cp1252")
    (tmp_path / "a.csv").write_bytes(data)
    for languages, page in ((["fr"], "cp1252"), (["hu", "sk"], "cp1250")):
        assert find_encoding(tmp_path / "a.csv", languages=languages).name == page


def test_lines_in_another_encoding_are_read_line_by_line_and_listed(tmp_path: Path) -> None:
    lines = [f"{row};{SLOVAK}\n".encode() for row in range(1, 20)]
    lines[4] = f"5;{SLOVAK}\n".encode("cp1250")
    table, frame = opened(tmp_path / "a.csv", b"id;meno\n" + b"".join(lines))
    assert frame["meno"].tolist() == [SLOVAK] * 19
    assert table.reading["encoding"] == "utf-8"
    assert table.reading["fallback_encoding"] == "cp1250"
    (issue,) = table.issues()
    assert (issue.code, issue.severity) == ("mixed_encodings", "warning")
    assert f"line 6 (byte {len('id;meno') + 1 + sum(map(len, lines[:4]))})" in issue.message


def test_a_few_lines_of_utf_8_in_an_old_file_are_read_as_such(tmp_path: Path) -> None:
    lines = [f"{row};{SLOVAK}\n".encode("cp1250") for row in range(1, 60)]
    lines[10] = f"11;{SLOVAK}\n".encode()
    table, frame = opened(tmp_path / "a.csv", b"id;meno\n" + b"".join(lines))
    assert frame["meno"].tolist() == [SLOVAK] * 59
    assert "line 12 " in table.issues()[0].message


def test_bytes_that_no_page_knows_stay_visible_with_their_place(tmp_path: Path) -> None:
    data = "id;meno\n1;Žofia\n".encode() + b"2;\x81\x81x\n"
    table, frame = opened(tmp_path / "a.csv", data, encoding="utf-8")
    assert frame["meno"].tolist() == ["Žofia", "\\x81\\x81x"]
    (issue,) = table.issues()
    assert (issue.code, issue.severity) == ("undecodable_bytes", "error")
    assert "line 3 (byte 17)" in issue.message


def test_marks_and_control_characters_are_taken_out_and_counted(tmp_path: Path) -> None:
    data = "\ufeffid;note\n1;a\0b\n\ufeff2;c\u2028d\n\x1a".encode()
    table, frame = opened(tmp_path / "a.csv", data)
    assert frame["id"].tolist() == ["1", "2"]
    assert frame["note"].tolist() == ["ab", "c\u2028d"]
    assert {i.code for i in table.issues()} == {
        "nul_bytes", "byte_order_marks", "end_of_file_marks",
    }  # fmt: skip
    assert table.count() == 2


@pytest.mark.parametrize("encoding", ["cp99999", "base64", "rot13"])
def test_what_is_no_encoding_of_text_is_refused(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(SourceError, match="encoding"):
        opened(tmp_path / "a.csv", b"a;b\n1;2\n", encoding=encoding)


def test_a_stray_nul_makes_no_wide_text(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b,c\n\0,2,3")
    (table,) = open_source(path)
    assert table.column_names == ("a", "b", "c") and table.count() == 1


@pytest.mark.parametrize(
    "text",
    ["don’t call", "“quoted” he said", "2019 – 2020", "a – b", "5°C", "N° 5", "Acme® Inc",
     "© 2004", "£ 500", "€500", "10 µm", "½ day", "12 m²", "tel… and Acme™ don’t"],
)  # fmt: skip
def test_signs_alone_are_those_of_windows(tmp_path: Path, text: str) -> None:
    _, frame = opened(tmp_path / "a.csv", f"id,note,x\n1,{text},a\n2,plain,b\n".encode("cp1252"))
    assert frame["note"].tolist() == [text, "plain"]


@pytest.mark.parametrize(
    ("text", "page"), [("Malmö", "cp850"), ("Köln", "cp852"), ("Žilina", "cp852"), ("citt\u00e0", "cp850")]
)  # fmt: skip
def test_a_letter_alone_is_no_sign(tmp_path: Path, text: str, page: str) -> None:
    _, frame = opened(tmp_path / "a.csv", f"id,city\n1,{text}\n2,Oslo\n".encode(page))
    assert frame["city"].tolist() == [text, "Oslo"]
