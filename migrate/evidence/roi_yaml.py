"""What does the ``roi:`` part of migration.yaml say, and where does each figure come from?

Every input is a number, or ``{value, provenance, source, currency}``, or the word ``measured``
(then it is what the toolkit counted). A bare number has the line's ``provenance`` and ``source``,
and without one it is an expert's. What is left out takes the documented default and is listed.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from migrate.errors import MappingError, UsageError
from migrate.evidence.roi import ONE, ZERO, decimal_of
from migrate.evidence.roi_inputs import (
    DEFAULT_RAMP,
    DEFAULT_RATE,
    DEFAULT_YEARS,
    PROVENANCES,
    Input,
    Line,
    Provenance,
    RoiInputs,
)
from migrate.evidence.roi_lines import LINES, LineSpec
from migrate.evidence.roi_terms import INPUTS, InputSpec, Term

MOST_YEARS = 20
# The weaker the ground a line stands on, the more of it is taken away (or added to a cost).
DEFAULT_RISK: Mapping[tuple[str, Provenance], Decimal] = {
    ("benefit", "measured"): Decimal("0.05"),
    ("benefit", "quote"): Decimal("0.10"),
    ("benefit", "expert"): Decimal("0.15"),
    ("benefit", "default"): Decimal("0.20"),
    ("cost", "measured"): ZERO,
    ("cost", "quote"): ZERO,
    ("cost", "expert"): Decimal("0.10"),
    ("cost", "default"): Decimal("0.10"),
}
DIP_RISK = Decimal("0.25")

_SETTINGS = (
    "currency", "price_date", "tax", "horizon_years", "discount_rate", "mid_year", "ramp", "costs",
    "benefits", "residual_value", "exchange_rates", "unquantified", "flexibility",
)  # fmt: skip
_LINE_SETTINGS = ("risk", "year", "schedule", "provenance", "source", "note")
_INPUT_KEYS = ("value", "provenance", "source", "currency")


def roi_inputs(
    raw: Mapping[str, Any] | None,
    *,
    where: str = "",
    measured: Mapping[str, Decimal | int] | None = None,
) -> RoiInputs:
    """Read the ``roi:`` mapping; MappingError names everything that is wrong with it at once.

    >>> case = roi_inputs({"costs": {"C-SUB": {"users": "measured", "price_month": 65}}},
    ...                   measured={"active_owners": 40})
    >>> case.lines[0].inputs["users"].value, case.lines[0].inputs["users"].provenance
    (Decimal('40'), 'measured')
    >>> roi_inputs({"costs": {"C-SUP": {"amount_yaer": 6000}}})
    Traceback (most recent call last):
    migrate.errors.MappingError: roi.costs.C-SUP: unknown key 'amount_yaer' (allowed: amount_year, note, provenance, risk, schedule, source)
      → did you mean 'amount_year'?
    """
    reader = _Reader(dict(measured or {}))
    case = reader.case(raw if raw is not None else {})
    if reader.problems:
        messages = [message for message, _ in reader.problems]
        hints = dict.fromkeys(hint for _, hint in reader.problems if hint)
        raise MappingError("\n".join(messages), hint="; ".join(hints), where=where)
    return case


class _Reader:
    """Reads one ``roi:`` mapping and gathers what is wrong with it."""

    def __init__(self, measured: Mapping[str, Decimal | int]) -> None:
        self.measured = measured
        self.problems: list[tuple[str, str]] = []
        self.defaults: list[str] = []
        self.currency = ""
        self.rates: dict[str, Decimal] = {}
        self.years = DEFAULT_YEARS

    def case(self, raw: Any) -> RoiInputs:
        given = self._mapping(raw, "roi", _SETTINGS)
        self.currency = str(given.get("currency", ""))
        stated_rates = self._exchange_rates(given.get("exchange_rates"))
        self.years = self._years(given)
        rate = self._setting(given, "discount_rate", DEFAULT_RATE, InputSpec("share", high=ONE))
        ramp = self._shares(given.get("ramp"), "roi.ramp")
        if not ramp:
            self.defaults.append("ramp " + " / ".join(f"{a:.0%}" for a in DEFAULT_RAMP))
            ramp = self._stretched(DEFAULT_RAMP)
        if not isinstance(given.get("mid_year", False), bool):
            self._wrong("roi.mid_year", f"{given['mid_year']!r} is neither true nor false")
        residual = self._setting(given, "residual_value", None, InputSpec("money"))
        lines = (
            *self._lines(given.get("costs"), "roi.costs", "cost"),
            *self._lines(given.get("benefits"), "roi.benefits", "benefit"),
        )
        return RoiInputs(
            currency=self.currency,
            horizon_years=self.years,
            discount_rate=rate,
            ramp=ramp,
            lines=lines,
            is_mid_year=given.get("mid_year") is True,
            residual_value=residual,
            price_date=str(given.get("price_date", "")),
            tax=str(given.get("tax", "before tax")),
            exchange_rates=stated_rates,
            unquantified=self._texts(given.get("unquantified"), "roi.unquantified"),
            flexibility=self._texts(given.get("flexibility"), "roi.flexibility"),
            defaults=tuple(self.defaults),
        )

    # -- settings

    def _years(self, given: Mapping[str, Any]) -> int:
        years = given.get("horizon_years")
        if years is None:
            self.defaults.append(f"horizon_years {DEFAULT_YEARS}")
            return DEFAULT_YEARS
        if isinstance(years, bool) or not isinstance(years, int) or not 1 <= years <= MOST_YEARS:
            self._wrong("roi.horizon_years", f"{years!r} is not a whole number from 1 to 20")
            return DEFAULT_YEARS
        return years

    def _setting(
        self, given: Mapping[str, Any], name: str, default: Decimal | None, spec: InputSpec
    ) -> Decimal:
        if given.get(name) is None:
            if default is not None:
                self.defaults.append(f"{name} {default}")
            return default or ZERO
        return self._number(given[name], f"roi.{name}", spec) or ZERO

    def _exchange_rates(self, raw: Any) -> dict[str, str]:
        if raw is None:
            return {}
        if not isinstance(raw, Mapping) or "date" not in raw:
            self._wrong("roi.exchange_rates", "needs a date beside the rates (one dated table)")
            return {}
        for currency, rate in raw.items():
            place = f"roi.exchange_rates.{currency}"
            if currency != "date" and (number := self._number(rate, place, InputSpec())):
                self.rates[str(currency)] = number
        return {str(name): str(value) for name, value in raw.items()}

    def _shares(self, raw: Any, place: str) -> tuple[Decimal, ...]:
        if raw is None:
            return ()
        if not isinstance(raw, Sequence) or isinstance(raw, str) or not raw:
            self._wrong(place, "is not a list of shares such as [0.6, 0.9, 1.0]")
            return ()
        if len(raw) > self.years:
            self._wrong(place, f"has {len(raw)} values, the horizon {self.years} years")
        spec = InputSpec("share", high=ONE)
        return self._stretched([self._number(share, place, spec) or ZERO for share in raw])

    def _stretched(self, shares: Sequence[Decimal]) -> tuple[Decimal, ...]:
        """As many shares as years: a longer horizon goes on as the last year ended."""
        return tuple((*shares, *[shares[-1]] * self.years)[: self.years])

    def _texts(self, raw: Any, place: str) -> tuple[str, ...]:
        if raw is None or isinstance(raw, str):
            return (raw,) if raw else ()
        if not isinstance(raw, Sequence):
            self._wrong(place, "is not a list of sentences")
            return ()
        return tuple(str(text) for text in raw)

    # -- lines

    def _lines(self, raw: Any, place: str, kind: str) -> Iterable[Line]:
        ids = [spec.id for spec in LINES.values() if spec.kind == kind]
        given = self._mapping({} if raw is None else raw, place, ids)
        return [self._line(LINES[id], given[id], f"{place}.{id}") for id in ids if id in given]

    def _line(self, spec: LineSpec, raw: Any, place: str) -> Line:
        has_year = any(not term.is_yearly for term in spec.terms)
        has_years = any(term.is_yearly for term in spec.terms)
        settings = [
            name
            for name in _LINE_SETTINGS
            if (name != "year" or has_year) and (name != "schedule" or has_years)
        ]
        known = len(self.problems)
        given = self._mapping({} if raw is None else raw, place, (*spec.input_names, *settings))
        stated = {"provenance": given.get("provenance"), "source": given.get("source")}
        inputs: dict[str, Input] = {}
        for name in spec.input_names:
            if name in given:
                figure = self._input(spec, name, given[name], stated, f"{place}.{name}")
                inputs.update({name: figure} if figure else {})
        terms: tuple[Term, ...] = ()
        if len(self.problems) == known:  # what is misspelt is not also missing
            terms = self._terms(spec, list(inputs), place)
        for name in dict.fromkeys(name for term in terms for name in term.needs):
            default = INPUTS[name].default
            if name not in given and default is not None:
                inputs[name] = Input(name, default, "default")
                self.defaults.append(f"{spec.id}.{name} {default}")
        line = Line(
            spec=spec,
            terms=terms,
            inputs=inputs,
            risk=ZERO,
            year=self._year(spec, given.get("year"), f"{place}.year"),
            schedule=self._shares(given.get("schedule"), f"{place}.schedule"),
            note=str(given.get("note", "")),
        )
        return replace(line, risk=self._risk(line, given.get("risk"), f"{place}.risk"))

    def _terms(self, spec: LineSpec, names: Sequence[str], place: str) -> tuple[Term, ...]:
        """Which terms the given inputs complete; an input that no term uses is a mistake."""
        terms = tuple(
            term for term in spec.terms if term.required and set(term.required) <= set(names)
        )
        used = {name for term in terms for name in term.needs}
        for first, second in spec.excludes:
            if first in names and second in names:
                self._wrong(place, f"{first} and {second} count the same thing twice: give one")
        unused = [name for name in names if name not in used]
        if unused or not (terms or spec.needs_data):
            formulas = " or ".join(term.formula for term in spec.terms)
            found = f"nothing uses {', '.join(unused)}" if unused else "has no input"
            self._wrong(place, f"{found}; it is computed as {formulas}")
        return terms

    def _year(self, spec: LineSpec, raw: Any, place: str) -> int:
        if raw is None:
            return spec.year
        if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw <= self.years:
            self._wrong(place, f"{raw!r} is not a year from 0 to {self.years}")
            return spec.year
        return raw

    def _risk(self, line: Line, raw: Any, place: str) -> Decimal:
        if raw is not None:
            return self._number(raw, place, InputSpec("share", high=ONE)) or ZERO
        if not line.inputs:
            return ZERO
        default = DEFAULT_RISK[line.spec.kind, line.provenance]
        if line.spec.id == "C-DIP":
            default = DIP_RISK
        self.defaults.append(f"{line.spec.id}.risk {default}")
        return default

    # -- one figure

    def _input(
        self, spec: LineSpec, name: str, raw: Any, stated: Mapping[str, Any], place: str
    ) -> Input | None:
        given = self._mapping(raw, place, _INPUT_KEYS) if isinstance(raw, Mapping) else {}
        value = given.get("value") if isinstance(raw, Mapping) else raw
        source = str(given.get("source") or stated["source"] or "")
        if value == "measured":
            return self._measurement(spec, name, source, place)
        provenance = given.get("provenance") or stated["provenance"] or "expert"
        if provenance not in PROVENANCES:
            self._unknown(f"{place}.provenance", "provenance", str(provenance), PROVENANCES)
            return None
        number = self._number(value, place, INPUTS[name])
        if number is None:
            return None
        if provenance == "default":
            self.defaults.append(f"{spec.id}.{name} {value}")
        currency = str(given.get("currency", self.currency))
        if currency == self.currency:
            return Input(name, number, provenance, source)
        if INPUTS[name].unit != "money" or currency not in self.rates:
            table = ", ".join(self.rates) or "none"
            self._wrong(place, f"no exchange rate for {currency!r} (rates given: {table})")
            return None
        return Input(
            name, number * self.rates[currency], provenance, source, f"{number} {currency}"
        )

    def _measurement(self, spec: LineSpec, name: str, source: str, place: str) -> Input | None:
        measure = spec.measures.get(name)
        if measure is None:
            can = ", ".join(spec.measures) or "none of this line's inputs"
            self._wrong(
                place,
                f"{name} is not something we measure here (measured: {can})",
                "write the number with `provenance: measured` if you measured it yourself",
            )
            return None
        if measure not in self.measured:
            self._wrong(
                place,
                f"says measured, and {measure} has not been measured",
                "run `crm-migrate assess` and `crm-migrate plan` first, or write a number",
            )
            return None
        return Input(name, decimal_of(self.measured[measure]), "measured", source or measure)

    def _number(self, raw: Any, place: str, spec: InputSpec) -> Decimal | None:
        text = raw.strip() if isinstance(raw, str) else raw
        try:
            if isinstance(text, str) and text.endswith("%"):
                number = decimal_of(text[:-1].strip()) / 100
            else:
                number = decimal_of(text)
        except UsageError:
            self._wrong(place, f"{raw!r} is not a number")
            return None
        if number < 0 or (spec.high is not None and number > spec.high):
            allowed = f"between 0 and {spec.high}" if spec.high is not None else "0 or more"
            hint = "write 15 % as 0.15" if spec.unit == "share" else ""
            self._wrong(place, f"{raw} is not {allowed}", hint)
            return None
        return number

    # -- problems

    def _mapping(self, raw: Any, place: str, allowed: Sequence[str]) -> Mapping[str, Any]:
        if not isinstance(raw, Mapping):
            self._wrong(place, f"{raw!r} is not a mapping (allowed keys: {', '.join(allowed)})")
            return {}
        for key in raw:
            if key not in allowed:
                self._unknown(place, "key", str(key), allowed)
        return {str(key): value for key, value in raw.items() if key in allowed}

    def _unknown(self, place: str, what: str, found: str, allowed: Sequence[str]) -> None:
        names = {name.casefold(): name for name in allowed}
        near = difflib.get_close_matches(found.casefold(), names, n=1)
        hint = f"did you mean {names[near[0]]!r}?" if near else ""
        self._wrong(
            place, f"unknown {what} {found!r} (allowed: {', '.join(sorted(allowed))})", hint
        )

    def _wrong(self, place: str, message: str, hint: str = "") -> None:
        self.problems.append((f"{place}: {message}", hint))
