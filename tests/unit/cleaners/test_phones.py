"""Telephone numbers: regions, extensions, two in a cell, and what spreadsheets do to them."""

from __future__ import annotations

import pytest

SK = {"region": "SK"}


@pytest.mark.parametrize(
    ("cell", "value", "rule", "parts"),
    [
        ("0904 123 456", "+421904123456", "phone_format", {}),
        ("02/5441 1234", "+421254411234", "phone_format", {}),
        ("+421 (0)904 123 456", "+421904123456", "phone_format", {}),
        ("00421904123456", "+421904123456", "phone_format", {}),
        ("tel: 0904 123 456", "+421904123456", "phone_format", {}),
        ("\u202a+421 904 123 456\u202c", "+421904123456", "phone_format", {}),
        ("904123456", "+421904123456", "phone_format", {}),  # the zero lost in a spreadsheet
        ("421904123456", "+421904123456", "phone_format", {}),  # and here the plus
        ("421904123456.0", "+421904123456", "number_restored", {}),
        ("4.21904123456E+11", "+421904123456", "number_restored", {}),
        ("4,21904123456E+11", "+421904123456", "number_restored", {}),
        ("02/5441 1234 kl. 12", "+421254411234", "phone_format", {"extension": "12"}),
        ("02/5441 1234 klapka 12", "+421254411234", "phone_format", {"extension": "12"}),
        ("02/5441 1234, linka 12", "+421254411234", "phone_format", {"extension": "12"}),
        ("02/5441 1234 ext. 12", "+421254411234", "phone_format", {"extension": "12"}),
        ("02/5441 1234x12", "+421254411234", "phone_format", {"extension": "12"}),
        ("02/5441 1234 loc. 12", "+421254411234", "phone_format", {"extension": "12"}),
        ("0904 123 456, 0905 123 456", "+421904123456", "first_of_list", {"others": "0905 123 456"}),
        ("0904123456/0905123456", "+421904123456", "first_of_list", {"others": "0905123456"}),
        ("0904 123 456 0905 123 456", "+421904123456", "first_of_list", {"others": "0905 123 456"}),
        ("0904 123 456 (asistentka)", "+421904123456", "number_in_text", {"others": "(asistentka)"}),
    ],
)  # fmt: skip
def test_numbers_are_read(clean, cell, value, rule, parts):
    found = clean("phone", cell, SK)
    assert found == {"value": value, "status": "changed", "rule": rule, **parts}


@pytest.mark.parametrize(
    ("cell", "region", "value", "extension"),
    [
        ("+7 495 123-45-67 доб. 5", "RU", "+74951234567", "5"),
        ("210 1234567 εσωτ. 12", "Ελλάδα", "+302101234567", "12"),
        ("06 1234 5678", "Italy", "+390612345678", None),
        ("030 123456", "Deutschland", "+4930123456", None),
        ("(212) 555-2368", "USA", "+12125552368", None),
        ("0904 123 456", "no such land", "+421904123456", None),
    ],
)
def test_the_companion_country_says_where_a_number_belongs(clean, cell, region, value, extension):
    found = clean("phone", cell, SK, region=region)
    assert (found["value"], found.get("extension")) == (value, extension)


def test_e164_is_left_alone(clean):
    assert clean("phone", "+421904123456") == {"value": "+421904123456", "status": "same"}


def test_a_possible_number_outside_the_known_ranges_is_kept_and_flagged(clean):
    assert clean("phone", "+421 999 999 999") == {
        "value": "+421999999999", "status": "suggested", "rule": "number_not_in_known_range",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "decision", "rule"),
    [
        ("6.91E+09", SK, "digits_lost"),
        ("4.21904E+11", SK, "digits_lost"),
        ("112", SK, "not_a_phone_number"),
        ("abc", SK, "not_a_phone_number"),
        ("=A1", SK, "not_a_phone_number"),
        ("1-800-FLOWERS", {"region": "US"}, "not_a_phone_number"),
        ("253-0000", {"region": "US"}, "area_code_missing"),
        ("0904 123 456", {}, "region_missing"),
    ],
)
def test_what_cannot_be_a_number_is_unreadable_and_kept(clean, cell, decision, rule):
    assert clean("phone", cell, decision) == {"value": cell, "status": "unreadable", "rule": rule}


def test_the_region_comes_from_option_then_region_then_locale(decide):
    assert decide("phone", [], options={"region": "DE"}, region="SK") == {"region": "DE"}
    assert decide("phone", [], region="Slovakia", locale="cs_CZ") == {"region": "SK"}
    assert decide("phone", [], locale="cs-CZ") == {"region": "CZ"}
    assert decide("phone", []) == {"region": ""}
