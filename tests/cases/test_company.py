"""Does every row of the bundled company end as its truth file says, and every value as meant?"""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.cases.migrated import EXAMPLE, Migrated, crm_migrate, rows

TRUTH: dict[str, Any] = json.loads((EXAMPLE / "truth.json").read_text(encoding="utf-8"))

# table of the truth -> (source table of the ledger, the block that makes its rows' own record)
BLOCKS = {
    "users": ("erp.users", "users"),
    "companies": ("erp.companies", "companies"),
    "contacts": ("erp.contacts", "contacts"),
    "products": ("erp.products", "products"),
    "deals": ("erp.deals", "deals"),
    "line_items": ("erp.line_items", "line_items"),
    "activities": ("erp.activities", "activities"),
    "notes": ("erp.notes", "notes"),
    "Zákazníci": ("customers.Zákazníci", "customers"),
    "Kontakty": ("customers.Kontakty", "people"),
    "dopyty": ("enquiries.dopyty", "enquiries"),
}
TARGET_TABLES = {
    "users": "users", "companies": "accounts", "contacts": "contacts", "products": "products",
    "deals": "opportunities", "line_items": "line_items", "activities": "activities",
    "notes": "notes", "Zákazníci": "accounts", "Kontakty": "contacts", "dopyty": "leads",
}  # fmt: skip
# the rule that the ledger names for rows of each class that do not become a record of their own
RULES = {
    "orphan": "orphan", "line_item_without_product": "required_missing",
    "picklist_unmapped": "unmapped_value", "too_long": "too_long", "email_invalid": "not_an_email",
    "date_impossible": "impossible_date", "out_of_retention": "retention",
    "required_missing": "required_missing", "deleted": "exclude", "user_left": "exclude",
}  # fmt: skip
DIRECTOR = "1"  # the user who takes over from people who have left
ROLES = {"survivor": "kept"}


def members(*names: str, table: str = "") -> Iterator[dict[str, Any]]:
    for name in names:
        for member in TRUTH["classes"][name]:
            if not table or member["table"] == table:
                yield member


def meant(key: str) -> list[tuple[str, str]]:
    """The (table, key) pairs of the members of a class."""
    return [(member["table"], member["key"]) for member in members(key)]


def own_units(company: Migrated, table: str) -> pd.DataFrame:
    """The units of a table's main block; ``key`` is the row's own, without the mark of a repeat."""
    source, block = BLOCKS[table]
    units = company.units()
    units = units[(units["source_table"] == source) & (units["block"] == block)].copy()
    units["key"] = units["key"].str.replace("\u241f\\d+$", "", regex=True)
    return units


def unit_of(company: Migrated, table: str, key: str) -> dict[str, Any]:
    units = own_units(company, table)
    found = units[units["key"] == key]
    assert len(found) == 1, (table, key)
    return dict(found.iloc[0])


@pytest.fixture(scope="module")
def units(kvapka: Migrated) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """(table, key) -> the units of the row's main block, two for a row that stands there twice."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for table in BLOCKS:
        for unit in own_units(kvapka, table).to_dict("records"):
            found.setdefault((table, unit["key"]), []).append(unit)
    return found


@pytest.fixture(scope="module")
def target(kvapka: Migrated) -> dict[str, dict[str, dict[str, Any]]]:
    """Table of the CRM -> record id -> the record, as it stands there after both waves."""
    return {
        name: {
            record["id"]: record
            for record in rows(kvapka.target, f"SELECT * FROM {name}").to_dict("records")
        }
        for name in {*TARGET_TABLES.values(), "consents"}
    }


@pytest.fixture(scope="module")
def record_of(units: Any, target: Any) -> Any:
    """The record of the CRM that a source row became, by itself or merged into another."""

    def find(table: str, key: str) -> dict[str, Any]:
        unit = units[table, key][0]
        return target[TARGET_TABLES[table]][unit["target_id"]]

    return find


# -- where every row went ----------------------------------------------------------------------


@pytest.mark.parametrize("table", BLOCKS)
def test_every_row_ends_as_the_truth_says(units: Any, table: str) -> None:
    expected = {key: Counter(["kept"]) for owner, key in units if owner == table}
    for name, expectation in TRUTH["expect"].items():
        for member in members(name, table=table):
            if name == "row_repeated":
                expected[member["key"]] = Counter(["kept", "merged"])
            elif expectation["disposition"] != "kept":
                expected[member["key"]] = Counter([expectation["disposition"]])
    found = {
        key: Counter(ROLES.get(unit["role"], unit["role"]) for unit in listed)
        for (owner, key), listed in units.items()
        if owner == table
    }
    assert found == expected
    total = sum(found.values(), Counter())
    assert total == Counter(TRUTH["dispositions"][table]) + Counter()
    assert total.total() == TRUTH["rows"][table]


def test_every_record_that_stays_is_in_the_target(kvapka: Migrated, target: Any) -> None:
    survivors = kvapka.units()
    survivors = survivors[survivors["role"] == "survivor"]
    assert set(survivors["state"]) == {"created"}
    for table, found in target.items():
        there = {(record["id"], record["external_id"]) for record in found.values()}
        ours = survivors[survivors["target_id"].notna()]
        kind = {"opportunities": "Opportunity", "activities": "Activity"}.get(table)
        kind = kind or table.title().replace("_", "").removesuffix("s")
        mine = ours[ours["object"] == kind]
        assert set(zip(mine["target_id"], mine["entity"], strict=True)) == there, table


@pytest.mark.parametrize("name", RULES)
def test_refused_rows_say_why(units: Any, name: str) -> None:
    for row in meant(name):
        (unit,) = units[row]
        assert unit["rule"] == RULES[name], row
        assert unit["reason"]


def test_refused_values_wait_in_quarantine_with_their_raw_text(kvapka: Migrated) -> None:
    waiting = rows(
        kvapka.ledger,
        'SELECT r.key, q.block, q."column", q.value FROM quarantine q JOIN record r '
        "USING (record_id) WHERE q.state = 'open'",
    )
    found = set(waiting.itertuples(index=False, name=None))
    for name in ("email_invalid", "picklist_unmapped", "date_impossible", "orphan"):
        for member in members(name):
            value = member.get("value") or member["parent"].split(" ")[-1]
            block = BLOCKS[member["table"]][1]
            assert (member["key"], block, member["column"], value) in found, member


def test_the_plan_foretold_the_load(kvapka: Migrated) -> None:
    plan, loaded = kvapka.reports["plan"], kvapka.reports["history"]
    assert plan["identity"] and loaded["identity"]
    assert plan["objects"] == loaded["objects"]
    assert loaded["predictions_agree"]
    extracted = sum(line["rows"] for line in plan["objects"])
    # contacts, people and enquiries are read by more than one block
    again = TRUTH["rows"]["contacts"] + TRUTH["rows"]["Kontakty"] + 2 * TRUTH["rows"]["dopyty"]
    assert extracted == sum(TRUTH["rows"].values()) + again
    assert set(kvapka.codes.values()) == {1}  # finished, and some rows were refused


def test_nothing_of_the_first_wave_is_pending_when_it_closes(kvapka: Migrated) -> None:
    after_base = Counter(kvapka.ledger_after_base.itertuples(index=False, name=None))
    assert after_base["base", "created"] > 3000
    assert after_base["history", "pending"] > 4000
    assert {state for wave, state in after_base if wave == "base"} == {"created"}
    for line in kvapka.reports["base"]["objects"]:
        if line["wave"] == "base":
            assert line["pending"] == 0
    states = rows(kvapka.ledger, "SELECT DISTINCT state FROM entity")["state"].tolist()
    assert states == ["created"]


def test_every_value_is_mapped_dropped_archived_or_quarantined(kvapka: Migrated) -> None:
    lines = kvapka.reports["plan"]["columns"]
    assert len(lines) > 90
    for table, column, values, *homes in lines:
        assert int(values) == sum(map(int, homes)), (table, column)
    fate = {(table, column): homes for table, column, _, *homes in lines}
    assert fate["erp.deals", "result"] == ["0", "405", "0", "0"]
    assert fate["erp.contacts", "created"] == ["0", "0", "900", "0"]


# -- who is whom -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [n for n in TRUTH["classes"] if "exact" in n or "overlap" in n])
def test_duplicates_become_the_record_of_the_earlier_row(
    units: Any, record_of: Any, name: str
) -> None:
    for member in members(name):
        original = (member["of"]["table"], member["of"]["key"])
        (unit,) = units[member["table"], member["key"]]
        (survivor,) = units[original]
        assert (unit["role"], survivor["role"]) == ("merged", "survivor")
        assert unit["entity"] == survivor["entity"]
        assert survivor["entity"].endswith(f":{member['of']['key']}")
        record = record_of(member["table"], member["key"])
        assert record["external_id"] == survivor["entity"]


@pytest.mark.parametrize("name", ["duplicate_fuzzy_companies", "duplicate_fuzzy_contacts"])
def test_what_has_no_key_in_common_stays_apart(units: Any, name: str) -> None:
    for member in members(name):
        (unit,) = units[member["table"], member["key"]]
        (other,) = units[member["of"]["table"], member["of"]["key"]]
        assert unit["role"] == "survivor"
        assert unit["target_id"] != other["target_id"]


def test_two_customers_with_one_number_stay_two(record_of: Any) -> None:
    one, two = (record_of(*row) for row in meant("number_twice"))
    assert one["id"] != two["id"]
    assert {one["registration_number"], two["registration_number"]} == {
        key for _, key in meant("number_twice")
    }


def test_a_merge_only_tightens_consent(record_of: Any, target: Any) -> None:
    answers = {
        (record["contact"], record["purpose"]): record["status"]
        for record in target["consents"].values()
    }
    assert len(answers) == len(target["consents"])  # one answer for one person and purpose
    for member in members("consent_conflict"):
        contact = record_of(member["table"], member["key"])
        if member["column"] == "do_not_call":
            assert contact["do_not_call"] == "1"
            assert answers[contact["id"], "call"] == "denied"
        else:
            assert contact["newsletter_consent"] == "denied"
            assert answers[contact["id"], "newsletter"] == "denied"


def test_nobody_is_written_to_who_did_not_agree(kvapka: Migrated, units: Any, target: Any) -> None:
    """Contact by contact: granted only where no row of the person says no, and one says yes."""
    said: dict[str, set[str]] = {}
    answers = rows(kvapka.folder / "legacy/erp.db", "SELECT id, newsletter_consent FROM contacts")
    for key, answer in answers.itertuples(index=False, name=None):
        (unit,) = units["contacts", key]
        if unit["target_id"]:
            said.setdefault(unit["target_id"], set()).add(answer or "")
    for contact in target["contacts"].values():
        if contact["external_id"].startswith("erp:") and contact["newsletter_consent"] == "granted":
            assert "0" not in said[contact["id"]]


def test_references_follow_a_merged_row_to_the_survivor(units: Any, record_of: Any) -> None:
    fields = {"company_id": "account", "contact_id": "contact", "parent_id": "related"}
    parents = {"company": "companies", "contact": "contacts", "deal": "deals"}
    kinds = {"company": "Account", "contact": "Contact", "deal": "Opportunity"}
    for member in members("follows_merge"):
        record = record_of(member["table"], member["key"])
        kind, _, key = member["parent"].rpartition(" ")
        field = fields[member["column"]]
        if kind:
            assert record["related_type"] == kinds[kind]
        elif member["column"] == "parent_id":
            field = "parent"
        table = parents.get(kind) or {"contact_id": "contacts"}.get(member["column"], "companies")
        (merged,) = units[table, key]
        assert merged["role"] == "merged"
        assert record[field] == merged["target_id"]


def test_owners_are_who_the_source_says_or_the_successor(
    kvapka: Migrated, units: Any, record_of: Any, target: Any
) -> None:
    gone = {key for _, key in meant("user_left")}
    (director,) = units["users", DIRECTOR]
    checked = Counter[str]()
    for table, column, field in (
        ("companies", "owner_id", "owner"), ("deals", "owner_id", "owner"),
        ("activities", "owner_id", "owner"), ("notes", "author_id", "author"),
    ):  # fmt: skip
        own = rows(kvapka.folder / "legacy/erp.db", f"SELECT id, {column} FROM {table}")
        for key, owner in own.itertuples(index=False, name=None):
            (unit,) = units[table, key]
            if unit["role"] != "survivor":
                continue
            (user,) = units["users", owner]
            right = director if owner in gone else user
            assert record_of(table, key)[field] == right["target_id"], (table, key)
            checked["handed over" if owner in gone else "kept"] += 1
    planted = [row for row in meant("owner_inactive") if row[0] != "Zákazníci"]
    assert checked["handed over"] == len(planted)
    for _, key in (row for row in meant("owner_inactive") if row[0] == "Zákazníci"):
        assert record_of("Zákazníci", key)["owner"] == director["target_id"]
    assert len(target["users"]) == 11


def test_each_hand_over_is_listed(kvapka: Migrated) -> None:
    issues = kvapka.issues()
    listed = issues[(issues["code"] == "parent_excluded") & (issues["severity"] == "warning")]
    found = set(zip(listed["entity"], listed["record"], strict=True))
    kinds = {"companies": "Account", "Zákazníci": "Account", "deals": "Opportunity",
             "activities": "Activity"}  # fmt: skip
    assert {(kinds[table], key) for table, key in meant("owner_inactive")} <= found


def test_companies_that_own_each_other_are_joined_in_a_second_pass(
    kvapka: Migrated, record_of: Any
) -> None:
    for member in members("parent_cycle"):
        company = record_of("companies", member["key"])
        assert company["parent"] == record_of("companies", member["parent"])["id"]
    passes = rows(kvapka.ledger, "SELECT \"pass\", op, state, row_count FROM batch WHERE object = "
                  "'Account' AND wave = 'base'")  # fmt: skip
    second = passes[passes["pass"] == "2"]
    assert set(second["op"]) == {"update"} and set(second["state"]) == {"done"}
    assert set(rows(kvapka.ledger, "SELECT incomplete FROM entity")["incomplete"]) == {"0"}


def test_every_child_company_has_its_parent(kvapka: Migrated, units: Any, record_of: Any) -> None:
    families = rows(
        kvapka.folder / "legacy/erp.db",
        "SELECT id, parent_id FROM companies WHERE parent_id IS NOT NULL",
    )
    for key, parent in families.itertuples(index=False, name=None):
        (unit,) = units["companies", key]
        if unit["role"] == "survivor":
            (mother,) = units["companies", parent]
            assert record_of("companies", key)["parent"] == mother["target_id"]


def test_a_person_finds_the_firm_however_its_number_is_written(units: Any, record_of: Any) -> None:
    numbers = {
        meant_values["number"]: ico for ico, meant_values in TRUTH["values"]["Zákazníci"].items()
    }
    for member in members("reference_respelt"):
        ico = numbers[member["parent"].zfill(6)]
        assert member["value"] != member["parent"]
        contact = record_of("Kontakty", member["key"])
        assert contact["account"] == units["Zákazníci", ico][0]["target_id"]


# -- rows of another shape ---------------------------------------------------------------------


def test_one_row_makes_one_consent_for_each_thing_it_says(kvapka: Migrated, units: Any) -> None:
    own = rows(kvapka.folder / "legacy/erp.db", "SELECT id, newsletter_consent FROM contacts")
    expected = Counter[tuple[str, str]]()
    for key, newsletter in own.itertuples(index=False, name=None):
        expected["call", key] += 1
        expected["newsletter", key] += newsletter is not None
    found = kvapka.units()
    found = found[found["block"] == "consents"]
    assert Counter(zip(found["part"], found["key"], strict=True)) == +expected
    refused = {key for (table, key), (unit, *_) in units.items()
               if table == "contacts" and unit["role"] == "quarantined"}  # fmt: skip
    waiting = found[found["role"] == "quarantined"]
    assert set(waiting["key"]) == refused
    assert set(waiting["rule"]) == {"parent_quarantined"}


def test_each_firm_of_a_qualified_enquiry_becomes_one_prospect(
    kvapka: Migrated, target: Any
) -> None:
    with (kvapka.folder / "legacy/dopyty.csv").open(encoding="cp1250", newline="") as file:
        enquiries = list(csv.DictReader(file, delimiter=";"))
    firms = {row["Firma"].casefold() for row in enquiries if row["Stav"] == "kvalifikovaný"}
    prospects = [a for a in target["accounts"].values() if a["segment"] == "prospect"]
    assert {account["external_id"] for account in prospects} == {
        f"enquiries:prospects:{firm}" for firm in firms
    }


def test_contacts_take_country_and_owner_from_their_company(
    kvapka: Migrated, units: Any, target: Any
) -> None:
    own = rows(kvapka.folder / "legacy/erp.db", "SELECT id, company_id FROM contacts")
    countries = Counter[str]()
    for key, company in own.itertuples(index=False, name=None):
        (unit,) = units["contacts", key]
        if unit["role"] != "survivor" or units["companies", company][0]["role"] != "survivor":
            continue
        contact = target["contacts"][unit["target_id"]]
        account = target["accounts"][contact["account"]]
        assert (contact["country"], contact["owner"]) == (account["country"], account["owner"])
        countries[contact["country"]] += 1
    assert countries["SK"] > 500 and countries["CZ"] > 50


# -- what the values mean ----------------------------------------------------------------------


def kept(units: Any, table: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows of a table that are the record of their own, with what their dirty cells mean."""
    for key, values in TRUTH["values"][table].items():
        if units[table, key][0]["role"] == "survivor":
            yield key, values


def test_the_workbook_says_what_it_meant(units: Any, record_of: Any) -> None:
    checked = 0
    for key, values in kept(units, "Zákazníci"):
        account = record_of("Zákazníci", key)
        assert account["registration_number"] == key.zfill(8)
        assert account["postcode"].replace(" ", "") == values["zip"], key
        assert account["phone"] == values["phone"], key
        assert Decimal(account["annual_revenue"]) == Decimal(values["turnover"]), key
        assert account["customer_since"] == values["since"], key
        assert account["currency"] == "EUR"
        checked += 1
    assert checked == TRUTH["dispositions"]["Zákazníci"]["kept"]


def test_the_workbook_fills_the_gaps_of_the_erp(units: Any, record_of: Any) -> None:
    for member in members("overlap_companies"):
        account = record_of("companies", member["of"]["key"])
        values = TRUTH["values"]["Zákazníci"][member["key"]]
        assert Decimal(account["annual_revenue"]) == Decimal(values["turnover"])
        assert account["customer_since"] == values["since"]
        assert account["email"].startswith("info@")  # the ERP's own values stay


def test_people_of_the_workbook_are_read_right(units: Any, record_of: Any) -> None:
    wrong = []
    for key, values in kept(units, "Kontakty"):
        contact = record_of("Kontakty", key)
        assert contact["mobile"] == values["mobile"], key
        if (contact["first_name"], contact["last_name"]) != (
            values["first_name"], values["last_name"],
        ):  # fmt: skip
            wrong.append(key)
    assert not wrong


def test_enquiries_say_what_they_meant(units: Any, record_of: Any) -> None:
    for key, values in kept(units, "dopyty"):
        lead = record_of("dopyty", key)
        assert lead["created_on"] == values["date"], key
        assert lead["phone"] == values["phone"], key
        assert Decimal(lead["estimated_value"]) == Decimal(values["estimate"]), key


def test_an_ambiguous_day_is_read_day_first(target: Any) -> None:
    tasks = {
        task["subject"]: task["due_on"]
        for task in target["activities"].values()
        if task["external_id"].startswith("enquiries:")
    }
    assert len(tasks) == len(meant("date_ambiguous"))
    for member in members("date_ambiguous"):
        assert tasks[f"Termín dopytu {member['key']}"][:10] == member["meant"]


def test_values_that_look_like_formulas_arrive_unchanged(record_of: Any) -> None:
    fields = {"Poznámka": "description", "Firma": "company"}
    for member in members("formula_like"):
        lead = record_of(member["table"], member["key"])
        assert lead[fields[member["column"]]] == member["value"]


def test_a_blank_in_an_address_is_taken_out_and_a_typo_is_not_mended(
    kvapka: Migrated, record_of: Any
) -> None:
    for member in members("email_blank"):
        email = record_of(member["table"], member["key"])["email"]
        assert email == member["value"].replace(" ", "")
    issues = kvapka.issues()
    suggested = set(issues[issues["code"] == "typo_domain"]["record"])
    for member in members("email_typo"):
        assert record_of(member["table"], member["key"])["email"] == member["value"]
        assert member["key"] in suggested


def test_an_error_cell_is_missing_and_reported(kvapka: Migrated, record_of: Any) -> None:
    fields = {"Obchodník": "owner", "Kontakt / E-mail": "email", "Zákazník od": "customer_since"}
    for member in members("error_cell"):
        assert record_of("Zákazníci", member["key"])[fields[member["column"]]] is None
    issues = kvapka.issues()
    listed = issues[issues["code"] == "cell_error"]
    assert Counter(listed["column"]) == Counter(m["column"] for m in members("error_cell"))


def test_phones_are_international_and_codes_keep_their_zeros(target: Any, kvapka: Migrated) -> None:
    for table, field in (("accounts", "phone"), ("contacts", "mobile"), ("leads", "phone")):
        values = [r[field] for r in target[table].values() if r[field]]
        assert values and all(v.startswith(("+421", "+420")) for v in values), table
    codes = rows(kvapka.folder / "legacy/erp.db", "SELECT code FROM products")["code"]
    assert {record["code"] for record in target["products"].values()} == set(codes)
    assert all(len(code) == 6 for code in codes)


# -- what it adds up to ------------------------------------------------------------------------

STAGES = {
    "prospecting": "Nový", "qualification": "Kvalifikácia", "proposal": "Ponuka",
    "negotiation": "Rokovanie", "won": "Vyhratý", "lost": "Prehratý",
}  # fmt: skip


def sums(records: Any, amount: str, *by: str) -> dict[str, str]:
    found: dict[str, Decimal] = {}
    for record in records:
        group = "/".join(STAGES.get(record[name], record[name]) for name in by)
        found[group] = found.get(group, Decimal(0)) + Decimal(record[amount])
    return {group: f"{value:.2f}" for group, value in sorted(found.items())}


def test_control_totals_are_exact_to_the_cent(target: Any) -> None:
    totals = TRUTH["control_totals"]
    deals = list(target["opportunities"].values())
    assert sums(deals, "amount", "currency") == totals["deals_amount_by_currency_kept"]
    by_stage = sums(deals, "amount", "stage", "currency")
    assert by_stage == totals["deals_amount_by_stage_and_currency_kept"]
    still_open = [deal for deal in deals if deal["stage"] not in ("won", "lost")]
    assert sums(still_open, "amount", "currency") == totals["open_pipeline_kept"]
    value = sum(
        Decimal(i["quantity"]) * Decimal(i["unit_price"]) * (100 - Decimal(i["discount"])) / 100
        for i in target["line_items"].values()
    )
    assert f"{value:.5f}" == totals["line_items_value_kept"]


def test_turnover_and_estimates_add_up(target: Any, units: Any) -> None:
    turnover = TRUTH["values"]["Zákazníci"]
    revenue = sum(Decimal(a["annual_revenue"] or 0) for a in target["accounts"].values())
    assert revenue == sum(Decimal(values["turnover"]) for values in turnover.values())
    repeated = sum(Decimal(turnover[key]["turnover"]) for _, key in meant("row_repeated"))
    assert revenue + repeated == Decimal(TRUTH["control_totals"]["workbook_turnover_sum"])
    estimates = sum(Decimal(values["estimate"]) for _, values in kept(units, "dopyty"))
    leads = target["leads"].values()
    assert sum(Decimal(lead["estimated_value"]) for lead in leads) == estimates


# -- what stayed behind ------------------------------------------------------------------------


def test_what_stays_behind_is_in_the_archive_with_its_reason(kvapka: Migrated) -> None:
    archived = rows(kvapka.folder / "archive.db", "SELECT * FROM archived")
    found = {
        (row.source_table, row.record_key, row.block): (row.reason, json.loads(row.content))
        for row in archived.itertuples(index=False)
    }
    for table, key in (*meant("out_of_retention"), *meant("deleted"), *meant("user_left")):
        source, block = BLOCKS[table]
        reason, content = found[source, key, block]
        assert reason
        if (table, key) in meant("out_of_retention"):
            assert reason == f"{table} before 2015 stay behind"
            member = next(m for m in members("out_of_retention", table=table) if m["key"] == key)
            assert content[member["column"]] == member["value"]
    for table, key in meant("hidden_sheet"):
        assert found[f"customers.{table}", key, "(table)"][0] == "not mapped"
    assert found["erp.contacts", "1", "(columns)"][1].keys() == {"created"}


def test_reconciliation_finds_every_figure_right(kvapka: Migrated) -> None:
    """Outside the transform: raw columns, the customer's own reports, the target read back."""
    _, report = crm_migrate("reconcile", kvapka.folder)
    assert report["verdict"] == "met"
    (rules,) = (section["tables"][0] for section in report["sections"] if
                section["title"] == "Reconciliation")  # fmt: skip
    status = {row[0]: row[-1] for row in rules["rows"]}
    assert {status[f"R{number:02}"] for number in (*range(1, 14), 16, 18, 19)} == {"met"}


# -- again -------------------------------------------------------------------------------------


@pytest.fixture
def copied(kvapka: Migrated, tmp_path: Path) -> Path:
    """A copy of the migrated company, target and ledger included, to do something else with."""
    return Path(shutil.copytree(kvapka.folder, tmp_path / "company"))


def content_of(path: Path) -> dict[str, pd.DataFrame]:
    names = sorted({*TARGET_TABLES.values(), "consents"})
    return {name: rows(path, f"SELECT * FROM {name} ORDER BY id") for name in names}


def test_loading_twice_writes_nothing(kvapka: Migrated) -> None:
    before = content_of(kvapka.target)
    _, report = crm_migrate("load", kvapka.folder)
    assert report["written"] == 0
    assert report["identity"]
    after = content_of(kvapka.target)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(after[name], frame)


def test_a_file_sorted_otherwise_with_one_row_more_and_one_less_makes_one_record(
    copied: Path,
) -> None:
    path = copied / "legacy" / "dopyty.csv"
    with path.open(encoding="cp1250", newline="") as file:
        header, *lines = csv.reader(file, delimiter=";")
    new = dict(zip(header, lines[0], strict=True)) | {
        "ID": "D-0999", "Meno": "Ľuboš Nový", "E-mail": "lubos.novy@example.org", "Stav": "nový",
    }  # fmt: skip
    gone = lines.pop(0)
    changed = [header, list(new.values()), *sorted(lines, key=lambda line: line[3], reverse=True)]
    with path.open("w", encoding="cp1250", newline="") as file:
        csv.writer(file, delimiter=";").writerows(changed)
    before = content_of(copied / "sandbox.db")
    _, plan = crm_migrate("plan", copied)
    assert plan["identity"]
    assert sum(line["created"] for line in plan["objects"]) == 1
    assert sum(line["updated"] for line in plan["objects"]) == 0
    _, report = crm_migrate("load", copied)
    assert report["written"] == 1
    after = content_of(copied / "sandbox.db")
    leads = set(after["leads"]["external_id"])
    assert leads - set(before["leads"]["external_id"]) == {"enquiries:enquiries:D-0999"}
    assert f"enquiries:enquiries:{gone[0]}" in leads  # what is gone from the source stays
    for name in set(before) - {"leads"}:
        pd.testing.assert_frame_equal(after[name], before[name])
