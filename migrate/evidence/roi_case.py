"""Is the migration worth its money: NPV, ROI, payback and the rest, line by line.

The headline is risk-adjusted (benefits down, costs up); the unadjusted figures stand beside it.
Payback and IRR are of the risk-adjusted net flows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from migrate.evidence import roi
from migrate.evidence.roi import ZERO
from migrate.evidence.roi_break_even import BreakEven, break_even_units, switching_value
from migrate.evidence.roi_inputs import PROVENANCES, Input, Line, Provenance, RoiInputs
from migrate.evidence.roi_lines import LINES, SALES_LINES
from migrate.evidence.roi_terms import INPUTS

MOST_DEFAULT_PERCENT = 10  # a line above this share of its side may not rest on defaults
MANY_BENEFITS = 5
OVERRUN = Decimal("0.30")


@dataclass(frozen=True)
class Switching:
    """The value of an input at which the whole case breaks even; None where nothing would do it."""

    input: str
    base: Decimal
    value: Decimal | None


@dataclass(frozen=True)
class LineResult:
    """A counted line: amounts in years 0..T before and after its risk factor, and their PV."""

    id: str
    label: str
    kind: Literal["cost", "benefit"]
    formula: str
    inputs: tuple[Input, ...]
    provenance: Provenance
    risk: Decimal
    raw: tuple[Decimal, ...]
    adjusted: tuple[Decimal, ...]
    present_value: Decimal
    unadjusted_present_value: Decimal
    share_percent: Decimal
    switching: Switching | None = None
    note: str = ""


@dataclass(frozen=True)
class RoiResult:
    """The case as computed; every money amount exact, in ``inputs.currency``."""

    inputs: RoiInputs
    lines: tuple[LineResult, ...]
    costs: tuple[Decimal, ...]
    benefits: tuple[Decimal, ...]
    net: tuple[Decimal, ...]
    present_costs: Decimal
    present_benefits: Decimal
    npv: Decimal
    roi_percent: Decimal | None
    simple_roi_percent: Decimal | None
    nucleus_percent: Decimal | None
    irr_roots: tuple[Decimal, ...]
    mirr: Decimal | None
    payback_years: Decimal | None
    discounted_payback_years: Decimal | None
    tco: Decimal
    tco_present_value: Decimal
    unadjusted_npv: Decimal
    unadjusted_roi_percent: Decimal | None
    overrun_npv: Decimal
    users_break_even: BreakEven | None
    provenance_percent: Mapping[str, Decimal]
    status: str
    warnings: tuple[str, ...]
    unquantified: tuple[str, ...]
    missing_costs: tuple[str, ...]

    @property
    def irr(self) -> Decimal | None:
        """The internal rate of return where there is exactly one."""
        return self.irr_roots[0] if len(self.irr_roots) == 1 else None

    @property
    def payback_months(self) -> Decimal | None:
        return None if self.payback_years is None else 12 * self.payback_years


def compute(inputs: RoiInputs) -> RoiResult:
    """Compute the case.

    >>> from migrate.evidence.roi_yaml import roi_inputs
    >>> case = {"costs": {"C-IMP": {"amount": 30000, "risk": 0}},
    ...         "benefits": {"B-LEG": {"amount_year": 15000, "risk": 0}}}
    >>> result = compute(roi_inputs(case))
    >>> round(result.npv, 2), result.payback_years
    (Decimal('7302.78'), Decimal('2'))
    """
    lines = _line_results(inputs)
    cost_lines = [line for line in lines if line.kind == "cost"]
    benefit_lines = [line for line in lines if line.kind == "benefit"]
    years = inputs.horizon_years + 1
    costs = _by_year((line.adjusted for line in cost_lines), years)
    benefits = _by_year((line.adjusted for line in benefit_lines), years)
    net = tuple(b - c for b, c in zip(benefits, costs, strict=True))
    present_costs = _total(line.present_value for line in cost_lines)
    present_benefits = _total(line.present_value for line in benefit_lines)
    raw_costs = _total(line.unadjusted_present_value for line in cost_lines)
    raw_benefits = _total(line.unadjusted_present_value for line in benefit_lines)
    npv = present_benefits - present_costs
    rate = inputs.discount_rate
    labour = _total(line.present_value for line in cost_lines if LINES[line.id].is_labour)
    left = (*[ZERO] * inputs.horizon_years, inputs.residual_value)
    left_over = roi.npv(rate, left, mid_year=inputs.is_mid_year)
    discounted = roi.present_values(rate, net, mid_year=inputs.is_mid_year)
    return RoiResult(
        inputs=inputs,
        lines=tuple(_with_switching(inputs, line) for line in lines),
        costs=costs,
        benefits=benefits,
        net=net,
        present_costs=present_costs,
        present_benefits=present_benefits,
        npv=npv,
        roi_percent=roi.roi_percent(present_benefits, present_costs),
        simple_roi_percent=roi.roi_percent(sum(benefits, ZERO), sum(costs, ZERO)),
        nucleus_percent=roi.nucleus_percent(costs[0], net[1:]),
        irr_roots=roi.irr_roots(net),
        mirr=roi.mirr(net, rate, rate),
        payback_years=roi.payback(net) if cost_lines else None,
        discounted_payback_years=roi.payback(discounted) if cost_lines else None,
        tco=roi.tco(costs, residual_value=inputs.residual_value),
        tco_present_value=present_costs - left_over,
        unadjusted_npv=raw_benefits - raw_costs,
        unadjusted_roi_percent=roi.roi_percent(raw_benefits, raw_costs),
        overrun_npv=npv - OVERRUN * labour,
        users_break_even=_users_break_even(inputs),
        provenance_percent=_provenance_percent(lines),
        status=_status(lines),
        warnings=_warnings(inputs, lines),
        unquantified=_unquantified(inputs),
        missing_costs=tuple(
            f"{spec.label} ({spec.id})"
            for spec in LINES.values()
            if spec.kind == "cost" and spec.id not in {line.id for line in cost_lines}
        ),
    )


# -- lines ------------------------------------------------------------------------------------


def _line_results(inputs: RoiInputs) -> tuple[LineResult, ...]:
    results = [_line_result(inputs, line) for line in inputs.lines if line.is_counted]
    sides = {
        kind: _total(line.present_value for line in results if line.kind == kind)
        for kind in ("cost", "benefit")
    }
    return tuple(
        replace(line, share_percent=100 * line.present_value / sides[line.kind])
        if sides[line.kind]
        else line
        for line in results
    )


def _line_result(inputs: RoiInputs, line: Line) -> LineResult:
    raw = line.flows(inputs.ramp)
    adjusted = tuple(roi.risk_adjusted(flow, line.risk, line.spec.kind) for flow in raw)
    rate, is_mid_year = inputs.discount_rate, inputs.is_mid_year
    return LineResult(
        id=line.spec.id,
        label=line.spec.label,
        kind=line.spec.kind,
        formula=line.formula,
        inputs=tuple(line.inputs.values()),
        provenance=line.provenance,
        risk=line.risk,
        raw=raw,
        adjusted=adjusted,
        present_value=roi.npv(rate, adjusted, mid_year=is_mid_year),
        unadjusted_present_value=roi.npv(rate, raw, mid_year=is_mid_year),
        share_percent=ZERO,
        note=line.note,
    )


def _by_year(flows: Iterable[tuple[Decimal, ...]], years: int) -> tuple[Decimal, ...]:
    columns = [(ZERO,) * years, *flows]
    return tuple(sum(column, ZERO) for column in zip(*columns, strict=True))


def _total(values: Iterable[Decimal]) -> Decimal:
    return sum(values, ZERO)


# -- what would tip it ------------------------------------------------------------------------


def _npv_at(inputs: RoiInputs, name: str) -> Callable[[Decimal], Decimal]:
    """NPV as a function of one input (``users``: in all lines at once)."""

    def npv(value: Decimal) -> Decimal:
        lines = _line_results(inputs.changed({name: value}))
        signs = {"benefit": 1, "cost": -1}
        return _total(signs[line.kind] * line.present_value for line in lines)

    return npv


def _with_switching(inputs: RoiInputs, line: LineResult) -> LineResult:
    given = {figure.name: figure.value for figure in line.inputs}
    driver = next((name for name in LINES[line.id].drivers if name in given), None)
    if driver is None:
        return line
    npv_at = _npv_at(inputs, f"{line.id}.{driver}")
    value = switching_value(npv_at, given[driver], high=INPUTS[driver].high)
    return replace(line, switching=Switching(driver, given[driver], value))


def _users_break_even(inputs: RoiInputs) -> BreakEven | None:
    if not any("users" in line.inputs for line in inputs.lines if line.is_counted):
        return None
    npv_at = _npv_at(inputs, "users")
    fixed = npv_at(ZERO)
    return break_even_units(fixed, npv_at(Decimal(1)) - fixed)


# -- how far to trust it ----------------------------------------------------------------------


def _provenance_percent(lines: Iterable[LineResult]) -> dict[str, Decimal]:
    values = {
        provenance: _total(line.present_value for line in lines if line.provenance == provenance)
        for provenance in PROVENANCES
    }
    total = _total(values.values())
    return {name: 100 * value / total if total else ZERO for name, value in values.items()}


def _status(lines: Iterable[LineResult]) -> str:
    loose = [
        f"{line.id} ({line.share_percent:.0f} % of {line.kind}s)"
        for line in lines
        if line.provenance == "default" and line.share_percent > MOST_DEFAULT_PERCENT
    ]
    return f"draft: {', '.join(loose)} rest on default figures" if loose else "final"


def _warnings(inputs: RoiInputs, lines: Iterable[LineResult]) -> tuple[str, ...]:
    found = []
    carrying = [line.id for line in lines if line.kind == "benefit" and line.present_value > 0]
    sales = [id for id in carrying if id in SALES_LINES]
    filled = {line.spec.id: line for line in inputs.lines}
    if len(carrying) >= MANY_BENEFITS:
        found.append(
            f"{len(carrying)} benefit lines carry the case: a sound one rests on two or three."
        )
    if "B-PROD" in carrying and sales:
        found.append(
            f"B-PROD stands beside {', '.join(sales)}: the hours that sellers save and the sales "
            "they make in them are one benefit; keep the more direct one."
        )
    if "B-STAFF" in carrying and not _is_explained(filled["B-STAFF"]):
        found.append(
            "B-STAFF counts only if the posts are really removed or redeployed: "
            "say which in its note."
        )
    legacy = filled.get("B-LEG")
    if "C-PAR" in filled and legacy and legacy.schedule and legacy.schedule[0] < 1:
        found.append(
            "C-PAR and a lower B-LEG in year 1 both count the old system's parallel running: "
            "keep one."
        )
    if inputs.defaults:
        found.append(f"{len(inputs.defaults)} figures were left at their defaults.")
    return tuple(found)


def _is_explained(line: Line) -> bool:
    return bool(line.note) or any(figure.source for figure in line.inputs.values())


def _unquantified(inputs: RoiInputs) -> tuple[str, ...]:
    lines = []
    for line in inputs.lines:
        if not line.is_counted:
            why = " (no measured or quoted figure behind it)" if line.terms else ""
            lines.append(
                f"{line.spec.label} ({line.spec.id}){why}{f': {line.note}' if line.note else ''}"
            )
    return (*lines, *inputs.unquantified)
