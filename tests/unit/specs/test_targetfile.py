"""Is a description that was written read back as it was?"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrate.specs.catalogue import read_target, target_names
from migrate.specs.live_merge import same
from migrate.specs.targetfile import target_text
from migrate.values import Capabilities, TargetField, TargetObject, TargetSchema


def read_back(schema: TargetSchema, folder: Path) -> TargetSchema:
    file = folder / "mappings" / "targets" / f"{schema.name}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(target_text(schema, ["from a test"]), encoding="utf-8")
    return read_target(schema.name, folder=folder)


@pytest.mark.parametrize("name", target_names())
def test_every_target_of_the_product_survives_being_written(name: str, tmp_path: Path) -> None:
    schema = read_target(name)
    assert same(read_back(schema, tmp_path), schema)


words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).map(
    lambda text: " ".join(text.split()).replace("${", "$ {")
)
names = words.filter(bool)
fields = st.builds(
    TargetField,
    name=names, type=st.sampled_from(["text", "decimal", "email"]), label=words, means=words,
    length=st.none() | st.integers(1, 9999), scale=st.none() | st.integers(0, 9),
    is_required=st.booleans(), is_read_only=st.booleans(), is_custom=st.booleans(),
)  # fmt: skip
lists = st.builds(
    lambda name, values, labelled: TargetField(
        name, "picklist", picklist=tuple(values),
        picklist_labels={v: f"label of {v}" for v in values} if labelled else {},
    ),
    names, st.lists(names, min_size=1, max_size=40, unique=True), st.booleans(),
)  # fmt: skip
objects = st.builds(
    lambda name, found, version: TargetObject(
        name, tuple(found), table=name, label=name, version_field=version
    ),
    names, st.lists(fields | lists, min_size=1, max_size=5, unique_by=lambda f: f.name), words,
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(found=st.lists(objects, min_size=1, max_size=3, unique_by=lambda o: o.name), label=names)
def test_what_is_written_is_read_back(tmp_path: Path, found, label: str) -> None:
    schema = TargetSchema(
        "acme", tuple(found), label=label, verified="tested", source="a live system: its own",
        capabilities=Capabilities(batch_rows=50, lookup="settles", settles_after_seconds=60.0),
    )  # fmt: skip
    assert same(read_back(schema, tmp_path), schema)
