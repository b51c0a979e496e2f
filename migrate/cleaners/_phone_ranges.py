"""Is this plainly written number in a range that its country gives out?

The library answers that for any text, in a tenth of a millisecond; of a million rows most are
written plainly, and for those the answer follows from a few of its tables. Where anything is
unusual (shared country codes, leading zeros that count, local numbers) there is no answer here,
and the library is asked.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    PhoneMetadata,
    country_code_for_region,
)

_PLAIN = re.compile(r"\+?[0-9][0-9 ()/.-]*")
_LONGEST = 40
_SIGNS = str.maketrans("", "", "+ ()/.-")
_TYPES = (
    "premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan",
    "voicemail", "fixed_line", "mobile",
)  # fmt: skip


class _Plan(NamedTuple):
    """A country that has its country code to itself: what its valid numbers look like."""

    code: str
    trunk: str  # dialled before a number within the country
    trunk_pattern: re.Pattern[str] | None
    abroad_pattern: re.Pattern[str] | None
    valid: dict[int, re.Pattern[str]]  # by number of digits
    general: re.Pattern[str]


def plain_number(typed: str, region: str) -> str:
    """The number as E.164, where it is certainly a valid one; empty where the library must be asked.

    >>> plain_number("0904 123 456", "SK"), plain_number("+420602123456", "")
    ('+421904123456', '+420602123456')
    >>> plain_number("0904 12", "SK"), plain_number("+1 212 555 0123", "US")
    ('', '')
    """
    if len(typed) > _LONGEST or not _PLAIN.fullmatch(typed):
        return ""
    return plain_digits(typed.translate(_SIGNS), region, has_plus=typed[0] == "+")


def plain_digits(digits: str, region: str, *, has_plus: bool) -> str:
    """Like :func:`plain_number`, of the digits alone; ``has_plus``: the country's code comes first."""
    if has_plus:
        plan = _plan_of_code(digits[:3]) or _plan_of_code(digits[:2]) or _plan_of_code(digits[:1])
        return _valid(digits[len(plan.code) :], plan) if plan else ""
    plan = _plan_of_region(region) if region else None
    if plan is None or digits.startswith(plan.code):
        return ""
    if plan.abroad_pattern and plan.abroad_pattern.match(digits):
        return ""
    return _valid(digits.removeprefix(plan.trunk), plan)


def _valid(number: str, plan: _Plan) -> str:
    pattern = plan.valid.get(len(number))
    if pattern is None or number[0] == "0" or not pattern.fullmatch(number):
        return ""
    if plan.trunk_pattern and plan.trunk_pattern.match(number):
        return ""
    return f"+{plan.code}{number}" if plan.general.fullmatch(number) else ""


@cache
def _plan_of_code(code: str) -> _Plan | None:
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code), ()) if code.isdigit() else ()
    return _plan_of_region(regions[0]) if len(regions) == 1 and code[0] != "0" else None


@cache
def _plan_of_region(region: str) -> _Plan | None:
    country_code = country_code_for_region(region)
    metadata = PhoneMetadata.metadata_for_region(region, None)
    regions = COUNTRY_CODE_TO_REGION_CODE.get(country_code, ())
    general = metadata.general_desc if metadata else None
    if metadata is None or general is None or tuple(regions) != (region,):
        return None
    trunk = metadata.national_prefix_for_parsing or ""
    if metadata.national_prefix_transform_rule or not general.national_number_pattern:
        return None
    lengths = set(general.possible_length) - set(general.possible_length_local_only)
    patterns: dict[int, list[str]] = {}
    for name in _TYPES:
        kind = getattr(metadata, name)
        if kind is None or not kind.national_number_pattern:
            continue
        if name == "mobile" and metadata.same_mobile_and_fixed_line_pattern:
            continue
        for length in lengths.intersection(kind.possible_length or lengths):
            patterns.setdefault(length, []).append(f"(?:{kind.national_number_pattern})")
    return _Plan(
        code=str(country_code),
        # a prefix that is a pattern (a carrier's code may be in it) is for the library
        trunk=trunk if trunk.isdigit() else "",
        trunk_pattern=re.compile(trunk) if trunk else None,
        abroad_pattern=re.compile(metadata.international_prefix)
        if metadata.international_prefix
        else None,
        valid={length: re.compile("|".join(found)) for length, found in patterns.items()},
        general=re.compile(general.national_number_pattern),
    )
