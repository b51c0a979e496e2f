"""Which figures do the legacy systems' own reports show?"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from kvapka.enquiries import TABLE as ENQUIRIES
from kvapka.sales import LOST, OPEN_STAGES, WON
from kvapka.truth import Row, exact, sums
from kvapka.workbook import CUSTOMERS
from kvapka.world import World

HEAD = """\
# Figures out of the reports that Kvapka s.r.o. printed from its old systems on 31.12.2024.
# Nobody computed them from the exports: they are what the customer believes to be true.
# Each is a count or a sum over the rows of one table, all of them unless "where" says otherwise;
# with "by", one value for each value of that column. Amounts are exact decimals.
figures:
"""


def add_totals(world: World) -> None:
    """Control totals of what was written, and of what should arrive, as exact decimal texts."""
    tables, totals = world.tables, world.truth.totals
    lost = world.truth.lost("deals")
    deals = tables["deals"]
    kept = [deal for deal in deals if str(deal["id"]) not in lost]
    totals["deals_amount_by_currency"] = sums(deals, "amount", "currency")
    totals["deals_amount_by_stage_and_currency"] = sums(deals, "amount", "stage", "currency")
    totals["deals_amount_by_owner_and_currency"] = sums(deals, "amount", "owner_id", "currency")
    totals["deals_amount_by_currency_kept"] = sums(kept, "amount", "currency")
    totals["deals_amount_by_stage_and_currency_kept"] = sums(kept, "amount", "stage", "currency")
    for name, found in (("open_pipeline", deals), ("open_pipeline_kept", kept)):
        still_open = [deal for deal in found if deal["stage"] in OPEN_STAGES]
        totals[name] = sums(still_open, "amount", "currency")
    totals["line_items_value"] = _value(tables["line_items"])
    lost = world.truth.lost("line_items")
    totals["line_items_value_kept"] = _value(
        [item for item in tables["line_items"] if str(item["id"]) not in lost]
    )
    estimates = world.truth.values[ENQUIRIES]
    totals["enquiries_estimate_by_currency"] = sums(
        [{**row, "estimate": estimates[row["ID"]]["estimate"]} for row in tables[ENQUIRIES]],
        "estimate", "Mena",
    )  # fmt: skip
    world.truth.rows.update({name: len(rows) for name, rows in tables.items()})


def _value(items: list[Row]) -> str:
    """Quantity times price less discount, unrounded: four decimals after the percentage."""
    value = sum(
        (exact(i["quantity"]) * exact(i["unit_price"]) * (100 - exact(i["discount"])) / 100
         for i in items),
        Decimal(0),
    )  # fmt: skip
    return f"{value:.5f}"


def expected_yaml(world: World) -> str:
    """The text of expected.yaml."""
    tables, totals = world.tables, world.truth.totals
    companies, contacts, deals = tables["companies"], tables["contacts"], tables["deals"]
    stages = (*OPEN_STAGES, WON, LOST)
    in_euro = [deal for deal in deals if deal["currency"] == "EUR" and deal["stage"] in stages]
    figures: list[dict[str, Any]] = [
        _count("companies", "companies", len(companies)),
        _count("companies not deleted", "companies",
               sum(row["deleted"] == 0 for row in companies), deleted="0"),
        _count("active users", "users", sum(row["active"] for row in tables["users"]), active="1"),
        _count("contacts", "contacts", len(contacts)),
        _count("contacts with newsletter consent", "contacts",
               sum(row["newsletter_consent"] == 1 for row in contacts), newsletter_consent="1"),
        _count("deals", "deals", len(deals)),
        _count("won deals", "deals", sum(row["result"] == "won" for row in deals), result="won"),
        {"name": "deal amounts by currency", "table": "deals", "measure": "sum",
         "column": "amount", "by": "currency", "values": totals["deals_amount_by_currency"]},
        {"name": "deal amounts in EUR by stage", "table": "deals", "measure": "sum",
         "column": "amount", "by": "stage", "where": {"currency": "EUR", "stage": list(stages)},
         "values": sums(in_euro, "amount", "stage")},
        _count("customers in the workbook", CUSTOMERS, len(tables[CUSTOMERS])),
        {"name": "turnover 2024 in the workbook", "table": CUSTOMERS, "measure": "sum",
         "column": "Obrat 2024 / Suma", "value": totals["workbook_turnover_sum"]},
        _count("enquiries", ENQUIRIES, len(tables[ENQUIRIES])),
    ]  # fmt: skip
    return HEAD + "".join(_figure(figure) for figure in figures)


def _count(name: str, table: str, value: int, **where: str) -> dict[str, Any]:
    figure: dict[str, Any] = {"name": name, "table": table, "measure": "count"}
    return {**figure, **({"where": where} if where else {}), "value": str(value)}


def _figure(figure: dict[str, Any]) -> str:
    lines = [f"{key}: {_yaml(value)}" for key, value in figure.items()]
    return "  - " + "\n    ".join(lines) + "\n"


def _yaml(value: Any) -> str:
    """A value in YAML's flow style; every scalar quoted, so that no number becomes a float."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_yaml(k)}: {_yaml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_yaml, value)) + "]"
    return f'"{value}"'
