"""What is a series of yearly costs and benefits worth: the formulas of investment appraisal.

Flows run from year 0 (undiscounted) to year T, at the end of each year. All arithmetic is Decimal
and nothing is rounded on the way; only what is displayed is (half-even). Numbers given as float
are taken as they print, so ``0.1`` is one tenth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from decimal import localcontext as decimal_context
from itertools import pairwise
from typing import Literal

from migrate.errors import UsageError

Number = Decimal | int | float | str

ZERO, ONE, CENT = Decimal(0), Decimal(1), Decimal("0.01")
LOWEST_GROWTH = CENT  # an IRR below -99 % a year says nothing that the NPV has not said
ROOT_DIGITS, ROOT_STEP = 60, Decimal("1e-12")


def decimal_of(value: Number) -> Decimal:
    """Return a number as Decimal, floats as they print.

    >>> decimal_of(0.1), decimal_of("52000")
    (Decimal('0.1'), Decimal('52000'))
    """
    try:
        number = Decimal(repr(float(value)) if isinstance(value, float) else value)
    except (InvalidOperation, TypeError, ValueError):
        number = Decimal("NaN")
    if isinstance(value, bool) or not number.is_finite():
        raise UsageError(
            f"{value!r} is not a number", hint="give a finite number such as 1250 or 0.35"
        )
    return number


def rounded(value: Decimal, step: Decimal = CENT) -> Decimal:
    """Round half-even for display, without a negative zero.

    >>> rounded(Decimal("2.345")), rounded(Decimal("-0.001"))
    (Decimal('2.34'), Decimal('0.00'))
    """
    with decimal_context() as context:
        context.prec = ROOT_DIGITS
        return value.quantize(step, rounding=ROUND_HALF_EVEN) + 0


def _rate(value: Number) -> Decimal:
    rate = decimal_of(value)
    if rate <= -1:
        raise UsageError(
            f"a rate of {value} is at or below -100 %", hint="write 10 % a year as 0.10"
        )
    return rate


def _flows(flows: Iterable[Number]) -> tuple[Decimal, ...]:
    return tuple(decimal_of(flow) for flow in flows)


# -- present values ---------------------------------------------------------------------------


def present_values(
    rate: Number, flows: Iterable[Number], *, mid_year: bool = False
) -> tuple[Decimal, ...]:
    """Discount each flow to year 0; ``mid_year`` puts the flows of year t at t - 0.5.

    >>> [str(rounded(value)) for value in present_values("0.10", [-100, 110, 121])]
    ['-100.00', '100.00', '100.00']
    """
    growth = ONE + _rate(rate)
    shift = Decimal("0.5") if mid_year else ZERO
    return tuple(
        flow if year == 0 else flow / growth ** (year - shift)
        for year, flow in enumerate(_flows(flows))
    )


def npv(rate: Number, flows: Iterable[Number], *, mid_year: bool = False) -> Decimal:
    """Net present value: the flows discounted and added up.

    >>> rounded(npv("0.10", [-100000, 40000, 40000, 40000, 40000]))
    Decimal('26794.62')
    """
    return sum(present_values(rate, flows, mid_year=mid_year), ZERO)


def monthly_rate(annual_rate: Number) -> Decimal:
    """The rate a month that compounds to ``annual_rate`` a year (never a twelfth of it).

    >>> rounded(monthly_rate("0.10") * 100, Decimal("0.0001"))
    Decimal('0.7974')
    """
    return (ONE + _rate(annual_rate)) ** (ONE / 12) - ONE


def annuity_factor(rate: Number, years: int) -> Decimal:
    """The present value of 1 at the end of each of ``years`` years.

    >>> rounded(annuity_factor("0.10", 3), Decimal("0.0001"))
    Decimal('2.4869')
    """
    return npv(rate, (ZERO, *(ONE,) * years))


# -- rates of return --------------------------------------------------------------------------


def sign_changes(flows: Iterable[Number]) -> int:
    """How often the flows change sign, zeros left out: more than once, and an IRR may be several.

    >>> sign_changes([-100, 0, 230, -132])
    2
    """
    signs = [flow > 0 for flow in _flows(flows) if flow]
    return sum(a != b for a, b in pairwise(signs))


def irr_roots(flows: Iterable[Number]) -> tuple[Decimal, ...]:
    """Every rate above -99 % at which the flows are worth nothing, lowest first.

    >>> [str(rounded(root)) for root in irr_roots([-100, 230, -132])]
    ['0.10', '0.20']
    """
    values = list(_flows(flows))
    while values and not values[0]:
        values.pop(0)
    changes = sign_changes(values)
    if not changes:
        return ()
    with decimal_context() as context:
        context.prec = ROOT_DIGITS
        # No root of a polynomial lies beyond Cauchy's bound.
        highest = 2 + max(abs(value / values[0]) for value in values[1:])
        if changes == 1:
            growths = _crossings(values, (LOWEST_GROWTH, highest))
        else:
            growths = _growths(values, LOWEST_GROWTH, highest)
        return tuple(rounded(growth - ONE, ROOT_STEP) for growth in growths)


def irr(flows: Iterable[Number]) -> Decimal | None:
    """Internal rate of return; None where there is none, or where several rates would do.

    >>> rounded(100 * irr([-250000, 100000, 150000, 200000, 250000, 300000]))
    Decimal('56.72')
    >>> irr([-100, 230, -132]) is None
    True
    """
    roots = irr_roots(flows)
    return roots[0] if len(roots) == 1 else None


def mirr(flows: Iterable[Number], finance_rate: Number, reinvest_rate: Number) -> Decimal | None:
    """Modified IRR: what is paid out financed, what comes in reinvested; None without both.

    >>> rounded(100 * mirr([-100, 230, -132], "0.10", "0.10"))
    Decimal('10.00')
    """
    values = _flows(flows)
    years = len(values) - 1
    paid = -npv(finance_rate, (min(value, ZERO) for value in values))
    growth = ONE + _rate(reinvest_rate)
    earned = sum(
        (max(value, ZERO) * growth ** (years - year) for year, value in enumerate(values)), ZERO
    )
    if not paid or not earned:
        return None
    return (earned / paid) ** (ONE / years) - ONE


def _growths(values: Sequence[Decimal], low: Decimal, high: Decimal) -> list[Decimal]:
    """Real roots within (low, high) of the polynomial whose highest coefficient comes first."""
    degree = len(values) - 1
    if degree == 0:
        return []
    slope = [value * (degree - power) for power, value in enumerate(values[:-1])]
    # Between two turning points a polynomial is monotone, so each piece hides one root at most.
    return _crossings(values, (low, *_growths(slope, low, high), high))


def _crossings(values: Sequence[Decimal], edges: Sequence[Decimal]) -> list[Decimal]:
    found = [edge for edge in edges[1:-1] if _sign(values, edge) == 0]
    for low, high in pairwise(edges):
        start = _sign(values, low)
        if start * _sign(values, high) < 0:
            found.append(bisected(lambda x: _sign(values, x), start, low, high))
    return sorted(found)


def _sign(values: Sequence[Decimal], growth: Decimal) -> int:
    total = size = ZERO
    for value in values:
        total = total * growth + value
        size = size * growth + abs(value)
    if abs(total) <= size * Decimal("1e-25"):
        return 0
    return 1 if total > 0 else -1


def bisected(
    sign: Callable[[Decimal], int], start: int, low: Decimal, high: Decimal, rounds: int = 160
) -> Decimal:
    """Halve (low, high) until it holds nothing but the point where ``sign`` leaves ``start``."""
    for _ in range(rounds):
        middle = (low + high) / 2
        here = sign(middle)
        if here == 0:
            return middle
        if here == start:
            low = middle
        else:
            high = middle
    return (low + high) / 2


# -- payback ----------------------------------------------------------------------------------


def payback(flows: Iterable[Number]) -> Decimal | None:
    """Years until the money is back for good, None when it never is, 0 when none was ever out.

    >>> payback([-100000, 40000, 40000, 40000, 40000])
    Decimal('2.5')
    >>> payback([-100000, 40000]) is None
    True
    """
    balance, balances = ZERO, []
    for flow in _flows(flows):
        balance += flow
        balances.append(balance)
    if balance < 0:
        return None
    for year in range(len(balances) - 1, 0, -1):
        before, after = balances[year - 1], balances[year]
        if before < 0 <= after:
            return year - 1 + before / (before - after)
    return ZERO


def payback_months(flows: Iterable[Number]) -> Decimal | None:
    """:func:`payback` in months.

    >>> rounded(payback_months([-53150, 939796]))
    Decimal('0.68')
    """
    years = payback(flows)
    return None if years is None else 12 * years


def discounted_payback(
    rate: Number, flows: Iterable[Number], *, mid_year: bool = False
) -> Decimal | None:
    """:func:`payback` of the discounted flows.

    >>> rounded(discounted_payback("0.10", [-100000, 40000, 40000, 40000, 40000]))
    Decimal('3.02')
    """
    return payback(present_values(rate, flows, mid_year=mid_year))


# -- headline ratios --------------------------------------------------------------------------


def roi_percent(benefits: Number, costs: Number) -> Decimal | None:
    """Return on investment in percent, of present values (TEI) or of plain sums; None without cost.

    >>> rounded(roi_percent("7168371.46", "1672201.35"))
    Decimal('328.68')
    """
    cost = decimal_of(costs)
    return 100 * (decimal_of(benefits) - cost) / cost if cost else None


def nucleus_percent(initial_cost: Number, net_flows: Iterable[Number]) -> Decimal | None:
    """Annual ROI (Nucleus): mean net benefit of the first three years per initial cost, in percent.

    >>> rounded(nucleus_percent(101433, ["31856.89", "63155.44", "70567.16"]))
    Decimal('54.41')
    """
    cost, years = decimal_of(initial_cost), _flows(net_flows)[:3]
    return 100 * sum(years, ZERO) / len(years) / cost if cost and years else None


def tco(costs: Iterable[Number], *, residual_value: Number = 0, rate: Number = 0) -> Decimal:
    """Total cost of ownership: all costs from year 0 on, less what is left at the end.

    >>> tco([10000, 7500], residual_value=1000)
    Decimal('16500')
    """
    flows = list(_flows(costs)) or [ZERO]
    flows[-1] -= decimal_of(residual_value)
    return npv(rate, flows)


def risk_adjusted(amount: Number, factor: Number, kind: Literal["cost", "benefit"]) -> Decimal:
    """A benefit made smaller, a cost larger, by its risk factor.

    >>> risk_adjusted(1000, "0.15", "benefit"), risk_adjusted(1000, "0.10", "cost")
    (Decimal('850.00'), Decimal('1100.00'))
    """
    share = decimal_of(factor)
    return decimal_of(amount) * (ONE + share if kind == "cost" else ONE - share)
