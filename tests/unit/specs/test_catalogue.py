"""A target's file says what a CRM accepts, and is refused where it contradicts itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.errors import MappingError
from migrate.specs.catalogue import read_target, target_names
from migrate.values import Capabilities, TargetSchema

SMALL = """\
label: Own
objects:
  A:
    fields:
      name: {type: text, length: 20, required: true}
      parent: {type: reference, references: [A]}
"""


def write(folder: Path, text: str, name: str = "own") -> None:
    place = folder / "mappings" / "targets"
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{name}.yaml").write_text(text, encoding="utf-8")


def test_the_reference_crm_has_its_ten_objects(schema: TargetSchema) -> None:
    assert [target.name for target in schema.objects] == [
        "User", "Account", "Contact", "Lead", "Opportunity", "Product", "LineItem", "Activity",
        "Note", "Consent",
    ]  # fmt: skip
    assert schema.capabilities == Capabilities(5000, is_atomic=True, has_journal=True)
    assert (schema.family, schema.verified) == ("sql", "tested")
    for target in schema.objects:
        assert (target.id_field, target.external_id) == ("id", "external_id")
        assert target.version_field == "row_version"
        assert target.where.startswith("targets/reference.yaml:")
    assert [target.name for target in schema.objects if target.is_user] == ["User"]


def test_the_reference_crm_knows_references_and_consent(schema: TargetSchema) -> None:
    activity, contact = schema.object("Activity"), schema.object("Contact")
    assert activity and contact
    related = activity.field("related")
    assert related is not None
    assert related.references == ("Account", "Contact", "Opportunity", "Lead")
    assert related.type_field == "related_type"
    strict = {f.name: f.strict_value for f in contact.fields if f.is_consent}
    assert strict == {"newsletter_consent": "denied", "do_not_call": "true"}
    product, item = schema.object("Product"), schema.object("LineItem")
    assert product and item
    assert [f.name for f in product.fields if f.is_unique] == ["code"]
    assert {f.name: f.scale for f in item.fields if f.type == "decimal"} == {
        "quantity": 3, "unit_price": 2, "discount": 4,
    }  # fmt: skip


RICH = """\
label: Own
verified: documented
source: >-
  its manual
limits: ["Basic: 10 fields (recalled)"]
undescribed: [Team]
objects:
  A:
    about: company
    fields:
      name: {type: text, means: company, label: Name, labels: {ru: Имя, de: Name}}
      revenue: {type: decimal, precision: 18, scale: 2, custom: true}
      phones: {type: phone, multiple: true, means: "phone:work"}
      state: {type: picklist, picklist: {1: Open, 10: Won}, strict_value: 10, consent: true}
      kind: {type: picklist, picklist: [b, a], multiple: true}
      team: {type: reference, references: [Team]}
"""


def test_a_target_may_say_what_its_fields_mean(tmp_path: Path) -> None:
    write(tmp_path, RICH)
    schema = read_target("own", folder=tmp_path)
    assert (schema.source, schema.undescribed) == ("its manual", ("Team",))
    assert schema.limits == ("Basic: 10 fields (recalled)",)
    target = schema.object("A")
    assert target and target.about == "company"
    assert {f.name: f.means for f in target.fields if f.means} == {
        "name": "company", "phones": "phone:work",
    }  # fmt: skip
    assert [f.name for f in target.fields if f.is_multiple] == ["phones", "kind"]
    assert [f.name for f in target.fields if f.is_custom] == ["revenue"]
    name, revenue, _, state, kind, _ = target.fields
    assert name.labels == {"ru": "Имя", "de": "Name"}
    assert (revenue.precision, revenue.scale) == (18, 2)
    assert (state.picklist, state.picklist_labels) == (("1", "10"), {"1": "Open", "10": "Won"})
    assert (kind.picklist, kind.picklist_labels) == (("b", "a"), {})


def test_a_file_without_the_new_keys_has_none_of_what_they_say(tmp_path: Path) -> None:
    write(tmp_path, SMALL)
    schema = read_target("own", folder=tmp_path)
    assert (schema.source, schema.limits, schema.undescribed) == ("", (), ())
    field = schema.objects[0].fields[0]
    assert (schema.objects[0].about, field.means, field.labels) == ("", "", {})
    assert (field.is_multiple, field.is_custom, field.picklist_labels) == (False, False, {})


def test_a_target_of_the_migration_comes_before_the_products(tmp_path: Path) -> None:
    write(tmp_path, SMALL, "reference")
    write(tmp_path, SMALL)
    assert {"own", "reference"} <= set(target_names(folder=tmp_path))
    assert read_target("reference", folder=tmp_path).label == "Own"
    assert "own" not in target_names()


def test_a_target_that_is_not_there_is_told_with_the_nearest() -> None:
    with pytest.raises(MappingError, match="did you mean 'reference'"):
        read_target("refrence")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("type: text", "type: txt", "targets/own.yaml:5: object 'A', fields, name, type"),
        ("length: 20", "lenght: 20", "did you mean 'length'"),
        ("references: [A]", "references: [B]", "A.parent refers to 'B'"),
        (", references: [A]", "", "need each other"),
        ("references: [A]", "references: [A, A2]", "need type_field"),
        ("length: 20", "picklist: [a]", "only type: picklist has one"),
        ("length: 20", "consent: true", "needs strict_value"),
        ("type: text, length: 20", "type: picklist, picklist: [yes], strict_value: no", "picklist"),
        ("references: [A]", "references: [Team]", "nor undescribed"),
        ("length: 20", "picklist: {1: Open}", "only type: picklist has one"),
        ("type: text, length: 20", "type: picklist, picklist: {1: {a: b}}", "must be a text"),
        ("length: 20", "multiple: often", "must be one of true, false"),
        ("length: 20", "meens: name", "did you mean 'means'"),
        ("label: Own", "labell: Own", "did you mean 'label'"),
        ("label: Own", "capabilities: {atomik: true}", "did you mean 'atomic'"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(
    old: str, new: str, words: str, tmp_path: Path
) -> None:
    assert old in SMALL
    write(tmp_path, SMALL.replace(old, new, 1))
    with pytest.raises(MappingError) as caught:
        read_target("own", folder=tmp_path)
    assert words in str(caught.value)
    assert "targets/own.yaml:" in str(caught.value)
