"""Dates: the order is decided by the column and never by one value."""

from __future__ import annotations

import pandas as pd
import pytest

from migrate.cleaners.dates import clean_date, clean_datetime, decide_date, decide_datetime
from migrate.values import Evidence


@pytest.mark.parametrize(
    ("text", "value", "rule"),
    [
        ("2019-3-4", "2019-03-04", "iso_form"),
        ("2019/03/04", "2019-03-04", "iso_form"),
        ("20190304", "2019-03-04", "iso_form"),
        ("4.3.2019", "2019-03-04", "iso_form"),
        ("04. 03. 2019", "2019-03-04", "iso_form"),
        ("4.3.49", "2049-03-04", "iso_form"),
        ("4.3.50", "1950-03-04", "iso_form"),
        ("25/12/2018", "2018-12-25", "iso_form"),
        ("12/25/2018", "2018-12-25", "iso_form"),
        ("5/5/2019", "2019-05-05", "iso_form"),
        ("4. marca 2019", "2019-03-04", "iso_form"),
        ("March 4, 2019", "2019-03-04", "iso_form"),
        ("Mar  4 2019 12:00AM", "2019-03-04", "iso_form"),
        ("4-Mar-19", "2019-03-04", "iso_form"),
        ("2019-03-04 00:00:00", "2019-03-04", "iso_form"),
        ("2019-03-04T10:00Z", "2019-03-04", "time_dropped"),
        ("4.3.2019 14:30", "2019-03-04", "time_dropped"),
    ],
)
def test_days_are_read_without_any_decision(clean, text, value, rule):
    assert clean("date", text) == {"value": value, "status": "changed", "rule": rule}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("03/04/2019", "ambiguous_date"),
        ("31.2.2019", "impossible_date"),
        ("30/02/2019", "impossible_date"),
        ("2019-02-29", "impossible_date"),
        ("0000-00-00", "impossible_date"),
        ("00.00.0000", "impossible_date"),
        ("1900-01-01", "sentinel_date"),
        ("31.12.9999", "sentinel_date"),
        ("2562-01-31", "year_out_of_range"),
        ("2019-03-04T25:00", "impossible_time"),
        ("2019-03-04T10:00+99:99", "impossible_time"),
        ("43525", "not_a_date"),
        ("43525.0", "not_a_date"),
        ("10", "not_a_date"),
        ("März 2019", "day_missing"),
        ("-5", "not_a_date"),
    ],
)
def test_what_is_no_sure_day_is_unreadable_and_kept(clean, text, rule):
    assert clean("date", text) == {"value": text, "status": "unreadable", "rule": rule}


def test_one_value_above_twelve_decides_the_whole_column(clean, decide):
    decision = decide("date", ["03/04/2019", "25/12/2018"])
    assert (decision["order"], decision["ambiguous"]) == ("dmy", False)
    assert clean("date", "03/04/2019", decision)["value"] == "2019-04-03"
    assert clean("date", "12/25/2018", decision) == {
        "value": "12/25/2018", "status": "unreadable", "rule": "not_in_column_order",
    }  # fmt: skip
    american = decide("date", ["03/04/2019", "12/25/2018"])
    assert clean("date", "03/04/2019", american)["value"] == "2019-03-04"
    assert clean("date", "2019-03-04T10:00Z", decision)["value"] == "2019-03-04"


def test_a_column_without_evidence_is_ambiguous_unless_locale_or_option_say(decide):
    undecided = decide("date", ["03/04/2019", "05/06/2019"])
    assert (undecided["order"], undecided["ambiguous"]) == ("", True)
    assert undecided["evidence"]["swappable"] == 2
    assert decide("date", ["03/04/2019"], locale="sk_SK")["order"] == "dmy"
    assert decide("date", ["03/04/2019"], locale="en_US")["order"] == "mdy"
    assert decide("date", ["03/04/2019", "25/12/2018"], options={"order": "mdy"})["order"] == "mdy"


def test_dots_mean_day_month_year(decide):
    assert decide("date", ["1.3.2019", "03/04/2019"])["order"] == "dmy"
    mixed = decide("date", ["1.3.2019", "03/04/2019"], locale="en_US")
    assert (mixed["order"], mixed["ambiguous"]) == ("", True)


def test_two_orders_in_one_column_decide_nothing(clean, decide):
    decision = decide("date", ["25/12/2018", "12/26/2018", "03/04/2019"])
    assert (decision["order"], decision["ambiguous"]) == ("", True)
    assert clean("date", "03/04/2019", decision)["rule"] == "ambiguous_date"
    assert clean("date", "25/12/2018", decision)["value"] == "2018-12-25"


@pytest.mark.parametrize(
    ("values", "options", "serials"),
    [
        (["43525", "1.3.2019"], {}, "1900"),
        (["43525", "4. marca 2019"], {}, "1900"),
        (["43525", "43526", "x"], {}, "1900"),
        (["43525", "x", "y"], {}, "no"),
        (["1.3.2019"], {}, "no"),
        (["43525"], {"serials": "no"}, "no"),
        (["43525"], {"serials": "1904"}, "1904"),
    ],
)
def test_day_numbers_are_dates_only_among_dates(decide, values, options, serials):
    assert decide("date", values, options=options)["serials"] == serials


def test_day_numbers_of_both_excel_calendars(clean):
    assert clean("date", "43525", {"serials": "1900"}) == {
        "value": "2019-03-01", "status": "changed", "rule": "excel_serial",
    }  # fmt: skip
    assert clean("date", "43525.0", {"serials": "1900"})["value"] == "2019-03-01"
    assert clean("date", "42063", {"serials": "1904"})["value"] == "2019-03-01"
    assert clean("date", "43525.5", {"serials": "1900"})["rule"] == "time_dropped"
    assert clean("datetime", "43525.75", {"serials": "1900"})["value"] == "2019-03-01T18:00:00"


def test_the_pivot_says_the_century_of_two_digit_years(clean, decide):
    decision = decide("date", ["1.2.30"], options={"pivot": 20})
    assert clean("date", "1.2.20", decision)["value"] == "2020-02-01"
    assert clean("date", "1.2.30", decision)["value"] == "1930-02-01"


def test_the_locale_decides_a_month_that_two_languages_use(clean):
    assert clean("date", "4. listopad 2019")["status"] == "unreadable"
    assert clean("date", "4. listopad 2019", {"locale": "cs_CZ"})["value"] == "2019-11-04"
    assert clean("date", "4. listopad 2019", {"locale": "hr_HR"})["value"] == "2019-10-04"


@pytest.mark.parametrize(
    ("text", "value", "rule"),
    [
        ("2019-03-04", "2019-03-04T00:00:00", "midnight_added"),
        ("4.3.2019 14:30", "2019-03-04T14:30:00", "iso_form"),
        ("2019-03-04 10:00:00", "2019-03-04T10:00:00", "iso_form"),
        ("2019-03-04T10:00:00+01:00", "2019-03-04T09:00:00Z", "converted_to_utc"),
        ("2019-03-04T00:30:00+0200", "2019-03-03T22:30:00Z", "converted_to_utc"),
        ("2019-03-04T10:00:00.125", "2019-03-04T10:00:00", "fraction_dropped"),
        ("25/12/2018 2:30 PM", "2018-12-25T14:30:00", "iso_form"),
        ("25/12/2018 12:30 am", "2018-12-25T00:30:00", "iso_form"),
    ],
)
def test_instants_are_read(clean, text, value, rule):
    assert clean("datetime", text) == {"value": value, "status": "changed", "rule": rule}


@pytest.mark.parametrize("text", ["2019-03-04T10:00:00", "2019-03-04T10:00:00Z"])
def test_canonical_instants_are_left_alone(clean, text):
    assert clean("datetime", text) == {"value": text, "status": "same"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2024-07-01 10:00", ("2024-07-01T10:00:00", "iso_form")),
        ("2024-07-01T10:00:00+02:00", ("2024-07-01T10:00:00", "converted_to_time_zone")),
        ("2024-01-01T10:00:00Z", ("2024-01-01T11:00:00", "converted_to_time_zone")),
        ("2023-12-31T23:30:00Z", ("2024-01-01T00:30:00", "converted_to_time_zone")),
        ("2024-03-31 02:30", ("2024-03-31T02:30:00", "hour_skipped")),
        ("2024-10-27 02:30", ("2024-10-27T02:30:00", "hour_repeated")),
    ],
)
def test_instants_become_local_times_of_the_declared_zone(clean, text, found):
    cleaned = clean("datetime", text, {"time_zone": "Europe/Bratislava"})
    assert (cleaned["value"], cleaned["rule"]) == found
    again = clean("datetime", cleaned["value"], {"time_zone": "Europe/Bratislava"})
    assert again["value"] == cleaned["value"]
    assert again["status"] == ("suggested" if found[1].startswith("hour_") else "same")


def test_a_zone_that_does_not_exist_leaves_the_zoned_texts_unread(clean):
    decision = {"time_zone": "Europe"}
    cleaned = clean("datetime", "2024-07-01T10:00:00Z", decision)
    assert (cleaned["status"], cleaned["rule"]) == ("unreadable", "unknown_time_zone")
    assert clean("datetime", "2024-07-01 10:00", decision)["value"] == "2024-07-01T10:00:00"


def test_times_without_a_zone_beside_zoned_ones_are_for_somebody_to_look_at(clean, decide):
    texts = ["1.7.2024 10:00", "2024-07-01T10:00:00+02:00"]
    decision = decide("datetime", texts)
    naive, zoned = (clean("datetime", text, decision) for text in texts)
    assert naive == {
        "value": "2024-07-01T10:00:00", "status": "suggested", "rule": "mixed_time_zones"
    }  # fmt: skip
    assert (zoned["value"], zoned["status"]) == ("2024-07-01T08:00:00Z", "changed")
    declared = decide("datetime", texts, options={"time_zone": "Europe/Bratislava"})
    assert {clean("datetime", text, declared)["value"] for text in texts} == {"2024-07-01T10:00:00"}
    assert not decide("datetime", ["2024-07-01", *texts[1:]])["mixed_time_zones"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2024-07-01 10:00", ("2024-07-01T08:00:00Z", "changed", "converted_to_utc")),
        ("2024-07-01T10:00:00+05:30", ("2024-07-01T04:30:00Z", "changed", "converted_to_utc")),
        ("2024-03-31 02:30", ("2024-03-31 02:30", "unreadable", "hour_skipped")),
        ("2024-10-27 02:30", ("2024-10-27 02:30", "unreadable", "hour_repeated")),
        ("2024-07-01", ("2024-07-01", "unreadable", "time_missing")),  # a day is never shifted
    ],
)
def test_instants_in_utc_need_the_zone_of_the_source(clean, text, found):
    cleaned = clean("datetime", text, {"time_zone": "Europe/Bratislava", "write": "utc"})
    assert (cleaned["value"], cleaned["status"], cleaned["rule"]) == found
    without = clean("datetime", text, {"write": "utc"})
    assert without["status"] == "unreadable" or "+" in text


@pytest.mark.parametrize(
    ("text", "decision", "value"),
    [
        ("民國108年3月4日", {}, "2019-03-04"),
        ("令和元年5月1日", {}, "2019-05-01"),
        ("平成31年4月30日", {}, "2019-04-30"),
        ("昭和64年1月7日", {}, "1989-01-07"),
        ("2019年3月4日", {}, "2019-03-04"),
        ("108/03/04", {"era": "roc"}, "2019-03-04"),
        ("4.3.2562", {"era": "buddhist"}, "2019-03-04"),
        ("2562-03-04", {"era": "buddhist"}, "2019-03-04"),
        ("๔.๓.๒๕๖๒", {"era": "buddhist"}, "2019-03-04"),
        ("4 มีนาคม 2562", {"era": "buddhist"}, "2019-03-04"),
        ("٤/٣/٢٠١٩", {"order": "dmy"}, "2019-03-04"),
        ("/Date(1551657600000)/", {}, "2019-03-04"),
        ("20190304101500", {}, "2019-03-04"),
        ("4 mars 2019", {}, "2019-03-04"),
        ("4. März 2019", {}, "2019-03-04"),
        ("4 марта 2019 г.", {}, "2019-03-04"),
        ("2019. március 4.", {}, "2019. március 4."),
        ("4 Mart 2019", {}, "2019-03-04"),
    ],
)
def test_years_of_other_eras_and_digits_of_other_scripts_are_read(clean, text, decision, value):
    assert clean("date", text, decision)["value"] == value


def test_the_era_of_a_column_is_decided_by_nearly_all_of_its_years(decide):
    assert decide("date", ["4.3.2562", "15.3.2560", "1.1.2565"])["era"] == "buddhist"
    assert decide("date", ["108/03/04", "107/12/31"])["era"] == "roc"
    assert decide("date", ["4.3.2019", "15.3.2562"])["era"] == ""
    assert decide("date", ["4.3.2562"], options={"era": "gregorian"})["era"] == "gregorian"


@pytest.mark.parametrize(
    ("cleaner", "form", "text", "value", "rule"),
    [
        ("date", "%d.%m.%Y", "1.3.2019", "2019-03-01", "given_format"),
        ("date", "%m.%d.%Y", "1.3.2019", "2019-01-03", "given_format"),
        ("date", "%Y%d%m", "20191203", "2019-03-12", "given_format"),
        ("date", "%d%m%y", "010355", "1955-03-01", "given_format"),
        ("date", "%d.%m.%Y", "2019-03-01", "2019-03-01", "not_in_format"),
        ("date", "%d.%m.%Y", "31.2.2019", "31.2.2019", "not_in_format"),
        ("date", "%d.%m.%Y", "43525", "43525", "not_in_format"),
        ("date", "%d.%m.%Y", "1.1.1900", "1.1.1900", "sentinel_date"),
        ("date", "%d.%m.%Y %H:%M", "1.3.2019 14:30", "2019-03-01", "time_dropped"),
        ("datetime", "%d.%m.%Y %H.%M", "1.3.2019 14.30", "2019-03-01T14:30:00", "given_format"),
        (
            "datetime",
            "%I:%M %p %d/%m/%Y",
            "02:30 PM 01/03/2019",
            "2019-03-01T14:30:00",
            "given_format",
        ),
        ("datetime", "%d.%m.%Y", "1.3.2019", "2019-03-01T00:00:00", "midnight_added"),
    ],
)
def test_a_declared_format_is_the_only_form(
    cleaner: str, form: str, text: str, value: str, rule: str
) -> None:
    """No evidence decides: 1.3. is the 3rd of January where people say so."""
    decide = {"date": decide_date, "datetime": decide_datetime}[cleaner]
    clean = {"date": clean_date, "datetime": clean_datetime}[cleaner]
    evidence = Evidence(["25.12.2019", text], [9, 1], locale="sk_SK", options={"format": form})
    cleaned = clean(pd.Series([text], dtype="str"), companions=None, decision=decide(evidence))
    assert (cleaned.columns["value"][0], cleaned.rule[0]) == (value, rule)
