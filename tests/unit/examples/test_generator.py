"""Is the bundled company what its generator makes, and is its truth file true of the files?"""

from __future__ import annotations

import csv
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import phonenumbers
import pytest
from ruamel.yaml import YAML

COMPANY = Path(__file__).parents[3] / "examples" / "company"
TABLES = (
    "users", "companies", "contacts", "products", "deals", "line_items", "activities", "notes",
)  # fmt: skip
PARENTS = {"company": "companies", "contact": "contacts", "deal": "deals"}
Rows = list[dict[str, Any]]


def generate(folder: Path, hash_seed: str) -> Path:
    command = [sys.executable, "-B", str(COMPANY / "generate.py"), "--to", str(folder)]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    subprocess.run(command, check=True, env=environment, cwd=folder.parent, timeout=60)
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(tmp_path_factory.mktemp("kvapka") / "one", "1")


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    return json.loads((COMPANY / "truth.json").read_text(encoding="utf-8"))


def cells(path: Path) -> dict[str, list[list[tuple[Any, str]]]]:
    book = openpyxl.load_workbook(path)
    return {
        sheet.title: [[(cell.value, cell.number_format) for cell in row] for row in sheet.rows]
        for sheet in book
    }


def dump(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def sheet_rows(name: str, first: int, header: list[str]) -> Rows:
    sheet = openpyxl.load_workbook(COMPANY / "legacy" / "zakaznici.xlsx")[name]
    values = sheet.iter_rows(min_row=first, values_only=True)
    return [dict(zip(header, row, strict=True)) for row in values]


@pytest.fixture(scope="module")
def legacy() -> dict[str, Rows]:
    """All rows as they stand in the committed files, read without the generator's help."""
    found: dict[str, Rows] = {}
    connection = sqlite3.connect(COMPANY / "legacy" / "erp.db")
    connection.row_factory = sqlite3.Row
    for table in TABLES:
        found[table] = [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]
    connection.close()
    with (COMPANY / "legacy" / "dopyty.csv").open(encoding="cp1250", newline="") as file:
        found["dopyty"] = list(csv.DictReader(file, delimiter=";"))
    customers = sheet_rows("Zákazníci", 5, customer_header())
    assert customers[-1]["Zákazník / Číslo"] == "Spolu"
    found["Zákazníci"] = customers[:-1]
    for name in ("Kontakty", "Staré"):
        sheet = openpyxl.load_workbook(COMPANY / "legacy" / "zakaznici.xlsx")[name]
        found[name] = sheet_rows(name, 2, [str(cell.value) for cell in sheet[1]])
    return found


def customer_header() -> list[str]:
    sheet = openpyxl.load_workbook(COMPANY / "legacy" / "zakaznici.xlsx")["Zákazníci"]
    upper: list[str] = []
    for cell in sheet[3]:
        upper.append(str(cell.value) if cell.value else upper[-1])
    return [
        f"{top} / {c.value}" if c.value else top for top, c in zip(upper, sheet[4], strict=True)
    ]


KEYS = {"dopyty": "ID", "Staré": "Číslo", "Zákazníci": "Zákazník / IČO", "Kontakty": "E-mail"}


def keyed(legacy: dict[str, Rows], table: str) -> dict[str, dict[str, Any]]:
    return {str(row[KEYS.get(table, "id")]): row for row in legacy[table]}


def members(truth: dict[str, Any], name: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for member in truth["classes"][name]:
        yield member["table"], member["key"], member


def lost(truth: dict[str, Any], table: str, *kinds: str) -> set[str]:
    return {
        key
        for name, expectation in truth["expect"].items()
        if expectation["disposition"] in kinds
        for owner, key, _ in members(truth, name)
        if owner == table
    }


def test_committed_files_are_what_the_generator_makes(made: Path) -> None:
    for name in ("truth.json", "expected.yaml", "legacy/dopyty.csv"):
        assert (made / name).read_bytes() == (COMPANY / name).read_bytes(), name
    assert dump(made / "legacy/erp.db") == dump(COMPANY / "legacy/erp.db")
    assert cells(made / "legacy/zakaznici.xlsx") == cells(COMPANY / "legacy/zakaznici.xlsx")


def test_a_second_run_makes_the_same_bytes_whatever_the_hash_seed(
    made: Path, tmp_path: Path
) -> None:
    again = generate(tmp_path / "two", "2")
    files = sorted(p.relative_to(made) for p in made.rglob("*") if p.is_file())
    assert len(files) == 5
    for name in files:
        assert (again / name).read_bytes() == (made / name).read_bytes(), name


def test_committed_files_stay_small() -> None:
    assert (
        sum(p.stat().st_size for p in COMPANY.rglob("*.*") if "__pycache__" not in p.parts)
        < 1_500_000
    )


def test_row_counts_are_those_of_the_truth(truth: dict[str, Any], legacy: dict[str, Rows]) -> None:
    assert {table: len(rows) for table, rows in legacy.items()} == truth["rows"]
    for table, counts in truth["dispositions"].items():
        assert sum(counts.values()) == truth["rows"][table]


def test_no_row_carries_two_problems_that_take_it_out(truth: dict[str, Any]) -> None:
    reasons: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, expectation in truth["expect"].items():
        if name != "consent_conflict":
            for table, key, _ in members(truth, name):
                reasons[table, key].append(expectation["disposition"])
    crowded = {row: kinds for row, kinds in reasons.items() if len(kinds) > 1}
    assert not crowded


def test_every_class_has_enough_members_and_each_exists(
    truth: dict[str, Any], legacy: dict[str, Rows]
) -> None:
    tables = {table: keyed(legacy, table) for table in legacy}
    for name, found in truth["classes"].items():
        assert len(found) == truth["expect"][name]["members"]
        assert 2 <= len(found) <= (60 if name == "overlap_companies" else 30), name
        for member in found:
            assert member["key"] in tables[member["table"]], (name, member)
            if "of" in member:
                assert member["of"]["key"] in tables[member["of"]["table"]]


def test_rows_that_stay_refer_only_to_rows_that_stay(
    truth: dict[str, Any], legacy: dict[str, Rows]
) -> None:
    """Otherwise a quarantined parent would drag unlisted children along."""
    going = {t: lost(truth, t, "quarantined", "excluded") for t in TABLES}
    away = {t: lost(truth, t, "merged") for t in TABLES}
    exists = {t: set(keyed(legacy, t)) for t in TABLES}
    following = {(m["table"], m["key"]) for m in truth["classes"]["follows_merge"]}
    orphaned = {(m["table"], m["key"]) for m in truth["classes"]["owner_inactive"]}
    simple = (
        ("companies", "parent_id", "companies"), ("contacts", "company_id", "companies"),
        ("deals", "company_id", "companies"), ("deals", "contact_id", "contacts"),
        ("line_items", "deal_id", "deals"), ("line_items", "product_id", "products"),
        ("companies", "owner_id", "users"), ("deals", "owner_id", "users"),
        ("activities", "owner_id", "users"), ("notes", "author_id", "users"),
    )  # fmt: skip
    references = [
        (table, str(row["id"]), target, str(row[column]))
        for table, column, target in simple
        for row in legacy[table]
        if row[column] is not None
    ]
    for table in ("activities", "notes"):
        references += [
            (table, str(row["id"]), PARENTS[row["parent_type"]], str(row["parent_id"]))
            for row in legacy[table]
        ]
    repointed = set()
    for table, key, target, parent in references:
        if key in going[table] or key in away[table]:
            continue
        if target == "users" and parent in going["users"]:
            assert (table, key) in orphaned  # the successor takes it over
            continue
        assert parent in exists[target] and parent not in going[target], (table, key, parent)
        if parent in away[target]:
            repointed.add((table, key))
    assert repointed == following


def test_orphans_have_no_parent(truth: dict[str, Any], legacy: dict[str, Rows]) -> None:
    numbers = {str(row["Zákazník / Číslo"]).zfill(6) for row in legacy["Zákazníci"]}
    for table, key, member in members(truth, "orphan"):
        row = keyed(legacy, table)[key]
        if table == "Kontakty":
            assert row["Číslo zákazníka"] not in numbers
            continue
        target = PARENTS[row["parent_type"]] if "parent_type" in row else {
            "company_id": "companies", "deal_id": "deals"
        }[member["column"]]  # fmt: skip
        assert str(row[member["column"]]) not in keyed(legacy, target)


def test_exact_keys_find_the_exact_duplicates_and_nothing_else(
    truth: dict[str, Any], legacy: dict[str, Rows]
) -> None:
    def doubles(table: str, column: str) -> set[str]:
        seen: set[str] = set()
        found = set()
        for row in legacy[table]:
            value = (row[column] or "").lower()
            if value and value in seen:
                found.add(str(row["id"]))
            seen.add(value)
        return found

    exact_companies = {key for _, key, _ in members(truth, "duplicate_exact_companies")}
    exact_contacts = {key for _, key, _ in members(truth, "duplicate_exact_contacts")}
    assert doubles("companies", "ico") == exact_companies
    assert doubles("contacts", "email") == exact_contacts

    icos = {row["ico"] for row in legacy["companies"]}
    shared = {str(r["Zákazník / IČO"]) for r in legacy["Zákazníci"]} & icos
    assert shared == {key for _, key, _ in members(truth, "overlap_companies")}
    emails = {(row["email"] or "").lower() for row in legacy["contacts"]}
    shared = {row["E-mail"].lower() for row in legacy["Kontakty"]} & emails
    assert shared == {key for _, key, _ in members(truth, "overlap_contacts")}
    enquirers = {row["E-mail"].lower() for row in legacy["dopyty"]}
    assert len(enquirers) == len(legacy["dopyty"]) and not enquirers & emails


def test_consents_disagree_only_where_the_truth_says_so(
    truth: dict[str, Any], legacy: dict[str, Rows]
) -> None:
    contacts, people = keyed(legacy, "contacts"), keyed(legacy, "Kontakty")
    answers = {"Áno": 1, "Nie": 0, None: None}
    listed = {(m["key"], m["column"]) for m in truth["classes"]["consent_conflict"]}
    found = set()
    for _, key, member in members(truth, "duplicate_exact_contacts"):
        for column in ("newsletter_consent", "do_not_call"):
            if contacts[key][column] != contacts[member["of"]["key"]][column]:
                found.add((key, column))
    for _, key, member in members(truth, "overlap_contacts"):
        answer = answers[people[key]["Súhlas s marketingom"]]
        if answer != contacts[member["of"]["key"]]["newsletter_consent"]:
            found.add((key, "Súhlas s marketingom"))
    assert found == listed


def test_values_are_as_wrong_as_the_truth_says_and_no_others(
    truth: dict[str, Any], legacy: dict[str, Rows]
) -> None:
    def listed(name: str, table: str) -> set[str]:
        return {key for owner, key, _ in members(truth, name) if owner == table}

    plain = re.compile(r"[^@\s]+@[^@\s]+\.(example|com|org|net|con)", re.IGNORECASE)
    for table, column in (("contacts", "email"), ("Kontakty", "E-mail"), ("dopyty", "E-mail")):
        found = keyed(legacy, table)
        rows = found.items()
        bad = {key for key, row in rows if row[column] and not plain.fullmatch(row[column])}
        blank = {key for key in bad if re.search(r"\s@|@\s", found[key][column])}
        assert blank == listed("email_blank", table)
        assert bad - blank == listed("email_invalid", table)
        typos = {key for key, row in rows if (row[column] or "").endswith(".con")}
        assert typos == listed("email_typo", table)

    rows = keyed(legacy, "companies").items()
    assert {k for k, r in rows if not r["name"]} == listed("required_missing", "companies")
    assert {k for k, r in rows if len(r["name"] or "") > 255} == listed("too_long", "companies")
    assert {k for k, r in rows if r["deleted"]} == listed("deleted", "companies")
    rows = keyed(legacy, "contacts").items()
    assert {k for k, r in rows if not r["last_name"]} == listed("required_missing", "contacts")
    rows = keyed(legacy, "deals").items()
    assert {k for k, r in rows if len(r["title"]) > 255} == listed("too_long", "deals")
    stages = {"Nový", "Kvalifikácia", "Ponuka", "Rokovanie", "Vyhratý", "Prehratý"}
    unmapped = {k for k, r in rows if r["stage"] not in stages}
    assert unmapped == listed("picklist_unmapped", "deals")
    impossible = {k for k, r in rows if not is_day(r["close_date"], "%Y-%m-%d")}
    assert impossible == listed("date_impossible", "deals")
    rows = keyed(legacy, "dopyty").items()
    impossible = {k for k, r in rows if not is_day(r["Dátum"], "%d.%m.%Y")}
    assert impossible == listed("date_impossible", "dopyty")
    statuses = {"nový", "kontaktovaný", "v riešení", "kvalifikovaný", "zamietnutý"}
    unmapped = {k for k, r in rows if r["Stav"] not in statuses}
    assert unmapped == listed("picklist_unmapped", "dopyty")
    terms = {k: r["Termín"] for k, r in rows if r["Termín"]}
    assert set(terms) == listed("date_ambiguous", "dopyty")
    assert all(is_day(t, "%d/%m/%Y") and is_day(t, "%m/%d/%Y") for t in terms.values())
    formulas = {
        k for k, r in rows if any(r[c][:1] in set("=+-@") for c in ("Firma", "Poznámka") if r[c])
    }
    assert formulas == listed("formula_like", "dopyty")
    rows = keyed(legacy, "line_items").items()
    bare = {k for k, r in rows if r["product_id"] is None}
    assert bare == listed("line_item_without_product", "line_items")
    for table, column in (("activities", "due"), ("notes", "created")):
        old = {k for k, r in keyed(legacy, table).items() if r[column] < "2015-01-01"}
        assert old == listed("out_of_retention", table)
        assert "2014-12-31 23:59:00" in {keyed(legacy, table)[key][column] for key in old}
    gone = {str(row["id"]) for row in legacy["users"] if not row["active"]}
    for table in ("companies", "deals", "activities"):
        left = {k for k, r in keyed(legacy, table).items() if str(r["owner_id"]) in gone}
        assert left == listed("owner_inactive", table)


def is_day(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)
    except ValueError:
        return False
    return True


def test_companies_form_families_and_one_circle(
    truth: dict[str, Any], legacy: dict[str, Rows]
) -> None:
    parents = {str(r["id"]): str(r["parent_id"]) for r in legacy["companies"] if r["parent_id"]}
    depths = Counter()
    circling = set()
    for start in parents:
        path = [start]
        while path[-1] in parents and parents[path[-1]] not in path:
            path.append(parents[path[-1]])
        if path[-1] in parents:
            circling.add(start)
        else:
            depths[len(path)] += 1
    assert circling == {key for _, key, _ in members(truth, "parent_cycle")}
    assert len(circling) == 3 and set(depths) == {2, 3}


def test_the_workbook_is_laid_out_as_an_office_lays_it_out() -> None:
    book = openpyxl.load_workbook(COMPANY / "legacy" / "zakaznici.xlsx")
    assert [(s.title, s.sheet_state) for s in book] == [
        ("Zákazníci", "visible"), ("Kontakty", "visible"), ("Staré", "hidden"),
    ]  # fmt: skip
    sheet = book["Zákazníci"]
    assert sheet["A1"].value == "Zoznam zákazníkov – stav k 31.12.2024"
    assert not any(cell.value for cell in sheet[2])
    merged = {"A3:C3", "D3:F3", "G3:H3", "I3:J3", "K3:K4", "L3:L4"}
    assert {str(area) for area in sheet.merged_cells.ranges} == merged
    assert {sheet.cell(r, 6).number_format for r in range(5, 265)} == {"General", "00000"}
    kinds = {type(sheet.cell(r, 12).value) for r in range(5, 265)}
    assert kinds == {datetime, str, int}
    errors = sum(cell.data_type == "e" for row in sheet.rows for cell in row)
    assert errors == 5


def test_the_workbooks_cells_mean_what_the_truth_says(
    truth: dict[str, Any], legacy: dict[str, Rows]
) -> None:
    values = truth["values"]["Zákazníci"]
    seen: Counter[str] = Counter()
    total = Decimal(0)
    for row in legacy["Zákazníci"]:
        meant = values[str(row["Zákazník / IČO"])]
        seen[str(row["Zákazník / IČO"])] += 1
        assert str(row["Zákazník / Číslo"]).zfill(6) == meant["number"]
        assert str(row["Adresa / PSČ"]).replace(" ", "").zfill(5) == meant["zip"]
        assert phone(row["Kontakt / Telefón"]) == meant["phone"]
        amount = number(row["Obrat 2024 / Suma"])
        assert amount == Decimal(meant["turnover"])
        total += amount
        since = row["Zákazník od"]
        if isinstance(since, int):
            since = datetime(1899, 12, 30) + timedelta(days=since)
        elif isinstance(since, str) and since != "#N/A":
            since = datetime.strptime(since, "%d.%m.%Y")
        assert (since == "#N/A" and meant["since"] is None) or f"{since:%Y-%m-%d}" == meant["since"]
    repeated = {key for _, key, _ in members(truth, "row_repeated")}
    for key in repeated:
        one, two = (r for r in legacy["Zákazníci"] if str(r["Zákazník / IČO"]) == key)
        assert one == two
    assert {key for key, count in seen.items() if count > 1} == repeated
    assert total == Decimal(truth["control_totals"]["workbook_turnover_sum"])
    last = sheet_rows("Zákazníci", 5, customer_header())[-1]
    assert Decimal(str(last["Obrat 2024 / Suma"])) == total
    numbers = Counter(values[key]["number"] for key in values)
    twice = {m["number"] for m in truth["classes"]["number_twice"]}
    assert {n for n, count in numbers.items() if count > 1} == twice


def test_the_people_sheet_means_what_the_truth_says(
    truth: dict[str, Any], legacy: dict[str, Rows]
) -> None:
    spellings: dict[str, set[str]] = defaultdict(set)
    for row in legacy["Zákazníci"]:
        spellings[str(row["Zákazník / Číslo"]).zfill(6)].add(str(row["Zákazník / Číslo"]))
    respelt = set()
    for row in legacy["Kontakty"]:
        meant = truth["values"]["Kontakty"][row["E-mail"]]
        assert phone(row["Mobil"]) == meant["mobile"]
        words = set(row["Meno"].replace(",", "").split())
        assert {meant["first_name"], meant["last_name"]} < words | {""}
        written = str(row["Číslo zákazníka"])
        if written.zfill(6) in spellings and written not in spellings[written.zfill(6)]:
            respelt.add(row["E-mail"])
    assert respelt == {key for _, key, _ in members(truth, "reference_respelt")}


def number(value: Any) -> Decimal:
    if isinstance(value, str):
        value = value.replace("\u00a0", "").replace(" ", "").replace(",", ".")
    return Decimal(str(value))


def phone(value: Any) -> str:
    text = str(value)
    if text.startswith("421") or (text.startswith("420") and len(text) == 12):
        text = "+" + text
    parsed = phonenumbers.parse(text, "SK")
    assert phonenumbers.is_valid_number(parsed), value
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def test_the_enquiries_are_a_dirty_but_readable_csv(
    truth: dict[str, Any], legacy: dict[str, Rows]
) -> None:
    content = (COMPANY / "legacy" / "dopyty.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")
    text = content.decode("cp1250")
    assert text.count("\r\n") == len(legacy["dopyty"]) + 1
    assert text.replace("\r\n", "").count("\n") > 10 and '""' in text and "\u00a0" in text
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in legacy["dopyty"]:
        meant = truth["values"]["dopyty"][row["ID"]]
        assert number(row["Odhad hodnoty"]) == Decimal(meant["estimate"])
        assert phone(row["Telefón"]) == meant["phone"]
        sums[row["Mena"]] += number(row["Odhad hodnoty"])
    totals = {
        k: Decimal(v) for k, v in truth["control_totals"]["enquiries_estimate_by_currency"].items()
    }
    assert sums == totals and set(sums) == {"EUR", "CZK"}


def test_expected_figures_hold_in_the_files(legacy: dict[str, Rows]) -> None:
    text = (COMPANY / "expected.yaml").read_text(encoding="utf-8")
    figures = YAML(typ="safe").load(text)["figures"]
    assert len(figures) == 12
    for figure in figures:
        groups: dict[str, Decimal] = defaultdict(Decimal)
        for row in legacy[figure["table"]]:
            wanted = figure.get("where", {})
            if all(str(row[c]) in (v if isinstance(v, list) else [v]) for c, v in wanted.items()):
                amount = number(row[figure["column"]]) if figure["measure"] == "sum" else Decimal(1)
                groups[row[figure["by"]] if "by" in figure else ""] += amount
        stated = figure.get("values") or {"": figure["value"]}
        assert groups == {key: Decimal(value) for key, value in stated.items()}, figure["name"]


def test_nobody_real_can_be_reached(legacy: dict[str, Rows]) -> None:
    for rows in legacy.values():
        for row in rows:
            for value in row.values():
                for domain in re.findall(r"@([\w.-]+\.\w+)", str(value)):
                    allowed = r"(?i)(.+\.example|example\.(com|org|net|con))"
                    assert re.fullmatch(allowed, domain), domain
    for row in (*legacy["companies"], *legacy["Zákazníci"]):
        assert str(row.get("ico") or row.get("Zákazník / IČO") or "99").startswith("99")
