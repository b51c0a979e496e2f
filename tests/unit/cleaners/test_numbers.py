"""Amounts: the decimal sign is decided by the column, and no digit is lost in silence."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("text", "value", "rule"),
    [
        ("1 234,50", "1234.5", "number_format"),
        ("1.234,50", "1234.5", "number_format"),
        ("1,234.50", "1234.5", "number_format"),
        ("1\xa0234,50", "1234.5", "number_format"),
        ("1\u202f234,50", "1234.5", "number_format"),
        ("1'234.50", "1234.5", "number_format"),
        ("1’234.50", "1234.5", "number_format"),
        ("1.234.567", "1234567", "number_format"),
        ("(123)", "-123", "number_format"),
        ("123-", "-123", "number_format"),
        ("−5", "-5", "number_format"),
        ("1 200,-", "1200", "number_format"),
        ("12,50", "12.5", "number_format"),
        ("1.50", "1.5", "number_format"),
        ("-0", "0", "number_format"),
        ("-0,00", "0", "number_format"),
        ("+5", "5", "number_format"),
        ("1.5E+3", "1500", "exponent_expanded"),
        ("1234.5600000000001", "1234.56", "float_noise"),
        ("0.30000000000000004", "0.3", "float_noise"),
        ("-(5)", "-(5)", "not_a_number"),
        ("1.234", "1.234", "ambiguous_number"),
        ("1,234", "1,234", "ambiguous_number"),
        ("€ 1.234", "€ 1.234", "ambiguous_number"),
        ("1.234.5", "1.234.5", "not_a_number"),
        ("5 pcs", "5 pcs", "not_a_number"),
        ("5-10", "5-10", "not_a_number"),
        ("15 %", "15 %", "not_a_number"),
        ("1e999", "1e999", "not_a_number"),
        ("=A1", "=A1", "not_a_number"),
        ("5 all", "5 all", "not_a_number"),
    ],
)
def test_amounts_are_read_without_any_decision(clean, text, value, rule):
    found = clean("decimal", text)
    assert (found["value"], found["rule"]) == (value, rule)
    assert found["status"] == ("unreadable" if rule[:3] in {"not", "amb"} else "changed")


@pytest.mark.parametrize(
    "text", ["0", "-5", "1234.5", "0.125", "1234567890123456.78", "12345678901234567890",
             "0.123456789012345", "123456789012.123456"],
)  # fmt: skip
def test_canonical_and_long_numbers_keep_every_digit(clean, text):
    assert clean("decimal", text) == {"value": text, "status": "same"}


def test_a_long_negative_number_keeps_every_digit(clean):
    number = "1234567890" * 4
    assert clean("decimal", f"({number})")["value"] == f"-{number}"


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("€ 12,50", "12.5", "EUR"),
        ("12,50 Kč", "12.5", "CZK"),
        ("CZK 5", "5", "CZK"),
        ("99 zł", "99", "PLN"),
        ("$1,995.50", "1995.5", "$"),
        ("-5 EUR", "-5", "EUR"),
        ("1 200,- Kč", "1200", "CZK"),
    ],
)
def test_the_currency_is_a_part_of_its_own(clean, text, value, currency):
    found = clean("decimal", text)
    assert (found["value"], found["currency"]) == (value, currency)


@pytest.mark.parametrize(
    ("decimal", "text", "value"),
    [
        (",", "1.234", "1234"),
        (",", "1,234", "1.234"),
        (",", "12.5", "12.5"),
        (",", "0.125", "0.125"),
        (".", "1.234", "1.234"),
        (".", "1,234", "1234"),
    ],
)
def test_the_columns_decimal_sign_settles_what_is_ambiguous(clean, decimal, text, value):
    assert clean("decimal", text, {"decimal": decimal})["value"] == value


@pytest.mark.parametrize(
    ("values", "locale", "options", "decimal", "ambiguous"),
    [
        (["1.234", "12,50"], "", {}, ",", False),
        (["1,234", "12.50"], "", {}, ".", False),
        (["1,234", "1,234,567"], "", {}, ".", False),
        (["1.234", "12,50 Kč", "12.5"], "sk_SK", {}, "", True),
        (["1.234"], "", {}, "", True),
        (["1.234"], "sk_SK", {}, ",", False),
        (["1.234"], "en_US", {}, ".", False),
        (["1.234", "12,50"], "", {"decimal": "."}, ".", False),
        (["5"], "", {}, "", False),
        (["5"], "no such locale", {}, "", False),
    ],
)
def test_option_then_evidence_then_locale_decide(
    decide, values, locale, options, decimal, ambiguous
):
    decision = decide("decimal", values, locale=locale, options=options)
    assert (decision["decimal"], decision["ambiguous"]) == (decimal, ambiguous)


def test_integers_refuse_a_fraction_and_keep_long_numbers(clean):
    assert clean("integer", "1 200")["value"] == "1200"
    assert clean("integer", "42.0")["value"] == "42"
    assert clean("integer", "12345678901234567") == {
        "value": "12345678901234567", "status": "same",
    }  # fmt: skip
    assert clean("integer", "1.5") == {"value": "1.5", "status": "unreadable", "rule": "not_whole"}


def test_percent_is_the_number_before_the_sign(clean, decide):
    assert clean("percent", "15 %")["value"] == "15"
    assert clean("percent", "0.15") == {"value": "0.15", "status": "same"}
    fraction = decide("percent", ["0.15", "0.2", "1"])
    assert fraction["scale"] == "fraction"
    assert clean("percent", "0.15", fraction) == {
        "value": "15", "status": "changed", "rule": "percent_scaled",
    }  # fmt: skip
    assert clean("percent", "15 %", fraction)["value"] == "15"
    assert decide("percent", ["0.5", "20"])["scale"] == "percent"
    assert decide("percent", ["0", "1"])["scale"] == "percent"
    assert decide("percent", ["20"], options={"scale": "fraction"})["scale"] == "fraction"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12,34,567.89", "1234567.89"), ("1,00,000", "100000"), ("٣٤", "34"), ("१२३", "123"),
        ("٣٫٥", "3.5"), ("１２３", "123"), ("1.200,-", "1200"), ("1,200.-", "1200"), ("1234.50-", "-1234.5"),
        ("(1 234,50 €)", "-1234.5"), ("1\u202f234,50", "1234.5"), ("CHF 1’000.50", "1000.5"),
    ],
)  # fmt: skip
def test_amounts_of_other_lands_are_read_without_a_decision(clean, text, value):
    assert clean("decimal", text)["value"] == value


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("₱1,234.50", "1234.5", "PHP"), ("R$ 1.234,50", "1234.5", "BRL"), ("₫1.000.000", "1000000", "VND"),
        ("12,50 lei", "12.5", "RON"), ("NT$ 100", "100", "TWD"), ("100元", "100", "元"),
    ],
)  # fmt: skip
def test_the_signs_of_many_currencies_are_known(clean, text, value, currency):
    found = clean("decimal", text)
    assert (found["value"], found["currency"]) == (value, currency)
