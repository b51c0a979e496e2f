"""In which forms are days and instants written, by people, programs and in other eras?"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

TIME = (
    r"(?:(?:T|,?\s+)(?P<hour>[0-9]{1,2})[:.](?P<minute>[0-9]{2})(?:[:.](?P<second>[0-9]{2})"
    r"(?P<fraction>[.,][0-9]+)?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-][0-9]{2}:?(?:[0-9]{2})?)?)?"
)
ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})" + TIME)
YEAR_FIRST = re.compile(r"([0-9]{4})[./ ]\s?([0-9]{1,2})[./ ]\s?([0-9]{1,2})\.?" + TIME)
ZONED = re.compile(r".*:[0-9]{2}.*(?:Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)")
COMPACT = re.compile(r"((?:18|19|20|21)[0-9]{2})([0-9]{2})([0-9]{2})")
PARTS = re.compile(
    r"([0-9]{1,2})\s?([./\- ])\s?([0-9]{1,2})\s?\2\s?([0-9]{4}|[0-9]{2})\.?(?![0-9])" + TIME
)
WORDS = re.compile(
    r"(?:[^\W\d_]+\.?,?\s+)?(?:(?P<day>[0-9]{1,2})(?:\.|st|nd|rd|th)?[\s\-]*(?:de\s+)?)?"
    r"(?P<month>(?:[^\W\d_]|[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]){3,}\.?)[\s\-]*(?:(?P<day_after>[0-9]{1,2})(?:st|nd|rd|th)?(?:,\s*|\s+))?"
    r"(?:de\s+|del\s+)?(?P<year>[0-9]{4}|[0-9]{2})(?:\s?(?:г|р|r)\.?)?" + TIME
)
SERIAL = re.compile(r"([2-5][0-9]{4})(?:[.,]([0-9]+))?")
SENTINELS = frozenset(
    {(1, 1, 1), (1753, 1, 1), (1899, 12, 30), (1899, 12, 31), (1900, 1, 1), (9999, 12, 31),
     (2999, 12, 31)}
)  # fmt: skip
SERIAL_START = {"1900": datetime(1899, 12, 30), "1904": datetime(1904, 1, 1)}
ORDERS = ("dmy", "mdy", "ymd")
EASTERN = re.compile(
    r"(?P<era>民國|民国|中華民國|令和|平成|昭和|大正|西元|公元)?\s?(?P<year>元|[0-9]{1,4})\s?年\s?"
    r"(?P<month>[0-9]{1,2})\s?月\s?(?P<day>[0-9]{1,2})\s?日?" + TIME
)
ROC = re.compile(
    r"(?:ROC\s?|民國\s?|民国\s?)?([0-9]{2,3})[./-]([0-9]{1,2})[./-]([0-9]{1,2})" + TIME
)
ERA_YEARS = {
    "民國": 1911,
    "民国": 1911,
    "中華民國": 1911,
    "令和": 2018,
    "平成": 1988,
    "昭和": 1925,
    "大正": 1911,
}
ERAS = {"buddhist": -543, "roc": 1911}
BUDDHIST_YEARS = range(2443, 2643)
COMPACT_TIME = re.compile(
    r"((?:18|19|20|21)[0-9]{2})([0-9]{2})([0-9]{2})T?(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2})"
    r"(?P<fraction>\.[0-9]+)?(?P<half>)(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?"
)
TICKS = re.compile(r"/?\\?/?Date\((-?[0-9]{1,14})(?:[+-][0-9]{4})?\)\\?/?")
NO_DAY = re.compile(
    r"[0-9]{4}|[0-9]{1,2}[./-][0-9]{4}|[0-9]{4}[./-][0-9]{1,2}|[^\W\d_]{3,}\.?\s+[0-9]{4}"
)
LEAST_ERA_SHARE = 0.8


DIGITS = {
    code: str(unicodedata.digit(chr(code)))
    for start in (0x0660, 0x06F0, 0x0966, 0x0E50, 0xFF10)  # Arabic, Persian, Devanagari, Thai, wide
    for code in range(start, start + 10)
}
