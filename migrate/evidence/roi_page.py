"""How is the ROI case shown: one page for people, one JSON object for scripts?

A negative NPV is printed as plainly as a positive one, and every figure says where it comes from.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from migrate.evidence.roi import CENT, present_values, rounded
from migrate.evidence.roi_break_even import BreakEven
from migrate.evidence.roi_case import LineResult, RoiResult, Switching
from migrate.evidence.roi_terms import INPUTS
from migrate.values import Section

Rows = tuple[tuple[str, ...], ...]


def roi_section(result: RoiResult) -> tuple[Section, ...]:
    """The one-page report: decision, cash flow, lines, what to know before believing it.

    >>> from migrate.evidence.roi_case import compute
    >>> from migrate.evidence.roi_yaml import roi_inputs
    >>> case = {"currency": "EUR", "costs": {"C-SUP": {"amount_year": 6000, "risk": 0}}}
    >>> print(roi_section(compute(roi_inputs(case)))[0].text[0])
    NPV -14,921.11 EUR over 3 years at 10 %: on these figures the project loses money. ROI -100.00 %, payback never within 3 years, IRR none.
    """
    return (_decision(result), _cash_flow(result), _lines(result), _sources(result), _trust(result))


def _decision(result: RoiResult) -> Section:
    inputs = result.inputs
    rows = (
        ("", "Risk-adjusted", "Unadjusted"),
        ("NPV", _money(result.npv), _money(result.unadjusted_npv)),
        ("ROI", _percent(result.roi_percent), _percent(result.unadjusted_roi_percent)),
        ("ROI, undiscounted", _percent(result.simple_roi_percent), ""),
        ("Annual ROI (Nucleus)", _percent(result.nucleus_percent), ""),
        ("IRR", _irr(result), ""),
        ("Payback", _payback(result), ""),
        ("Payback, discounted", _years(result.discounted_payback_years), ""),
        ("Total cost of ownership", _money(result.tco), ""),
        ("Total cost of ownership, present value", _money(result.tco_present_value), ""),
        ("NPV if implementation and migration work cost 30 % more", _money(result.overrun_npv), ""),
    )
    basis = [
        f"Amounts in {inputs.currency}" if inputs.currency else "No currency is named",
        f"prices of {inputs.price_date}" if inputs.price_date else "no price date given",
        inputs.tax,
        "cash flows at mid-year" if inputs.is_mid_year else "cash flows at the end of each year",
    ]
    text = [_headline(result), f"Status: {result.status}.", ", ".join(basis) + "."]
    if inputs.exchange_rates:
        rates = ", ".join(f"{name} {value}" for name, value in inputs.exchange_rates.items())
        text.append(f"Exchange rates: {rates}.")
    if len(result.irr_roots) > 1:
        text.append(
            "The net flows change sign more than once, so the IRR is not one rate: "
            f"go by the MIRR, {_percent(_times_100(result.mirr))}."
        )
    text.extend(_users_text(result.users_break_even))
    text.extend(_do_nothing(result))
    return Section("Return on investment", tuple(text), (rows,))


def _headline(result: RoiResult) -> str:
    inputs = result.inputs
    if not result.lines:
        return "No costs and no benefits are given: there is nothing to decide on yet."
    rate = f"{(100 * inputs.discount_rate).normalize():f} %"
    verdict = (
        "earns more than it costs"
        if result.npv > 0
        else "loses money"
        if result.npv < 0
        else "breaks even"
    )
    roi = "undefined (no cost is given)"
    if result.roi_percent is not None:
        roi = _percent(result.roi_percent)
    currency = f" {inputs.currency}" if inputs.currency else ""
    return (
        f"NPV {_money(result.npv)}{currency} over {_count(inputs.horizon_years, 'year')} at {rate}: "
        f"on these figures the project {verdict}. "
        f"ROI {roi}, payback {_payback(result)}, IRR {_irr(result)}."
    )


def _users_text(users: BreakEven | None) -> tuple[str, ...]:
    if users is None:
        return ()
    if users.kind == "maximum":
        if users.exact < 0:
            return ("Each further user costs money, and no number of users makes the case pay.",)
        return (f"Each further user costs money: {users.users} users are the most it carries.",)
    if users.exact <= 0:
        return ()
    return (f"Each further user earns money: it takes at least {users.users} users to pay.",)


def _do_nothing(result: RoiResult) -> tuple[str, ...]:
    legacy = next((line for line in result.lines if line.id == "B-LEG"), None)
    if legacy is None:
        return ("Doing nothing: the cost of keeping the old system is not given (B-LEG).",)
    return (
        f"Doing nothing keeps the old system, of which {_money(sum(legacy.raw, Decimal(0)))} "
        f"(present value {_money(legacy.unadjusted_present_value)}) would be saved.",
    )


def _cash_flow(result: RoiResult) -> Section:
    discounted = present_values(
        result.inputs.discount_rate, result.net, mid_year=result.inputs.is_mid_year
    )
    rows: list[tuple[str, ...]] = [
        ("Year", "Costs", "Benefits", "Net", "Cumulative", "Net, present value")
    ]
    balance = Decimal(0)
    for year, values in enumerate(
        zip(result.costs, result.benefits, result.net, discounted, strict=True)
    ):
        cost, benefit, net, today = values
        balance += net
        rows.append((str(year), *map(_money, (cost, benefit, net, balance, today))))
    sums = (sum(result.costs), sum(result.benefits), sum(result.net))
    rows.append(("Total", *(_money(Decimal(value)) for value in sums), "", _money(result.npv)))
    present = (result.present_costs, result.present_benefits, result.npv)
    rows.append(("Present value", *map(_money, present), "", ""))
    return Section("Cash flow by year, risk-adjusted", (), (tuple(rows),))


def _lines(result: RoiResult) -> Section:
    rows = [
        (
            "Line", "What", "Formula", "Inputs", "Provenance", "Risk", "PV unadjusted", "PV",
            "Share", "NPV is zero at",
        )
    ]  # fmt: skip
    for line in result.lines:
        figures = ", ".join(f"{figure.name} {_plain(figure.value)}" for figure in line.inputs)
        rows.append(
            (
                line.id,
                line.label,
                line.formula,
                figures,
                line.provenance,
                f"{_plain(100 * line.risk)} %",
                _money(line.unadjusted_present_value),
                _money(line.present_value),
                _percent(line.share_percent),
                _switching(line),
            )
        )
    text = (
        "PV is the present value after the risk factor (benefits lowered, costs raised); "
        "Share is of the PV of all costs, or of all benefits.",
    )
    return Section("Costs and benefits, line by line", text, (tuple(rows),))


def _switching(line: LineResult) -> str:
    if line.switching is None:
        return ""
    if line.switching.value is None:
        return "none"
    return f"{line.switching.input} {_tipping(line.switching, line.switching.value):,}"


def _tipping(switching: Switching, value: Decimal) -> Decimal:
    """A share keeps four decimals: 2.68 % would else be shown as 0.03."""
    is_share = INPUTS[switching.input].unit == "share"
    return rounded(value, Decimal("0.0001") if is_share else CENT)


def _sources(result: RoiResult) -> Section:
    rows = [("Line", "Input", "Value", "Provenance", "Source", "Named by")]
    for line in result.lines:
        for figure in line.inputs:
            is_expert = figure.provenance == "expert"
            value = _plain(figure.value) + (f" ({figure.stated})" if figure.stated else "")
            who = figure.source if is_expert else ""
            source = "" if is_expert else figure.source
            rows.append((line.id, figure.name, value, figure.provenance, source, who))
    shares = ", ".join(
        f"{name} {_percent(share)}" for name, share in result.provenance_percent.items()
    )
    text = (f"Share of all present value by its weakest input: {shares}.",)
    return Section("Where the figures come from", text, (tuple(rows),), private=("Named by",))


def _trust(result: RoiResult) -> Section:
    inputs = result.inputs
    text = list(result.warnings)
    text.extend(_listed("Left at default", inputs.defaults))
    text.extend(_listed("Benefits without a figure", result.unquantified))
    text.extend(_listed("Flexibility, not counted", inputs.flexibility))
    text.extend(_listed("Cost lines without a figure", result.missing_costs))
    return Section("Before you rely on it", tuple(text))


def _listed(what: str, texts: Iterable[str]) -> tuple[str, ...]:
    joined = "; ".join(texts)
    return (f"{what}: {joined}.",) if joined else ()


def _irr(result: RoiResult) -> str:
    if not result.irr_roots:
        return "none"
    return " and ".join(_percent(100 * root) for root in result.irr_roots)


def _payback(result: RoiResult) -> str:
    if result.payback_years is None or result.payback_months is None:
        return _never(result)
    return f"{rounded(result.payback_years)} years ({rounded(result.payback_months)} months)"


def _never(result: RoiResult) -> str:
    if not result.costs or not any(result.costs):
        return "undefined (no cost is given)"
    return f"never within {_count(result.inputs.horizon_years, 'year')}"


def _years(value: Decimal | None) -> str:
    return "none" if value is None else f"{rounded(value)} years"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _money(value: Decimal) -> str:
    return f"{rounded(value):,}"


def _plain(value: Decimal) -> str:
    """A figure without trailing zeros: 0.30 as 0.3, 52000 as 52,000."""
    return f"{value.normalize():,f}"


def _percent(value: Decimal | None) -> str:
    return "undefined" if value is None else f"{rounded(value):,} %"


# -- for machines -----------------------------------------------------------------------------


def roi_json(result: RoiResult) -> dict[str, Any]:
    """The result as plain JSON values: numbers as text with two decimals, rates in percent.

    Who an expert is stays out of it; documents and measurements are named.
    """
    inputs = result.inputs
    return {
        "currency": inputs.currency,
        "price_date": inputs.price_date,
        "tax": inputs.tax,
        "exchange_rates": dict(inputs.exchange_rates),
        "horizon_years": inputs.horizon_years,
        "discount_rate": _text(100 * inputs.discount_rate),
        "ramp": [_text(100 * share) for share in inputs.ramp],
        "status": result.status,
        "npv": _text(result.npv),
        "irr": _text(_times_100(result.irr)),
        "irr_roots": [_text(100 * root) for root in result.irr_roots],
        "mirr": _text(_times_100(result.mirr)),
        "payback_years": _text(result.payback_years),
        "payback_months": _text(result.payback_months),
        "discounted_payback_years": _text(result.discounted_payback_years),
        "roi_percent": _text(result.roi_percent),
        "simple_roi_percent": _text(result.simple_roi_percent),
        "nucleus_percent": _text(result.nucleus_percent),
        "tco": _text(result.tco),
        "tco_present_value": _text(result.tco_present_value),
        "present_costs": _text(result.present_costs),
        "present_benefits": _text(result.present_benefits),
        "unadjusted_npv": _text(result.unadjusted_npv),
        "unadjusted_roi_percent": _text(result.unadjusted_roi_percent),
        "overrun_npv": _text(result.overrun_npv),
        "years": [
            {"year": year, "costs": _text(c), "benefits": _text(b), "net": _text(n)}
            for year, (c, b, n) in enumerate(
                zip(result.costs, result.benefits, result.net, strict=True)
            )
        ],
        "lines": [_line_json(line) for line in result.lines],
        "users_break_even": _users_json(result.users_break_even),
        "provenance_percent": {k: _text(v) for k, v in result.provenance_percent.items()},
        "defaults": list(inputs.defaults),
        "unquantified": list(result.unquantified),
        "missing_costs": list(result.missing_costs),
        "warnings": list(result.warnings),
    }


def _line_json(line: LineResult) -> dict[str, Any]:
    return {
        "id": line.id,
        "label": line.label,
        "kind": line.kind,
        "formula": line.formula,
        "inputs": [
            {
                "name": figure.name,
                "value": str(figure.value),
                "provenance": figure.provenance,
                "source": "" if figure.provenance == "expert" else figure.source,
            }
            for figure in line.inputs
        ],
        "provenance": line.provenance,
        "risk": _text(100 * line.risk),
        "raw": [_text(flow) for flow in line.raw],
        "adjusted": [_text(flow) for flow in line.adjusted],
        "present_value": _text(line.present_value),
        "unadjusted_present_value": _text(line.unadjusted_present_value),
        "share_percent": _text(line.share_percent),
        "switching": None if line.switching is None else _switching_json(line.switching),
    }


def _switching_json(switching: Switching) -> dict[str, Any]:
    value = switching.value
    shown = None if value is None else str(_tipping(switching, value))
    return {"input": switching.input, "value": shown}


def _users_json(users: BreakEven | None) -> dict[str, Any] | None:
    if users is None or users.exact < 0:
        return None
    return {"users": users.users, "kind": users.kind}


def _times_100(rate: Decimal | None) -> Decimal | None:
    return None if rate is None else 100 * rate


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(rounded(value))
