"""What is a case for (or against) a CRM computed from, and how well is each figure known?

Provenance is measured > quote > expert > default. A line is no better known than its weakest input.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from migrate.evidence.roi import ONE, ZERO
from migrate.evidence.roi_lines import LineSpec, yearly_flows
from migrate.evidence.roi_terms import Term

Provenance = Literal["measured", "quote", "expert", "default"]
PROVENANCES: tuple[Provenance, ...] = ("measured", "quote", "expert", "default")

DEFAULT_RAMP = (Decimal("0.60"), Decimal("0.90"), ONE)
DEFAULT_RATE, DEFAULT_YEARS = Decimal("0.10"), 3


@dataclass(frozen=True)
class Input:
    """A figure and where it comes from; ``stated`` is what was converted from another currency."""

    name: str
    value: Decimal
    provenance: Provenance = "expert"
    source: str = ""
    stated: str = ""


@dataclass(frozen=True)
class Line:
    """A line of the case as the customer filled it in; without terms it is not quantified."""

    spec: LineSpec
    terms: tuple[Term, ...]
    inputs: Mapping[str, Input]
    risk: Decimal
    year: int
    schedule: tuple[Decimal, ...] = ()
    note: str = ""

    @property
    def provenance(self) -> Provenance:
        """The weakest of its inputs: a line is no better known than that."""
        return max((i.provenance for i in self.inputs.values()), key=PROVENANCES.index)

    @property
    def formula(self) -> str:
        return " + ".join(term.formula for term in self.terms)

    @property
    def is_counted(self) -> bool:
        if not self.terms:
            return False
        return not self.spec.needs_data or self.provenance in ("measured", "quote")

    def flows(self, ramp: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
        """The line's amounts in years 0..T, before its risk factor."""
        plain = ramp if self.spec.is_ramped else (ONE,) * len(ramp)
        values = {name: given.value for name, given in self.inputs.items()}
        return yearly_flows(self.terms, values, year=self.year, shares=self.schedule or plain)


@dataclass(frozen=True)
class RoiInputs:
    """Everything the case is computed from; ``ramp`` is the adoption in years 1..T."""

    currency: str = ""
    horizon_years: int = DEFAULT_YEARS
    discount_rate: Decimal = DEFAULT_RATE
    ramp: tuple[Decimal, ...] = DEFAULT_RAMP
    lines: tuple[Line, ...] = ()
    is_mid_year: bool = False
    residual_value: Decimal = ZERO
    price_date: str = ""
    tax: str = "before tax"
    exchange_rates: Mapping[str, str] = field(default_factory=dict)
    unquantified: tuple[str, ...] = ()
    flexibility: tuple[str, ...] = ()
    defaults: tuple[str, ...] = ()

    def changed(self, values: Mapping[str, Decimal]) -> RoiInputs:
        """The same case with other values: ``users`` in every line, or ``B-PROD.rate`` in one."""

        def change(line: Line) -> Line:
            inputs = {
                name: replace(given, value=value)
                for name, given in line.inputs.items()
                if (value := values.get(f"{line.spec.id}.{name}", values.get(name))) is not None
            }
            return replace(line, inputs={**line.inputs, **inputs})

        return replace(self, lines=tuple(change(line) for line in self.lines))
