"""What a rollback takes back, and what it leaves because people rely on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.small import Refusal, Small, issues, small
from tests.cases.test_delta import MAPPING, tables

TABLES = ("users", "accounts", "contacts", "opportunities")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Small:
    made = small(tmp_path_factory.mktemp("rollback") / "first", MAPPING, tables())
    made.plan_and_load()
    return made


@pytest.fixture
def case(loaded: Small, tmp_path: Path) -> Small:
    return loaded.copy(tmp_path / "copy")


def kept(case: Small) -> set[str]:
    return {name for table in TABLES for name in case.records(table)}


def test_everything_that_nobody_touched_goes_and_a_load_brings_the_same_back(case: Small) -> None:
    def values(table: str) -> dict[str, dict[str, object]]:
        hidden = {"id", "row_version", "owner", "parent", "account", "contact"}
        return {
            name: {k: v for k, v in row.items() if k not in hidden}
            for name, row in case.records(table).items()
        }

    before = {table: values(table) for table in TABLES}
    everything = kept(case)
    dry = case.rollback("--dry-run")
    assert kept(case) == everything
    real = case.rollback()
    assert kept(case) == set()
    assert (dry["reversed"], dry["kept"], dry["errored"]) == (real["reversed"], 0, 0)
    report = case.load()  # the same plan still says it
    assert report["predictions_agree"], report["prediction"]
    assert {table: values(table) for table in TABLES} == before
    accounts = case.records("accounts")
    assert accounts["companies:3"]["parent"] == accounts["companies:1"]["id"]


def test_an_edited_record_stays_and_so_do_its_parents(case: Small) -> None:
    case.sql("UPDATE opportunities SET name = 'Mine' WHERE external_id = 'crm:deals:1'")
    dry = case.rollback("--dry-run")
    report = case.rollback()
    assert kept(case) == {"deals:1", "companies:1", "users:2"}
    reasons = {i["record"]: i["message"] for i in issues(report, "kept")}
    assert reasons["crm:deals:1"] == "edited by a user since it was loaded"
    assert reasons["crm:companies:1"] == "a Opportunity that stays refers to it"
    assert (dry["reversed"], dry["kept"]) == (report["reversed"], report["kept"])
    assert case.plan_and_load()["predictions_agree"]
    assert len(kept(case)) == 2 + 5 + 3 + 1
    assert case.records("opportunities")["deals:1"]["name"] == "Mine"


def test_a_child_that_a_user_attached_keeps_its_parent(case: Small) -> None:
    case.sql(
        "INSERT INTO notes (body, related, related_type) SELECT 'call back', id, 'Contact' "
        "FROM contacts WHERE external_id = 'crm:people:2'"
    )
    case.rollback()
    assert kept(case) == {"people:2", "companies:2", "users:1"}


def test_a_wave_that_a_later_one_stands_on_is_refused_without_it(case: Small) -> None:
    everything = kept(case)
    with pytest.raises(Refusal, match="'history' is loaded and refers to records of base"):
        case.rollback("--wave", "base")
    assert kept(case) == everything
    case.rollback("--wave", "history")
    assert kept(case) == everything - {"deals:1"}
    case.rollback("--wave", "base")
    assert kept(case) == set()


def test_a_record_that_a_user_deleted_meanwhile_does_no_harm(case: Small) -> None:
    case.sql("DELETE FROM contacts WHERE external_id = 'crm:people:2'")
    assert case.rollback()["errored"] == 0
    assert kept(case) == set()


def test_what_a_delta_created_in_the_wave_goes_with_it(case: Small) -> None:
    rows = tables()["companies"]
    rows[1]["city"] = "Edited"
    case.source("companies", [*rows, {**rows[0], "id": "9", "name": "Ninth"}])
    case.plan_and_load()
    assert "companies:9" in kept(case)
    case.rollback()
    assert kept(case) == set()
