"""The case as a whole: example W of a fictional distributor, line by line, and its report."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from ruamel.yaml import YAML

from migrate.errors import MappingError
from migrate.evidence.roi_case import compute
from migrate.evidence.roi_page import roi_json, roi_section
from migrate.evidence.roi_yaml import roi_inputs

DISTRIBUTOR = """
currency: EUR
horizon_years: 3
discount_rate: 0.10
ramp: [0.6, 0.9, 1.0]
costs:
  C-SUB:
    users: measured
    price_month: {value: 65, provenance: quote, source: offer 2025-03}
    risk: 0
  C-HW: {amount: 4000, provenance: quote, risk: 0}
  C-IMP: {amount: 30000, provenance: expert, risk: 0.10}
  C-MIG: {hours: 220, rate: 45, risk: 0.10}
  C-TRN: {users: 40, hours: 8, rate: 32, materials: 1500, risk: 0.05}
  C-DIP: {depth: 0.20, weeks: 6, hours_week: 40, rate: 32, users: 40, risk: 25 %}
  C-DOWN: {hours: 2, users: 40, rate: 32, risk: 0.10}
  C-ADM: {amount_year: 15000, risk: 0.05}
  C-SUP: {amount_year: 6000, risk: 0}
benefits:
  B-PROD:
    users: 40
    hours_saved_week: {value: 2.0, provenance: expert, source: "J. Example, 2025-03"}
    work_weeks: 46
    rate: 32.00
    transfer: 0.5
    risk: 0.15
  B-CLEAN: {hours: 620.5, rate: 28, risk: 0.10}
  B-LOST: {orphan_value: 438000, recovered_share: 0.05, margin: 0.30, risk: 0.20}
  B-CYCLE: {revenue: 2400000, margin: 0.30, cycle_cut: 0.05, realised_share: 0.20, risk: 0.20}
  B-STAFF: {fte: 0.5, loaded_cost: 30000, risk: 0.15}
  B-LEG: {amount_year: 52000, schedule: [0.5, 1, 1], risk: 0.05}
"""


def case(text: str = DISTRIBUTOR, **measured: int):
    raw = YAML(typ="safe").load(text)
    return roi_inputs(raw, measured={"active_owners": 40, **measured})


def problems(raw, **options) -> str:
    with pytest.raises(MappingError) as caught:
        roi_inputs(raw, **options)
    return str(caught.value)


def cents(value: Decimal | None) -> str:
    assert value is not None
    return f"{value:,.2f}"


@pytest.fixture(scope="module")
def result():
    return compute(case())


def test_the_yearly_flows(result):
    assert [cents(c) for c in result.costs] == ["101,433.00"] + ["52,950.00"] * 3
    assert [cents(b) for b in result.benefits] == ["0.00", "84,806.89", "116,105.44", "123,517.16"]
    assert [cents(n) for n in result.net] == ["-101,433.00", "31,856.89", "63,155.44", "70,567.16"]


def test_the_headline_figures(result):
    assert cents(result.present_costs) == "233,111.81"
    assert cents(result.present_benefits) == "265,852.36"
    assert cents(result.npv) == "32,740.54"
    assert cents(result.roi_percent) == "14.04"
    assert cents(100 * result.irr) == "25.35"
    assert cents(result.payback_years) == "2.09"
    assert cents(result.payback_months) == "25.09"
    assert cents(result.discounted_payback_years) == "2.38"
    assert cents(result.tco) == "260,283.00"
    assert cents(result.simple_roi_percent) == "24.64"
    assert cents(result.nucleus_percent) == "54.41"
    assert cents(result.unadjusted_npv) == "82,370.13"
    assert cents(result.unadjusted_roi_percent) == "37.66"
    assert cents(result.overrun_npv) == "19,573.54"


def test_the_present_value_of_each_line(result):
    assert {line.id: cents(line.present_value) for line in result.lines} == {
        "C-SUB": "77,589.78",
        "C-HW": "4,000.00",
        "C-IMP": "33,000.00",
        "C-MIG": "10,890.00",
        "C-TRN": "12,327.00",
        "C-DIP": "38,400.00",
        "C-DOWN": "2,816.00",
        "C-ADM": "39,167.92",
        "C-SUP": "14,921.11",
        "B-PROD": "102,126.50",
        "B-CLEAN": "14,215.09",
        "B-LOST": "10,725.24",
        "B-CYCLE": "12,372.30",
        "B-STAFF": "26,017.28",
        "B-LEG": "100,395.94",
    }


def test_the_values_at_which_the_case_tips(result):
    switching = {line.id: line.switching for line in result.lines}
    assert (switching["B-PROD"].input, cents(switching["B-PROD"].value)) == (
        "hours_saved_week",
        "1.36",
    )
    assert cents(switching["B-LEG"].value) == "35,042.06"
    assert cents(switching["C-DIP"].value) == "11.12"
    assert switching["B-CLEAN"].value is None  # even without it the case pays
    assert (result.users_break_even.users, result.users_break_even.kind) == (87, "maximum")


def test_a_share_at_which_the_case_tips_is_not_rounded_away():
    raw = {"costs": {"C-HW": {"amount": 1000, "risk": 0}}, "ramp": [1, 1, 1],
           "benefits": {"B-LOST": {"orphan_value": 50000, "recovered_share": 0.05, "margin": 0.3,
                                   "risk": 0}}}  # fmt: skip
    result = compute(roi_inputs(raw))
    assert roi_json(result)["lines"][1]["switching"]["value"] == "0.0268"
    assert roi_section(result)[2].tables[0][2][-1] == "recovered_share 0.0268"


def test_an_input_of_the_same_name_changes_in_every_line(result):
    more = compute(case().changed({"users": Decimal(52)}))
    assert cents(more.npv) == "24,511.16"
    assert cents((result.npv - more.npv) / 12) == "685.78"


def test_provenance_shares_add_up(result):
    assert cents(sum(result.provenance_percent.values())) == "100.00"
    assert cents(result.provenance_percent["quote"]) == "16.35"  # the subscription and hardware
    assert result.provenance_percent["default"] == 0
    assert result.status == "final"


def test_what_was_measured_feeds_the_lines_that_say_so():
    raw = {
        "costs": {
            "C-SUB": {"users": "measured", "price_month": 10},
            "C-MIG": {"hours": {"value": "measured", "source": "run 7"}, "rejects": "measured",
                      "rate": 45},
            "C-DEV": {"hours": "measured", "rate": 60},
        },
        "benefits": {
            "B-CLEAN": {"surplus_duplicates": "measured", "incomplete_records": "measured",
                        "rate": 28},
        },
    }  # fmt: skip
    measured = {
        "active_owners": 11, "surplus_duplicates": 40, "incomplete_records": 12,
        "records": 2500, "rejects": 30, "schema_gap_hours": Decimal("3.5"), "cleanup_hours": 8,
    }  # fmt: skip
    lines = {line.id: line for line in compute(roi_inputs(raw, measured=measured)).lines}
    assert lines["C-SUB"].raw[1] == 11 * 10 * 12
    assert lines["C-MIG"].raw[0] == 8 * 45 + 30 * 4 * 45 / Decimal(60)
    assert lines["C-DEV"].raw[0] == Decimal("3.5") * 60
    assert cents(lines["B-CLEAN"].raw[1]) == cents((40 * 6 + 12 * 2) / Decimal(60) * 28)
    given = {figure.name: figure for figure in lines["C-MIG"].inputs}
    assert (given["hours"].provenance, given["hours"].source) == ("measured", "run 7")
    assert (given["reject_minutes"].provenance, given["reject_minutes"].value) == ("default", 4)


def test_a_measurement_that_is_missing_is_said():
    message = problems({"costs": {"C-SUB": {"users": "measured", "price_month": 1}}})
    assert "roi.costs.C-SUB.users" in message and "active_owners has not been measured" in message
    message = problems({"costs": {"C-SUB": {"users": 5, "price_month": "measured"}}})
    assert "not something we measure" in message and "provenance: measured" in message


# -- defaults and status


def test_defaults_are_taken_named_and_make_a_draft():
    raw = {
        "costs": {"C-SUP": {"amount_year": 100}},
        "benefits": {"B-PROD": {"users": 10, "hours_saved_week": 1, "work_weeks": 46, "rate": 30}},
    }
    result = compute(roi_inputs(raw))
    assert result.status == "draft: B-PROD (100 % of benefits) rest on default figures"
    assert set(result.inputs.defaults) == {
        "horizon_years 3", "discount_rate 0.10", "ramp 60% / 90% / 100%", "B-PROD.transfer 0.5",
        "B-PROD.risk 0.20", "C-SUP.risk 0.10",
    }  # fmt: skip
    assert [cents(flow) for flow in result.lines[1].raw] == [
        "0.00", "4,140.00", "6,210.00", "6,900.00",
    ]  # fmt: skip


def test_a_small_line_may_rest_on_defaults():
    raw = {"costs": {"C-SUP": {"amount_year": 10000}, "C-DIP": {"users": 1, "rate": 10}}}
    assert compute(roi_inputs(raw)).status == "final"


@pytest.mark.parametrize(
    ("line", "provenance", "risk"),
    [
        ("B-LEG", "measured", "0.05"), ("B-LEG", "quote", "0.10"), ("B-LEG", "expert", "0.15"),
        ("B-LEG", "default", "0.20"), ("C-SUP", "quote", "0"), ("C-SUP", "expert", "0.10"),
    ],
)  # fmt: skip
def test_the_risk_factor_follows_the_provenance(line, provenance, risk):
    side = "costs" if line.startswith("C") else "benefits"
    raw = {side: {line: {"amount_year": {"value": 1000, "provenance": provenance}}}}
    assert roi_inputs(raw).lines[0].risk == Decimal(risk)


def test_a_horizon_of_five_years_goes_on_with_full_adoption():
    raw = {"horizon_years": 5, "benefits": {"B-STAFF": {"fte": 1, "salary": 1000, "risk": 0}}}
    flows = compute(roi_inputs(raw)).benefits
    assert flows == (0, Decimal("810"), Decimal("1215"), 1350, 1350, 1350)


def test_one_off_lines_fall_in_the_year_they_name():
    raw = {"costs": {"C-DIP": {"users": 1, "rate": 100, "year": 1, "risk": 0}}}
    assert compute(roi_inputs(raw)).costs == (0, Decimal("2400"), 0, 0)


def test_maintenance_follows_the_licence():
    raw = {"costs": {"C-LIC": {"users": 10, "licence": 900, "maintenance_share": 0.2, "risk": 0}}}
    assert compute(roi_inputs(raw)).costs == (9000, 1800, 1800, 1800)


def test_amounts_in_another_currency_use_the_one_dated_table():
    raw = {
        "currency": "EUR",
        "exchange_rates": {"date": "2025-03-01", "CZK": 0.04},
        "costs": {"C-HW": {"amount": {"value": 100000, "currency": "CZK"}, "risk": 0}},
    }
    result = compute(roi_inputs(raw))
    assert result.costs[0] == 4000
    assert "100000 CZK" in str(roi_section(result))
    assert "date 2025-03-01, CZK 0.04" in str(roi_section(result))
    del raw["exchange_rates"]
    assert "no exchange rate for 'CZK'" in problems(raw)


# -- mistakes


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"horizon": 3}, "did you mean 'horizon_years'?"),
        ({"costs": {"C-SUBS": {}}}, "did you mean 'C-SUB'?"),
        ({"costs": {"c-imp": {}}}, "did you mean 'C-IMP'?"),
        ({"costs": {"B-PROD": {}}}, "roi.costs: unknown key 'B-PROD'"),
        ({"costs": {"C-SUB": {"user": 4, "price_month": 5}}}, "did you mean 'users'?"),
        ({"costs": {"C-SUB": {"users": 4}}}, "nothing uses users"),
        ({"costs": {"C-SUB": {}}}, "users × price_month × 12"),
        ({"costs": {"C-SUP": {"amount_year": "lots"}}}, "'lots' is not a number"),
        ({"costs": {"C-SUP": {"amount_year": -5}}}, "-5 is not 0 or more"),
        ({"costs": {"C-SUP": {"amount_year": 5, "risk": 10}}}, "write 15 % as 0.15"),
        ({"costs": {"C-SUP": {"amount_year": True}}}, "True is not a number"),
        ({"costs": {"C-SUP": 5}}, "5 is not a mapping"),
        ({"costs": {"C-SUP": {"amount_year": 5, "provenance": "qoute"}}}, "did you mean 'quote'?"),
        ({"costs": {"C-SUP": {"amount_year": {"valu": 5}}}}, "did you mean 'value'?"),
        ({"costs": {"C-SUB": {"users": 4, "contacts": 9, "price_month": 1}}}, "twice"),
        ({"benefits": {"B-CYCLE": {"cycle_cut": 1}}}, "between 0 and 0.9"),
        ({"ramp": [0.1, 0.2, 0.3, 0.4]}, "has 4 values, the horizon 3 years"),
        ({"ramp": 0.5}, "not a list of shares"),
        ({"horizon_years": 0}, "0 is not a whole number from 1 to 20"),
        ({"costs": {"C-DIP": {"users": 1, "rate": 1, "year": 9}}}, "9 is not a year from 0 to 3"),
        ({"mid_year": "perhaps"}, "neither true nor false"),
        ([], "[] is not a mapping"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_the_nearest_name(raw, expected):
    message = problems(raw, where="migration.yaml:30")
    assert expected in message
    assert message.startswith("migration.yaml:30: roi")


def test_all_mistakes_are_named_at_once():
    message = problems({"costs": {"C-SUP": {"amount_yr": 1}, "C-HW": {"amount": "x"}}, "rampe": 1})
    assert {"C-SUP", "C-HW", "rampe"} <= set(
        message.replace(":", " ").replace(".", " ").replace("'", " ").split()
    )


# -- the page


def page(raw) -> str:
    sections = roi_section(compute(roi_inputs(raw)))
    return "\n".join(
        [
            *(text for section in sections for text in (section.title, *section.text)),
            *(" | ".join(row) for section in sections for table in section.tables for row in table),
        ]
    )


def test_the_page_shows_the_decision_first(result):
    first = roi_section(result)[0]
    assert first.text[0] == (
        "NPV 32,740.54 EUR over 3 years at 10 %: on these figures the project earns more than it "
        "costs. ROI 14.04 %, payback 2.09 years (25.09 months), IRR 25.35 %."
    )
    assert ("NPV", "32,740.54", "82,370.13") in first.tables[0]
    assert any("87 users are the most" in text for text in first.text)


def test_the_cash_flow_is_shown_by_year(result):
    rows = roi_section(result)[1].tables[0]
    assert rows[2] == ("1", "52,950.00", "84,806.89", "31,856.89", "-69,576.11", "28,960.81")
    assert rows[-1][:4] == ("Present value", "233,111.81", "265,852.36", "32,740.54")


def test_each_line_shows_formula_inputs_provenance_risk_and_both_values(result):
    rows = {row[0]: row for row in roi_section(result)[2].tables[0]}
    assert rows["C-SUB"][2:8] == (
        "users × price_month × 12", "users 40, price_month 65", "quote", "0 %",
        "77,589.78", "77,589.78",
    )  # fmt: skip
    assert rows["B-PROD"][5:8] == ("15 %", "120,148.82", "102,126.50")


def test_every_table_is_rectangular_text(result):
    for section in roi_section(result):
        for table in section.tables:
            assert {len(row) for row in table} == {len(table[0])}
            assert all(isinstance(cell, str) for row in table for cell in row)


def test_an_expert_is_named_only_in_a_private_column(result):
    sections = roi_section(result)
    sources = sections[3]
    assert "Named by" in sources.private
    column = sources.tables[0][0].index("Named by")
    holders = [row for row in sources.tables[0] if any("J. Example" in cell for cell in row)]
    assert holders and all(row[column] == "J. Example, 2025-03" for row in holders)
    assert "J. Example" not in json.dumps(roi_json(result))
    assert "offer 2025-03" in json.dumps(roi_json(result))


def test_a_negative_npv_is_printed_as_plainly():
    raw = {"currency": "EUR", "costs": {"C-IMP": {"amount": 50000, "risk": 0}},
           "benefits": {"B-LEG": {"amount_year": 10000, "risk": 0}}}  # fmt: skip
    text = page(raw)
    assert (
        "NPV -25,131.48 EUR over 3 years at 10 %: on these figures the project loses money." in text
    )
    assert "payback never within 3 years" in text
    assert "IRR -21.76 %" in text


def test_without_cost_the_roi_is_undefined_in_words():
    text = page({"benefits": {"B-LEG": {"amount_year": 10000}}})
    assert "ROI undefined (no cost is given)" in text
    assert "payback undefined (no cost is given)" in text
    assert "IRR none" in text


def test_an_empty_case_says_so():
    assert "nothing to decide on yet" in page({})
    assert roi_json(compute(roi_inputs(None)))["npv"] == "0.00"


def test_several_sign_changes_are_explained():
    raw = {"ramp": [1, 1, 1],
           "costs": {"C-HW": {"amount": 1000, "amount_year": 5000, "schedule": [0, 0, 1],
                              "risk": 0}},
           "benefits": {"B-LEG": {"amount_year": 2300, "schedule": [1, 1, 1], "risk": 0}}}  # fmt: skip
    result = compute(roi_inputs(raw))
    assert len(result.irr_roots) == 2 and result.irr is None
    assert "the IRR is not one rate" in page(raw)
    assert roi_json(result)["irr"] is None


def test_warnings_name_what_makes_a_case_weak(result):
    warnings = " ".join(result.warnings)
    assert "6 benefit lines carry the case" in warnings
    assert "B-PROD stands beside B-LOST, B-CYCLE" in warnings
    assert "B-STAFF counts only if the posts are really removed" in warnings
    assert "defaults" not in warnings


def test_parallel_running_is_not_counted_twice():
    raw = {"costs": {"C-PAR": {"months": 6, "cost_month": 100}},
           "benefits": {"B-LEG": {"amount_year": 1200, "schedule": [0.5, 1, 1]}}}  # fmt: skip
    assert "C-PAR and a lower B-LEG" in page(raw)
    del raw["benefits"]["B-LEG"]["schedule"]
    assert "C-PAR and a lower B-LEG" not in page(raw)


def test_benefits_without_customer_data_are_listed_and_not_counted():
    raw = {
        "costs": {"C-HW": {"amount": 100}},
        "benefits": {
            "B-SERV": {"note": "faster answers"},
            "B-RET": {"revenue_year": 90000, "margin": 0.3},
            "B-OPS": {"amount_year": 500, "provenance": "measured", "source": "run 3"},
        },
        "unquantified": ["better reporting"],
    }
    result = compute(roi_inputs(raw))
    assert [line.id for line in result.lines] == ["C-HW", "B-OPS"]
    assert result.unquantified == (
        "Customers kept (B-RET) (no measured or quoted figure behind it)",
        "Better service (B-SERV): faster answers",
        "better reporting",
    )


def test_cost_lines_that_nobody_filled_in_are_reported(result):
    assert "Customisation (C-DEV)" in result.missing_costs
    assert "Subscription (C-SUB)" not in result.missing_costs


def test_the_json_has_text_with_two_decimals(result):
    figures = json.loads(json.dumps(roi_json(result)))
    assert (figures["npv"], figures["irr"], figures["payback_years"]) == (
        "32740.54",
        "25.35",
        "2.09",
    )
    assert figures["years"][0] == {
        "year": 0, "costs": "101433.00", "benefits": "0.00", "net": "-101433.00",
    }  # fmt: skip
    line = next(line for line in figures["lines"] if line["id"] == "C-DIP")
    assert (line["risk"], line["raw"][0], line["present_value"]) == (
        "25.00",
        "30720.00",
        "38400.00",
    )
    assert line["switching"] == {"input": "weeks", "value": "11.12"}
    assert figures["users_break_even"] == {"users": 87, "kind": "maximum"}
