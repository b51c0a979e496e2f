"""Which day, or which instant, does this text write, given the order of the column's dates?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pandas as pd

from migrate.cleaners._date_forms import (
    BUDDHIST_YEARS,
    COMPACT,
    COMPACT_TIME,
    DIGITS,
    EASTERN,
    ERA_YEARS,
    ERAS,
    ISO,
    LEAST_ERA_SHARE,
    NO_DAY,
    ORDERS,
    PARTS,
    ROC,
    SENTINELS,
    SERIAL,
    SERIAL_START,
    TICKS,
    WORDS,
    YEAR_FIRST,
    ZONED,
)
from migrate.cleaners._distinct import Reading, read_distinct
from migrate.cleaners._months import month_number
from migrate.cleaners.text import tidy
from migrate.specs.time_formats import DEFAULT_PIVOT, format_problem, read_moment
from migrate.values import SUGGESTED, UNREADABLE, Cleaned, Decision, Evidence


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
    ``format`` in the notation of strptime ("%d.%m.%Y", default "": none) is the only form in which
    the column is then read: nothing else of the decision is asked but ``pivot``.

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
    if order not in ORDERS:
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
        "format": str(options.get("format") or ""),
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
        ZONED.fullmatch(typed) is not None
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
    if said in ERAS or said == "gregorian":
        return said
    for era in ERAS:
        if counts[era] and counts[era] >= LEAST_ERA_SHARE * (counts["dates"] or 1):
            return era
    return ""


def _count(typed: str, count: int, counts: dict[str, int]) -> None:
    counts["values"] += count
    words = WORDS.fullmatch(typed)
    found = next((f for form in (ISO, YEAR_FIRST, COMPACT) if (f := form.fullmatch(typed))), None)
    year = int(found[1]) if found else _last_year(typed, words)
    if year in BUDDHIST_YEARS:
        counts["buddhist"] += count
    roc = ROC.fullmatch(typed)
    if roc and len(roc[1]) == 3 and int(roc[2]) <= 12:
        counts["roc"] += count
        counts["dates"] += count
        return
    if found or (words and month_number(words["month"])):
        counts["dates"] += count
    elif SERIAL.fullmatch(typed):
        counts["serials"] += count
    elif parts := PARTS.fullmatch(typed):
        first, second = int(parts[1]), int(parts[3])
        counts["dates"] += count
        if first > 12 >= second:
            counts["day_first"] += count
        elif second > 12 >= first:
            counts["month_first"] += count
        elif first != second and max(first, second) <= 12:
            counts["dotted" if parts[2] == "." else "swappable"] += count


def _last_year(typed: str, words: re.Match[str] | None) -> int:
    parts = PARTS.fullmatch(typed)
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
        typed = typed.translate(DIGITS)
    if form := str(decision.get("format") or ""):
        return _formatted(typed, form, decision)
    found = ISO.fullmatch(typed) or YEAR_FIRST.fullmatch(typed)
    if found:
        return _moment(_in_era(int(found[1]), decision), int(found[2]), int(found[3]), found)
    if found := COMPACT.fullmatch(typed) or COMPACT_TIME.fullmatch(typed):
        return _moment(int(found[1]), int(found[2]), int(found[3]), found)
    if str(decision.get("era", "")) == "roc" and (found := ROC.fullmatch(typed)):
        return _moment(int(found[1]) + ERAS["roc"], int(found[2]), int(found[3]), found)
    if found := PARTS.fullmatch(typed):
        return _in_order(found, decision)
    if found := SERIAL.fullmatch(typed):
        return _serial(found, str(decision.get("serials", "no")))
    if found := WORDS.fullmatch(typed):
        month = month_number(found["month"], str(decision.get("locale", "")))
        day = found["day"] or found["day_after"]
        if month and day and not (found["day"] and found["day_after"]):
            return _moment(_year(found["year"], decision), month, int(day), found)
    return _rarely_written(typed, decision)


def _formatted(typed: str, form: str, decision: Decision) -> _Moment:
    """Read in the one format that people declared; what has another form is no date."""
    when = None if format_problem(form) else read_moment(typed, form, _pivot(decision))
    if when is None:
        return _Moment(None, "not_in_format")
    found = _moment(when.year, when.month, when.day, None)
    if found.when is None:
        return found
    has_time = any(f"%{letter}" in form for letter in "HI")
    is_cut = when.microsecond > 0
    return _Moment(when.replace(microsecond=0), "given_format", has_time=has_time, is_cut=is_cut)


def _rarely_written(typed: str, decision: Decision) -> _Moment:
    """Eastern years, and the instants that programs write."""
    if found := EASTERN.fullmatch(typed):
        year = 1 if found["year"] == "元" else int(found["year"])
        offset = ERA_YEARS.get(found["era"] or "", 0)
        if not offset and found["year"] != "元":
            year = _in_era(year, decision)
        return _moment(year + offset, int(found["month"]), int(found["day"]), found)
    if found := TICKS.fullmatch(typed):
        try:
            when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(found[1]))
        except OverflowError:
            return _Moment(None, "year_out_of_range")
        return _Moment(when.replace(microsecond=0), "iso_form", has_time=True, has_zone=True)
    if NO_DAY.fullmatch(typed):
        return _Moment(None, "day_missing")
    return _Moment(None, "not_a_date")


def _in_era(year: int, decision: Decision) -> int:
    era = str(decision.get("era", ""))
    if era == "buddhist" and year in BUDDHIST_YEARS:
        return year + ERAS[era]
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
    if (year, month, day) in SENTINELS:
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
    start = SERIAL_START.get(serials)
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
    return order if order in ORDERS else ""
