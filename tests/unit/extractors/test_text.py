from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.extractors._text import frame_of, slug, text_of, unique_names


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1E-9"), "0.000000001"),
        (Decimal("1234.50"), "1234.50"),
        (1e22, "10000000000000000000000"),
        (-0.5, "-0.5"),
        (float("nan"), None),
        (datetime(2019, 3, 1, tzinfo=UTC), "2019-03-01T00:00:00+00:00"),
        (datetime(2019, 3, 1, 1, 2, 3, 500_000), "2019-03-01T01:02:03.5"),
        (time(10, 5), "10:05:00"),
        (timedelta(hours=-1, minutes=-30), "-1:30:00"),
        (memoryview(b"\x00\xff"), "\\x00ff"),
        ({"a": ["ž", Decimal("1.5")]}, '{"a": ["ž", "1.5"]}'),
    ],
)
def test_each_value_has_one_text(value: object, text: str | None) -> None:
    assert text_of(value) == text


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])) | st.none(), max_size=20))
def test_frames_keep_every_text_that_shows_something(values: list[str | None]) -> None:
    column = frame_of(["v"], [values], range(len(values)))["v"]
    assert str(column.dtype) == "str"
    for value, kept in zip(values, column, strict=True):
        assert kept == value or (kept != kept and not (value or "").strip())


def test_table_names() -> None:
    assert [slug(name) for name in ("Zákazníci", "Hárok 1", "2024/25 (x)", "!!")] == [
        "zakaznici", "harok_1", "2024_25_x", "table",
    ]  # fmt: skip
    assert unique_names(["a", "a_2", "a"]) == ["a", "a_2", "a_3"]
