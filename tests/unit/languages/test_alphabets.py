from __future__ import annotations

import pytest

from migrate.languages.alphabets import PAGE_LANGUAGES, TWO_BYTE_PAGES, page_score

TEXTS = {
    "sk": "Žofia Šťastná, Ľubica Kováčová, Košice", "cs": "Jiří Dvořák, Ústí nad Labem",
    "pl": "Łukasz Wiśniewski, Gdańsk, Żółć", "hu": "Őrsi Jenő, Székesfehérvár",
    "de": "Jürgen Müller, Größe, Straße, Köln", "fr": "Hélène Lefèvre, François Bézier",
    "es": "José Muñoz, Málaga, Iñigo", "it": "Nicolò Città, perché",
    "ru": "Иванов Пётр, Смирнова Анна, Казань", "uk": "Їжакевич Ігор, Київ, вулиця",
    "el": "Γιώργος Παπαδόπουλος, Θεσσαλονίκη", "zh": "王小明;北京市朝阳区;上海贸易有限公司",
    "ja": "山田太郎;東京都千代田区;カブシキガイシャ", "ko": "김철수;서울특별시;주식회사",
    "tr": "Ayşe Yılmaz, İstanbul, Şişli", "lt": "Rūta Žukauskienė, Panevėžys, Šiauliai",
    "lv": "Jānis Bērziņš, Līga Kalniņa, Rīga", "et": "Ülle Põld, Võru, Žanna Šmidt",
    "he": "משה כהן, תל אביב, ירושלים, רחוב הרצל", "ar": "محمد أحمد, القاهرة, شارع الملك فهد",
    "fa": "محمد رضايي, شرکت بازرگاني پارس", "th": "สมชาย ใจดี, กรุงเทพมหานคร, ถนนสุขุมวิท",
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "right", "wrong"),
    [
        ("sk", "cp1250", "cp1252"), ("sk", "iso-8859-2", "cp1250"), ("sk", "cp852", "cp1250"),
        ("pl", "cp852", "cp1250"), ("hu", "cp1250", "cp1252"), ("de", "cp850", "cp1252"),
        ("fr", "cp1252", "cp1250"), ("es", "cp437", "cp1252"), ("it", "mac-roman", "cp1252"),
        ("ru", "cp1251", "koi8-r"), ("ru", "koi8-r", "cp1251"), ("ru", "cp866", "cp1251"),
        ("ru", "iso-8859-5", "cp1251"), ("uk", "koi8-u", "cp1251"), ("el", "cp737", "cp1253"),
        ("zh", "gb18030", "cp1251"), ("ja", "cp932", "cp1252"), ("ko", "cp949", "gb18030"),
        ("tr", "cp1254", "cp852"), ("tr", "iso-8859-9", "cp1250"), ("he", "cp1255", "koi8-r"),
        ("lt", "cp1257", "cp1252"), ("lv", "cp1257", "cp1252"), ("et", "cp1257", "cp1252"),
        ("ar", "cp1256", "koi8-r"), ("fa", "cp1256", "cp1251"), ("th", "cp874", "koi8-u"),
        ("ja", "euc_jp", "gb18030"), ("ko", "cp949", "euc_jp"), ("zh", "gb18030", "euc_jp"),
        ("sk", "cp1250", "cp1254"), ("sk", "cp1250", "cp1257"), ("de", "cp1252", "cp1254"),
        ("fr", "cp1252", "cp1257"), ("ru", "cp1251", "cp1255"), ("ru", "koi8-r", "cp1256"),
    ],
)  # fmt: skip
def test_a_text_looks_like_its_language_in_the_right_page_only(
    language: str, right: str, wrong: str
) -> None:
    sample = TEXTS[language].encode(right)
    assert page_score(sample, right) > max(0.25, page_score(sample, wrong) + 0.05)


def test_a_language_named_leaves_out_the_others() -> None:
    sample = TEXTS["ru"].encode("cp1251")
    assert page_score(sample, "cp1251", ["ru"]) > 0.5 > page_score(sample, "cp1251", ["sk"])


@pytest.mark.parametrize("page", [*PAGE_LANGUAGES, *TWO_BYTE_PAGES])
def test_every_page_scores_any_bytes(page: str) -> None:
    assert page_score(b"", page) == page_score(b"plain; text", page) == 0.0
    assert -4.0 <= page_score(bytes(range(256)) * 3, page) <= 1.0
