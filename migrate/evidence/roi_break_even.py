"""At which number of users, or value of an input, does the balance of costs and benefits tip?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Literal

from migrate.evidence.roi import ONE, Number, annuity_factor, bisected, decimal_of


@dataclass(frozen=True)
class BreakEven:
    """A number of users at which the balance tips: at least (minimum) or at most (maximum)."""

    exact: Decimal
    users: int
    kind: Literal["minimum", "maximum"]


def break_even_units(fixed_npv: Number, npv_per_unit: Number) -> BreakEven | None:
    """Where fixed NPV plus so much a user is zero: a minimum if users bring money, else a maximum.

    >>> break_even_units(-5000, 400)
    BreakEven(exact=Decimal('12.5'), users=13, kind='minimum')
    >>> break_even_units(5000, -400).users
    12
    """
    slope = decimal_of(npv_per_unit)
    if not slope:
        return None
    exact = -decimal_of(fixed_npv) / slope
    if slope > 0:
        return BreakEven(exact, int(exact.to_integral_value(ROUND_CEILING)), "minimum")
    return BreakEven(exact, int(exact.to_integral_value(ROUND_FLOOR)), "maximum")


def break_even_users(
    *,
    price_month: Number,
    licence: Number,
    maintenance_share: Number,
    rate: Number,
    years: int,
    fixed_licence: Number = 0,
    operations_year: Number = 0,
    fixed_subscription: Number = 0,
) -> Decimal | None:
    """Users at which a subscription costs as much as a one-time licence; None when they never meet.

    >>> users = break_even_users(price_month=50, licence=900, maintenance_share="0.18",
    ...     rate="0.10", years=5, fixed_licence=8000, operations_year=4000)
    >>> round(users, 2)
    Decimal('30.46')
    """
    factor, price = annuity_factor(rate, years), decimal_of(licence)
    fixed = decimal_of(fixed_licence) + decimal_of(operations_year) * factor
    per_user = 12 * decimal_of(price_month) * factor
    per_user -= price * (ONE + decimal_of(maintenance_share) * factor)
    return (fixed - decimal_of(fixed_subscription)) / per_user if per_user else None


def switching_value(
    npv_at: Callable[[Decimal], Decimal],
    start: Number,
    *,
    low: Number = 0,
    high: Number | None = None,
) -> Decimal | None:
    """The value of one input at which the NPV is zero, between low and high; None if there is none.

    >>> round(switching_value(lambda hours: 51000 * hours - 69000, 2), 2)
    Decimal('1.35')
    """
    first, floor = decimal_of(start), decimal_of(low)
    ceiling = decimal_of(high) if high is not None else max(abs(first), ONE) * 1024
    tolerance = Decimal("1e-9")
    previous, point = first, first * Decimal("1.1") if first else ONE
    before = npv_at(previous)
    for _ in range(20):  # secant: at once where the NPV is linear in the input, as it mostly is
        here = npv_at(point)
        if abs(here) <= tolerance:
            return point if floor <= point <= ceiling else None
        if here == before:
            break
        previous, point, before = point, point - here * (point - previous) / (here - before), here
        if not floor <= point <= ceiling:
            break
    start_npv, end_npv = npv_at(floor), npv_at(ceiling)
    if not start_npv or not end_npv:
        return floor if not start_npv else ceiling
    if (start_npv > 0) == (end_npv > 0):
        return None
    return bisected(lambda x: _sign(npv_at(x)), _sign(start_npv), floor, ceiling)


def _sign(value: Decimal) -> int:
    return (value > 0) - (value < 0)
