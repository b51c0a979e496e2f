"""Every construct of the mapping language in one migration, from real SQLite into real SQLite."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cases.small import Refusal, Small, crm_migrate, issues, line, small

TARGET = """
label: Deals
family: reference
verified: tested
source: this test
capabilities: {batch_rows: 100, atomic: true, journal: true, lookup: exact, deletable: true}
objects:
  Deal:
    table: deals
    id: id
    external_id: external_id
    version: row_version
    fields:
      name: {type: text, length: 80, required: true}
      first_tag: {type: text, length: 40}
      interests: {type: picklist, picklist: [Wine, Beer, Tea], multiple: true}
      amount: {type: decimal, scale: 2}
      original_amount: {type: decimal, scale: 2}
      original_currency: {type: text, length: 3}
      net: {type: decimal, scale: 2}
      days_open: {type: integer}
      closed_on: {type: date}
      pipeline: {type: picklist, picklist: [sales, service]}
      stage:
        type: picklist
        picklist: [new, won, lost, open, done]
        depends_on: {field: pipeline, allowed: {sales: [new, won, lost], service: [open, done]}}
      lost_reason:
        type: picklist
        picklist: [price, time]
        depends_on: {field: stage, allowed: {lost: [price, time]}}
      segment: {type: text, length: 10}
      category: {type: text, length: 40}
      note: {type: text, length: 80}
"""

MAPPING = """
blocks:
  deals:
    from: crm.deals
    to: Deal
    wave: base
    join:
      - {table: crm.products, as: product, on: {product_id: id}}
      - {table: crm.groups, as: group, on: {product.group_id: id}}
    exclude:
      - when:
          - {column: closed, less: 2015-01-01}
          - any:
              - {column: state, is: [Lost, Cancelled]}
              - {column: code, matches: 'X-\\d+'}
        reason: old and of no use
    fields:
      name: title
      first_tag: {from: tags, split: {separator: [",", ";"], part: 1}}
      interests:
        from: tags
        split: {separator: [",", ";"], part: all}
        values: {wine: Wine, vin: Wine, beer: Beer, tea: Tea}
        unmapped: blank
      amount:
        from: price
        on_unreadable: blank
        currency: {from: currency, to: EUR, date: {constant: 2020-01-05}}
      original_amount: price
      original_currency: currency
      net:
        clean: decimal
        expression: "round(number(price, ',') * (1 - coalesce(discount, 0) / 100), 2)"
        on_unreadable: blank
      days_open: # cleaned though it is computed: commas of the source say nothing about it
        clean: integer
        expression: "days_between(date(opened, '%d/%m/%y'), date(closed))"
      closed_on:
        from: closed
        when: {column: state, is_not: [New]}
      pipeline: {from: pipeline, values: {Sales: sales, Service: service}}
      stage:
        values:
          by: [pipeline, state]
          map:
            - {pipeline: Sales, state: New, to: new}
            - {pipeline: Sales, state: Won, to: won}
            - {pipeline: Sales, state: Lost, to: lost}
            - {pipeline: Service, state: Done, to: done}
            - {pipeline: Service, to: open}
      lost_reason: {from: reason, values: {price: price, time: time}}
      segment: {python: "functions.py:segment", columns: [price, state]}
      category: group.name
      note:
        template: "{code}: {title}"
        when: {any: [{column: code, matches: 'V-.*'}, {column: discount, greater: 10}]}
        else: none
drop:
  - {table: crm.deals, columns: [id], reason: in the key, signed_off_by: Test}
"""

FUNCTIONS = """
import pandas as pd

def segment(columns: pd.DataFrame) -> pd.Series:
    big = columns["price"].str.len() > 6
    return big.map({True: "big", False: "small"}).where(columns["state"].notna())
"""

RATES = "date,from,to,rate\n2020-01-03,CZK,EUR,0.04\n2020-01-01,EUR,USD,1.25\n"


def deal(n: int, **changes: str | None) -> dict[str, str | None]:
    row = {
        "id": str(n), "code": f"V-{n}", "title": f"Deal {n}", "tags": "wine, beer",
        "price": "1 234,50", "currency": "CZK", "discount": None, "opened": "01/02/19",
        "closed": "2019-03-01", "pipeline": "Sales", "state": "Won", "reason": None,
        "product_id": "1",
    }  # fmt: skip
    return {**row, **changes}


DEALS = [
    deal(1),
    deal(2, tags="beer; vin;;wine", currency="EUR", price="10,005", discount="12.5", state="New"),
    deal(
        3, code="Y-3", currency="USD", price="2,50", pipeline="Service", state="Waiting", tags=None
    ),
    deal(4, state="Lost", reason="Price", discount="10"),
    deal(5, state="Lost", closed="2014-12-31"),  # excluded: old and lost
    deal(6, code="X-6", closed="2014-12-31"),  # excluded: old and of a code
    deal(7, code="X-6b", closed="2014-12-31", currency="GBP"),  # old, but neither; no rate
    deal(8, state="Won", reason="time"),  # refused: a reason goes with lost only
    deal(9, state="Stuck"),  # refused: no line for Sales and Stuck
    deal(10, opened="2019-02-01", product_id="2"),  # refused: opened has another form
    deal(11, tags="wine, gin", discount="much", closed="2015-01-01", product_id="9"),
]


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Small:
    folder = tmp_path_factory.mktemp("language") / "m"
    tables = {
        "deals": DEALS,
        "products": [{"id": "1", "name": "Red", "group_id": "7"}, {"id": "2", "name": "Ale", "group_id": "8"}],
        "groups": [{"id": "7", "name": "Bottles"}, {"id": "8", "name": "Casks"}],
    }  # fmt: skip
    target = '{target: deals, url: "sqlite:///crm.db"}'
    made = small(folder, MAPPING, tables, target=target)
    (folder / "mappings" / "targets").mkdir()
    (folder / "mappings" / "targets" / "deals.yaml").write_text(TARGET, encoding="utf-8")
    (folder / "functions.py").write_text(FUNCTIONS, encoding="utf-8")
    (folder / "rates.csv").write_text(RATES, encoding="utf-8")
    made.change_migration("waves:", "rates: rates.csv\nallow_python: true\nwaves:")
    return made


@pytest.fixture(scope="module")
def loaded(case: Small) -> tuple[Small, dict[str, Any], dict[str, Any]]:
    plan = case.plan()
    return case, plan, case.load()


Loaded = tuple[Small, dict[str, Any], dict[str, Any]]


FIELDS = (
    "first_tag", "interests", "amount", "original_amount", "original_currency", "net", "days_open",
    "closed_on", "pipeline", "stage", "lost_reason", "segment", "category", "note",
)  # fmt: skip
HELD = {
    # 1234.50 crowns by the rate of the 3rd, two days old: 49.38
    "1": ("wine", "Wine;Beer", 49.38, 1234.5, "CZK", 1234.5, 28, "2019-03-01", "sales", "won", None,
          "big", "Bottles", "V-1: Deal 1"),
    # dollars by the inverse of the rate from euros; tags are empty; the code is no V-
    "3": (None, None, 2, 2.5, "USD", 2.5, 28, "2019-03-01", "service", "open", None, "small",
          "Bottles", "none"),
    "4": ("wine", "Wine;Beer", 49.38, 1234.5, "CZK", 1111.05, 28, "2019-03-01", "sales", "lost",
          "price", "big", "Bottles", "V-4: Deal 4"),
    # old, but neither lost nor of a code; pounds have no rate
    "7": ("wine", "Wine;Beer", None, 1234.5, "GBP", 1234.5, -1493, "2014-12-31", "sales", "won",
          None, "big", "Bottles", "none"),
    # a discount that nobody can read, a tag without a value, a product that is not there
    "11": ("wine", "Wine", 49.38, 1234.5, "CZK", None, -1492, "2015-01-01", "sales", "won", None,
           "big", None, "V-11: Deal 11"),
}  # fmt: skip


def test_every_construct_fills_its_field(loaded: Loaded) -> None:
    case, _, _ = loaded
    held = {
        key.removeprefix("deals:"): tuple(record[name] for name in FIELDS)
        for key, record in case.records("deals").items()
    }
    assert held == HELD


def test_the_books_balance_and_say_why(loaded: Loaded) -> None:
    _, plan, load = loaded
    assert load["predictions_agree"], load["prediction"]
    assert line(load, "Deal") == {"extracted": 11, "created": 5, "excluded": 2, "quarantined": 4}
    refused = {i["record"]: i["code"] for i in plan["issues"] if i["severity"] == "error"}
    assert refused == {
        "2": "too_many_decimals", "8": "combination_not_allowed", "9": "unmapped_combination",
        "10": "not_computable",
    }  # fmt: skip
    told = {(i["record"], i["code"]) for i in plan["issues"] if i["severity"] == "warning"}
    assert told == {
        ("", "column_not_accounted"), ("7", "not_convertible"), ("11", "condition_unreadable"),
        ("11", "not_computable"), ("11", "unmapped_value"),
    }  # fmt: skip
    assert issues(plan, "unmapped_value")[0]["value"] == "gin"  # the part, not the whole text


def test_a_value_that_its_condition_passes_over_is_archived(tmp_path: Path) -> None:
    """``when`` leaves a value behind: it is in the books and in the archive, not lost."""
    mapping = """
blocks:
  people:
    from: crm.people
    to: Contact
    wave: base
    fields:
      last_name: name
      phone: {from: phone, when: {column: kind, is: work}, clean: phone}
"""
    rows = [
        {"id": "1", "name": "A", "kind": "work", "phone": "+1 202 555 0101"},
        {"id": "2", "name": "B", "kind": "home", "phone": "+1 202 555 0102"},
    ]
    case = small(tmp_path, mapping, {"people": rows})
    report = case.plan_and_load()
    assert {k: r["phone"] for k, r in case.records("contacts").items()} == {
        "people:1": "+12025550101", "people:2": None,
    }  # fmt: skip
    assert line(report, "Contact") == {"extracted": 2, "created": 2}
    with closing(sqlite3.connect(case.folder / "archive.db")) as archive:
        held = "".join(str(row) for row in archive.iterdump())
    assert "555 0102" in held and "555 0101" not in held


def test_a_parent_that_only_the_target_has_is_found_by_its_field(tmp_path: Path) -> None:
    """A block that binds the distinct texts: the parent is in no table of the source."""
    accounts = "blocks: {firms: {from: crm.firms, to: Account, wave: base, fields: {name: name, registration_number: no}}}"
    tables = {
        "firms": [{"id": "1", "name": "Acme", "no": "777"}],
        "deals": [
            {"id": "1", "title": "D", "firm_no": "777"}, {"id": "2", "title": "E", "firm_no": "888"},
        ],
    }  # fmt: skip
    case = small(tmp_path, accounts, tables)
    case.plan_and_load()
    case.mapping("""
blocks:
  known_firms:
    from: crm.deals
    to: Account
    wave: base
    action: bind
    bind_by: registration_number
    distinct: [firm_no]
    fields: {registration_number: firm_no}
  deals:
    from: crm.deals
    to: Opportunity
    wave: base
    fields: {name: title, stage: {constant: won}, account: {from: firm_no, lookup: known_firms}}
""")
    report = case.plan_and_load()
    assert line(report, "Opportunity") == {"extracted": 2, "created": 1, "quarantined": 1}
    [account] = case.sql("SELECT id, name FROM accounts")
    held = case.sql("SELECT name, account FROM opportunities")
    assert held == [{"name": "D", "account": account["id"]}] and account["name"] == "Acme"


def test_the_raw_texts_say_the_same_a_second_time(loaded: Loaded) -> None:
    case, _, _ = loaded
    rules = {rule["rule"]: rule for rule in case.reconcile()["rules"]}
    assert not {name for name, rule in rules.items() if rule["status"] == "not met"}
    assert rules["R01"]["status"] == rules["R06"]["status"] == rules["R09"]["status"] == "met"
    assert (rules["R04"]["status"], rules["R04"]["expected"][:6]) == ("met", "3 sums")


def test_amounts_by_another_rate_are_found(loaded: Loaded, tmp_path: Path) -> None:
    case = loaded[0].copy(tmp_path / "copy")
    other = RATES.replace("CZK,EUR,0.04", "CZK,EUR,0.05")
    (case.folder / "rates.csv").write_text(other, encoding="utf-8")
    rules = {rule["rule"]: rule for rule in case.reconcile()["rules"]}
    # three amounts of 1234.5, each a hundredth of it too small
    assert (rules["R04"]["status"], rules["R04"]["difference"]) == ("not met", "37.035")


def test_another_function_is_another_plan(loaded: Loaded, tmp_path: Path) -> None:
    case = loaded[0].copy(tmp_path / "copy")
    case.plan()
    path = case.folder / "functions.py"
    path.write_text(FUNCTIONS.replace("> 6", "> 7"), encoding="utf-8")
    with pytest.raises(Refusal, match="made from other inputs"):
        case.load()
    assert {i["field"] for i in case.plan()["issues"] if "field" in i} <= {"segment"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "    raise ValueError(columns.price[0])",
            "functions.py:segment raised ValueError, line 5",
        ),
        ("    return 1 / 0", "functions.py:segment raised ZeroDivisionError, line 5"),
        ("    return list(columns['price'])", "functions.py:segment returned no Series but list"),
        (
            "    return columns['price'].head(1)",
            "functions.py:segment returned 1 values for 9 rows",
        ),
        ("    return columns['price'].reset_index(drop=True)[::-1]", "with another index"),
    ],
)
def test_what_a_function_does_wrong_is_told_and_never_swallowed(
    case: Small, tmp_path: Path, body: str, said: str
) -> None:
    made = case.copy(tmp_path / "copy")
    head = FUNCTIONS[: FUNCTIONS.index("    big")]
    (made.folder / "functions.py").write_text(f"{head}{body}\n", encoding="utf-8")
    with pytest.raises(Refusal) as refused:
        made.plan()
    assert said in refused.value.text and "mappings/crm.yaml:" in refused.value.text
    assert "1 234,50" not in refused.value.text  # its own words may hold values of rows


WRONG = {
    "a function that nobody allowed": (
        "migration.yaml", "allow_python: true\n", "", "python_not_allowed",
        "write allow_python: true in migration.yaml",
    ),
    "a function that is not there": (
        "mappings/crm.yaml", "functions.py:segment", "functions.py:segments", "unknown_function",
        "did you mean 'segment'?",
    ),
    "a file that is not there": (
        "mappings/crm.yaml", "functions.py:segment", "function.py:segment", "missing_file",
        "did you mean 'functions.py'?",
    ),
    "a file that is not Python": (
        "functions.py", "def segment", "def def", "python_unreadable", "correct this line",
    ),
    "rates that are not there": (
        "migration.yaml", "rates: rates.csv", "rates: rate.csv", "missing_file",
        "did you mean 'rates.csv'?",
    ),
    "rates of another name": (
        "mappings/crm.yaml", "currency: {from: currency,", "currency: {rates: rate, from: currency,",
        "unknown_rates", "did you mean 'rates'?",
    ),
    "a rate with a comma": (
        "rates.csv", "EUR,0.04", 'EUR,"0,04"', "bad_rates", "write a number with a decimal point",
    ),
    "two rates of one day": (
        "rates.csv", "2020-01-01", "2020-01-03,CZK,EUR,0.05\n2020-01-01", "bad_rates", "keep one",
    ),
    "all parts into a field of one value": (
        "mappings/targets/deals.yaml", ", multiple: true", "", "split_into_single",
        "write part: 1 or part: last",
    ),
    "a value that goes with no pipeline": (
        "mappings/crm.yaml", "state: Done, to: done", "state: Done, to: dne",
        "value_not_in_picklist", "did you mean 'done'?",
    ),
    "a constant that goes with another stage": (
        "mappings/crm.yaml", "stage:\n        values:", "stage: {constant: won}\n      other:\n        values:",
        "combination_not_allowed", "lost_reason must stay empty there",
    ),
    "a field that depends on none": (
        "mappings/targets/deals.yaml", "depends_on: {field: stage,", "depends_on: {field: stag,",
        "wrong_target", "did you mean 'stage'?",
    ),
    "a join above the one that it needs": (
        "mappings/crm.yaml",
        "      - {table: crm.products, as: product, on: {product_id: id}}\n"
        "      - {table: crm.groups, as: group, on: {product.group_id: id}}\n",
        "      - {table: crm.groups, as: group, on: {product.group_id: id}}\n"
        "      - {table: crm.products, as: product, on: {product_id: id}}\n",
        "join_out_of_order", "write the join that brings the column first",
    ),
    "an expression's function": (
        "mappings/crm.yaml", "round(number(", "round(numbr(", "bad_expression",
        "did you mean 'number'?",
    ),
    "an expression's column": (
        "mappings/crm.yaml", "coalesce(discount, 0)", "coalesce(discont, 0)", "unknown_column",
        "did you mean 'discount'?",
    ),
    "a condition's column": (
        "mappings/crm.yaml", "{column: code, matches: 'V-.*'}", "{column: cod, matches: 'V-.*'}",
        "unknown_column", "did you mean 'code'?",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_found_before_a_row_is_read(
    case: Small, tmp_path: Path, name: str
) -> None:
    file, old, new, code, hint = WRONG[name]
    made = case.copy(tmp_path / "copy")
    path = made.folder / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (old, text.count(old))
    path.write_text(text.replace(old, new), encoding="utf-8")
    found = crm_migrate("check", made.folder)
    assert found["exit_code"] == 2
    hints = [i["hint"] for i in issues(found, code)]
    assert any(hint in one for one in hints), found["issues"]


def test_an_expression_is_wrong_at_a_line_and_a_column(case: Small, tmp_path: Path) -> None:
    made = case.copy(tmp_path / "copy")
    made.change_mapping("round(number(", "round(numbr(")
    text = (made.folder / "mappings" / "crm.yaml").read_text(encoding="utf-8")
    number, row = next((n, t) for n, t in enumerate(text.splitlines(), 1) if "numbr" in t)
    [issue] = issues(crm_migrate("check", made.folder), "bad_expression")
    assert issue["place"] == f"mappings/crm.yaml:{number}:{row.index('numbr') + 1}"
