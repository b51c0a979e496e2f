"""What is an amount worth in another currency, by the customer's own dated rates?"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

import pandas as pd

from migrate.cleaners.numbers import clean_decimal
from migrate.specs.mapping import Conversion, FieldMap
from migrate.specs.rates import RateTable
from migrate.transform.noting import OUTCOMES, policy_severity, problem_rows
from migrate.values import TargetField

DEFAULT_SCALE = 2
"""The decimals of an amount in a field that does not say how many it keeps."""

_EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)


def converted(
    rows: pd.DataFrame, amounts: pd.Series, days: pd.Series, field_map: FieldMap,
    field: TargetField, rates: Mapping[str, RateTable], problems: list[pd.DataFrame],
) -> pd.Series:  # fmt: skip
    """The amounts (canonical decimals) in the currency wanted, rounded half to even to the decimals
    that the field keeps; ``days`` are ISO dates. An amount that has no rate is a problem."""
    conversion = field_map.conversion
    assert conversion is not None
    table = rates[conversion.rates] if conversion.rates else next(iter(rates.values()))
    codes = pd.Series(conversion.currency or None, index=rows.index, dtype="str")
    if conversion.column:
        codes = currency_codes(rows[conversion.column])
    scale = DEFAULT_SCALE if field.scale is None else field.scale
    asked = pd.DataFrame({"amount": amounts, "code": codes, "day": days}).astype("str")
    distinct = asked.drop_duplicates()
    answers = {
        tuple(row): _converted(row, conversion, table, scale)
        for row in distinct.fillna("").itertuples(index=False, name=None)
    }
    found = [answers[tuple(row)] for row in asked.fillna("").itertuples(index=False, name=None)]
    values = pd.Series([text for text, _ in found], index=rows.index, dtype="str")
    reasons = pd.Series([reason for _, reason in found], index=rows.index, dtype="str")
    policy = field_map.on_unreadable
    problems += [
        problem_rows(
            rows,
            reasons == reason,
            amounts,
            field_map,
            "not_convertible",
            policy_severity(policy),
            f"the amount cannot be converted to {conversion.to}, {reason}: {OUTCOMES[policy]}",
            f"complete the rates ({conversion.where}), or correct the row",
        )
        for reason in reasons.dropna().unique()
    ]
    return values


def currency_codes(values: pd.Series) -> pd.Series:
    """Codes of three capital letters out of how people write currencies; missing where it is none.

    >>> currency_codes(pd.Series([" eur", "Kč", "?"], dtype="str")).tolist()
    ['EUR', 'CZK', nan]
    """
    texts = values.str.strip()
    is_code = texts.str.fullmatch("[A-Za-z]{3}").fillna(False).astype(bool)
    # the cleaner of amounts knows the signs: "1 Kč" is in crowns
    signs = clean_decimal("1 " + texts.where(~is_code), companions=None, decision={})
    known = signs.columns["currency"]
    known = known.where(known.str.fullmatch("[A-Z]{3}").fillna(False).astype(bool))
    return texts.str.upper().where(is_code, known).astype("str")


def _converted(
    row: tuple[str, str, str], conversion: Conversion, table: RateTable, scale: int
) -> tuple[str | None, str | None]:
    """The converted amount as text, or why there is none."""
    amount, code, day = row
    if not amount:
        return None, None
    if not code:
        return None, "nothing says which currency it is in"
    number = Decimal(amount)
    if code != conversion.to:
        if not day:
            return None, "nothing says of which day"
        rate = table.rate(code, conversion.to, day, conversion.within_days)
        if rate is None:
            return None, f"there is no rate of {code} within {conversion.within_days} days"
        number = _EXACT.multiply(number, rate)
    try:
        return f"{_EXACT.quantize(number, Decimal(1).scaleb(-scale)):f}", None
    except InvalidOperation:
        return None, "it has too many digits"
