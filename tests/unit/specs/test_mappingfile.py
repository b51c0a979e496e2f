"""Mapping files become one value; everything wrong with them is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.errors import MappingError
from migrate.specs.mapping import (
    Condition,
    Drop,
    FieldMap,
    Join,
    Lookup,
    MappingSpec,
    MatchRule,
    Unpivot,
)
from migrate.specs.mappingfile import read_mapping
from migrate.specs.problems import raise_errors
from migrate.values import Issue

FULL = """\
blocks:
  companies:
    from: erp.companies
    to: Account
    join:
      - {table: erp.regions, as: region, on: {region_id: id}, required: true}
      - {table: erp.states, on: {state: id}}
    exclude:
      - {when: {column: deleted, is: [1, true]}, reason: gone}
      - {when: {column: name, empty: true}, reason: nameless}
      - {when: {column: name, filled: false}, reason: nameless}
      - {when: {column: kind, is_not: [A]}, reason: other}
    fields:
      name: {from: name, clean: company}
      phone: {from: [phone, mobile], clean: phone, with: {region: country}, on_unreadable: blank}
      street: {join: [street, number], separator: ", "}
      description: {template: "${price} / {note} {region.name}"}
      currency: {constant: EUR}
      contact: {from: full, clean: person_name, part: first_name, options: {order: last_first}}
      segment: {from: stage, values: {A: customer, NO: "", "in progress": prospect}, unmapped: keep, default: prospect}
      owner: {from: owner_id, lookup: users, default: 1, orphan: blank}
      city: city
  phones:
    from: erp.companies
    to: Contact
    wave: history
    action: create
    unpivot: {label: kind, parts: {work: {number: Tel 1}, home: {number: Tel 2}}}
    fields:
      product: {from: code, lookup: {block: products, by: code, digits: 6}}
      account: {from: firm, lookup: {blocks: [companies, customers]}}
      related: {from: parent, lookup: {type: kind, cases: {company: companies, contact: [a, b]}}}
  firms: {from: erp.deals, to: Account, distinct: [Firma], fields: {name: Firma}}
drop:
  - {table: erp.companies, columns: [fax, telex], reason: no use, signed_off_by: Head of sales}
match:
  Account: {keys: [[registration_number], [name, postcode]], priority: [companies]}
  Contact: [[email]]
"""

SMALL = "blocks:\n  a:\n    from: s.t\n    to: A\n    fields:\n      name: {from: x}\n"


def read(folder: Path, *texts: str) -> tuple[MappingSpec | None, list[Issue]]:
    (folder / "mappings").mkdir()
    files = [folder / "mappings" / f"{n}.yaml" for n in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text, encoding="utf-8")
    return read_mapping(files, waves=("base", "history"))


def test_everything_of_a_full_file_is_read(tmp_path: Path) -> None:
    spec, issues = read(tmp_path, FULL)
    assert issues == []
    assert spec is not None
    companies = spec.block("companies")
    assert companies is not None
    assert (companies.table, companies.object, companies.wave) == (
        "erp.companies",
        "Account",
        "base",
    )
    assert companies.where == "mappings/0.yaml:2"
    assert companies.joins == (
        Join("erp.regions", "region", {"region_id": "id"}, True, "mappings/0.yaml:6"),
        Join("erp.states", "states", {"state": "id"}, False, "mappings/0.yaml:7"),
    )
    assert [e.condition for e in companies.exclusions] == [
        Condition("deleted", "is", ("1", "true")),
        Condition("name", "empty"),
        Condition("name", "empty"),
        Condition("kind", "is_not", ("A",)),
    ]
    fields = {f.field: f for f in companies.fields}
    assert fields["phone"].columns == ("phone", "mobile")
    assert fields["phone"].source_columns == ("phone", "mobile", "country")
    assert fields["phone"].on_unreadable == "blank"
    assert (fields["street"].kind, fields["street"].separator) == ("join", ", ")
    assert fields["description"].template == "${price} / {note} {region.name}"
    assert fields["description"].columns == ("price", "note", "region.name")
    assert (fields["currency"].kind, fields["currency"].constant) == ("constant", "EUR")
    assert (fields["contact"].part, fields["contact"].options) == (
        "first_name",
        {"order": "last_first"},
    )
    segment = fields["segment"]
    assert (segment.clean, segment.unmapped, segment.default) == ("picklist", "keep", "prospect")
    assert segment.values == {"A": "customer", "NO": "", "in progress": "prospect"}
    assert fields["owner"].lookup == Lookup(("users",), default="1", orphan="blank")
    assert fields["city"] == FieldMap("city", columns=("city",), where="mappings/0.yaml:22")
    phones = spec.block("phones")
    assert phones is not None
    assert (phones.wave, phones.action) == ("history", "create")
    groups = {"work": {"number": "Tel 1"}, "home": {"number": "Tel 2"}}
    assert phones.unpivot == Unpivot(groups, "kind", "mappings/0.yaml:28")
    lookups = {f.field: f.lookup for f in phones.fields}
    assert lookups == {
        "product": Lookup(("products",), by="code", digits=6),
        "account": Lookup(("companies", "customers")),
        "related": Lookup(
            type_column="kind", cases={"company": ("companies",), "contact": ("a", "b")}
        ),
    }
    assert spec.blocks[2].distinct == ("Firma",)
    where = "mappings/0.yaml:35"
    assert spec.drops == tuple(
        Drop("erp.companies", column, "no use", "Head of sales", where)
        for column in ("fax", "telex")
    )
    assert spec.matches == (
        MatchRule(
            "Account", (("registration_number",), ("name", "postcode")), ("companies",),
            "mappings/0.yaml:37",
        ),
        MatchRule("Contact", (("email",),), (), "mappings/0.yaml:38"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "hint"),
    [
        ("blocks:", "bloks: {}\nblocks:", "unknown_key", 1, "did you mean 'blocks'?"),
        ("  a:\n", "  a:\n    wafe: x\n", "unknown_key", 3, "did you mean 'wave'?"),
        ("  a:", "  a b:", "bad_name", 2, ""),
        ("    from: s.t\n", "", "missing_key", 2, ""),
        ("s.t", "t", "wrong_value", 3, "write <source>.<table>, for example erp.t"),
        ("    to: A\n", "", "missing_key", 2, ""),
        ("to: A", "to: A\n    action: upset", "unknown_choice", 5, "did you mean 'upsert'?"),
        ("to: A", "to: A\n    bind_by: x", "misplaced_key", 5, ""),
        ("    fields:\n      name: {from: x}\n", "    fields:\n", "missing_key", 5, ""),
        ("{from: x}", "{form: x}", "unknown_key", 6, "did you mean 'from'?"),
        ("{from: x}", "{clean: text}", "missing_key", 6, "write one of from, join, template, constant, expression, python"),
        ("{from: x}", "{from: x, constant: y}", "conflicting_keys", 6, ""),
        ("{from: x}", "{template: x}", "wrong_value", 6, ""),
        ("{from: x}", "", "missing_key", 6, ""),
        ("{from: x}", "''", "missing_key", 6, ""),
        ("{from: x}", "~", "wrong_type", 6, "put it in quotes if this very word is meant"),
        ("{from: x}", "[x, y]", "wrong_type", 6, ""),
        ("{from: x}", "{from: x, part: y}", "misplaced_key", 6, ""),
        ("{from: x}", "{from: x, on_unreadable: keep}", "misplaced_key", 6, ""),
        ("{from: x}", "{from: x, clean: c, on_unreadable: drop}", "unknown_choice", 6, ""),
        ("{from: x}", "{from: x, unmapped: keep}", "misplaced_key", 6, ""),
        ("{from: x}", "{from: x, orphan: blank}", "misplaced_key", 6, ""),
        ("{from: x}", "{from: x, separator: ','}", "misplaced_key", 6, ""),
        ("{from: x}", "{from: x, lookup: b, clean: code}", "conflicting_keys", 6, ""),
        ("{from: x}", "{from: x, lookup: {type: y}}", "missing_key", 6, ""),
        ("{from: x}", "{from: x, lookup: {block: a, digits: 6}}", "misplaced_key", 6, ""),
        ("{from: x}", "{from: x, lookup: {by: y}}", "missing_key", 6, "write lookup: <block>"),
        ("{from: x}", "{from: x, values: {A: p, ' a': q}}", "duplicate_value", 6, ""),
        ("{from: x}", "{from: x, values: {A: }}", "wrong_type", 6, ""),
        ("to: A", "to: A\n    join:\n      - {table: s.u}", "missing_key", 6, ""),
        ("to: A", "to: A\n    unpivot: {label: l}", "missing_key", 5, ""),
        ("to: A", "to: A\n    unpivot: {parts: {a: {n: x}, b: {m: y}}}", "wrong_value", 5, ""),
        ("to: A", "to: A\n    distinct: [x]\n    unpivot: {parts: {a: {n: x}}}",
         "conflicting_keys", 5, ""),
        ("to: A", "to: A\n    exclude: [{when: {column: x}, reason: r}]", "conflicting_keys", 5, ""),
        ("to: A", "to: A\n    exclude:\n      - when: {column: x, iz: [y]}\n        reason: r",
         "unknown_key", 6, ""),
        ("to: A", "to: A\n    exclude: [{when: {column: x, empty: true}}]", "missing_key", 5, ""),
        ("blocks:", "drop: [{table: s.t, columns: [x]}]\nblocks:", "missing_key", 1, ""),
        ("blocks:", "match: {A: {keys: [[]]}}\nblocks:", "wrong_value", 1, ""),
        ("blocks:", "match: {A: x}\nblocks:", "wrong_type", 1, ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(
    old: str, new: str, code: str, line: int, hint: str, tmp_path: Path
) -> None:
    assert old in SMALL
    _, issues = read(tmp_path, SMALL.replace(old, new, 1))
    found = [i for i in issues if (i.code, i.place) == (code, f"mappings/0.yaml:{line}")]
    assert found, issues
    assert not hint or found[0].hint == hint


def test_several_files_are_one_mapping_and_a_broken_one_hides_nothing_of_the_others(
    tmp_path: Path,
) -> None:
    other = SMALL.replace("  a:", "  b:").replace("to: A", "two: A")
    spec, issues = read(tmp_path, SMALL, "a: b: c\n", other)
    assert spec is not None
    assert [block.name for block in spec.blocks] == ["a", "b"]
    assert [Path(file).name for file in spec.files] == ["0.yaml", "2.yaml"]
    assert [(i.code, i.place) for i in issues] == [
        ("bad_yaml", "mappings/1.yaml:1:5"),
        ("missing_key", "mappings/2.yaml:2"),
        ("unknown_key", "mappings/2.yaml:4"),
    ]
    with pytest.raises(MappingError) as caught:
        raise_errors(issues)
    assert all(issue.place in str(caught.value) for issue in issues)


def test_no_mapping_file_at_all_is_a_problem(tmp_path: Path) -> None:
    spec, issues = read_mapping([], waves=("all",))
    assert spec is None
    assert [issue.code for issue in issues] == ["no_mapping"]


def test_warnings_alone_raise_nothing() -> None:
    raise_errors([Issue("x", "warning", "m")])
