"""A small company with everything that makes a load hard to resume, made the same every time.

Companies that point to their parents (one cycle of three), contacts in a CSV file, activities about
companies and contacts, in two waves; rows that are excluded, quarantined and merged; and a CRM that
is not empty: it holds records of users, and some that the load will change.
"""

from __future__ import annotations

import csv
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from migrate.values import ENTITY_ID, Batch, Loader


@dataclass(frozen=True)
class Sizes:
    """How many rows each table has."""

    users: int = 12
    companies: int = 240
    contacts: int = 600
    activities: int = 320


KNOWN = range(10, 90)
"""Companies that the CRM holds already, with other values: the load changes them."""

MIGRATION = """
migration: crash
locale: en_US
region: US
currency: USD
time_zone: UTC
sources:
  erp: {{place: {sources}/erp.db}}
  files: {{place: {sources}/contacts.csv, tables: {{contacts: {{key: contact_id}}}}}}
environments:
  sandbox: {{target: {target}, url: "{url}"}}
waves: [base, history]
"""

MAPPING = """
blocks:
  users:
    from: erp.users
    to: User
    wave: base
    fields: {name: name, is_active: {constant: "true"}}
  companies:
    from: erp.companies
    to: Account
    wave: base
    exclude:
      - {when: {column: status, is: [test]}, reason: a test record}
    fields:
      name: name
      city: city
      description: note
      owner: {from: user_id, lookup: users}
      parent: {from: parent_id, lookup: companies, orphan: blank}
  contacts:
    from: files.contacts
    to: Contact
    wave: base
    fields:
      first_name: first_name
      last_name: last_name
      email: {from: email, clean: email}
      phone: phone
      account: {from: company_id, lookup: companies}
      owner: {from: user_id, lookup: users}
  activities:
    from: erp.activities
    to: Activity
    wave: history
    fields:
      kind: kind
      subject: subject
      owner: {from: user_id, lookup: users}
      related:
        from: about_id
        lookup: {type: about, cases: {company: companies, person: contacts}}
match:
  Contact: [[email]]
"""


def write_company(folder: Path, sizes: Sizes) -> None:
    """Write the source files."""
    folder.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(folder / "erp.db")) as database, database:
        database.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)")
        database.execute(
            "CREATE TABLE companies (id INTEGER PRIMARY KEY, name TEXT, city TEXT, note TEXT, "
            "status TEXT, user_id INTEGER, parent_id INTEGER)"
        )
        database.execute(
            "CREATE TABLE activities (id INTEGER PRIMARY KEY, kind TEXT, subject TEXT, "
            "user_id INTEGER, about TEXT, about_id INTEGER)"
        )
        database.executemany(
            "INSERT INTO users VALUES (?, ?)", [(n, f"User {n}") for n in range(1, sizes.users + 1)]
        )
        database.executemany(
            "INSERT INTO companies VALUES (?, ?, ?, ?, ?, ?, ?)",
            [_company(n, sizes) for n in range(1, sizes.companies + 1)],
        )
        database.executemany(
            "INSERT INTO activities VALUES (?, ?, ?, ?, ?, ?)",
            [_activity(n, sizes) for n in range(1, sizes.activities + 1)],
        )
    with (folder / "contacts.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(
            ["contact_id", "first_name", "last_name", "email", "phone", "company_id", "user_id"]
        )
        writer.writerows(_contact(n, sizes) for n in range(1, sizes.contacts + 1))


def _company(n: int, sizes: Sizes) -> tuple[object, ...]:
    cycle = {120: 121, 121: 122, 122: 120}
    parent = cycle.get(n, (n * 7) % sizes.companies + 1 if n % 3 == 0 else None)
    status = "test" if n % 97 == 0 else "live"
    return n, f"Company {n}", f"City {n % 40}", f"Note {n}", status, n % sizes.users + 1, parent


def _contact(n: int, sizes: Sizes) -> tuple[object, ...]:
    last_name = "" if n % 211 == 0 else f"Person{n}"  # required: quarantined
    email = f"person{n - 1 if n % 100 == 50 else n}@example.com"  # some are the same person twice
    return (
        f"C{n:05}", f"First{n}", last_name, email, f"+1202555{n:04}",
        (n * 11) % sizes.companies + 1, n % sizes.users + 1,
    )  # fmt: skip


def _activity(n: int, sizes: Sizes) -> tuple[object, ...]:
    kind = ("call", "meeting", "task")[n % 3]
    if n % 2:
        return (
            n,
            kind,
            f"Activity {n}",
            n % sizes.users + 1,
            "company",
            (n * 13) % sizes.companies + 1,
        )
    return (
        n,
        kind,
        f"Activity {n}",
        n % sizes.users + 1,
        "person",
        f"C{(n * 17) % sizes.contacts + 1:05}",
    )


def write_migration(folder: Path, sources: Path, target: str, url: str) -> None:
    """Write migration.yaml and its mapping."""
    (folder / "mappings").mkdir(parents=True)
    (folder / "migration.yaml").write_text(
        MIGRATION.format(sources=sources.as_posix(), target=target, url=url), encoding="utf-8"
    )
    (folder / "mappings" / "crm.yaml").write_text(MAPPING, encoding="utf-8")


def fill_crm(loader: Loader) -> None:
    """What the CRM held before the load: records of its users, and companies known by our keys."""
    loader.claim(migration="crash", environment="sandbox")
    rows = [(f"erp:companies:{n}", f"Old company {n}", "Old city") for n in KNOWN]
    rows += [(f"theirs:{n}", f"Their company {n}", "Elsewhere") for n in range(20)]
    frame = pd.DataFrame(rows, columns=["external_id", "name", "city"], dtype="str")
    frame.insert(0, ENTITY_ID, range(1, len(frame) + 1))
    for start in range(0, len(frame), 50):
        part = frame.iloc[start : start + 50].reset_index(drop=True)
        written = loader.write(Batch(f"users-{start}", "Account", "create", part))
        assert written["ok"].all()
