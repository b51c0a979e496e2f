"""The formulas: published and worked oracles, and numpy-financial on random flows."""

from __future__ import annotations

from decimal import Decimal
from itertools import accumulate

import numpy_financial
import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate import roi
from migrate.errors import MigrateError

STEPS = (-250000, 100000, 150000, 200000, 250000, 300000)
EVEN = (-100000, 40000, 40000, 40000, 40000)
TEI_COSTS = (53150, 666715, 636772, 647783)
TEI_BENEFITS = (0, 1606511, 3061331, 4229760)

amounts = st.integers(min_value=0, max_value=500_000)
rates = st.integers(min_value=1, max_value=60).map(lambda percent: Decimal(percent) / 100)
investments = st.tuples(
    st.integers(min_value=1_000, max_value=500_000).map(lambda amount: -amount),
    st.lists(amounts, min_size=1, max_size=12).filter(any),
).map(lambda parts: [parts[0], *parts[1]])
any_flows = st.lists(st.integers(min_value=-500_000, max_value=500_000), min_size=2, max_size=10)


def cents(value: Decimal | None) -> str:
    assert value is not None
    return f"{value:.2f}"


@pytest.mark.parametrize(
    ("flows", "npv", "irr", "payback", "discounted"),
    [
        (STEPS, "472168.75", "56.72", "2.00", "2.23"),
        (EVEN, "26794.62", "21.86", "2.50", "3.02"),
    ],
    ids=["rising", "even"],
)
def test_the_textbook_cases(flows, npv, irr, payback, discounted):
    assert cents(roi.npv("0.10", flows)) == npv
    assert cents(100 * roi.irr(flows)) == irr
    assert cents(roi.payback(flows)) == payback
    assert cents(roi.discounted_payback("0.10", flows)) == discounted


def test_the_published_tei_study():
    costs, benefits = roi.npv("0.10", TEI_COSTS), roi.npv("0.10", TEI_BENEFITS)
    net = [b - c for b, c in zip(TEI_BENEFITS, TEI_COSTS, strict=True)]
    assert cents(costs) == "1672201.35"
    assert cents(benefits) == "7168371.46"
    assert cents(roi.npv("0.10", net)) == "5496170.11"
    assert cents(roi.roi_percent(benefits, costs)) == "328.68"
    assert cents(roi.payback_months(net)) == "0.68"


def test_what_was_measured_becomes_hours_and_money():
    assert cents(roi.share_percent(4380, 36500)) == "12.00"
    assert cents(roi.average_cluster_size(3650, 4380)) == "2.20"
    assert cents(roi.share_percent(5475, 36500)) == "15.00"
    hours = roi.cleanup_hours(4380, 5475, duplicate_minutes=6, incomplete_minutes=2)
    assert (cents(hours), cents(hours * 28)) == ("620.50", "17374.00")
    assert cents(roi.seats_saved_year(52, 40, 65)) == "9360.00"
    assert cents(roi.recovered_margin_year(438000, "0.05", "0.30")) == "6570.00"
    assert cents(roi.share_percent(310000, 500000)) == "62.00"
    assert cents(roi.load_hours(310000, "12.5")) == "6.89"
    assert cents(roi.megabytes(310000)) == "605.47"
    assert cents(roi.downtime_cost(2, 40, 32)) == "2560.00"


def test_the_measured_rate_takes_far_longer_than_the_quota():
    objects = [(12000, 100), (32120, 100), (8400, 100), (140000, 100), (48000, 100), (6200, 1)]
    calls = roi.api_calls(objects)
    assert calls == 8606
    assert cents(roi.quota_minutes(calls, 19, "0.8")) == "9.44"
    assert cents(roi.load_hours(sum(rows for rows, _ in objects), "12.5")) == "5.48"


def test_total_cost_of_ownership_counts_what_is_left_at_the_end():
    assert roi.tco([10000, 7500], residual_value=1000) == 16500
    assert roi.tco([20000, 2000], residual_value=10000) == 12000


def test_saved_time_is_corrected():
    assert cents(roi.time_saved_year(20, 54000, "0.10")) == "108000.00"
    assert cents(roi.time_saved_year(20, 54000, "0.10", "0.80")) == "86400.00"


def test_a_monthly_rate_compounds_to_the_annual_one():
    monthly = roi.monthly_rate("0.10")
    assert f"{100 * monthly:.4f}" == "0.7974"
    assert abs((1 + monthly) ** 12 - Decimal("1.10")) < Decimal("1e-20")


def test_mid_year_discounts_half_a_year_less():
    assert cents(roi.npv("0.21", [-100, 110], mid_year=True)) == "0.00"


# -- rates of return


def test_several_sign_changes_list_every_rate_and_no_single_irr():
    flows = [-1000, 3600, -4310, 1716]  # roots at 10, 20 and 30 %
    assert [cents(100 * root) for root in roi.irr_roots(flows)] == ["10.00", "20.00", "30.00"]
    assert roi.irr(flows) is None
    assert cents(100 * roi.mirr(flows, "0.12", "0.08")) == "10.07"


def test_a_rate_that_the_npv_only_touches_is_found_once():
    assert [cents(100 * root) for root in roi.irr_roots([-100, 240, -144])] == ["20.00"]


def test_sign_changes_without_any_rate():
    assert roi.sign_changes([-100, 100, -100]) == 2
    assert roi.irr_roots([-100, 100, -100]) == ()


@pytest.mark.parametrize("flows", [[], [0, 0], [-5], [100, 200], [-100, -1]])
def test_flows_of_one_sign_have_no_rate_of_return(flows):
    assert roi.irr(flows) is None
    assert roi.mirr(flows, "0.1", "0.1") is None


def test_a_return_of_more_than_a_thousand_percent_is_still_found():
    assert cents(100 * roi.irr([-100, 2100])) == "2000.00"


def test_years_before_the_first_flow_do_not_change_the_rate():
    assert roi.irr([0, 0, *EVEN]) == roi.irr(EVEN)


@given(flows=any_flows, rate=rates)
def test_npv_agrees_with_numpy_financial(flows, rate):
    expected = numpy_financial.npv(float(rate), flows)
    assert float(roi.npv(rate, flows)) == pytest.approx(expected, abs=1e-4)


@given(flows=investments)
def test_irr_agrees_with_numpy_financial(flows):
    expected = numpy_financial.irr(flows)
    found = roi.irr(flows)
    if found is None:  # a loss of more than 99 % a year: below what we call a rate
        assert not expected > -0.99
    else:
        assert abs(roi.npv(found, flows)) < Decimal("0.01") * sum(map(abs, flows))
        assert float(found) == pytest.approx(expected, rel=1e-6, abs=1e-7)


@given(flows=any_flows)
def test_every_rate_found_makes_the_npv_zero(flows):
    roots = roi.irr_roots(flows)
    assert len(roots) <= roi.sign_changes(flows)
    for root in roots:
        scale = roi.npv(root, [abs(flow) for flow in flows])
        assert abs(roi.npv(root, flows)) <= scale * Decimal("1e-8")


@given(flows=investments, finance=rates, reinvest=rates)
def test_mirr_agrees_with_numpy_financial(flows, finance, reinvest):
    expected = numpy_financial.mirr(flows, float(finance), float(reinvest))
    assert float(roi.mirr(flows, finance, reinvest)) == pytest.approx(expected, abs=1e-9)


# -- payback


def test_payback_interpolates_in_the_year_of_the_crossing():
    assert cents(roi.payback([-1000, 200, 200, 200, 200, 775])) == "4.26"


def test_payback_is_the_last_time_the_money_comes_back():
    assert cents(roi.payback([-100, 150, -100, 200])) == "2.25"


def test_money_put_in_later_than_year_0_has_to_come_back_too():
    assert cents(roi.payback([100, -300, 250])) == "1.80"


def test_nothing_invested_is_paid_back_at_once_and_a_loss_never():
    assert roi.payback([0, 10, 10]) == 0
    assert roi.payback([-100, 60, 39]) is None
    assert roi.payback_months([-100, 60, 39]) is None
    assert roi.payback([]) == 0


@given(flows=investments)
def test_at_the_payback_the_balance_is_zero(flows):
    years = roi.payback(flows)
    balances = list(accumulate(map(Decimal, flows)))
    if years is None:
        assert balances[-1] < 0
    else:
        year = int(years)
        rest = (years - year) * flows[year + 1] if year < len(flows) - 1 else 0
        assert abs(balances[year] + rest) < Decimal("1e-15") * abs(flows[0])


# -- break-even


def test_users_are_a_minimum_when_they_earn_and_a_maximum_when_they_cost():
    assert roi.break_even_units(-5000, 400).users == 13
    assert roi.break_even_units(-5000, 400).kind == "minimum"
    assert roi.break_even_units(5000, -400).users == 12
    assert roi.break_even_units(5000, -400).kind == "maximum"
    assert roi.break_even_units(5000, 0) is None


def test_at_the_break_even_users_both_ways_of_paying_cost_the_same():
    users = roi.break_even_users(
        price_month=50, licence=900, maintenance_share="0.18", rate="0.10", years=5,
        fixed_licence=8000, operations_year=4000, fixed_subscription=1500,
    )  # fmt: skip
    subscription = roi.npv("0.10", [1500, *[users * 50 * 12] * 5])
    licences = users * 900
    owned = roi.npv("0.10", [8000 + licences, *[4000 + licences * Decimal("0.18")] * 5])
    assert abs(subscription - owned) < Decimal("1e-15")


def test_a_switching_value_is_found_on_a_curve_and_refused_out_of_range():
    assert cents(roi.switching_value(lambda x: x * x * x - 27, 10)) == "3.00"
    assert roi.switching_value(lambda x: 5 - x, 1, high=1) is None
    assert roi.switching_value(lambda x: x + 5, 1) is None
    assert roi.switching_value(lambda _: Decimal(7), 1) is None
    assert cents(roi.switching_value(lambda x: x - 3, 0)) == "3.00"


# -- what cannot be computed


def test_without_cost_there_is_no_roi():
    assert roi.roi_percent(500, 0) is None
    assert roi.nucleus_percent(0, [1, 2, 3]) is None
    assert roi.share_percent(1, 0) is None


@pytest.mark.parametrize(
    "call",
    [
        lambda: roi.npv(-1, [1, 2]),
        lambda: roi.npv("ten", [1]),
        lambda: roi.npv("0.1", [float("nan")]),
        lambda: roi.npv("0.1", [True]),
        lambda: roi.api_calls([(10, 0)]),
        lambda: roi.load_hours(10, 0),
    ],
)
def test_what_is_no_number_is_a_clear_error(call):
    with pytest.raises(MigrateError) as caught:
        call()
    assert caught.value.hint


def test_floats_are_taken_as_they_print():
    assert roi.npv(0.1, [0.1, 0.22]) == Decimal("0.3")


def test_every_public_name_exists():
    assert all(hasattr(roi, name) for name in roi.__all__)
