"""The second reading of raw texts: what it reads, and where it says that it cannot tell."""

from __future__ import annotations

from functools import cache
from typing import Any

import pandas as pd
import pytest

from migrate.cleaners.numbers import _OPEN_SYMBOLS, _SYMBOLS, clean_decimal
from migrate.evidence.loose_values import CURRENCY_SIGNS, create_macros
from migrate.store import sets
from migrate.store.duck import connect
from migrate.store.sets import literal


@cache
def _database() -> Any:
    connection = connect(128)
    create_macros(connection)
    create_macros(connection)  # a second reconciliation on one connection finds them there
    return connection


def read(macro: str, text: str, *arguments: str) -> Any:
    listed = ", ".join(literal(part) for part in (text, *arguments))
    return sets.scalar(_database(), f"SELECT ({macro}({listed}))::VARCHAR")


@pytest.mark.parametrize(
    ("text", "sign", "number"),
    [
        ("1 234,50", ",", "1234.5"),
        ("1\u00a0234,50 €", ",", "1234.5"),
        ("1.234,50", ",", "1234.5"),
        ("1,234.50", ",", "1234.5"),  # a number of the other kind, and only that can be meant
        ("1.234", ",", "1234"),
        ("1.234", ".", "1.234"),
        ("1'234.5", ".", "1234.5"),
        ("(12.5)", ".", "-12.5"),
        ("12,5-", ",", "-12.5"),
        ("\u221212", ".", "-12"),
        ("+7", ".", "7"),
        ("1234.5600000000001", ".", "1234.56"),
        ("1e3", ".", "1000"),
        ("12 ks", ".", None),
        ("1.2.3", ".", None),
        ("-", ".", None),
        ("#N/A", ".", None),
    ],
)
def test_numbers(text: str, sign: str, number: str | None) -> None:
    found = read("loose_decimal", text, sign)
    assert (found.rstrip("0").rstrip(".") if found else found) == number


SIGNS = ["₱", "R$", "₫", "฿", "lei", "NT$", "元", "₽", "грн", "грн.", "руб.", "Kčs", "PHP", "CHF"]


def test_the_signs_are_those_that_the_cleaner_knows() -> None:
    assert {*_SYMBOLS, *_OPEN_SYMBOLS} == CURRENCY_SIGNS


@pytest.mark.parametrize(
    "text", [*(f"1 234,50 {s}" for s in SIGNS), *(f"{s} 7,5" for s in SIGNS if s[-1] != ".")]
)
def test_an_amount_is_read_with_every_sign_that_the_cleaner_knows(text: str) -> None:
    cleaned = clean_decimal(pd.Series([text]), companions=None, decision={"decimal": ","})
    found = read("loose_decimal", text, ",")
    assert found.rstrip("0") == cleaned.columns["value"][0]


@pytest.mark.parametrize("text", ["5 all", "12 ks", "Kr 5 Kr 5 pcs", "€"])
def test_what_is_no_currency_is_no_number(text: str) -> None:
    assert read("loose_decimal", text, ",") is None


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("3.4.2019", "dmy", "2019-04-03"),
        (" 3. 4. 2019 ", "", "2019-04-03"),
        ("03/04/2019", "mdy", "2019-03-04"),
        ("03/04/2019", "", None),
        ("25/04/2019", "", "2019-04-25"),
        ("04/25/2019", "any", "2019-04-25"),
        ("2019-04-03 10:11:12", "", "2019-04-03"),
        ("20190403", "", "2019-04-03"),
        ("43525", "dmy", "2019-03-01"),
        ("3.4.19", "dmy", "2019-04-03"),
        ("31.2.2019", "dmy", None),
        ("0000-00-00", "", None),
        ("1900-01-01", "", None),
        ("3. apríla 2019", "dmy", None),
        ("soon", "dmy", None),
    ],
)
def test_days(text: str, order: str, day: str | None) -> None:
    assert read("loose_date", text, order, "1900") == day


def test_the_other_start_of_the_day_count() -> None:
    assert read("loose_date", "42063", "dmy", "1904") == "2019-03-01"
    assert read("loose_date", "42063", "dmy", "no") is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2019-03-04 9:05", "2019-03-04T09:05"),
        ("4.3.2019 14:30:59", "2019-03-04T14:30"),
        ("4.3.2019", "2019-03-04T00:00"),
        ("2019-03-04T10:00:00+01:00", None),  # another hour, perhaps another day, in UTC
        ("4/3/2019 2:30 pm", None),
    ],
)
def test_moments(text: str, moment: str | None) -> None:
    assert read("loose_moment", text, "dmy", "1900") == moment


@pytest.mark.parametrize(
    ("raw", "present", "is_same"),
    [
        ("0905 123 456", "+421905123456", True),
        ("+421 (0)905/123 456", "+421905123456", True),
        ("905123456.0", "+421905123456", True),
        ("0905 123 456 kl. 12", "+421905123456", True),
        ("0905 123 456", "+42190512345", False),
        ("0905 123 456", "+421905123457", False),
    ],
)
def test_phones(raw: str, present: str, is_same: bool) -> None:
    pair = f"loose_phone({literal(raw)}), loose_phone({literal(present)})"
    assert sets.scalar(_database(), f"SELECT same_phone({pair})") is is_same


@pytest.mark.parametrize(
    ("macro", "text", "reading"),
    [
        ("loose_text", "  Príliš\u00a0 žltý\u200b ", "príliš žltý"),
        ("loose_text", " \u00a0", None),
        ("loose_words", "Ing. NOVÁK, Ján", "ing novák ján"),
        ("loose_email", "Novák <Jan@Firma.SK>; x@y.sk", "jan@firma.sk"),
        ("loose_email", "jan at firma", None),
        ("loose_code", "010 01", "1001"),
        ("loose_compact", "Kvapka s. r. o.", "kvapkas.r.o."),
        ("loose_url", "https://www.Firma.sk/", "www.firma.sk"),
    ],
)
def test_texts(macro: str, text: str, reading: str | None) -> None:
    assert read(macro, text) == reading
