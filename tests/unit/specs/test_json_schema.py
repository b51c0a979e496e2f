"""The schema that editors are given takes what the readers take, and nothing misspelt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from migrate.cli.schema import command
from migrate.registry import data_folder
from migrate.specs.json_schema import FILES, json_schema
from migrate.specs.yaml_keys import described, keys_of
from migrate.specs.yamlfile import plain, read_yaml

COMPANY = data_folder("examples") / "company"
BUNDLED = [
    *(("mapping", path) for path in sorted((COMPANY / "mappings").glob("*.yaml"))),
    *(("mapping", path) for path in sorted(data_folder("mappings").glob("*.yaml"))),
    ("migration", COMPANY / "migration.yaml"),
    *(
        ("target", path)
        for path in sorted((data_folder("mappings") / "targets").glob("*.yaml"))[:4]
    ),
]


def problems(kind: str, content: Any) -> list[str]:
    found = Draft202012Validator(json_schema(kind)).iter_errors(content)
    return [f"{list(error.path)}: {error.message}" for error in found]


@pytest.mark.parametrize("kind", FILES)
def test_it_is_a_json_schema_and_the_command_prints_it(kind: str) -> None:
    schema = json_schema(kind)
    Draft202012Validator.check_schema(schema)
    printed = CliRunner().invoke(command, [kind])
    assert json.loads(printed.output) == json.loads(json.dumps(schema))


@pytest.mark.parametrize(("kind", "path"), BUNDLED, ids=lambda p: getattr(p, "stem", p))
def test_the_bundled_files_are_valid(kind: str, path: Path) -> None:
    assert problems(kind, plain(read_yaml(path))) == []


def test_the_examples_of_the_reference_are_valid(tmp_path: Path) -> None:
    """What the reference shows for a part stands under the part's own key."""
    wrapped = {
        "Fields": "blocks: {b: {from: s.t, to: A, %s}}",
        "Splits": "blocks: {b: {from: s.t, to: A, fields: {%s}}}",
        "Values by several columns": "blocks: {b: {from: s.t, to: A, fields: {%s}}}",
        "Currencies": "blocks: {b: {from: s.t, to: A, fields: {%s}}}",
        "Lookups": "blocks: {b: {from: s.t, to: A, fields: {%s}}}",
        "Exclusions": "blocks: {b: {from: s.t, to: A, fields: {x: y}, %s}}",
        "Conditions": "blocks: {b: {from: s.t, to: A, fields: {x: y}, %s}}",
    }
    for title in wrapped:
        path = tmp_path / "m.yaml"
        path.write_text(described()[title]["example"], encoding="utf-8")
        content = plain(read_yaml(path))
        block: dict[str, Any] = {"from": "s.t", "to": "A", "fields": {"x": "y"}}
        block |= {"fields": content} if "fields: {%s}" in wrapped[title] else content
        assert problems("mapping", {"blocks": {"b": block}}) == [], title


WRONG = [
    ("mapping", {"blokcs": {}}),
    ("mapping", {"blocks": {"b": {"from": "s.t", "to": "A", "feilds": {}, "fields": {}}}}),
    ("mapping", {"blocks": {"b": {"from": "s.t", "fields": {}}}}),
    ("mapping", {"blocks": {"b": {"from": "s.t", "to": "A", "fields": {"x": {"form": "y"}}}}}),
    ("mapping", {"blocks": {"b": {"from": "s.t", "to": "A", "fields": {"x": {"from": "y", "unmapped": "drop"}}}}}),
    ("mapping", {"blocks": {"b": {"from": "s.t", "to": "A", "fields": {"x": {"when": {"colum": "y", "is": 1}}}}}}),
    ("mapping", {"blocks": {"b": {"from": "s.t", "to": "A", "fields": {"x": {"split": {"seperator": ","}}}}}}),
    ("migration", {"migration": "m", "sources": {}, "environments": {}, "allow_pyhton": True}),
    ("target", {"objects": {"A": {"fields": {"f": {"tpye": "text"}}}}}),
    ("target", {"objects": {"A": {"fields": {"f": {"type": "txt"}}}}}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "content"), WRONG, ids=lambda c: str(c)[-60:])
def test_a_misspelt_key_is_not_valid(kind: str, content: Any) -> None:
    assert problems(kind, content)


def test_every_key_of_a_mapping_is_in_its_schema() -> None:
    schema = json_schema("mapping")
    for title, part in described().items():
        name = title.replace(" ", "_")
        if name in schema["$defs"]:
            held = schema["$defs"][name]
            properties = held.get("properties") or held["anyOf"][0]["properties"]
            sentences = {k: s for k, s in part["keys"].items() if k in keys_of(part)}
            nested = {
                k for k, s in sentences.items() if str(s).startswith(("under `", "in a line"))
            }
            assert set(sentences) - nested <= set(properties), title
