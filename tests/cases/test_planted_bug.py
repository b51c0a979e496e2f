"""A bug in a transform must show, although the plan and the target agree with each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from migrate.cleaners import dates, numbers, picklists, text
from migrate.pipeline.loading_run import load
from migrate.pipeline.planning import plan
from migrate.pipeline.reconciling import reconcile_target
from migrate.pipeline.setup import open_setup
from migrate.values import Cleaned

PROJECT = """
migration: planted
sources:
  deals: {place: deals.csv, name: deals, tables: {deals: {key: [id]}}}
environments:
  sandbox: {target: reference, url: "sqlite:///crm.db"}
waves: [base]
totals:
  - name: amounts by currency
    block: deals
    object: Opportunity
    sum: amount
    into: amount
    decimal: ","
    by: {currency: currency}
"""

MAPPING = """
blocks:
  deals:
    from: deals.deals
    to: Opportunity
    fields:
      name: {from: title, clean: text}
      amount: {from: amount, clean: decimal, options: {decimal: ","}}
      currency: {from: currency, clean: code}
      stage: {from: stage, values: {neu: prospecting, gewonnen: won}}
      close_date: {from: closes, clean: date, options: {order: dmy}}
"""

ROWS = "id;title;amount;currency;stage;closes\n" + "".join(
    f'{n};Deal {n};"{n * 17},{n % 90 + 10}";{("EUR", "USD")[n % 2]};'
    f"{('neu', 'gewonnen')[n % 2]};{n % 12 + 1:02}.{(n + 3) % 12 + 1:02}.2023\n"
    for n in range(1, 61)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "migration.yaml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "mappings" / "crm.yaml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "deals.csv").write_text(ROWS, encoding="utf-8")
    return tmp_path


def migrate_and_reconcile(folder: Path) -> tuple[str, set[str]]:
    """The verdict, and the rules that are not met, of the whole migration."""
    setup = open_setup(folder)
    plan(setup)
    load(setup)
    load(setup)
    report = reconcile_target(setup)
    red = {r["rule"] for r in report.figures["rules"] if r["status"] != "met"}
    return report.verdict, red


def test_without_a_bug_every_rule_is_met(folder: Path) -> None:
    assert migrate_and_reconcile(folder) == ("met", set())


def broken(clean: Any, spoil: Any) -> Any:
    """A cleaner that spoils every tenth value and says nothing."""

    def wrong(values: pd.Series, *, companions: Any, decision: Any) -> Cleaned:
        done = clean(values, companions=companions, decision=decision)
        spoiled = done.columns.copy()
        some = spoiled.index % 10 == 3
        spoiled.loc[some, "value"] = spoiled.loc[some, "value"].map(spoil)
        return Cleaned(spoiled.astype("str"), done.status, done.rule)

    return wrong


@pytest.mark.parametrize(
    ("module", "cleaner", "spoil", "expected"),
    [
        (numbers, "clean_decimal", lambda v: v + "1" if "." not in v else v[:-1], {"R03", "R06"}),
        (dates, "clean_date", lambda v: f"{v[:5]}{v[8:]}-{v[5:7]}", {"R06", "R10"}),
        (picklists, "clean_picklist", lambda v: {"prospecting": "lost"}.get(v, v), {"R09"}),
        (text, "clean_text", lambda v: v[:-1], {"R06"}),
    ],
    ids=["a digit cut", "day and month swapped", "a stage mapped wrongly", "a letter cut"],
)
def test_a_planted_bug_turns_the_reconciliation_red(
    folder: Path, monkeypatch: pytest.MonkeyPatch, module: Any, cleaner: str, spoil: Any,
    expected: set[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(module, cleaner, broken(getattr(module, cleaner), spoil))
    verdict, red = migrate_and_reconcile(folder)
    assert verdict == "not met"
    assert expected <= red
