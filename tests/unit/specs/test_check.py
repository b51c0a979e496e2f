"""Every problem of a plan has a code, a sentence and the line where it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from migrate.specs.check import check
from migrate.specs.mapping import Block, FieldMap, Lookup, MappingSpec, MatchRule
from migrate.specs.project import Project
from migrate.values import Issue, TargetField, TargetObject, TargetSchema

Run = Callable[..., tuple[list[Issue], str, str]]

STAGE = "      stage: {constant: won}\n"
CITY = "      city: region.name\n"
WRONG = {
    "a table that the source does not have": (
        "unknown_table", "  deals:\n    from: erp.deals", "  deals: # HERE\n    from: erp.deal",
        "did you mean 'deals'?",
    ),
    "a source that the migration does not have": (
        "unknown_table", "  deals:\n    from: erp.deals", "  deals: # HERE\n    from: epr.deals",
        "did you mean 'erp'?",
    ),
    "a joined table": (
        "unknown_table", "{table: erp.regions, as: region, on: {region_id: id}}",
        "{table: erp.region, as: region, on: {region_id: id}} # HERE", "did you mean 'regions'?",
    ),
    "two joins of one name": (
        "duplicate_alias", "on: {region_id: id}}",
        "on: {region_id: id}}\n      - {table: erp.users, as: region, on: {owner_id: id}} # HERE",
        "give one another name with as:",
    ),
    "a table named under tables": (
        "unknown_table", "      deals: {key: [id]}", "      dels: {key: [id]} # HERE",
        "did you mean 'deals'?",
    ),
    "a column of a field": (
        "unknown_column", "name: {from: name, clean: company}",
        "name: {from: nme, clean: company} # HERE", "did you mean 'name'?",
    ),
    "a column of a joined table": (
        "unknown_column", CITY, "      city: region.nme # HERE\n", "did you mean 'region.name'?",
    ),
    "a column of the join's own side": (
        "unknown_column", "{region_id: id}}", "{region_ids: id}} # HERE",
        "did you mean 'region_id'?",
    ),
    "a column of the join's other side": (
        "unknown_column", "{region_id: id}}", "{region_id: idd}} # HERE", "did you mean 'id'?",
    ),
    "a column of a condition": (
        "unknown_column", '{column: deleted, is: ["1"]}, reason: deleted}',
        '{column: delted, is: ["1"]}, reason: deleted} # HERE', "did you mean 'deleted'?",
    ),
    "a companion column": (
        "unknown_column", "with: {region: country}}", "with: {region: contry}} # HERE",
        "did you mean 'country'?",
    ),
    "an unpivoted column": (
        "unknown_column", "home: {number: tel2}}}", "home: {number: tel3}}} # HERE",
        "did you mean 'tel2'?",
    ),
    "a distinct column": (
        "unknown_column", "  users:\n    from: erp.users",
        "  users: # HERE\n    distinct: [nam]\n    from: erp.users", "did you mean 'name'?",
    ),
    "a column of a template": (
        "unknown_column", CITY, '      city: {template: "{kind} {nam}"} # HERE\n',
        "did you mean 'name'?",
    ),
    "a dropped column": (
        "unknown_column", "columns: [fax], reason: no use, signed_off_by: Head of sales}",
        "columns: [fa], reason: no use, signed_off_by: Head of sales} # HERE",
        "did you mean 'fax'?",
    ),
    "a column of retention": (
        "unknown_column", "column: closed, before: 2015-01-01, reason: the law}",
        "column: close, before: 2015-01-01, reason: the law} # HERE", "did you mean 'closed'?",
    ),
    "a summed column": (
        "unknown_column", "sum: amount, into: amount, by: {currency: currency}}",
        "sum: amunt, into: amount, by: {currency: currency}} # HERE", "did you mean 'amount'?",
    ),
    "a grouping column": (
        "unknown_column", "by: {currency: currency}}", "by: {curency: currency}} # HERE",
        "did you mean 'currency'?",
    ),
    "a lookup column": (
        "unknown_column", "by: code}}", "by: cod}} # HERE", "did you mean 'code'?",
    ),
    "a polymorphic type column": (
        "unknown_column", "      account: {from: firm, lookup: firms}",
        "      account: {from: firm, lookup: {type: typ, cases: {f: firms}}} # HERE", "",
    ),
    "an object": (
        "unknown_object", "  deals:\n    from: erp.deals\n    to: Opportunity",
        "  deals: # HERE\n    from: erp.deals\n    to: Oportunity", "did you mean 'Opportunity'?",
    ),
    "an object of a rule": (
        "unknown_object", 'regex: "^x"}\n',
        'regex: "^x"}\n  - {object: Contat, field: x, expect: y} # HERE\n',
        "did you mean 'Contact'?",
    ),
    "an object of a match": (
        "unknown_object", "  Contact: [[phone]]", "  Contakt: [[phone]] # HERE",
        "did you mean 'Contact'?",
    ),
    "an object of ids": (
        "unknown_object", 'url: "sqlite:///sandbox.db"}',
        'url: "sqlite:///sandbox.db", ids: {Acount: {"a:b:1": "5"}}} # HERE',
        "did you mean 'Account'?",
    ),
    "a field": (
        "unknown_field", CITY, "      citty: region.name # HERE\n", "did you mean 'city'?",
    ),
    "a field of a rule": (
        "unknown_field", "field: phone, expect: expect_column_values_to_match_regex, regex: \"^x\"}",
        "field: fone, expect: expect_column_values_to_match_regex} # HERE", "did you mean 'phone'?",
    ),
    "a field of a total": (
        "unknown_field", "into: amount, by: {currency: currency}}",
        "into: amont, by: {currency: currency}} # HERE", "did you mean 'amount'?",
    ),
    "a field of a match": (
        "unknown_field", "  Contact: [[phone]]", "  Contact: [[phon]] # HERE",
        "did you mean 'phone'?",
    ),
    "a field to bind by": (
        "unknown_field", "  users:\n    from: erp.users\n    to: User\n    action: bind\n    bind_by: email",
        "  users: # HERE\n    from: erp.users\n    to: User\n    action: bind\n    bind_by: emai",
        "did you mean 'email'?",
    ),
    "a required field left out": (
        "required_field_unmapped", "  deals:\n    from: erp.deals\n    to: Opportunity\n    wave: history\n    fields:\n      name: title",
        "  deals: # HERE\n    from: erp.deals\n    to: Opportunity\n    wave: history\n    fields:",
        "add under fields: name: <column>, or name: {constant: ...}",
    ),
    "a cleaner": (
        "unknown_cleaner", "clean: company}", "clean: compny} # HERE", "did you mean 'company'?",
    ),
    "a part of a cleaner": (
        "unknown_part", "last_name: name",
        "last_name: {from: name, clean: person_name, part: lastname} # HERE",
        "did you mean 'last_name'?",
    ),
    "a companion of a cleaner": (
        "unknown_companion", "with: {region: country}}", "with: {regon: country}} # HERE",
        "did you mean 'region'?",
    ),
    "an option of a cleaner": (
        "unknown_option", "last_name: name",
        "last_name: {from: name, clean: person_name, options: {ordr: x}} # HERE",
        "did you mean 'order'?",
    ),
    "the value of an option": (
        "unknown_option", "last_name: name",
        "last_name: {from: name, clean: person_name, options: {order: last_frst}} # HERE",
        "did you mean 'last_first'?",
    ),
    "a wave": (
        "unknown_wave", "  deals:\n    from: erp.deals\n    to: Opportunity\n    wave: history",
        "  deals: # HERE\n    from: erp.deals\n    to: Opportunity\n    wave: histori",
        "did you mean 'history'?",
    ),
    "a block to look up": (
        "unknown_block", "      account: {from: firm, lookup: firms}",
        "      account: {from: firm, lookup: firm} # HERE", "did you mean 'firms'?",
    ),
    "a block of retention": (
        "unknown_block", "{block: deals, column: closed, before: 2015-01-01, reason: the law}",
        "{block: dels, column: closed, before: 2015-01-01, reason: the law} # HERE",
        "did you mean 'deals'?",
    ),
    "a block of a total": (
        "unknown_block", "block: deals, object: Opportunity, sum: amount, into: amount, by: {currency: currency}}",
        "block: dals, object: Opportunity, sum: amount, into: amount} # HERE",
        "did you mean 'deals'?",
    ),
    "a block of a priority": (
        "unknown_block", "priority: [firms]}", "priority: [frms]} # HERE", "did you mean 'firms'?",
    ),
    "a priority of another object": (
        "block_of_other_object", "priority: [firms]}", "priority: [people]} # HERE",
        "blocks that make Account: firms",
    ),
    "a total of another object": (
        "block_of_other_object", "object: Opportunity, sum: amount, into: amount, by: {currency: currency}}",
        "object: Account} # HERE", "write object: Opportunity",
    ),
    "a lookup that leads to another object": (
        "lookup_to_wrong_object", "      account: {from: firm, lookup: firms}",
        "      account: {from: firm, lookup: users} # HERE", "blocks that fit: firms",
    ),
    "a reference without a lookup": (
        "reference_without_lookup", "owner: {from: owner_id, lookup: users}",
        "owner: owner_id # HERE", "write lookup: <the block that makes the parent>",
    ),
    "a lookup on a field that refers to nothing": (
        "lookup_on_plain_field", CITY, "      city: {from: region.name, lookup: firms} # HERE\n", "",
    ),
    "a value that is not in the list": (
        "value_not_in_picklist", "values: {A: customer, B: partner}}",
        "values: {A: customer, B: partnr}} # HERE", "did you mean 'partner'?",
    ),
    "a constant that is not in the list": (
        "value_not_in_picklist", STAGE, "      stage: {constant: wom} # HERE\n",
        "did you mean 'won'?",
    ),
    "a default that is not in the list": (
        "value_not_in_picklist", STAGE, "      stage: {from: title, default: lst} # HERE\n",
        "did you mean 'lost'?",
    ),
    "a default that is no canonical number": (
        "value_of_wrong_type", "amount: amount\n", 'amount: {from: amount, default: "007"} # HERE\n',
        "write a number with a decimal point, 12.50",
    ),
    "a day that does not exist": (
        "value_of_wrong_type", "close_date: closed\n",
        'close_date: {from: closed, default: "2015-02-30"} # HERE\n', "write a date as 2015-01-31",
    ),
    "a new value that is no canonical date": (
        "value_of_wrong_type", "close_date: closed\n",
        'close_date: {from: closed, values: {x: "31.1.2015"}} # HERE\n', "write a date as 2015-01-31",
    ),
    "a constant that is no boolean": (
        "value_of_wrong_type", "      email: email\n",
        "      email: email\n      is_active: {constant: yes} # HERE\n", "write true or false",
    ),
    "a part with a mark of external ids": (
        "bad_name", "{work: {number: tel1}, home: {number: tel2}}}",
        '{"work#1": {number: tel1}, home: {number: tel2}}} # HERE',
        "leave out the #, which stands before the part's label there",
    ),
    "a time zone": (
        "unknown_time_zone", "locale: sk_SK\n", "locale: sk_SK\ntime_zone: Europe/Bratislva # HERE\n",
        "did you mean 'Europe/Bratislava'?",
    ),
    "a time zone of a field": (
        "unknown_time_zone", "close_date: closed\n",
        "close_date: {from: closed, clean: datetime, options: {time_zone: Europe}} # HERE\n",
        "",
    ),
    "two joins whose names differ in case alone": (
        "duplicate_alias", "on: {region_id: id}}",
        "on: {region_id: id}}\n      - {table: erp.users, as: Region, on: {owner_id: id}} # HERE",
        "give one another name with as:",
    ),
    "a default of another type": (
        "value_of_wrong_type", "amount: amount\n", 'amount: {from: amount, default: "1,5"} # HERE\n',
        "write a number with a decimal point, 12.50",
    ),
    "a constant that is too long": (
        "value_too_long", "      currency: currency\n", "      currency: {constant: EURO} # HERE\n",
        "shorten it",
    ),
    "a parent in a later wave": (
        "parent_in_later_wave", "  firms:\n    from: erp.firms\n    to: Account",
        "  firms:\n    wave: history\n    from: erp.firms\n    to: Account",
        "put 'firms' into the wave 'base', or 'people' into a later one",
    ),
    "a table without a key": (
        "no_key", "      deals: {key: [id]}", '      deals: {nulls: ["-"]} # HERE',
        "write under tables: deals: {key: [<column>]}, or, if it is read only once, deals: {one_shot: true}",
    ),
    "a key column": (
        "key_column_unknown", "      deals: {key: [id]}", "      deals: {key: [idd]} # HERE",
        "did you mean 'id'?",
    ),
    "a block without a field to bind by": (
        "bind_by_missing", "  users:\n    from: erp.users\n    to: User\n    action: bind\n    bind_by: email",
        "  users: # HERE\n    from: erp.users\n    to: User\n    action: bind",
        "write bind_by: email",
    ),
    "a field to bind by that nothing fills": (
        "bind_by_unmapped", "  users:\n    from: erp.users\n    to: User\n    action: bind\n    bind_by: email\n    fields:\n      name: name\n      email: email",
        "  users: # HERE\n    from: erp.users\n    to: User\n    action: bind\n    bind_by: email\n    fields:\n      name: name",
        "add under fields: email: <column>",
    ),
    "a drop that nobody signed": (
        "drop_without_signature", "reason: no use, signed_off_by: Head of sales}",
        "reason: no use} # HERE",
        "write signed_off_by: <who decided it>, or take the column out of the list",
    ),
    "a column dropped and mapped": (
        "dropped_but_mapped", "columns: [fax], reason: no use, signed_off_by: Head of sales}",
        "columns: [fax, title], reason: no use, signed_off_by: Head of sales} # HERE", "",
    ),
    "a match that nothing can fill": (
        "match_field_unmapped", "  Contact: [[phone]]", "  Contact: [[email]] # HERE",
        "map email, or take it out of the key",
    ),
    "an expectation": (
        "unknown_expectation", "expect: expect_column_values_to_match_regex, regex: \"^x\"}",
        "expect: expect_column_values_to_match_reges} # HERE",
        "did you mean 'expect_column_values_to_match_regex'?",
    ),
    "a target": (
        "unknown_target", '{target: reference, url: "sqlite:///sandbox.db"}',
        '{target: refrence, url: "sqlite:///sandbox.db"} # HERE', "did you mean 'reference'?",
    ),
    "blocks that differ in case": (
        "external_id_collision", "drop:\n",
        "  FIRMS: # HERE\n    from: erp.firms\n    to: Account\n    fields: {name: name}\ndrop:\n",
        "rename one before the first load",
    ),
    "a polymorphic lookup without cases": (
        "polymorphic_without_cases", "drop:\n",
        "  notes:\n    from: erp.deals\n    to: Note\n    fields:\n      body: title\n"
        "      related: {from: firm, lookup: {blocks: [firms, people]}} # HERE\ndrop:\n",
        "write lookup: {type: <column>, cases: {<its text>: <block>}}",
    ),
    "the type of a polymorphic reference": (
        "unknown_field", "drop:\n",
        "  notes:\n    from: erp.deals\n    to: Note\n    fields:\n      body: title\n"
        "      related_type: title # HERE\ndrop:\n",
        "it is filled by itself from the lookup of 'related'; take it out",
    ),
    "a number put together from text": (
        "type_mismatch", "amount: amount\n", "amount: {join: [amount, fax]} # HERE\n",
        "write clean: decimal",
    ),
    "a number read as a phone": (
        "type_mismatch", "amount: amount\n", "amount: {from: amount, clean: phone} # HERE\n",
        "write clean: decimal",
    ),
    "a column that nobody mentions": (
        "column_not_accounted", "  deals:\n    from: erp.deals\n    to: Opportunity\n    wave: history\n    fields:\n      name: title",
        "  deals: # HERE\n    from: erp.deals\n    to: Opportunity\n    wave: history\n    fields:\n      name: amount",
        "map it to a field, or name it under drop: with a reason and a signature",
    ),
    "a lookup to a table without a key": (
        "lookup_without_key", "      firms: {key: [id], nulls: [\"-\"]}", "      firms: {one_shot: true}",
        "write lookup: {block: ..., by: <column>}",
    ),
    "a lookup by one value where the key has two": (
        "lookup_key_parts", "      firms: {key: [id], nulls: [\"-\"]}", "      firms: {key: [id, code]}",
        'write join: [<id>, <code>], separator: "|"',
    ),
}  # fmt: skip
ELSEWHERE = {  # the wrong line is in the other file, or in a second one
    "parent_in_later_wave": "      account: {from: firm, lookup: firms}",
    "lookup_without_key": "      parent: {from: parent_id, lookup: firms}",
    "lookup_key_parts": "      parent: {from: parent_id, lookup: firms}",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_name_or_value_is_told_with_its_line(name: str, checked: Run) -> None:
    code, old, new, hint = WRONG[name]
    issues, migration, mapping = checked(old, new)
    found = [issue for issue in issues if issue.code == code]
    assert found, [issue.code for issue in issues]
    mark = ELSEWHERE.get(code, "# HERE")
    in_migration = mark in migration
    lines = (migration if in_migration else mapping).splitlines()
    number = next(n for n, line in enumerate(lines, 1) if mark in line)
    file = "migration.yaml" if in_migration else "mappings/crm.yaml"
    assert f"{file}:{number}" in [issue.place for issue in found]
    at_line = next(issue for issue in found if issue.place == f"{file}:{number}")
    assert at_line.hint if not hint else at_line.hint == hint
    assert at_line.message


def test_a_plan_without_mistakes_has_no_issue_but_what_is_not_mapped(checked: Run) -> None:
    issues, _, _ = checked()
    production = [issue for issue in issues if issue.code == "unset_variable"]
    assert [issue.severity for issue in production] == ["warning"]
    rest = {(issue.code, issue.column) for issue in issues if issue not in production}
    assert rest == {("column_not_accounted", "deleted"), ("column_not_accounted", "code")}


def test_everything_wrong_is_told_at_once_errors_first(checked: Run) -> None:
    issues, _, _ = checked(
        "blocks:\n  users:", "blocs: {}\nblocks:\n  x: {from: erp.nix, to: Nix}\n  users:"
    )
    codes = {issue.code for issue in issues}
    assert {"unknown_key", "missing_key", "unknown_table", "unknown_object"} <= codes


def test_tables_that_nobody_reads_are_told_unless_every_column_is_dropped(checked: Run) -> None:
    issues, _, _ = checked(erp__fax="id number")
    assert [i.entity for i in issues if i.code == "table_not_mapped"] == ["erp.fax"]
    drop = "  - {table: erp.fax, columns: [id, number], reason: none, signed_off_by: Eva}\n"
    issues, _, _ = checked("drop:\n", f"drop:\n{drop}", erp__fax="id number")
    assert not [i for i in issues if i.code == "table_not_mapped"]


def test_a_header_with_our_names_or_twice_the_same_is_refused(checked: Run) -> None:
    issues, _, _ = checked(erp__users="id name name email _record_id")
    found = {i.code: i.column for i in issues if i.code in {"reserved_column", "duplicate_column"}}
    assert found == {"reserved_column": "_record_id", "duplicate_column": "name"}


def test_a_header_whose_names_differ_in_case_alone_is_refused(checked: Run) -> None:
    issues, _, _ = checked(erp__users="id Name name email _RANK")
    found = {i.code: i.column for i in issues if i.code in {"reserved_column", "duplicate_column"}}
    assert found == {"reserved_column": "_RANK", "duplicate_column": "name"}
    message = next(i.message for i in issues if i.code == "duplicate_column")
    assert message == "the columns 'Name' and 'name' of erp.users differ in case alone"


def test_a_join_must_not_be_called_as_a_column_of_the_table_begins(checked: Run) -> None:
    firms = "id code name region_id kind owner_id parent_id deleted Region.name"
    issues, _, _ = checked(erp__firms=firms)
    found = [(i.column, i.hint) for i in issues if i.code == "duplicate_alias"]
    assert found == [("Region.name", "give the join another name with as:")]


def test_a_misspelt_waves_key_is_one_problem_beside_its_own(checked: Run) -> None:
    issues, _, _ = checked("waves: [base, history]", "wavse: [base, history]")
    errors = [i for i in issues if i.severity == "error"]
    assert sorted(i.code for i in errors) == ["unknown_key", "unknown_wave"]
    (wave,) = [i for i in errors if i.code == "unknown_wave"]
    assert wave.hint == "write in migration.yaml, in the order of loading: waves: [history]"


@pytest.mark.parametrize("name", ["external_id", "Wave", "payload_hash", "_rank", "_record_id"])
def test_a_field_with_a_name_that_the_plan_works_with_is_refused(name: str) -> None:
    target = TargetObject("A", (TargetField(name),))
    fields = (FieldMap(name, columns=("x",), where="m.yaml:5"),)
    found = problems((Block("a", "s.t", "A", "w", fields),), target)
    assert ("reserved_field", "m.yaml:5") in [(i.code, i.place) for i in found]


@pytest.mark.parametrize(
    ("kind", "value", "is_right"),
    [
        ("integer", "18", True),
        ("integer", "018", False),
        ("integer", "-0", False),
        ("decimal", "0.5", True),
        ("decimal", "-12.50", True),
        ("decimal", "00.5", False),
        ("datetime", "2015-01-31T08:00:00", True),
        ("datetime", "2015-01-31 08:00", False),
        ("datetime", "2015-01-31T25:00:00", False),
        ("currency", "eur", False),
        ("boolean", "True", False),
    ],
)
def test_values_that_the_mapping_writes_itself_are_canonical(
    kind: str, value: str, is_right: bool
) -> None:
    target = TargetObject("A", (TargetField("f", type=kind),))  # type: ignore[arg-type]
    fields = (FieldMap("f", columns=("x",), default=value),)
    found = problems((Block("a", "s.t", "A", "w", fields),), target)
    assert ("value_of_wrong_type" not in [i.code for i in found]) is is_right


def test_columns_of_a_table_that_is_not_there_are_not_told_one_by_one(checked: Run) -> None:
    issues, _, _ = checked(erp__people="")
    mine = [i for i in issues if i.code.startswith("unknown") and i.severity == "error"]
    assert {i.code for i in mine} == {"unknown_table"}


def test_a_declared_key_of_the_source_is_enough_and_one_shot_needs_none(checked: Run) -> None:
    issues, _, _ = checked("      deals: {key: [id]}", "      deals: {one_shot: true}")
    assert not [i for i in issues if i.code == "no_key"]


def problems(blocks: tuple[Block, ...], *objects: TargetObject, **more: object) -> list[Issue]:
    project = Project("p", Path(), sources={}, environments={}, waves=("w",))
    mapping = MappingSpec(blocks, **more)  # type: ignore[arg-type]
    return check(project, mapping, TargetSchema("t", objects), {}, cleaners=())


def test_a_field_that_the_target_fills_itself_is_refused() -> None:
    target = TargetObject("A", (TargetField("created", is_read_only=True),))
    fields = (FieldMap("created", columns=("x",), where="m.yaml:5"),)
    found = problems((Block("a", "s.t", "A", "w", fields),), target)
    assert ("read_only_field", "m.yaml:5") in [(i.code, i.place) for i in found]


def test_an_object_that_nobody_may_create_is_refused_unless_it_is_bound() -> None:
    target = TargetObject("A", (TargetField("name"),), can_create=False)
    fields = (FieldMap("name", columns=("x",)),)
    create = Block("a", "s.t", "A", "w", fields, where="m.yaml:2")
    bind = Block("a", "s.t", "A", "w", fields, action="bind", bind_by="name")
    assert "m.yaml:2" in [i.place for i in problems((create,), target) if i.code == "cannot_create"]
    assert "cannot_create" not in [i.code for i in problems((bind,), target)]


def test_a_cycle_of_required_references_is_refused_and_one_optional_reference_breaks_it() -> None:
    def plan(is_required: bool) -> list[Issue]:
        to_b = TargetField("b", type="reference", references=("B",), is_required=True)
        to_a = TargetField("a", type="reference", references=("A",), is_required=is_required)
        one = FieldMap("b", columns=("x",), lookup=Lookup(("two",)), where="m.yaml:4")
        two = FieldMap("a", columns=("y",), lookup=Lookup(("one",)), where="m.yaml:9")
        blocks = (Block("one", "s.t", "A", "w", (one,)), Block("two", "s.u", "B", "w", (two,)))
        return problems(blocks, TargetObject("A", (to_b,)), TargetObject("B", (to_a,)))

    found = [i for i in plan(is_required=True) if i.code == "cyclic_blocks_required"]
    assert [i.place for i in found] == ["m.yaml:4"]
    assert "cyclic_blocks_required" not in [i.code for i in plan(is_required=False)]


def test_a_block_a_field_and_a_match_given_twice_are_refused_at_the_second() -> None:
    target = TargetObject("A", (TargetField("name"),))
    fields = (FieldMap("name", columns=("x",), where="m.yaml:4"),)
    twice = (*fields, FieldMap("name", columns=("y",), where="m.yaml:5"))
    blocks = (
        Block("a", "s.t", "A", "w", twice, where="m.yaml:2"),
        Block("a", "s.t", "A", "w", fields, where="n.yaml:2"),
    )
    matches = (
        MatchRule("A", (("name",),), where="m.yaml:9"),
        MatchRule("A", (("name",),), where="n.yaml:9"),
    )
    found = {i.code: i.place for i in problems(blocks, target, matches=matches)}
    assert found["duplicate_block"] == "n.yaml:2"
    assert found["duplicate_field"] == "m.yaml:5"
    assert found["duplicate_match"] == "n.yaml:9"
