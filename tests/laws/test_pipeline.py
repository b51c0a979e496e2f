"""Laws of the whole pipeline, over made-up legacy data of every awkward kind.

Whatever the data: the accounting identity holds before and after the load, nothing is pending at
the end, no external id occurs twice, every reference leads to a record, and loading again, or the
same rows in another order, changes nothing.
"""

from __future__ import annotations

import csv
import random
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrate.pipeline.loading_run import load
from migrate.pipeline.planning import plan
from migrate.pipeline.setup import open_setup

PROJECT = """
migration: law
sources:
  crm: {place: companies.csv, name: companies, tables: {companies: {key: [id]}}}
  people: {place: people.csv, name: people, tables: {people: {key: [id]}}}
environments:
  sandbox: {target: reference, url: "sqlite:///crm.db"}
waves: [base, later]
"""

MAPPING = """
blocks:
  companies:
    from: crm.companies
    to: Account
    exclude: [{when: {column: gone, is: ["1"]}, reason: gone}]
    fields:
      name: {from: name, clean: company}
      registration_number: {from: ico, clean: code}
      parent: {from: parent, lookup: companies, orphan: blank}
      annual_revenue: {from: revenue, clean: decimal, options: {decimal: "."}}
  people:
    from: people.people
    to: Contact
    wave: later
    fields:
      last_name: {from: name, clean: text}
      email: {from: mail, clean: email, on_unreadable: blank}
      account: {from: company, lookup: companies}
  phones:
    from: people.people
    to: Consent
    wave: later
    unpivot: {label: kind, parts: {newsletter: {yes: news}, call: {yes: calls}}}
    fields:
      contact: {from: id, lookup: people}
      purpose: {from: kind, values: {newsletter: newsletter, call: call}}
      status: {from: "yes", values: {a: granted, n: denied}}
match:
  Account: [[registration_number]]
  Contact: [[email]]
"""

key = st.integers(1, 9).map(str)
company = st.fixed_dictionaries(
    {
        "id": key,
        "name": st.sampled_from(["Alfa", "Beta s.r.o.", "", "=A1", "+x", "Ž" * 300]),
        "ico": st.sampled_from(["", "11", "22", "33"]),
        "parent": st.one_of(st.just(""), key),
        "gone": st.sampled_from(["0", "0", "0", "1"]),
        "revenue": st.sampled_from(["", "1.5", "-3", "abc", "1e5"]),
    }
)
person = st.fixed_dictionaries(
    {
        "id": key,
        "name": st.sampled_from(["Novák", "O'Neil", "", "李"]),
        "mail": st.sampled_from(["", "a@example.com", "A@example.com", "b@example.org", "no"]),
        "company": st.one_of(st.just(""), key),
        "news": st.sampled_from(["", "a", "n", "?"]),
        "calls": st.sampled_from(["", "a", "n"]),
    }
)


def write(path: Path, rows: list[dict[str, str]], names: list[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, names)
        writer.writeheader()
        writer.writerows(rows)


def content(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every record by external id, references as external ids."""
    with closing(sqlite3.connect(folder / "crm.db")) as crm:
        return {
            "accounts": sorted(
                crm.execute(
                    "SELECT a.external_id, a.name, a.registration_number, a.annual_revenue, "
                    "p.external_id FROM accounts a LEFT JOIN accounts p ON p.id = a.parent"
                )
            ),
            "contacts": sorted(
                crm.execute(
                    "SELECT c.external_id, c.last_name, c.email, a.external_id FROM contacts c "
                    "LEFT JOIN accounts a ON a.id = c.account"
                ),
                key=str,
            ),
        }


@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(company, min_size=1, max_size=12),
    st.lists(person, min_size=1, max_size=12),
    st.integers(0, 99),
)
def test_whatever_the_data_every_unit_is_accounted_for(
    companies: list[dict[str, str]], people: list[dict[str, str]], seed: int
) -> None:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "mappings").mkdir()
        (folder / "migration.yaml").write_text(PROJECT, encoding="utf-8")
        (folder / "mappings" / "crm.yaml").write_text(MAPPING, encoding="utf-8")
        write(folder / "companies.csv", companies, list(companies[0]))
        write(folder / "people.csv", people, list(people[0]))
        setup = open_setup(folder)
        planned = plan(setup)
        assert planned.identity_holds
        rows = {o.object: o.rows for o in planned.objects}
        assert rows["Account"] == len(companies)
        assert rows["Contact"] == rows["Consent"] == len(people)
        loaded = load(setup)
        assert loaded.identity_holds
        assert not any(o.dispositions["pending"] or o.incomplete for o in loaded.objects)
        assert loaded.figures["predictions_agree"], loaded.figures["prediction"]
        before = content(folder)
        assert all(len({r[0] for r in found}) == len(found) for found in before.values())
        assert load(setup).figures["written"] == 0

        chance = random.Random(seed)
        chance.shuffle(companies)
        chance.shuffle(people)
        write(folder / "companies.csv", companies, list(companies[0]))
        write(folder / "people.csv", people, list(people[0]))
        again = plan(setup)
        assert again.identity_holds
        assert not again.figures["payloads"], "the same rows in another order change nothing"
        load(setup)
        assert content(folder) == before
