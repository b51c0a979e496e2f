"""Values out of closed lists: booleans, countries, picklists, postcodes; and web addresses."""

from __future__ import annotations

import pytest

TRUE = "1 -1 1.0 A Áno áno Ano ANO yes Y TRUE t да ja J oui sí si tak x X はい 예 نعم हाँ có"
FALSE = "0 N n Nie NIE Ne no FALSE f нет nein non Όχι いいえ 아니오 لا नहीं không"


@pytest.mark.parametrize(
    ("text", "value"),
    [(text, "true") for text in TRUE.split()] + [(text, "false") for text in FALSE.split()],
)
def test_yes_and_no_in_many_languages(clean, text, value):
    assert clean("boolean", text)["value"] == value


@pytest.mark.parametrize(
    "text", ["maybe", "2", "S", "O", "B", "?", "yes/no", "ano nie", "-", "true!"]
)
def test_nothing_is_read_as_true_unless_sure(clean, text):
    assert clean("boolean", text) == {
        "value": text, "status": "unreadable", "rule": "not_a_boolean",
    }  # fmt: skip


def test_a_letter_among_other_letters_is_a_grade(clean, decide):
    decision = decide("boolean", ["A", "B", "C"])
    assert clean("boolean", "A", decision) == {
        "value": "A", "status": "unreadable", "rule": "unsure_boolean",
    }  # fmt: skip
    assert clean("boolean", "A", decide("boolean", ["A", "N"]))["value"] == "true"
    assert clean("boolean", "S", decide("boolean", ["S", "N"]))["value"] == "true"


def test_further_spellings_come_from_the_mapping_and_a_contradiction_is_refused(clean, decide):
    decision = decide("boolean", [], options={"true": ["aktívny"], "false": "neaktívny"})
    assert clean("boolean", "Aktívny", decision)["value"] == "true"
    assert clean("boolean", "NEAKTÍVNY", decision)["value"] == "false"
    both = {"true": ["q"], "false": ["q"]}
    assert clean("boolean", "q", both)["status"] == "unreadable"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Slovensko", "SK"), ("Slovenská republika", "SK"), ("Slovak Rep.", "SK"), ("SVK", "SK"),
        ("sk", "SK"), ("SLOVAKIA", "SK"), ("Česko", "CZ"), ("ČR", "CZ"), ("Czech Republic", "CZ"),
        ("UK", "GB"), ("Great Britain", "GB"), ("USA", "US"), ("U.S.A.", "US"), ("Holland", "NL"),
        ("Ελλάδα", "GR"), ("中国", "CN"), ("Россия", "RU"), ("Russia", "RU"), ("Nemecko", "DE"),
        ("Deutschland", "DE"), ("Rakúsko", "AT"), ("Allemagne", "DE"), ("CR", "CR"), ("SR", "SR"),
    ],
)  # fmt: skip
def test_countries_are_found_by_any_common_name(clean, text, code):
    assert clean("country", text)["value"] == code


@pytest.mark.parametrize("text", ["Narnia", "XX", "EU", "Kongo", "123", "=A1"])
def test_an_unknown_or_unsure_country_is_unreadable(clean, text):
    assert clean("country", text) == {
        "value": text, "status": "unreadable", "rule": "unknown_country",
    }  # fmt: skip


def test_sr_is_slovakia_only_in_a_slovak_or_czech_column(clean, decide):
    for told in ({"locale": "sk_SK"}, {"region": "CZ"}):
        assert clean("country", "SR", decide("country", ["SR"], **told))["value"] == "SK"
    assert clean("country", "SR", decide("country", ["SR", "ČR"]))["value"] == "SK"
    assert clean("country", "SR", decide("country", ["SR", "NL"]))["value"] == "SR"


@pytest.mark.parametrize(
    ("text", "country", "value", "rule"),
    [
        ("81101", "Slovensko", "811 01", "postcode_format"),
        ("81101.0", "SK", "811 01", "postcode_format"),
        ("SK-81101", "SK", "811 01", "postcode_format"),
        ("4001", "SK", "040 01", "zeros_restored"),
        ("11000", "ČR", "110 00", "postcode_format"),
        ("1100", "CZ", "1100", "postcode_not_of_country"),
        ("00950", "PL", "00-950", "postcode_format"),
        ("D-01067", "Germany", "01067", "postcode_format"),
        ("1067", "DE", "01067", "zeros_restored"),
        ("sw1a1aa", "UK", "SW1A 1AA", "postcode_format"),
        ("1012 ab", "NL", "1012 AB", "postcode_format"),
        ("501", "USA", "00501", "zeros_restored"),
        ("123456789", "US", "12345-6789", "postcode_format"),
        ("811011", "SK", "811011", "postcode_not_of_country"),
        ("d02 x285", "IE", "D02 X285", "postcode_format"),
        ("ab 12", "", "AB 12", "postcode_format"),
    ],
)
def test_postcodes_are_written_as_their_country_does(clean, text, country, value, rule):
    found = clean("postcode", text, country=country)
    assert (found["value"], found["rule"]) == (value, rule)


def test_a_postcode_without_a_country_keeps_what_it_is(clean):
    assert clean("postcode", "4001") == {"value": "4001", "status": "same"}
    assert clean("postcode", "4001", {"country": "SK"})["value"] == "040 01"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Zákazník", {"value": "Customer", "status": "changed", "rule": "mapped"}),
        (" ZÁKAZNÍK ", {"value": "Customer", "status": "changed", "rule": "mapped"}),
        ("Za\u0301kazni\u0301k", {"value": "Customer", "status": "changed", "rule": "mapped"}),
        ("a", {"value": "small", "status": "changed", "rule": "mapped"}),
        ("A", {"value": "big", "status": "changed", "rule": "mapped"}),
        ("1", {"value": "one", "status": "changed", "rule": "mapped"}),
        ("Customer", {"value": "Customer", "status": "same"}),
        ("-", {"status": "changed", "rule": "mapped_to_nothing"}),
        ("Zakaznik", {"value": "Zakaznik", "status": "unreadable", "rule": "unmapped_value"}),
    ],
)  # fmt: skip
def test_picklist_values_are_translated_by_the_mapping_alone(clean, decide, text, found):
    values = {"Zákazník": "Customer", "A": "big", "a": "small", 1: "one", "-": None}
    decision = decide("picklist", [], options={"values": values})
    assert clean("picklist", text, decision) == found


@pytest.mark.parametrize(
    ("text", "value", "rule"),
    [
        ("firma.sk", "https://firma.sk", "scheme_added"),
        ("WWW.Firma.sk/O-nás", "https://www.firma.sk/O-nás", "scheme_added"),
        ("HTTP://Firma.SK/Path?Q#F", "http://firma.sk/Path?Q#F", "host_lowercased"),
        (" https://firma.sk ", "https://firma.sk", "whitespace"),
        ("www.firma.sk/a b", "www.firma.sk/a b", "spaces_in_url"),
        ("jan@firma.sk", "jan@firma.sk", "not_a_web_address"),
        ("javascript:alert(1)", "javascript:alert(1)", "not_a_web_address"),
        ("http://", "http://", "not_a_web_address"),
        ("n/a", "n/a", "not_a_web_address"),
    ],
)
def test_web_addresses_get_a_scheme_and_a_lower_case_host(clean, text, value, rule):
    found = clean("url", text)
    assert (found["value"], found["rule"]) == (value, rule)
