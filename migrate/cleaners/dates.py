"""Which day, or which instant, does this text write, given the order of the column's dates?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pandas as pd

from migrate.cleaners._distinct import Reading, read_distinct
from migrate.cleaners._months import month_number
from migrate.cleaners.text import tidy
from migrate.values import SUGGESTED, UNREADABLE, Cleaned, Decision, Evidence

DEFAULT_PIVOT = 49
"""Two-digit years up to this one are 20yy, the others 19yy; the same as in today's Excel."""

_TIME = (
    r"(?:(?:T|,?\s+)(?P<hour>[0-9]{1,2})[:.](?P<minute>[0-9]{2})(?:[:.](?P<second>[0-9]{2})"
    r"(?P<fraction>[.,][0-9]+)?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-][0-9]{2}:?(?:[0-9]{2})?)?)?"
)
_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})" + _TIME)
_YEAR_FIRST = re.compile(r"([0-9]{4})[./ ]\s?([0-9]{1,2})[./ ]\s?([0-9]{1,2})\.?" + _TIME)
_ZONED = re.compile(r".*:[0-9]{2}.*(?:Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)")
_COMPACT = re.compile(r"((?:18|19|20|21)[0-9]{2})([0-9]{2})([0-9]{2})")
_PARTS = re.compile(
    r"([0-9]{1,2})\s?([./\- ])\s?([0-9]{1,2})\s?\2\s?([0-9]{4}|[0-9]{2})\.?(?![0-9])" + _TIME
)
_WORDS = re.compile(
    r"(?:[^\W\d_]+\.?,?\s+)?(?:(?P<day>[0-9]{1,2})(?:\.|st|nd|rd|th)?[\s\-]*(?:de\s+)?)?"
    r"(?P<month>(?:[^\W\d_]|[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]){3,}\.?)[\s\-]*(?:(?P<day_after>[0-9]{1,2})(?:st|nd|rd|th)?(?:,\s*|\s+))?"
    r"(?:de\s+|del\s+)?(?P<year>[0-9]{4}|[0-9]{2})(?:\s?(?:г|р|r)\.?)?" + _TIME
)
_SERIAL = re.compile(r"([2-5][0-9]{4})(?:[.,]([0-9]+))?")
_SENTINELS = frozenset(
    {(1, 1, 1), (1753, 1, 1), (1899, 12, 30), (1899, 12, 31), (1900, 1, 1), (9999, 12, 31),
     (2999, 12, 31)}
)  # fmt: skip
_SERIAL_START = {"1900": datetime(1899, 12, 30), "1904": datetime(1904, 1, 1)}
_ORDERS = ("dmy", "mdy", "ymd")
_EASTERN = re.compile(
    r"(?P<era>民國|民国|中華民國|令和|平成|昭和|大正|西元|公元)?\s?(?P<year>元|[0-9]{1,4})\s?年\s?"
    r"(?P<month>[0-9]{1,2})\s?月\s?(?P<day>[0-9]{1,2})\s?日?" + _TIME
)
_ROC = re.compile(
    r"(?:ROC\s?|民國\s?|民国\s?)?([0-9]{2,3})[./-]([0-9]{1,2})[./-]([0-9]{1,2})" + _TIME
)
_ERA_YEARS = {
    "民國": 1911,
    "民国": 1911,
    "中華民國": 1911,
    "令和": 2018,
    "平成": 1988,
    "昭和": 1925,
    "大正": 1911,
}
_ERAS = {"buddhist": -543, "roc": 1911}
_BUDDHIST_YEARS = range(2443, 2643)
_COMPACT_TIME = re.compile(
    r"((?:18|19|20|21)[0-9]{2})([0-9]{2})([0-9]{2})T?(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2})"
    r"(?P<fraction>\.[0-9]+)?(?P<half>)(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_TICKS = re.compile(r"/?\\?/?Date\((-?[0-9]{1,14})(?:[+-][0-9]{4})?\)\\?/?")
_NO_DAY = re.compile(
    r"[0-9]{4}|[0-9]{1,2}[./-][0-9]{4}|[0-9]{4}[./-][0-9]{1,2}|[^\W\d_]{3,}\.?\s+[0-9]{4}"
)
_LEAST_ERA_SHARE = 0.8


_DIGITS = {
    code: str(unicodedata.digit(chr(code)))
    for start in (0x0660, 0x06F0, 0x0966, 0x0E50, 0xFF10)  # Arabic, Persian, Devanagari, Thai, wide
    for code in range(start, start + 10)
}


class _Moment(NamedTuple):
    """``when`` is None where the text is no date; then ``rule`` says why."""

    when: datetime | None
    rule: str = "iso_form"
    has_time: bool = False
    has_zone: bool = False
    is_cut: bool = False  # fractions of a second were left out


def clean_date(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Read days as ``YYYY-MM-DD``.

    Decision: ``order`` "dmy", "mdy" or "ymd" (default "": not known; then dates whose day and
    month could be swapped are unreadable, dotted ones are d.m.y); ``pivot`` (default 49) the last
    two-digit year of this century; ``serials`` "1900", "1904" or "no" (default), whether numbers
    are Excel's day numbers; ``locale`` for month names that two languages use differently; ``era``
    "buddhist" or "roc" (default "": neither), by which years are counted in Thailand (2562) and
    Taiwan (108). Years that name their era themselves (民國108年, 令和元年) need no decision.

    >>> days = pd.Series(["1.3.2019", "03/04/2019", "31.2.2019"])
    >>> cleaned = clean_date(days, companions=None, decision={})
    >>> cleaned.columns["value"].tolist(), cleaned.rule.tolist()
    (['2019-03-01', '03/04/2019', '31.2.2019'], ['iso_form', 'ambiguous_date', 'impossible_date'])
    """

    def read(text: str) -> Reading:
        moment = _read(text, decision)
        if moment.when is None:
            return Reading(text, moment.rule, UNREADABLE)
        is_dropped = moment.has_time and moment.when.time() != datetime.min.time()
        return Reading(
            moment.when.date().isoformat(), "time_dropped" if is_dropped else moment.rule
        )

    return read_distinct(values, read)


def clean_datetime(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Read instants as ``YYYY-MM-DDTHH:MM:SS``, all of them local times of one time zone.

    The decision is that of :func:`clean_date`, and ``time_zone`` ("Europe/Bratislava"): what is
    written with a zone is converted to it, what is written without one already is its local time
    and stays; an hour that the clocks skip or show twice is suggested for a look. Default "":
    converted to UTC and marked by a trailing Z; and where ``mixed_time_zones`` is true (default
    false), what has no zone is suggested for a look, since nobody knows its zone. A day without a
    time becomes its midnight. ``write`` is "local" (default) or "utc": then every value is an
    instant in UTC, one that has no zone needs ``time_zone``, and skipped or repeated hours are
    unreadable.

    >>> stamps = pd.Series(["4.3.2019 14:30", "2019-03-04T10:00:00+00:00"])
    >>> clean_datetime(stamps, companions=None, decision={}).columns["value"].tolist()
    ['2019-03-04T14:30:00', '2019-03-04T10:00:00Z']
    >>> decision = {"time_zone": "Europe/Bratislava"}
    >>> clean_datetime(stamps, companions=None, decision=decision).columns["value"].tolist()
    ['2019-03-04T14:30:00', '2019-03-04T11:00:00']
    """
    zone_name = str(decision.get("time_zone") or "")
    zone = _zone_named(zone_name)
    is_mixed = bool(decision.get("mixed_time_zones")) and not zone_name
    is_instant = decision.get("write") == "utc"

    def read(text: str) -> Reading:
        moment = _read(text, decision)
        if moment.when is None:
            return Reading(text, moment.rule, UNREADABLE)
        if (moment.has_zone or is_instant) and zone is None:
            return Reading(text, "unknown_time_zone", UNREADABLE)
        if is_instant and zone is not None:
            return _instant(text, moment, zone if zone_name else None)
        if not moment.has_zone:
            rule = moment.rule if moment.has_time else "midnight_added"
            written = moment.when.isoformat(timespec="seconds")
            if is_mixed and moment.has_time:
                return Reading(written, "mixed_time_zones", SUGGESTED)
            problem = _clock_problem(moment.when, zone) if zone_name and moment.has_time else ""
            if problem:
                return Reading(written, problem, SUGGESTED)
            return Reading(written, "fraction_dropped" if moment.is_cut else rule)
        converted = moment.when.astimezone(zone).replace(tzinfo=None)
        written = converted.isoformat(timespec="seconds") + ("" if zone_name else "Z")
        if zone_name and _clock_problem(converted, zone):
            return Reading(written, "hour_repeated", SUGGESTED)
        rule = "converted_to_time_zone" if zone_name else "converted_to_utc"
        return Reading(written, "fraction_dropped" if moment.is_cut else rule)

    return read_distinct(values, read)


def _instant(text: str, moment: _Moment, zone: tzinfo | None) -> Reading:
    """The instant in UTC; ``zone`` is that of the values which name none."""
    when = moment.when
    assert when is not None
    if not moment.has_zone:
        if not moment.has_time:
            return Reading(text, "time_missing", UNREADABLE)  # a day is never shifted
        if zone is None:
            return Reading(text, "time_zone_missing", UNREADABLE)
        problem = _clock_problem(when, zone)
        if problem:
            return Reading(text, problem, UNREADABLE)
        when = when.replace(tzinfo=zone)
    written = f"{when.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"
    return Reading(written, "fraction_dropped" if moment.is_cut else "converted_to_utc")


def _clock_problem(local: datetime, zone: tzinfo | None) -> str:
    """Whether the clocks of the zone skip this hour or show it twice; empty where neither."""
    if zone is None or zone is UTC:
        return ""
    first, second = local.replace(tzinfo=zone, fold=0), local.replace(tzinfo=zone, fold=1)
    if first.utcoffset() == second.utcoffset():
        return ""
    back = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    problem = "hour_repeated" if back == local else "hour_skipped"
    return problem  # noqa: RET504 (the reference of rules reads the assignment)


def decide_date(evidence: Evidence) -> Decision:
    """Find the order of the column's dates: option, then evidence, then locale.

    >>> decided = decide_date(Evidence(["03/04/2019", "25/12/2018"], [1, 1]))
    >>> decided["order"], decided["ambiguous"]
    ('dmy', False)
    >>> decide_date(Evidence(["03/04/2019"], [1]))["ambiguous"]
    True
    """
    counts = dict.fromkeys(
        ("dates", "day_first", "month_first", "dotted", "swappable", "serials", "buddhist", "roc",
         "values"), 0,
    )  # fmt: skip
    for value, count in zip(evidence.values, evidence.counts, strict=False):
        _count(tidy(value), count, counts)
    options = evidence.options
    order = str(options.get("order", ""))
    if order not in _ORDERS:
        order = _order_of(counts, evidence.locale)
    serials = str(options.get("serials", ""))
    if serials not in {"1900", "1904", "no"}:
        looks_serial = counts["dates"] or counts["serials"] * 2 > counts["values"]
        serials = "1900" if counts["serials"] and looks_serial else "no"
    return {
        "order": order,
        "evidence": counts,
        "ambiguous": not order and counts["swappable"] > 0,
        "pivot": _pivot(options),
        "serials": serials,
        "era": _era(options, counts),
        "locale": evidence.locale,
    }


def decide_datetime(evidence: Evidence) -> Decision:
    """Decide as for dates; the time zone is the option's, and without one a mix is noted.

    >>> stamps = ["2024-07-01 10:00", "2024-07-01T10:00:00+02:00"]
    >>> decide_datetime(Evidence(stamps, [1, 1]))["mixed_time_zones"]
    True
    >>> options = {"time_zone": "Europe/Bratislava"}
    >>> decided = decide_datetime(Evidence(stamps, [1, 1], options=options))
    >>> decided["time_zone"], decided["mixed_time_zones"]
    ('Europe/Bratislava', False)
    """
    time_zone = str(evidence.options.get("time_zone", ""))
    has_zone = {
        _ZONED.fullmatch(typed) is not None
        for typed in (tidy(value) for value in evidence.values)
        if ":" in typed
    }
    return {
        **decide_date(evidence),
        "time_zone": time_zone,
        "mixed_time_zones": not time_zone and len(has_zone) == 2,
        "write": "utc" if evidence.options.get("write") == "utc" else "local",
    }


def _era(options: Mapping[str, object], counts: Mapping[str, int]) -> str:
    """By which years the column counts: the option's, or those that nearly all of it shows."""
    said = str(options.get("era", ""))
    if said in _ERAS or said == "gregorian":
        return said
    for era in _ERAS:
        if counts[era] and counts[era] >= _LEAST_ERA_SHARE * (counts["dates"] or 1):
            return era
    return ""


def _count(typed: str, count: int, counts: dict[str, int]) -> None:
    counts["values"] += count
    words = _WORDS.fullmatch(typed)
    found = next(
        (f for form in (_ISO, _YEAR_FIRST, _COMPACT) if (f := form.fullmatch(typed))), None
    )
    year = int(found[1]) if found else _last_year(typed, words)
    if year in _BUDDHIST_YEARS:
        counts["buddhist"] += count
    roc = _ROC.fullmatch(typed)
    if roc and len(roc[1]) == 3 and int(roc[2]) <= 12:
        counts["roc"] += count
        counts["dates"] += count
        return
    if found or (words and month_number(words["month"])):
        counts["dates"] += count
    elif _SERIAL.fullmatch(typed):
        counts["serials"] += count
    elif parts := _PARTS.fullmatch(typed):
        first, second = int(parts[1]), int(parts[3])
        counts["dates"] += count
        if first > 12 >= second:
            counts["day_first"] += count
        elif second > 12 >= first:
            counts["month_first"] += count
        elif first != second and max(first, second) <= 12:
            counts["dotted" if parts[2] == "." else "swappable"] += count


def _last_year(typed: str, words: re.Match[str] | None) -> int:
    parts = _PARTS.fullmatch(typed)
    written = parts[4] if parts else words["year"] if words else ""
    return int(written) if len(written) == 4 else 0


def _order_of(counts: Mapping[str, int], locale: str) -> str:
    day_first, month_first = counts["day_first"], counts["month_first"]
    proofs = day_first + month_first
    if proofs:
        if max(day_first, month_first) * 20 >= proofs * 19:
            return "dmy" if day_first > month_first else "mdy"
        return ""  # two systems in one column: nobody can tell which date came from which
    by_locale = _locale_order(locale)
    if counts["dotted"]:
        # Dotted dates are d.m.y, but an American's slashes beside them prove nothing.
        return "" if counts["swappable"] and by_locale == "mdy" else "dmy"
    return by_locale


def _read(text: str, decision: Decision) -> _Moment:
    typed = tidy(text)
    if not typed.isascii():
        typed = typed.translate(_DIGITS)
    found = _ISO.fullmatch(typed) or _YEAR_FIRST.fullmatch(typed)
    if found:
        return _moment(_in_era(int(found[1]), decision), int(found[2]), int(found[3]), found)
    if found := _COMPACT.fullmatch(typed) or _COMPACT_TIME.fullmatch(typed):
        return _moment(int(found[1]), int(found[2]), int(found[3]), found)
    if str(decision.get("era", "")) == "roc" and (found := _ROC.fullmatch(typed)):
        return _moment(int(found[1]) + _ERAS["roc"], int(found[2]), int(found[3]), found)
    if found := _PARTS.fullmatch(typed):
        return _in_order(found, decision)
    if found := _SERIAL.fullmatch(typed):
        return _serial(found, str(decision.get("serials", "no")))
    if found := _WORDS.fullmatch(typed):
        month = month_number(found["month"], str(decision.get("locale", "")))
        day = found["day"] or found["day_after"]
        if month and day and not (found["day"] and found["day_after"]):
            return _moment(_year(found["year"], decision), month, int(day), found)
    return _rarely_written(typed, decision)


def _rarely_written(typed: str, decision: Decision) -> _Moment:
    """Eastern years, and the instants that programs write."""
    if found := _EASTERN.fullmatch(typed):
        year = 1 if found["year"] == "元" else int(found["year"])
        offset = _ERA_YEARS.get(found["era"] or "", 0)
        if not offset and found["year"] != "元":
            year = _in_era(year, decision)
        return _moment(year + offset, int(found["month"]), int(found["day"]), found)
    if found := _TICKS.fullmatch(typed):
        try:
            when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(found[1]))
        except OverflowError:
            return _Moment(None, "year_out_of_range")
        return _Moment(when.replace(microsecond=0), "iso_form", has_time=True, has_zone=True)
    if _NO_DAY.fullmatch(typed):
        return _Moment(None, "day_missing")
    return _Moment(None, "not_a_date")


def _in_era(year: int, decision: Decision) -> int:
    era = str(decision.get("era", ""))
    if era == "buddhist" and year in _BUDDHIST_YEARS:
        return year + _ERAS[era]
    return year


def _in_order(found: re.Match[str], decision: Decision) -> _Moment:
    first, second, last = int(found[1]), int(found[3]), found[4]
    order = str(decision.get("order", ""))
    if order == "ymd" and len(last) == 2:
        return _moment(_year(found[1], decision), second, int(last), found)
    if order not in {"dmy", "mdy"}:
        if found[2] == "." or first > 12 or first == second:
            order = "dmy"
        elif second > 12:
            order = "mdy"
        else:
            return _Moment(None, "ambiguous_date")
    day, month = (first, second) if order == "dmy" else (second, first)
    if month > 12 >= day > 0:
        return _Moment(None, "not_in_column_order")
    return _moment(_year(last, decision), month, day, found)


def _moment(year: int, month: int, day: int, found: re.Match[str] | None) -> _Moment:
    """The checked date with the time that ``found`` has behind it."""
    if (year, month, day) in _SENTINELS:
        return _Moment(None, "sentinel_date")
    try:
        date(year, month, day)
    except ValueError:
        return _Moment(None, "impossible_date")
    if not 1800 <= year < 2200:
        return _Moment(None, "year_out_of_range")
    if found is None or not found.groupdict().get("hour"):
        return _Moment(datetime(year, month, day))
    hour, half = int(found["hour"]), (found["half"] or "").lower()[:1]
    if half and not 1 <= hour <= 12:
        return _Moment(None, "impossible_time")
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        zone = _zone(found["zone"])
        when = datetime(
            year, month, day, hour, int(found["minute"]), int(found["second"] or 0), tzinfo=zone
        )
    except ValueError:
        return _Moment(None, "impossible_time")
    is_cut = bool((found["fraction"] or "").strip(".,0"))
    return _Moment(when, has_time=True, has_zone=zone is not None, is_cut=is_cut)


def _zone(written: str | None) -> timezone | None:
    if not written:
        return None
    if written in {"Z", "UTC", "GMT"}:
        return UTC
    digits = written[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return timezone(timedelta(minutes=-minutes if written[0] == "-" else minutes))


def _zone_named(name: str) -> ZoneInfo | timezone | None:
    """The decision's zone, UTC when it names none; None when there is no such zone."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ValueError, OSError, KeyError):
        return None


def _serial(found: re.Match[str], serials: str) -> _Moment:
    start = _SERIAL_START.get(serials)
    if start is None:
        return _Moment(None, "not_a_date")
    share = float(f"0.{found[2]}") if found[2] else 0.0
    when = start + timedelta(days=int(found[1]), seconds=round(share * 86_400))
    return _Moment(when, "excel_serial", has_time=bool(share))


def _year(written: str, decision: Decision) -> int:
    year = int(written)
    if len(written) != 2:
        return _in_era(year, decision)
    return year + (2000 if year <= _pivot(decision) else 1900)


def _pivot(given: Mapping[str, object]) -> int:
    text = str(given.get("pivot", ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 2 else DEFAULT_PIVOT


def _locale_order(locale: str) -> str:
    from babel import Locale, UnknownLocaleError

    try:
        pattern = Locale.parse(locale.replace("-", "_")).date_formats["short"].pattern
    except (ValueError, UnknownLocaleError):
        return ""
    order = "".join(sorted("dmy", key=pattern.lower().find))
    return order if order in _ORDERS else ""
