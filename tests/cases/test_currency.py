"""The migration's currency is that of its business case, unless the case names its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.small import small

MAPPING = """
blocks:
  firms: {from: crm.firms, to: Account, wave: base, fields: {name: name}}
"""


@pytest.mark.parametrize(("own", "currency"), [("", "USD"), ("currency: EUR, ", "EUR")])
def test_the_business_case_is_in_the_currency_of_the_migration(
    tmp_path: Path, own: str, currency: str
) -> None:
    made = small(tmp_path, MAPPING, {"firms": [{"id": "1", "name": "Acme"}]})
    roi = f"roi: {{{own}costs: {{C-SUP: {{amount_year: 6000}}}}}}\n"
    made.change_migration("currency: USD\n", f"currency: USD\n{roi}")
    assert made.plan()["roi"]["currency"] == currency
