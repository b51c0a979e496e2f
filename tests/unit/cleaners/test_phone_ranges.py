"""The short way to a telephone number says what the library says, or nothing."""

from __future__ import annotations

import random

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat

from migrate.cleaners._phone_ranges import plain_number

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
SHAPES = ("+{c}{n}", "+{c} {n}", "0{n}", "{n}", "{c}{n}", "+{c}0{n}", "0{c}{n}", "00{c}{n}", "0{a} {b}",
          "{a}/{b}", "{a}-{b}.", "1{n}", "8{n}", "+{c} (0) {n}")  # fmt: skip


def by_the_library(typed: str, region: str) -> str:
    """What the whole library makes of it: E.164 where it is possible and valid."""
    try:
        number = phonenumbers.parse(typed, region or None)
    except phonenumbers.NumberParseException:
        return ""
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def written(region: str, chance: random.Random) -> list[str]:
    """Numbers of a region in many shapes, some right and most a digit or two beside it."""
    code = str(phonenumbers.country_code_for_region(region))
    found = []
    for kind in range(11):
        example = phonenumbers.example_number_for_type(region, kind)
        if example is None:
            continue
        number = phonenumbers.national_significant_number(example)
        for _ in range(4):
            digits = list(number)
            for _ in range(chance.randrange(3)):
                digits[chance.randrange(len(digits))] = chance.choice("0123456789")
            if chance.random() < 0.2:
                digits = digits[: -chance.randrange(1, 3)] or digits
            if chance.random() < 0.1:
                digits.append("7")
            n = "".join(digits)
            shape = chance.choice(SHAPES)
            found.append(shape.format(c=code, n=n, a=n[:3], b=n[3:]))
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_a_plain_number_is_what_the_library_reads_in_every_country(seed: int) -> None:
    chance = random.Random(seed)
    wrong = []
    for region in REGIONS:
        for typed in written(region, chance):
            for asked in (region, chance.choice(REGIONS), ""):
                short = plain_number(typed, asked)
                if short and short != by_the_library(typed, asked):
                    wrong.append((typed, asked, short, by_the_library(typed, asked)))
    assert wrong == []


@pytest.mark.parametrize(
    ("typed", "region"),
    [
        ("0904 123 456", "SK"),
        ("0904/123 456", "SK"),
        ("+421 2 5441 1234", ""),
        ("602 123 456", "CZ"),
        ("+48 501 234 567", "SK"),
        ("06 30 123 4567", "HU"),
        ("0664 1234567", "AT"),
    ],
)
def test_common_ways_to_write_a_number_take_the_short_way(typed: str, region: str) -> None:
    assert plain_number(typed, region) == by_the_library(typed, region) != ""


@pytest.mark.parametrize(
    "typed", ["", "0904 123 456 kl. 12", "0904", "tel. 0904 123 456", "+", "1" * 60]
)
def test_what_is_not_plain_is_left_to_the_library(typed: str) -> None:
    assert plain_number(typed, "SK") == ""
