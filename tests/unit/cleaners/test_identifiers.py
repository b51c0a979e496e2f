"""Tax and company numbers and bank accounts: written in one form, their check digits verified."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("text", "country", "value", "kind", "owner"),
    [
        ("IČO: 316 01 243", "SK", "31601243", "ico", "SK"),
        ("SK2020273893", "", "SK2020273893", "vat", "SK"),
        ("IČ DPH: SK 2020 273 893", "", "SK2020273893", "vat", "SK"),
        ("CZ25123891", "", "CZ25123891", "vat", "CZ"),
        ("25123891", "Česko", "25123891", "ico", "CZ"),
        ("NIP 526-10-40-828", "", "5261040828", "nip", "PL"),
        ("PL 526 104 08 28", "", "PL5261040828", "vat", "PL"),
        ("ИНН 7707083893", "", "7707083893", "inn", "RU"),
        ("USt-IdNr.: DE136695976", "", "DE136695976", "vat", "DE"),
        ("181/815/08155", "DE", "18181508155", "steuernummer", "DE"),
        ("FR 40 303 265 045", "", "FR40303265045", "vat", "FR"),
        ("303 265 045", "France", "303265045", "siren", "FR"),
        ("732 829 320 00074", "FR", "73282932000074", "siret", "FR"),
        ("P.IVA 00743110157", "", "00743110157", "vat", "IT"),
        ("EL 094259216", "", "EL094259216", "vat", "GR"),
        ("ΑΦΜ: 094259216", "", "094259216", "vat", "GR"),
        ("ATU13585627", "", "ATU13585627", "vat", "AT"),
        ("CHE-100.155.212", "", "CHE100155212", "vat", "CH"),
        ("GB 980 7806 84", "", "GB980780684", "vat", "GB"),
        ("B-58378431", "ES", "B58378431", "nif", "ES"),
        ("12892312-1-41", "HU", "12892312-1-41", "adoszam", "HU"),
        ("91-1144442", "USA", "911144442", "ein", "US"),
    ],
)
def test_numbers_of_many_countries_are_verified(clean, text, country, value, kind, owner):
    found = clean("tax_id", text, {"country": country})
    assert (found["value"], found["kind"], found["country"]) == (value, kind, owner)
    beside = clean("tax_id", text, {}, country=country)
    assert beside["value"] == value


@pytest.mark.parametrize(
    ("text", "country", "rule"),
    [
        ("31601244", "SK", "check_digit_wrong"),
        ("SK2020273894", "", "check_digit_wrong"),
        ("DE136695978", "", "check_digit_wrong"),
        ("5261040829", "PL", "check_digit_wrong"),
        ("12", "SK", "not_a_tax_id"),
        ("neuvedené", "SK", "not_a_tax_id"),
        ("Ján Novák", "", "not_a_tax_id"),
    ],
)
def test_numbers_whose_check_digits_are_wrong_are_refused(clean, text, country, rule):
    found = clean("tax_id", text, {"country": country})
    assert (found["value"], found["status"], found["rule"]) == (text, "unreadable", rule)


def test_a_number_of_an_unknown_country_is_only_written_without_blanks(clean):
    assert clean("tax_id", "123 456 78")["value"] == "12345678"
    assert clean("tax_id", "00123456", {"country": "SK"})["status"] == "unreadable"
    assert clean("tax_id", "151742", {"country": "SK"}) == {
        "value": "00151742", "status": "changed", "rule": "zeros_restored", "kind": "ico",
        "country": "SK",
    }  # fmt: skip


def test_the_country_of_a_column_is_the_one_whose_check_digits_fit(decide):
    assert decide("tax_id", ["5261040828", "7740001454", "5213017228"])["country"] == "PL"
    assert decide("tax_id", ["12345678", "87654321", "11111111"])["country"] == ""
    assert decide("tax_id", ["5261040828"], region="SK")["country"] == "SK"


@pytest.mark.parametrize(
    ("text", "country", "value", "iban"),
    [
        ("SK31 1200 0000 1987 4263 7541", "", "SK3112000000198742637541", "SK3112000000198742637541"),
        ("IBAN: DE89 3704 0044 0532 0130 00", "", "DE89370400440532013000", "DE89370400440532013000"),
        ("gb82 west 1234 5698 7654 32", "", "GB82WEST12345698765432", "GB82WEST12345698765432"),
        ("19-2000145399/0800", "CZ", "19-2000145399/0800", "CZ6508000000192000145399"),
        ("2000145399 / 0800", "", "2000145399/0800", ""),
        ("61 1090 1014 0000 0712 1981 2874", "PL", "61109010140000071219812874",
         "PL61109010140000071219812874"),
        ("123-456-789", "US", "123456789", ""),
    ],
)  # fmt: skip
def test_accounts_are_verified(clean, text, country, value, iban):
    found = clean("bank_account", text, {"country": country})
    assert (found["value"], found.get("iban", "")) == (value, iban)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("SK32 1200 0000 1987 4263 7541", "check_digit_wrong"),
        ("19-2000145398/0800", "check_digit_wrong"),
        ("4111 1111 1111 1111", "payment_card_number"),
        ("hotovosť", "not_a_bank_account"),
        ("12", "not_a_bank_account"),
    ],
)
def test_what_is_no_right_account_is_refused(clean, text, rule):
    found = clean("bank_account", text)
    assert (found["value"], found["status"], found["rule"]) == (text, "unreadable", rule)


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("en", "en"), ("EN_us", "en-US"), ("English", "en"), ("anglicky", "en"), ("angličtina", "en"),
        ("Deutsch", "de"), ("немецкий", "de"), ("GER", "de"), ("deu", "de"), ("slo", "sk"),
        ("Slovenčina", "sk"), ("slovenský jazyk", "sk"), ("CZ", "cs"), ("čeština", "cs"),
        ("русский", "ru"), ("中文", "zh"), ("繁體中文", "zh-Hant"), ("zh_Hant_TW", "zh-Hant-TW"),
        ("sk_SK.UTF-8", "sk-SK"), ("Español", "es"), ("français", "fr"), ("UA", "uk"), ("uk", "uk"),
        ("ελληνικά", "el"), ("magyar", "hu"), ("Brazilian Portuguese", ""), ("pt-BR", "pt-BR"),
    ],
)  # fmt: skip
def test_languages_become_tags(clean, text, tag):
    found = clean("language", text)
    assert found["value"] == (tag or text)
    assert found["status"] == ("same" if tag == text else "changed" if tag else "unreadable")


def test_the_first_of_several_languages_is_kept(clean):
    found = clean("language", "English, German / sk")
    assert (found["value"], found["others"]) == ("en", "de; sk")
    assert clean("language", "English, ???")["status"] == "unreadable"
    assert clean("language", "x", {"aliases": {"X": "tlh"}})["value"] == "tlh"
