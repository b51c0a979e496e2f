"""How is a line of the case computed: its inputs, their units and defaults, and its formulas?

A formula is kept as it is printed, and what is printed is what is computed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from migrate.evidence.roi import ONE

Unit = Literal["number", "money", "share"]


@dataclass(frozen=True)
class InputSpec:
    """One input: its unit, the default where we document one, the highest value that makes sense."""

    unit: Unit = "number"
    default: Decimal | None = None
    high: Decimal | None = None


def _share(default: str = "", high: str = "1") -> InputSpec:
    return InputSpec("share", Decimal(default) if default else None, Decimal(high))


def _number(default: str = "") -> InputSpec:
    return InputSpec("number", Decimal(default) if default else None)


_MONEY = (
    "amount amount_year api_overage backup_year cost_month day_rate licence licence_year "
    "loaded_cost maintenance_year margin_hour materials orphan_value pipeline price_month rate "
    "revenue revenue_year salary servers_year tools upgrades_year"
)
_NUMBERS = (
    "contacts days departments fte hours hours_saved_week incomplete_records months rejects "
    "surplus_duplicates users work_weeks"
)
_SHARES = "maintenance_share margin realised_share recovered_share share_saved win_new win_old"

INPUTS: Mapping[str, InputSpec] = {
    **{name: InputSpec("money") for name in _MONEY.split()},
    **{name: _number() for name in _NUMBERS.split()},
    **{name: _share() for name in _SHARES.split()},
    "cycle_cut": _share(high="0.9"),
    "depth": _share("0.20"),
    "duplicate_minutes": _number("6"),
    "hours_week": _number("40"),
    "incomplete_minutes": _number("2"),
    "loading": _number("1.35"),
    "reject_minutes": _number("4"),
    "transfer": _share("0.5"),
    "weeks": _number("6"),
}


@dataclass(frozen=True)
class Term:
    """A product such as ``users × price_month × 12``, once or every year."""

    formula: str
    is_yearly: bool = False

    @property
    def needs(self) -> tuple[str, ...]:
        return tuple(re.findall(r"[a-z]\w*", self.formula))

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(name for name in self.needs if INPUTS[name].default is None)

    def amount(self, values: Mapping[str, Decimal]) -> Decimal:
        """Compute the formula.

        >>> term = Term("rejects × reject_minutes / 60 × rate")
        >>> term.amount({"rejects": Decimal(30), "reject_minutes": Decimal(4), "rate": Decimal(45)})
        Decimal('90')
        """
        total, operator = ONE, "×"
        for token in re.findall(r"\([^)]*\)|[×/]|[\w.]+", self.formula):
            if token in "×/":
                operator = token
                continue
            value = _factor(token, values)
            total = total * value if operator == "×" else total / value
        return total


def _factor(token: str, values: Mapping[str, Decimal]) -> Decimal:
    if token.startswith("("):
        first, second = token.strip("()").split(" - ")
        return _factor(first, values) - _factor(second, values)
    return values[token] if token in INPUTS else Decimal(token)
