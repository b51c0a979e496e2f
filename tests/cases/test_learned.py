"""What was decided once is used first the next time: this customer's decisions, then everyone's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from migrate.mapping.learned import everyones_file, read_decided
from tests.cases.migrations import Migration, Outcome, command, write_migration

MAPPING = """\
blocks:
  people:
    from: files.people
    to: Contact
    fields:
      last_name: Wqrtz
      email: {from: E-mail, clean: email}
      mobile: Phone no
drop:
  - {table: files.people, columns: [Rating], reason: nobody uses it, signed_off_by: "E. Nová"}
"""
PEOPLE = "id,Wqrtz,E-mail,Phone no,Rating\n1,Nová,e@example.com,+421905000001,A\n2,Malý,m@example.com,,B\n"
OTHER = "WQRTZ;e-mail;phone No.;rating\nBílá;b@example.com;+421905000002;C\n"


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CRM_MIGRATE_CONFIG", str(tmp_path / "config"))
    return tmp_path / "config"


@pytest.fixture
def acme(tmp_path: Path) -> Migration:
    return write_migration(tmp_path / "acme", mapping=MAPPING, files={"people.csv": PEOPLE})


@pytest.fixture
def other(tmp_path: Path) -> Path:
    (tmp_path / "other.csv").write_text(OTHER, encoding="utf-8")
    return tmp_path / "other.csv"


def suggested(outcome: Outcome) -> dict[str, dict[str, Any]]:
    """Column -> its suggestion, the best candidate put in."""
    return {s["source_column"]: {**s, **s["candidates"][0]} for s in outcome.json["suggestions"]}


def test_a_customers_decisions_are_used_first(acme: Migration, other: Path) -> None:
    before = suggested(
        acme("map", "suggest", str(other), "--target", "reference:Contact", "--json")
    )
    assert before["WQRTZ"]["field"] != "Contact.last_name"
    acme.ok("map", "learn")
    outcome = acme("map", "suggest", str(other), "--target", "reference:Contact", "--json")
    found = suggested(outcome)
    assert found["WQRTZ"]["field"] == "Contact.last_name"
    assert found["WQRTZ"]["reasons"][0] == (
        "decided before: Contact.last_name, once by this customer"
    )
    assert found["phone No."]["field"] == "Contact.mobile"
    assert found["rating"]["field"] is None
    assert found["rating"]["reasons"][0].startswith("decided before: do not map")
    assert all(one["decided_before"] for one in found.values())
    assert outcome.json["known_tables"] == ["other"]


def test_the_step_can_be_skipped_where_all_headings_are_known(acme: Migration, other: Path) -> None:
    acme.ok("map", "learn")
    said = acme("map", "suggest", str(other), "--target", "reference:Contact").out
    assert "this step can be skipped" in said
    other.write_text(
        OTHER.replace("rating", "rating;more").replace("C\n", "C;1\n"), encoding="utf-8"
    )
    said = acme("map", "suggest", str(other), "--target", "reference:Contact").out
    assert "this step can be skipped" not in said


def test_what_was_learned_can_be_left_aside(acme: Migration, other: Path) -> None:
    plain = acme("map", "suggest", str(other), "--target", "reference:Contact", "--json").json
    acme.ok("map", "learn")
    again = acme(
        "map", "suggest", str(other), "--target", "reference:Contact", "--no-learned", "--json"
    ).json
    assert again == plain


def test_nothing_goes_to_everyone_unless_somebody_says_so(acme: Migration, config: Path) -> None:
    acme.ok("map", "learn")
    assert not config.exists()


def test_everyones_decisions_help_elsewhere_and_for_other_crms(
    acme: Migration, other: Path, tmp_path: Path
) -> None:
    acme.ok("map", "learn", "--for", "everyone")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    told = ["map", "suggest", str(other), "--folder", str(elsewhere), "--json", "--target"]
    found = suggested(command(*told, "salesforce:Contact"))
    assert found["phone No."]["field"] == "Contact.MobilePhone"
    reason = found["phone No."]["reasons"][0]
    assert reason == (
        "decided before: Contact.MobilePhone, once by others (for reference: Contact.mobile)"
    )


def test_a_decision_counts_once_for_each_migration(acme: Migration, tmp_path: Path) -> None:
    for _ in range(3):
        acme.ok("map", "learn", "--for", "everyone")
    assert {one.times for one in read_decided(everyones_file())} == {1}
    second = write_migration(tmp_path / "second", mapping=MAPPING, files={"people.csv": PEOPLE})
    second.ok("map", "learn", "--for", "everyone")
    assert {one.times for one in read_decided(everyones_file())} == {2}


def test_headings_that_no_glossary_reads_are_not_given_to_everyone(acme: Migration) -> None:
    acme.ok("map", "learn", "--for", "everyone")
    assert "wqrtz" not in {one.heading for one in read_decided(everyones_file())}


def test_no_value_is_kept(acme: Migration, config: Path) -> None:
    acme.ok("map", "learn", "--for", "everyone")
    for path in (acme.folder / "mappings" / "learned.yaml", config / "learned.yaml"):
        text = path.read_text(encoding="utf-8")
        for value in ("Nov", "Mal", "example.com", "+421", "acme", "nobody uses it"):
            assert value not in text, path


def test_a_changed_mind_replaces_what_was_learned(acme: Migration, other: Path) -> None:
    acme.ok("map", "learn")
    acme.edit(
        "mappings/crm.yaml", "last_name: Wqrtz", "last_name: {constant: X}\n      title: Wqrtz"
    )
    acme.ok("map", "learn")
    outcome = acme("map", "suggest", str(other), "--target", "reference:Contact", "--json")
    assert suggested(outcome)["WQRTZ"]["field"] == "Contact.title"


def test_the_learned_file_is_no_mapping(acme: Migration) -> None:
    acme.ok("map", "learn")
    assert acme("check").code == 0


def test_a_broken_line_is_told_with_its_place(acme: Migration, other: Path) -> None:
    acme.ok("map", "learn")
    acme.edit("mappings/learned.yaml", "times: 1", "tims: 1")
    outcome = acme("map", "suggest", str(other), "--target", "reference")
    assert outcome.code == 2
    assert "learned.yaml:" in outcome.said
    assert "did you mean 'times'?" in outcome.said


def test_an_export_that_a_profile_knows_needs_no_mapping_step(tmp_path: Path) -> None:
    header = (
        "Record ID,Email,First Name,Last Name,Create Date,Contact owner,Lead Status,"
        "Lifecycle Stage,Last Modified Date"
    )
    row = "1,a@example.com,Eva,Nová,2024-01-31 10:00,Jan,NEW,lead,2024-01-31 10:00"
    (tmp_path / "contacts.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    outcome = command(
        "map", "suggest", str(tmp_path / "contacts.csv"), "--target", "hubspot", "--json",
        "--folder", str(tmp_path),
    )  # fmt: skip
    assert outcome.json["known_tables"] == ["contacts"]


def test_an_import_keeps_what_is_signed_off(acme: Migration, tmp_path: Path) -> None:
    signed = "mobile: {from: Phone no, signed_off_by: E. Nová}"
    acme.edit("mappings/crm.yaml", "mobile: Phone no", signed)
    acme.ok("map", "export", str(tmp_path / "d.xlsx"))
    outcome = acme("map", "import", str(tmp_path / "d.xlsx"), "--learn-for", "customer", "--json")
    assert outcome.code == 0, outcome
    assert outcome.json  # and nothing else on stdout
    learned = read_decided(acme.folder / "mappings" / "learned.yaml")
    # the drop is signed for, too; nobody has signed for the others
    assert {(d.heading, d.field) for d in learned} == {
        ("phone no", "Contact.mobile"),
        ("rating", ""),
    }
