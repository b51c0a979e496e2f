"""The laws that every registered cleaner keeps, whatever text it is given."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrate.cleaners import CANONICAL, CLEANERS, COMPANIONS, DECIDERS, OPTIONS, PARTS
from migrate.values import CHANGED, SAME, SUGGESTED, UNREADABLE, Cleaned, Evidence

ODDITIES = (
    "", " ", "\xa0", "\u200b", "\x00", "a\x00b\r\n c", "\x1b[31mred", "=A1", "@x", "-5", "+421905123456",
    "👩‍👩‍👧 rodina", "שלום עולם", "\u202eevil\u202c", "مرحبا", "e\u0301", "Å", "K‍", "ﬁ", "ĳ", "ŉ", "ß", "İ",
    "_", "---", "...", "()", "(1)", "1,2,3", "1.234", "1,234.50", "1 234,50 Kč", "1e5", "1E+400", "-0",
    "1234.5600000000001", "12345678901234567890", "15 %", "99999999999999999999.99", "٣", "½", "²",
    "1.3.2019", "03/04/2019", "2019-02-30", "0000-00-00", "9999-12-31T23:59:59+14:00", "43525",
    "2019-03-04T10:00:00+99:99", "2019-03-04 10:00:00.5Z", "12:00", "4. marca 2019", "Mar 4, 2019",
    "Novák, Ján", ",", ", ,", "Ing.", "PhD.", "a, b, c", "VAN DER", "Ing. PhD.", "s. r. o.", "ООО",
    "Jan <a@b.sk>", "<>", "@", "a@b", "a@@b.sk", "mailto:a@b.sk", "a@gmial.com", "a@b.sk; c@d.sk",
    "a@b.local", "x@žilina.sk", "0904 123 456", "0904 123 456, 0905 123 456", "6.91E+09", "112",
    "316 01 243", "SK2020273893", "DE 136 695 976", "IČO: 31601243", "P.IVA 00743110157", "B-58378431",
    "SK31 1200 0000 1987 4263 7541", "19-2000145399/0800", "4111 1111 1111 1111", "US-CA", "Calif.",
    "Bayern", "Georgia", "slovenčina", "EN/DE", "zh_Hant", "MCDONALD", "O'BRIEN", "van der berg",
    "Hlavná 12/5A, byt 3", "221B Baker Street", "P.O. Box 77", "811 01 Bratislava", "S-958 22", "SK-811 01",
    "Hlavná 12\n811 01 Bratislava\nSlovensko", "1600 Pennsylvania Ave NW, Washington, DC 20500",
    "1-800-FLOWERS", "+", "00", "+1 2530000", "0904123456 kl. 12", "# 12", "www.firma.sk", "http://",
    "http://[::1", "ftp://A.B.SK/x y", "a.b:99999", "SR", "ČR", "CR", "uk", "811 01", "sw1a1aa",
    "Å½ilina", "Kováèová", "Ã\x83Â©", "Ã ", "ÐŸÑ€", "&amp;amp; &lt;b&gt; &#x41; &copy &nbsp;", "&am\u200bp;",
    "0 ŉ", "ß a", "A", "n", "Áno", "x", "true", "1.0", "old", "OLD ", "new",
)  # fmt: skip
ALPHABET = (
    "aÁb\u0301Nn0159.,;:/-–+()@<>'’ \t\r\n\xa0\u200b\u200d\ufeff\x00\x0b\u2028€%#=&_|ßłŽשא👩中"
)
TEXTS = st.one_of(
    st.sampled_from(ODDITIES),
    st.text(max_size=24),
    st.text(alphabet=ALPHABET, max_size=20),
    st.text(alphabet="0123456789.,-+/ eE:TZ()", max_size=20),
    st.lists(st.sampled_from(ODDITIES), min_size=2, max_size=3).map(" ".join),
)
COLUMNS = st.lists(st.one_of(st.none(), TEXTS), min_size=0, max_size=8)
MISREADINGS = [{"mojibake": "utf-8 read as cp1252"}, {"mojibake": "gb18030 read as cp1252"},
               {"mojibake": "cp1250 read as cp1251"}]  # fmt: skip
DECISIONS: dict[str, list[dict[str, Any]]] = {
    "text": [
        *MISREADINGS,
        {"max_length": 5, "overflow": "cut"},
        {"max_length": 1, "overflow": "note"},
        {"max_length": 9},
    ],
    "long_text": [*MISREADINGS, {"max_length": 6, "overflow": "note"}],
    "street": MISREADINGS,
    "address": [*MISREADINGS, {"country": "SK"}, {"country": "US"}, {"country": "GB"}],
    "company": [*MISREADINGS, {"legal_form": "standard"}, {"legal_form": "keep"}],
    "name_part": MISREADINGS,
    "subdivision": [{"country": c} for c in ("US", "SK", "DE", "KE")],
    "language": [{"aliases": {"x": "sk", "sr": "sr-Latn"}}],
    "tax_id": [{"country": c} for c in ("SK", "PL", "DE", "ES", "MX", "KE")],
    "bank_account": [{"country": c} for c in ("SK", "PL", "US")],
    "code": [{"digits": 8}],
    "person_name": [{"order": "last_first"}, {"order": "mixed"}, *MISREADINGS],
    "phone": [{"region": "SK"}, {"region": "US"}, {"region": "IT"}],
    "date": [{"era": "roc"}, {"era": "buddhist", "order": "dmy"}]
    + [{"order": o, "serials": s} for o in ("dmy", "mdy", "ymd") for s in ("1900", "1904")],
    "datetime": [
        {"order": "dmy", "serials": "1900"},
        {"order": "mdy", "pivot": 10},
        {"era": "roc"},
        {"time_zone": "Europe/Bratislava"},
        {"time_zone": "Europe/Bratislava", "write": "utc"},
        {"write": "utc"},
    ],
    "decimal": [{"decimal": "."}, {"decimal": ","}],
    "integer": [{"decimal": "."}, {"decimal": ","}],
    "percent": [{"decimal": ",", "scale": "fraction"}],
    "boolean": [{"true": ["new"], "false": ["old"], "unsure": ["a"]}],
    "country": [{"aliases": {"SR": "SK", "CR": "CZ"}}],
    "postcode": [{"country": c} for c in ("SK", "GB", "US", "PL", "DE", "IE")],
    "picklist": [{"values": {"old": "New", "-": None, "x": "true"}}],
}
COMPANION_VALUES = st.sampled_from([None, "", "SK", "Slovensko", "uk", "Germany", "nowhere", "USA"])
LAW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def named(table: str) -> Callable[..., Any]:
    module, _, function = table.partition(":")
    return getattr(importlib.import_module(module), function)


def column(values: list[str | None]) -> pd.Series:
    """A column whose index, as after a filter or a concat, means nothing."""
    index = [(7 * place) % 5 for place in range(len(values))]
    return pd.Series(values, index=index, dtype="str", name="legacy")


def decisions(name: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from([{}, *DECISIONS.get(name, [])])


@pytest.mark.parametrize("name", CLEANERS)
@given(data=st.data())
@LAW
def test_a_cleaner_keeps_index_missing_values_and_its_input(name: str, data: st.DataObject) -> None:
    values = column(data.draw(COLUMNS))
    companions = pd.DataFrame(
        {
            part: pd.Series(
                data.draw(st.lists(COMPANION_VALUES, min_size=len(values), max_size=len(values))),
                index=values.index,
                dtype="str",
            )
            for part in COMPANIONS.get(name, ())
        },
        index=values.index,
    )
    before, companions_before = values.copy(deep=True), companions.copy(deep=True)

    cleaned: Cleaned = named(CLEANERS[name])(
        values, companions=companions, decision=data.draw(decisions(name))
    )

    pd.testing.assert_series_equal(values, before)
    pd.testing.assert_frame_equal(companions, companions_before)
    for result in (cleaned.columns, cleaned.status, cleaned.rule):
        assert result.index.tolist() == values.index.tolist()
    assert list(cleaned.columns) == ["value", *PARTS.get(name, ())]
    assert {str(dtype) for dtype in cleaned.columns.dtypes} == {"str"}
    assert str(cleaned.status.dtype) == str(cleaned.rule.dtype) == "str"
    rows = zip(values, cleaned.columns["value"], cleaned.status, cleaned.rule, strict=True)
    for old, new, status, rule in rows:
        assert status in {SAME, CHANGED, UNREADABLE, SUGGESTED}
        assert pd.isna(rule) == (status == SAME)
        if pd.isna(old):
            assert pd.isna(new) and status == SAME
        elif status in {SAME, UNREADABLE}:
            assert new == old
        elif status == CHANGED:
            assert new != old or rule in {"blank", "mapped_to_nothing"}
    assert not cleaned.columns.eq("").any(axis=None)


@pytest.mark.parametrize("name", CLEANERS)
@given(data=st.data())
@LAW
def test_cleaning_a_cleaned_column_changes_nothing(name: str, data: st.DataObject) -> None:
    decision = data.draw(decisions(name))
    clean = named(CLEANERS[name])
    once = clean(column(data.draw(COLUMNS)), companions=None, decision=decision)
    again = {**decision, **CANONICAL.get(name, {})}

    kept = once.status.isin([SAME, CHANGED]).to_numpy()
    twice = clean(once.columns["value"][kept], companions=None, decision=again)

    pd.testing.assert_series_equal(twice.columns["value"], once.columns["value"][kept])
    assert set(twice.status) <= {SAME}
    suggested = once.columns["value"][once.status.eq(SUGGESTED).to_numpy()]
    thrice = clean(suggested, companions=None, decision=again)
    pd.testing.assert_series_equal(thrice.columns["value"], suggested)


@pytest.mark.parametrize("name", CLEANERS)
@given(data=st.data())
@settings(LAW, max_examples=20)
def test_a_value_is_read_alike_alone_and_in_any_company(name: str, data: st.DataObject) -> None:
    values = column(data.draw(COLUMNS))
    decision = data.draw(decisions(name))
    clean = named(CLEANERS[name])
    together = clean(values, companions=None, decision=decision)
    for place in range(len(values)):
        alone = clean(values.iloc[[place]], companions=None, decision=decision)
        pd.testing.assert_frame_equal(alone.columns, together.columns.iloc[[place]])


@pytest.mark.parametrize("name", DECIDERS)
@given(values=st.lists(TEXTS, max_size=8, unique=True), locale=st.sampled_from(["", "sk_SK", "?"]))
@LAW
def test_a_decision_is_json_and_the_cleaner_takes_it(
    name: str, values: list[str], locale: str
) -> None:
    evidence = Evidence(values, [1] * len(values), locale=locale, region=locale[3:])
    decision = json.loads(json.dumps(named(DECIDERS[name])(evidence)))
    cleaned = named(CLEANERS[name])(column(list(values)), companions=None, decision=decision)
    assert len(cleaned.status) == len(values)


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_of_the_mapping_reaches_the_decision(name: str) -> None:
    free = {
        "digits": 6, "region": "DE", "pivot": 12, "country": "DE", "aliases": {"X": "SK"},
        "true": ["q"], "false": ["z"], "values": {"a": "b"}, "time_zone": "Asia/Kathmandu",
        "mojibake": "cp1250 read as cp1252", "max_length": 40,
        "format": "%d.%m.%Y",
    }  # fmt: skip
    for option, allowed in OPTIONS[name].items():
        chosen = [value for value in allowed if value != "auto"] or [free[option]]
        for value in chosen:
            decision = named(DECIDERS[name])(Evidence([], [], options={option: value}))
            assert decision[option] == value


def test_every_cleaner_has_a_decider_and_the_tables_name_no_other() -> None:
    assert CLEANERS.keys() == DECIDERS.keys()
    for table in (CANONICAL, COMPANIONS, PARTS, OPTIONS):
        assert table.keys() <= CLEANERS.keys()
