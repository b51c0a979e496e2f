"""Every CRM's file is read, says where its facts come from, and means what the glossary knows."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from migrate.registry import data_folder
from migrate.specs.catalogue import VERIFIED, read_target, target_names
from migrate.specs.reader import Reader
from migrate.specs.yamlfile import read_yaml
from migrate.values import TargetField, TargetObject, TargetSchema

MEANING = re.compile(r"(\w+)(?::(\w+(?:,\w+)*))?(?:@(\w+))?")
MARKS = ("documented", "inferred", "recalled", "unknown", "seen")

read = cache(read_target)


@cache
def glossary() -> dict[str, frozenset[str]]:
    """The subjects, qualifiers and concepts that a meaning may be made of."""
    path: Path = data_folder("mappings") / "glossary" / "concepts.yaml"
    reader = Reader(read_yaml(path), path.name, [])
    parts = ("subjects", "qualifiers", "concepts")
    return {part: frozenset(reader.mapping(part).names) for part in parts}


def unknown_in(meaning: str) -> list[str]:
    """What of a meaning the glossary does not know."""
    match = MEANING.fullmatch(meaning)
    if match is None:
        return [meaning]
    concept, qualifiers, subject = match.groups()
    wrong = {concept} - glossary()["concepts"]
    wrong |= set((qualifiers or "").split(",")) - {""} - glossary()["qualifiers"]
    wrong |= {subject} - {None} - glossary()["subjects"]
    return sorted(wrong)


def described(schema: TargetSchema) -> list[tuple[TargetObject, TargetField]]:
    return [(target, field) for target in schema.objects for field in target.fields]


@pytest.mark.parametrize("name", target_names())
def test_a_target_says_how_well_it_is_known_and_from_where(name: str) -> None:
    schema = read(name)
    entries = read_yaml(data_folder("mappings") / "targets" / f"{name}.yaml").entries
    assert entries["verified"].text in VERIFIED
    assert len(schema.source) > 20
    assert schema.label != name
    assert [text for text in schema.limits if not any(mark in text for mark in MARKS)] == []


@pytest.mark.parametrize("name", target_names())
def test_everything_in_a_target_means_what_the_glossary_knows(name: str) -> None:
    schema = read(name)
    wrong = {
        f"{target.name}.{field.name}": field.means
        for target, field in described(schema)
        if field.means and unknown_in(field.means)
    }
    assert wrong == {}
    subjects = {target.about for target in schema.objects} - {""}
    assert subjects <= glossary()["subjects"]


@pytest.mark.parametrize("name", target_names())
def test_a_subject_is_said_only_where_it_is_not_the_objects(name: str) -> None:
    said = [
        f"{target.name}.{field.name}"
        for target, field in described(read(name))
        if target.about and field.means.endswith(f"@{target.about}")
    ]
    assert said == []


@pytest.mark.parametrize("name", target_names())
def test_every_reference_leads_somewhere_and_nothing_is_undescribed_for_nothing(name: str) -> None:
    schema = read(name)
    known = {target.name for target in schema.objects}
    meant = {to for _, field in described(schema) for to in field.references}
    assert meant <= known | set(schema.undescribed)
    assert set(schema.undescribed) == meant - known


@pytest.mark.parametrize("name", target_names())
def test_a_target_describes_its_users_and_labels_its_fields(name: str) -> None:
    schema = read(name)
    assert [target.name for target in schema.objects if target.is_user] != []
    bare = [f"{t.name}.{f.name}" for t, f in described(schema) if not f.label]
    assert bare == []


def test_the_check_of_meanings_refuses_what_is_not_in_the_glossary() -> None:
    assert unknown_in("phone:work") == unknown_in("name@deal") == unknown_in("phone") == []
    assert unknown_in("fone:work@person") == ["fone"]
    assert unknown_in("phone:works") == ["works"]
    assert unknown_in("phone@persons") == ["persons"]
    assert unknown_in("a phone") == ["a phone"]
