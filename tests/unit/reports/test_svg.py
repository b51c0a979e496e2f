"""Bars: to scale, labelled, never too thin to be seen."""

from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree

import pytest

from migrate.reports.svg import (
    DISPOSITION_COLOURS,
    PALETTE,
    Bar,
    draw_bars,
    draw_stacked,
    draw_table,
)

NS = "{http://www.w3.org/2000/svg}"


def _bars(drawing: str) -> dict[str, tuple[float, float]]:
    """Tip of each bar -> its left edge and its width."""
    return {
        str(rect.findtext(f"{NS}title")): (float(rect.attrib["x"]), float(rect.attrib["width"]))
        for rect in ElementTree.fromstring(drawing).iter(f"{NS}rect")
        if rect.find(f"{NS}title") is not None
    }


def test_bars_are_to_scale_and_losses_stand_left_of_zero() -> None:
    table = [("year", "net"), ("0", "-1,000.00"), ("1", "500.00"), ("2", "2,000.00")]
    bars = _bars(draw_table(table, "bars", title="Cash"))
    (x0, w0), (x1, w1), (x2, w2) = (
        bars[k] for k in ("0: net -1,000.00", "1: net 500.00", "2: net 2,000.00")
    )
    assert w2 == pytest.approx(4 * w1, abs=0.2) and w0 == pytest.approx(2 * w1, abs=0.2)
    assert x0 + w0 == pytest.approx(x1, abs=0.2) and x1 == x2


def test_one_failed_record_of_a_million_can_be_seen() -> None:
    bar = Bar("Contact", (1_000_000.0, 1.0), ("1,000,000", "1"), "1,000,001")
    bars = _bars(draw_stacked([bar], ["created", "failed"], title="x", is_share=True))
    assert bars["Contact: failed 1"][1] >= 3
    left, size = bars["Contact: created 1,000,000"]
    assert left + size == pytest.approx(bars["Contact: failed 1"][0], abs=0.2)


def test_several_series_have_a_legend() -> None:
    drawing = draw_table([("y", "costs", "benefits"), ("1", "5", "9")], "bars", title="x")
    assert ">costs</text>" in drawing and ">benefits</text>" in drawing


def test_a_table_without_figures_draws_nothing() -> None:
    assert draw_table([("rule", "result"), ("R01", "met")], "bars", title="x") == ""


def test_figures_that_are_missing_or_zero_draw_no_bar() -> None:
    drawing = draw_bars([Bar("a", (None,), ("-",)), Bar("b", (3.0,), ("3",))], ["n"], title="x")
    assert list(_bars(drawing)) == ["b: n 3"]
    nothing = draw_stacked([Bar("a", (0.0,), ("0",), "0")], ["n"], title="x", is_share=True)
    assert _bars(nothing) == {}


def test_labels_are_escaped_and_shortened() -> None:
    drawing = draw_bars([Bar("<b>" + "x" * 50, (1.0,), ("1",))], ["n"], title="<i>")
    ElementTree.fromstring(drawing)
    assert "<b>" not in drawing and "…" in drawing


@pytest.mark.parametrize("colours", [PALETTE, tuple(DISPOSITION_COLOURS.values())])
def test_colours_differ_from_each_other_without_red_and_green(colours: tuple[str, ...]) -> None:
    """Red-green blindness leaves brightness and blue: each pair must differ in one of them."""
    for one, other in combinations(colours, 2):
        a, b = ([int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in (one, other))
        brightness = abs(sum(a) - sum(b)) / 3
        assert brightness > 12 or abs(a[2] - b[2]) > 40, (one, other)
