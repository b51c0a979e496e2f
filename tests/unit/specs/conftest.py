"""A small migration that is right, to be made wrong in one place by each test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
import pytest

from migrate.specs.catalogue import read_target
from migrate.specs.check import check
from migrate.specs.mappingfile import read_mapping
from migrate.specs.plan import CleanerKeys
from migrate.specs.projectfile import read_project
from migrate.values import Column, Issue, Table, TargetSchema

MIGRATION = """\
migration: kvapka
locale: sk_SK
sources:
  erp:
    place: legacy/erp.db
    tables:
      regions: {key: [id]}
      firms: {key: [id], nulls: ["-"]}
      people: {key: [id]}
      deals: {key: [id]}
      users: {key: [id]}
environments:
  sandbox: {target: reference, url: "sqlite:///sandbox.db"}
  production: {target: reference, url: "${CRM_URL}", production: true}
waves: [base, history]
retention:
  - {block: deals, column: closed, before: 2015-01-01, reason: the law}
rules:
  - {object: Contact, field: phone, expect: expect_column_values_to_match_regex, regex: "^x"}
totals:
  - {name: deals, block: deals, object: Opportunity, sum: amount, into: amount, by: {currency: currency}}
"""

MAPPING = """\
blocks:
  users:
    from: erp.users
    to: User
    action: bind
    bind_by: email
    fields:
      name: name
      email: email
  firms:
    from: erp.firms
    to: Account
    join:
      - {table: erp.regions, as: region, on: {region_id: id}}
    exclude:
      - {when: {column: deleted, is: ["1"]}, reason: deleted}
    fields:
      name: {from: name, clean: company}
      city: region.name
      segment: {from: kind, values: {A: customer, B: partner}}
      owner: {from: owner_id, lookup: users}
      parent: {from: parent_id, lookup: firms}
  people:
    from: erp.people
    to: Contact
    unpivot: {label: kind, parts: {work: {number: tel1}, home: {number: tel2}}}
    fields:
      last_name: name
      phone: {from: number, clean: phone, with: {region: country}}
      account: {from: firm, lookup: firms}
  deals:
    from: erp.deals
    to: Opportunity
    wave: history
    fields:
      name: title
      amount: amount
      currency: currency
      close_date: closed
      stage: {constant: won}
      account: {from: firm, lookup: {block: firms, by: code}}
drop:
  - {table: erp.deals, columns: [fax], reason: no use, signed_off_by: Head of sales}
match:
  Account: {keys: [[name]], priority: [firms]}
  Contact: [[phone]]
"""

COLUMNS: Mapping[str, str] = {
    "erp.users": "id name email",
    "erp.regions": "id name",
    "erp.firms": "id code name region_id kind owner_id parent_id deleted",
    "erp.people": "id name tel1 tel2 country firm",
    "erp.deals": "id title amount currency closed firm fax",
}
CLEANERS = ("company", "phone", "email", "decimal", "date", "datetime", "person_name", "picklist")
KEYS = CleanerKeys(
    parts={"person_name": ("first_name", "last_name")},
    companions={"phone": ("region",)},
    options={"person_name": {"order": ("first_last", "last_first")}, "datetime": {"time_zone": ()}},
)


def never(*_: int) -> int:
    raise AssertionError("the check must not read data rows")


def frames(_: int) -> list[pd.DataFrame]:
    raise AssertionError("the check must not read data rows")


def table(name: str, columns: str) -> Table:
    """Headers, and a table that fails the test when somebody reads its rows."""
    own = tuple(Column(column) for column in columns.split())
    return Table(name, own, "legacy/erp.db", read=frames, count=never)  # type: ignore[arg-type]


Checked = tuple[list[Issue], str, str]


@pytest.fixture(scope="session")
def schema() -> TargetSchema:
    """The reference CRM, read once: parsing its file takes a while."""
    return read_target("reference")


@pytest.fixture
def checked(tmp_path: Path, schema: TargetSchema) -> Callable[..., Checked]:
    """Write the migration with one text replaced, read and check it: issues and the two texts."""

    def run(old: str = "", new: str = "", **columns: str) -> Checked:
        migration, mapping = MIGRATION, MAPPING
        if old:
            assert (old in migration) != (old in mapping), f"{old!r} must be in one file"
            migration, mapping = migration.replace(old, new, 1), mapping.replace(old, new, 1)
        write(tmp_path, migration, mapping)
        project, issues = read_project(tmp_path)
        assert project is not None
        spec, found = read_mapping(project.mapping_files, waves=project.waves)
        assert spec is not None
        headers = {**COLUMNS, **{name.replace("__", "."): text for name, text in columns.items()}}
        tables = {name: table(name, text) for name, text in headers.items() if text}
        issues = [
            *issues,
            *found,
            *check(
                project,
                spec,
                schema,
                tables,
                cleaners=CLEANERS,
                cleaner_keys=KEYS,
                expectations=("expect_column_values_to_match_regex",),
            ),
        ]
        return issues, migration, mapping

    return run


def write(folder: Path, migration: str, mapping: str) -> None:
    (folder / "mappings").mkdir(exist_ok=True)
    (folder / "migration.yaml").write_text(migration, encoding="utf-8")
    (folder / "mappings" / "crm.yaml").write_text(mapping, encoding="utf-8")
