from __future__ import annotations

from pathlib import Path

import pytest

from migrate.errors import MappingError, UsageError
from migrate.specs.source_profile import profile_files, profile_of, read_profile

GOOD = """\
label: Old CRM
verified: inferred
source: seen in two exports
tables:
  People:
    signature: [Id, Surname, Company]
    share: 80
    key: Id
    references: {Company: Companies}
    nothing: {Born: [0/0/00]}
    means: {Surname: last_name, "No {n}": "phone:work@person"}
    lists:
      Tags: {separator: ";", table: tags}
    groups:
      phones: {pattern: "Phone {n} {part}", parts: {Kind: kind, No: phone}}
    headers:
      de: |
        Surname = Nachname | Familienname
        Company = Firma
  Companies:
    names: [firms]
    companion: true
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mappings" / "sources" / "old.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    profile_of.cache_clear()
    return path


def test_a_profile_is_read(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    profile = read_profile("old", folder=tmp_path)
    people = profile.table("People")
    assert people is not None
    assert people.headers["de"]["Surname"] == ("Nachname", "Familienname")
    assert people.made == ("People", "phones", "tags")
    assert people.meaning_of("surname") == "last_name"
    assert people.meaning_of("No 2") == "phone:work,secondary@person"
    assert profile.made == {"People", "phones", "tags", "Companies"}


def test_an_unknown_profile_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_profile("salesforse")
    assert "salesforce" in caught.value.hint


@pytest.mark.parametrize(
    ("old", "new", "place", "sentence"),
    [
        ("share: 80", "shaer: 80", "sources/old.yaml:7", "no such key"),
        ("share: 80", "share: 120", "sources/old.yaml:7", "a number from 0 to 100"),
        ("verified: inferred", "verified: sure", "sources/old.yaml:2", "must be one of"),
        ("{Company: Companies}", "{Company: Firms}", "sources/old.yaml:5", "not described"),
        ("    signature: [Id, Surname, Company]\n", "", "sources/old.yaml:5", "'signature'"),
        ("Firma\n", "Firma\n        Town\n", "sources/old.yaml:15", "not of the form"),
        ("Firma\n", "Firma\n        Company = Betrieb\n", "sources/old.yaml:15", "twice"),
        ("Phone {n}", "Phone", "sources/old.yaml:14", "no {n}"),
        (' {part}"', '"', "sources/old.yaml:14", "no {part}"),
        ("    names: [firms]\n", "", "sources/old.yaml:19", "'names'"),
        ("table: tags", "table: Companies", "sources/old.yaml:19", "two tables are called"),
        ("last_name", "lastname", "sources/old.yaml:10", "'lastname' is no meaning"),
        ("phone:work@", "phone:wrk@", "sources/old.yaml:10", "'wrk' is no meaning"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, place: str, sentence: str
) -> None:
    assert old in GOOD
    written(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(MappingError) as caught:
        read_profile("old", folder=tmp_path)
    assert sentence in str(caught.value)
    assert place.rpartition(":")[0] in str(caught.value)


def test_patterns_that_are_none_are_refused(tmp_path: Path) -> None:
    broken = GOOD + '    parts:\n      - {column: A, from: B, pattern: "(("}\n'
    broken += '      - {column: A, from: B, pattern: "no group"}\n'
    written(tmp_path, broken)
    with pytest.raises(MappingError) as caught:
        read_profile("old", folder=tmp_path)
    assert "not a regular expression" in str(caught.value)
    assert "needs one group" in str(caught.value)


def test_every_profile_says_where_it_comes_from_and_how_sure_it_is() -> None:
    assert {"salesforce", "hubspot", "goldmine", "google_contacts"} <= set(profile_files())
    for name, path in profile_files().items():
        text = path.read_text(encoding="utf-8")
        assert "\nsource:" in text, name
        assert "\nverified:" in text, name
        read_profile(name)
