"""What of a description stands when the live system says something else?"""

from __future__ import annotations

import dataclasses

import pytest

from migrate.specs.catalogue import read_target, target_names
from migrate.specs.live import KIND, LENGTH, PICKLIST, REQUIRED, Live
from migrate.specs.live_merge import merge, same
from migrate.values import TargetField, TargetObject, TargetSchema


def live(*objects: TargetObject, **said) -> Live:
    return Live(objects, "https://crm.example", "v1", **said)


def known(*fields: TargetField, **said) -> TargetSchema:
    return TargetSchema("acme", (TargetObject("Contact", fields, **said),), label="Acme")


def merged_field(before: TargetField, now: TargetField, **said) -> TargetField:
    found = merge("acme", live(TargetObject("Contact", (now,)), **said), product=known(before))
    one = found.schema.objects[0].field(before.name)
    assert one is not None
    return one


@pytest.mark.parametrize("name", target_names())
def test_a_live_system_that_says_the_same_changes_nothing(name: str) -> None:
    schema = read_target(name)
    objects = tuple(
        dataclasses.replace(t, fields=tuple(reversed(t.fields)), about="", label="live")
        for t in reversed(schema.objects)
    )
    found = merge(name, live(*objects, family="" if schema.family != "sql" else "sql"), product=schema)  # fmt: skip
    assert found.changes == ()
    assert [t.name for t in found.schema.objects] == [t.name for t in schema.objects]
    again = merge(name, live(*objects, family="" if schema.family != "sql" else "sql"),
                  own=found.schema, product=schema)  # fmt: skip
    assert same(again.schema, found.schema) and again.changes == ()


def test_what_only_people_know_is_kept() -> None:
    before = TargetField("Email", "email", label="E-mail", labels={"de": "E-Mail"}, means="email")
    one = merged_field(before, TargetField("Email", "text", label="Mail", length=80), untold=frozenset({KIND}))  # fmt: skip
    assert (one.type, one.label, one.labels, one.means, one.length) == (
        "email", "E-mail", {"de": "E-Mail"}, "email", 80,
    )  # fmt: skip
    assert merged_field(before, TargetField("Email", "text")).type == "text"


def test_where_the_interface_is_silent_what_was_known_stands() -> None:
    before = TargetField("Kind", "picklist", picklist=("a", "b"), length=40, is_required=True)
    now = TargetField("Kind", "picklist")
    silent = frozenset({KIND, LENGTH, PICKLIST, REQUIRED})
    one = merged_field(before, now, untold=silent)
    assert (one.picklist, one.length, one.is_required) == (("a", "b"), 40, True)
    one = merged_field(before, now)
    assert (one.picklist, one.length, one.is_required) == ((), None, False)


def test_a_forbidding_value_that_is_gone_is_told_and_not_guessed() -> None:
    before = TargetField("Mail", "picklist", picklist=("yes", "no"), is_consent=True, strict_value="no")  # fmt: skip
    now = TargetObject("Contact", (TargetField("Mail", "picklist", picklist=("ja", "nein")),))
    found = merge("acme", live(now), product=known(before))
    facts = {c.fact: (c.before, c.after) for c in found.changes}
    assert facts["consent"] == ("yes", "no")
    assert not found.schema.objects[0].fields[0].is_consent


def test_what_depends_on_another_field_is_kept_as_far_as_it_is_true() -> None:
    stage = TargetField("Stage", "picklist", picklist=("new", "won"))
    before = TargetField(
        "Reason", "picklist", picklist=("price", "time"), depends_on="Stage",
        allowed={"won": ("price", "time"), "new": ()},
    )  # fmt: skip
    now = TargetObject("Contact", (
        TargetField("Stage", "picklist", picklist=("won",)),
        TargetField("Reason", "picklist", picklist=("price",)),
    ))  # fmt: skip
    one = merge("acme", live(now), product=known(stage, before)).schema.objects[0].field("Reason")
    assert (one.depends_on, dict(one.allowed)) == ("Stage", {"won": ("price",)})
    alone = TargetObject("Contact", now.fields[1:])
    one = merge("acme", live(alone), product=known(stage, before)).schema.objects[0].field("Reason")
    assert (one.depends_on, dict(one.allowed)) == ("", {})


def test_fields_that_are_gone_are_left_out_and_come_back_as_the_product_knows_them() -> None:
    product = known(TargetField("Name"), TargetField("Fax", "phone", means="fax"))
    without = TargetObject("Contact", (TargetField("Name"),))
    first = merge("acme", live(without), product=product)
    assert [(c.field, c.change) for c in first.changes] == [("Fax", "gone")]
    back = TargetObject("Contact", (TargetField("Name"), TargetField("Fax", "phone")))
    second = merge("acme", live(back), own=first.schema, product=product)
    assert [(c.field, c.change) for c in second.changes] == [("Fax", "added")]
    assert second.schema.objects[0].field("Fax").means == "fax"


def test_objects_are_found_by_their_table_and_their_parents_renamed() -> None:
    account = TargetObject("Account", (TargetField("name"),), table="accounts", external_id="ref")
    tables = (
        TargetObject("accounts", (TargetField("name"), TargetField("ref")), table="accounts"),
        TargetObject("visits", (TargetField("firm", "reference", references=("accounts",)),),
                     table="visits", external_id=""),
    )  # fmt: skip
    found = merge("acme", live(*tables, family="sql"), product=TargetSchema("acme", (account,)))
    assert [t.name for t in found.schema.objects] == ["Account", "visits"]
    assert found.schema.objects[0].external_id == "ref"
    assert found.schema.objects[1].fields[0].references == ("Account",)
    assert ("visits", "") in found.without_key
