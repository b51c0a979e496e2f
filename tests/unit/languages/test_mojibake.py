"""Text that was once read in the wrong encoding: found by a column's majority, and undone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.languages.mojibake import Repair, find_repair, repaired

TEXTS = {
    "sk": [
        "Kováčová",
        "Žilina",
        "Ďuriš Ľubomír",
        "Štefánikova",
        "Bratislava",
        "Čerešňová",
        "Košice",
    ],
    "pl": ["Łódź", "Wałęsa", "Żółć", "Gdańsk", "Kraków"],
    "hu": ["Szőke Győző", "Kovács", "Nagykőrösi út", "Fűtő"],
    "fr": ["Système", "Gérard", "Français", "Hôtel de la Gare", "à côté"],
    "de": ["Müller", "Größe", "Jäger", "Österreich", "Übung"],
    "ru": ["Привет", "Иванов Иван", "Ромашка", "Екатеринбург"],
    "el": ["Παπαδόπουλος", "Γιώργος", "Αθήνα", "Θεσσαλονίκη"],
    "zh": ["中国", "北京市", "王小明", "上海贸易有限公司"],
    "zh_Hant": ["中國", "臺北市", "王小明", "貿易公司"],
    "ja": ["東京都", "株式会社サンプル", "やまだ"],
}
RIGHT_TEXTS = {
    **TEXTS,
    "western": ["Ñandú", "São Paulo", "Åse", "Øystein", "Gérard", "Müller", "Kováčová"],
    "is": ["Þórður", "Guðrún", "Jóhannsdóttir"],
    "tr": ["Şahin", "Öztürk", "Çelik", "Yıldız", "İstanbul"],
    "vi": ["Nguyễn Văn", "Trần Thị"],
    "et": ["Võru", "Põlva", "Jõgeva", "Tõnu Õunapuu"],
    "pt": ["São Paulo", "João", "Conceição", "SÃO JOSÉ", "JOÃO", "Irmã"],
    "capitals": ["SYSTÈME", "CÔTÉ", "ÉCOLE"],
    "signs": ["©2020", "°C", "½", "5 €", "– x –", "m²", "„ab“"],
    "he": ["שלום", "עולם"],
    "ascii": ["Bratislava", "Praha"],
    "nothing": [],
}


def misread(text: str, right: str, wrong: str) -> str:
    """What a reader with the wrong page makes of the text; open bytes become control characters."""
    letters = (bytes([byte]).decode(wrong, "replace") for byte in text.encode(right))
    return "".join(
        chr(byte) if letter == "\ufffd" else letter
        for letter, byte in zip(letters, text.encode(right), strict=True)
    )


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("wrong", ["cp1252", "latin-1", "cp1250", "cp1251", "cp437", "cp852"])
def test_utf8_read_in_any_page_is_undone(language, wrong):
    damaged = [misread(text, "utf-8", wrong) for text in TEXTS[language]]
    found = find_repair(damaged)
    assert found is not None and found.right == "utf-8"
    assert [repaired(text, found) for text in damaged] == TEXTS[language]


@pytest.mark.parametrize(
    ("language", "right", "wrong"),
    [
        ("sk", "cp1250", "cp1252"), ("sk", "cp1250", "latin-1"), ("sk", "iso-8859-2", "latin-1"),
        ("sk", "cp852", "cp1252"), ("sk", "cp852", "cp1250"), ("sk", "cp1250", "cp1251"),
        ("pl", "cp1250", "cp1252"), ("hu", "cp1250", "cp1252"), ("ru", "cp1251", "latin-1"),
        ("ru", "cp1251", "cp1250"), ("ru", "koi8-r", "cp1252"), ("ru", "cp866", "cp1252"),
        ("el", "cp1253", "latin-1"), ("zh", "gb18030", "latin-1"), ("zh", "gb18030", "cp1252"),
        ("zh_Hant", "big5", "cp1252"), ("ja", "cp932", "latin-1"),
    ],
)  # fmt: skip
def test_one_page_read_in_another_is_undone(language, right, wrong):
    damaged = [misread(text, right, wrong) for text in TEXTS[language]]
    found = find_repair(damaged)
    assert found is not None
    assert [repaired(text, found) for text in damaged] == TEXTS[language]


@pytest.mark.parametrize("times", [2, 3])
def test_text_that_was_misread_several_times_is_undone(times):
    damaged = TEXTS["sk"]
    for _ in range(times):
        damaged = [misread(text, "utf-8", "latin-1") for text in damaged]
    found = find_repair(damaged)
    assert found is not None and found.times == times
    assert [repaired(text, found) for text in damaged] == TEXTS["sk"]


@pytest.mark.parametrize("language", RIGHT_TEXTS)
def test_right_text_of_any_language_is_left_alone(language):
    assert find_repair(RIGHT_TEXTS[language]) is None


def test_a_single_odd_value_decides_nothing():
    assert find_repair(["Å½ilina"]) is None
    assert find_repair(["Å½ilina", "Å½ilina"]) is None
    assert find_repair([*TEXTS["sk"], "Å½ilina"]) is None
    assert find_repair(["Kováèová", *TEXTS["sk"]]) is None


def test_right_values_among_damaged_ones_stay():
    damaged = [misread(text, "utf-8", "cp1252") for text in TEXTS["sk"]]
    found = find_repair([*damaged, "Praha", "Łódź", "Žilina"])
    assert found is not None
    assert [repaired(text, found) for text in ("Praha", "Łódź", "Žilina")] == [
        "Praha", "Łódź", "Žilina",
    ]  # fmt: skip


def test_what_cannot_be_brought_back_stays():
    repair = Repair("cp1252", "utf-8", 1.0)
    assert repaired("Kov\ufffd\ufffd", repair) == "Kov\ufffd\ufffd"
    assert repaired("Kov??ov?", repair) == "Kov??ov?"


def test_a_letter_that_a_short_column_cut_keeps_its_half():
    assert repaired("KovÃ¡Ä\x8dovÃ", Repair("cp1252", "utf-8", 1.0)) == "KováčovÃ"


def test_the_blank_that_was_a_byte_is_found_again():
    assert repaired("voilÃ dÃ©jÃ vu", Repair("cp1252", "utf-8", 1.0)) == "voilà déjà vu"


@given(values=st.lists(st.text(max_size=12), max_size=8))
def test_no_text_makes_it_fail(values):
    found = find_repair(values)
    repair = found or Repair("cp1252", "utf-8", 1.0)
    for value in values:
        assert isinstance(repaired(value, repair), str)
