"""A mask keeps the shape of a value and never the value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.reports.mask import mask_record, mask_report, mask_value
from migrate.values import Issue, RunReport, Section


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("jan.novak@example.com", "j…@e….com"),
        ("jo@x.sk", "…@….sk"),
        ("root@localhost", "r…@l…"),
        ("+421 905 123 456", "+421…56"),
        ("+1 (212) 555-0100", "+1…00"),
        ("00420 777 123 456", "00420…56"),
        ("0905 123 456", "0… (12)"),
        ("1980-01-31", "1… (10)"),
        ("Novák", "N… (5)"),
        (" Novák", "N… (6)"),
        ("ab", "… (2)"),
        ("a", "… (1)"),
        ("   ", "… (3)"),
        ("", ""),
    ],
)
def test_shape_stays_and_content_goes(value: str, masked: str) -> None:
    assert mask_value(value) == masked


@given(st.text(min_size=1) | st.emails() | st.from_regex(r"\+\d{8,12}", fullmatch=True))
def test_a_mask_shows_little_and_masking_twice_changes_nothing(value: str) -> None:
    masked = mask_value(value)
    assert mask_value(masked) == masked
    if "…" not in value:
        assert masked != value
    if len(value) > 20 and "@" not in value:
        assert value[3:-3] not in masked


@pytest.mark.parametrize("key", ["C-00412", "7", "SK2020317068", "alfa_beta", "12|34"])
def test_codes_stay_readable_as_record_keys(key: str) -> None:
    assert mask_record(key) == key


@pytest.mark.parametrize(
    "key", ["Ján Novák", "jan@example.com", "jan@example.com|7", "+421905123456"]
)
def test_keys_that_are_personal_data_are_masked(key: str) -> None:
    assert mask_record(key) != key
    assert "jan@example" not in mask_record(key)


def test_only_private_columns_of_tables_are_masked() -> None:
    table = (("id", "name", "records"), ("u-7", "Ľubica Nováková", "31"))
    section = Section("Owners", tables=(table, (("x",), ("Nováková",))), private=("name",))
    issue = Issue("email", "error", "no domain", record="jan@example.com", value="jan@")
    masked = mask_report(
        RunReport("load", "acme", "s", "r1", "Load", issues=(issue,), sections=(section,))
    )
    assert masked.sections[0].tables[0] == (table[0], ("u-7", "Ľ… (15)", "31"))
    assert masked.sections[0].tables[1][1] == ("Nováková",)
    assert (masked.issues[0].value, masked.issues[0].record) == ("j… (4)", "j…@e….com")
    assert masked.issues[0].message == issue.message
