"""The canonical text of a value that was written equals what is read back."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrate.loaders._sql_values import Shape, to_driver
from migrate.values import Batch

TEXTS = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40
) | st.sampled_from(
    [
        "=1+1",
        "+421 900",
        "-5",
        "@x",
        "👩‍👩‍👧 emoji",
        "a\tb\nc\\N",
        "\\",
        "\\.",
        "'; DROP",
        "00123",
        "1.50",
        "%s",
    ]
)
AMOUNTS = st.decimals(-(10**12), 10**12, places=2).map(
    lambda d: "0" if not d else format(d.normalize(), "f")
)
DATES = st.dates(date(1, 1, 1), date(9999, 12, 31)).map(lambda d: d.isoformat())
TIMES = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)).map(
    lambda t: t.isoformat(timespec="seconds")
)


def optional(values):
    return st.none() | values


ROW = st.tuples(
    optional(TEXTS),
    optional(AMOUNTS),
    optional(DATES),
    optional(TIMES),
    optional(st.sampled_from(["true", "false"])),
    optional(st.integers(-(10**18) + 1, 10**18 - 1).map(str)),
)


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=st.lists(ROW, min_size=1, max_size=20))
def test_what_is_written_is_read_back_as_it_was(open_crm_once, records, rows):
    crm, number = open_crm_once
    first = number[0]
    number[0] += len(rows)
    text, amount, day, moment, flag, whole = (list(column) for column in zip(*rows, strict=True))
    account = records(first, name=["n"] * len(rows), description=text, revenue=amount)
    contact = records(
        first,
        last_name=["n"] * len(rows),
        born=day,
        created_at=moment,
        do_not_call=flag,
        visits=whole,
    )
    for name, frame in (("Account", account), ("Contact", contact)):
        written = crm.write(Batch(f"{name}{first}", name, "create", frame))
        assert written["ok"].all(), written
        found = pd.concat(list(crm.read(name, target_ids=written["target_id"].tolist())))
        found = found.set_index("external_id").loc[frame["external_id"]].reset_index()
        for column in frame.columns[1:]:
            pd.testing.assert_series_equal(found[column], frame[column], check_names=False)


@pytest.fixture
def open_crm_once(open_crm):
    return open_crm(), [1]


@pytest.mark.parametrize("value", ["=1+1", "+421900", "-5", "@x", "007", "1e5", " blank "])
def test_texts_that_look_like_formulas_or_numbers_stay_texts(open_crm, records, value):
    crm = open_crm()
    crm.write(Batch("b", "Account", "create", records(name=[value])))
    assert next(crm.read("Account"))["name"].tolist() == [value]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("integer", "1.0"),
        ("integer", "9" * 19),
        ("decimal", "1e3"),
        ("decimal", "1,5"),
        ("boolean", "True"),
        ("date", "20240101"),
        ("date", "2023-02-29"),
        ("date", "0000-01-01"),
        ("datetime", "2024-01-01"),
        ("datetime", "2024-01-01T25:00:00"),
    ],
)
def test_text_that_is_not_canonical_is_refused_without_its_value(kind, value):
    values = pd.Series([value, None], dtype="str")
    sent, refused = to_driver(values, Shape(kind), "field")
    assert sent == [None, None] and list(refused) == [0]
    assert value not in refused[0].message and "field" in refused[0].message


def test_seconds_that_the_column_would_round_are_refused():
    values = pd.Series(["2024-01-01T08:00:00.25", "2024-01-01T08:00:00.000Z"], dtype="str")
    sent, refused = to_driver(values, Shape("datetime", scale=0), "at")
    assert list(refused) == [0] and sent[1] == "2024-01-01 08:00:00.000"


def test_a_sum_that_a_user_made_in_sqlite_reads_as_everybody_writes_it():
    from migrate.loaders._sql_values import to_text

    shape = Shape("decimal", scale=2)
    assert to_text([0.1 + 0.2, Decimal("1E+2"), -0.0], shape) == ["0.3", "100", "0"]
