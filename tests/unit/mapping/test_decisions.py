"""Do the workbook and the mapping say the same, whatever becomes of the workbook on the way?"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.mapping.decisions.coming_back import judge_fields
from migrate.mapping.decisions.coming_back_lists import judge_lists
from migrate.mapping.decisions.edits import apply_edits
from migrate.mapping.decisions.judged import Judged, Today
from migrate.mapping.decisions.lines import decide
from migrate.mapping.decisions.model import (
    Choice,
    Key,
    differences,
    read_key,
    read_target_text,
    uses_of,
)
from migrate.mapping.decisions.reading import Entry, Returned, read_decisions
from migrate.mapping.decisions.sheets import KEY, SentOut, workbook_sheets
from migrate.mapping.decisions.state import Basis
from migrate.reports.xlsx import write_workbook
from migrate.specs.catalogue import read_target
from migrate.specs.mapping import MappingSpec
from migrate.specs.mappingfile import read_mapping
from migrate.specs.yamledit import scalar

SCHEMA = read_target("reference")
NAME = "mappings/crm.yaml"
ENVIRONMENT = "sandbox"
PROJECT = "environments:\n  sandbox: {target: reference}\n"


@dataclass(frozen=True)
class Desk:
    """A folder in which a mapping goes out and comes back."""

    folder: Path

    def read(self, texts: Mapping[str, str]) -> MappingSpec:
        paths = []
        for name, text in texts.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode("utf-8"))
            paths += [path] if name != "migration.yaml" else []
        spec, issues = read_mapping(paths, waves=["all"])
        assert spec is not None
        assert [i for i in issues if i.severity == "error"] == []
        return spec

    def export(self, texts: Mapping[str, str]) -> Path:
        basis = Basis(self.read(texts), SCHEMA)
        path = self.folder / "decisions.xlsx"
        write_workbook(path, workbook_sheets(decide(basis), basis, SentOut("acme", ENVIRONMENT)))
        return path

    def bring_back(
        self, path: Path, texts: Mapping[str, str]
    ) -> tuple[dict[str, str], Judged, Returned]:
        mapping = self.read(texts)
        returned = read_decisions(path)
        today = Today(mapping, SCHEMA)
        judged = judge_fields(returned, today)
        judge_lists(returned, today, {}, ENVIRONMENT, judged)
        if any(i.severity == "error" for i in (*returned.issues, *judged.issues)):
            return dict(texts), judged, returned
        return apply_edits(texts, judged.edits, mapping), judged, returned


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def type_in(path: Path, sheet: str, edit: Callable[[list[dict[str, Any]]], Any]) -> None:
    """Let a person change the lines of a sheet, and save."""
    book = openpyxl.load_workbook(path)
    page = book[sheet]
    titles = [str(cell.value) for cell in page[2]]
    lines = [
        dict(zip(titles, (cell.value for cell in row), strict=True))
        for row in page.iter_rows(min_row=3)
    ]
    lines = list(edit(lines) or lines)
    page.delete_rows(3, page.max_row)
    for number, line in enumerate(lines, 3):
        for position, title in enumerate(titles, 1):
            cell = page.cell(number, position)
            cell.value = line.get(title)
            if isinstance(cell.value, str):
                cell.data_type = "s"  # nobody types formulas here, and "=A1" is a column
    book.save(path)


# -- mappings of every kind -------------------------------------------------------------------

COLUMNS = ["Tel", "Kontakt / E-mail", "Meno", "Ulica: číslo", "0123", "no", "Stav #1", "=A1"]
TARGETS = ["phone", "email", "last_name", "street", "city", "description", "job_title", "mobile"]
TEXTS = st.sampled_from(["J. Kvapka", "asked: Jana", "yes", "12", "'", "", "x, y"])


@st.composite
def fields(draw: st.DrawFn) -> str:
    """What stands behind a field: in every style in which people write it."""
    column = scalar(draw(st.sampled_from(COLUMNS)))
    other = scalar(draw(st.sampled_from(COLUMNS)))
    signed, comment = draw(TEXTS), draw(TEXTS)
    end = f", signed_off_by: {scalar(signed)}" if signed else ""
    end += f", comment: {scalar(comment)}" if comment else ""
    values = '{Áno: yes,   "0": no }'
    return draw(
        st.sampled_from(
            [
                f" {column}",
                f" {column}  # as it is",
                f" {{from: {column}{end}}}",
                f"\n        {{from: [{column}, {other}],   default: '1'{end} }}",
                f"\n        from: {column}\n        # they wrote it so\n        clean: text",
                f" {{from: {column}, values: {values}{end}}}",
                f"\n        from: {column}\n        values:\n          'Áno': yes  # of course\n\n          Nie: x",
                f" {{join: [{column}, {other}], separator: ', '{end}}}",
                f" {{constant: abc{end}}}",
                " {template: \"{Tel} {Meno}\"}",
            ]
        )
    )  # fmt: skip


@st.composite
def mappings(draw: st.DrawFn) -> str:
    """A mapping file with comments, odd spaces and line ends of its own."""
    blocks = []
    for number in range(draw(st.integers(1, 2))):
        chosen = draw(st.lists(st.sampled_from(TARGETS), min_size=1, max_size=5, unique=True))
        lines = "".join(f"      {name}:{draw(fields())}\n" for name in chosen)
        blocks.append(
            f"  people_{number}:   # block {number}\n    from: crm.people\n    to: Contact\n"
            f"    fields:\n{lines}"
        )
    text = "# a mapping\nblocks:\n" + "\n".join(blocks)
    if draw(st.booleans()):
        text += "\ndrop:\n  - {table: crm.people, columns: [fax, telex], reason: old,\n     signed_off_by: J}\n"
    if draw(st.booleans()):
        text += "match:\n  Contact: [[email]]  # nobody shares one\n"
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


@settings(max_examples=25, deadline=None)
@given(mappings())
def test_out_and_back_without_a_change_writes_nothing(text: str) -> None:
    with tempfile.TemporaryDirectory() as home:
        desk, texts = Desk(Path(home)), {NAME: text, "migration.yaml": PROJECT}
        after, judged, returned = desk.bring_back(desk.export(texts), texts)
    assert after == texts
    assert judged.edits == []
    assert [*judged.issues, *returned.issues] == []


CHOICES = [*(f"Contact.{name}" for name in TARGETS), "do not import", "", "new: Contact.x1"]


@settings(max_examples=60, deadline=None)
@given(mappings(), st.lists(st.tuples(st.integers(0, 30), st.sampled_from(CHOICES)), max_size=4))
def test_twice_is_once_and_what_is_written_is_what_was_chosen(
    text: str, chosen: list[tuple[int, str]]
) -> None:
    """Whatever is chosen: it is written whole or refused whole, and the mapping then says it."""
    with tempfile.TemporaryDirectory() as home:
        desk, texts = Desk(Path(home)), {NAME: text, "migration.yaml": PROJECT}
        mapping = desk.read(texts)
        returned = filled_in(mapping, chosen)
        judged = judge_fields(returned, Today(mapping, SCHEMA))
        if any(issue.severity == "error" for issue in judged.issues):
            return
        after = apply_edits(texts, judged.edits, mapping)
        assert (after == texts) == (not judged.edits)
        mapping = desk.read(after)
        twice = judge_fields(returned, Today(mapping, SCHEMA))
        assert twice.edits == []
        assert [issue for issue in twice.issues if issue.severity == "error"] == []
        asked = {
            (entry.key.column, read_target_text(entry.choice["Chosen"]).removeprefix("new: "))
            for entry in returned.entries.values()
            if entry.choice["Chosen"] and entry.key.kind == "field"
        }
        elsewhere = {column for column, target in asked if target != "do not import"}
        said = {(c, use.target) for (_, c), uses in uses_of(mapping).items() for use in uses if c}
        said |= {(drop.column, "do not import") for drop in mapping.drops}
        assert said == {(c, t) for c, t in asked if t != "do not import" or c not in elsewhere}


def filled_in(mapping: MappingSpec, chosen: list[tuple[int, str]]) -> Returned:
    """What comes back when somebody chose on some of the lines, without the detour by a file."""
    lines = decide(Basis(mapping, SCHEMA)).lines
    before = {line.key: Choice({t: x for t, x in line.choice.cells.items() if x}) for line in lines}
    columns = [line.key for line in lines if line.key.kind == "field"]
    after = dict(before)
    for number, target in chosen:
        if not columns:
            break
        key = columns[number % len(columns)]
        cells = {**before[key].cells, "Chosen": target, "Comment": "why", "Signed off by": "E"}
        after[key] = Choice({title: text for title, text in cells.items() if text})
    entries = {key: Entry(key, choice) for key, choice in after.items()}
    return Returned(SentOut("acme", ENVIRONMENT), before, {}, entries)


# -- single decisions -------------------------------------------------------------------------

WRITTEN = """\
blocks:
  people:
    from: crm.people
    to: Contact
    fields:
      last_name: Meno
      # as people wrote them
      phone: {from: Tel, clean: phone}
      job_title: {join: [Rola, Oddelenie]}
      newsletter_consent: {from: News, values: {áno: granted}}
drop:
  - {table: crm.people, columns: [fax], reason: old, signed_off_by: J}
"""


def decided(desk: Desk, column: str, **typed: str) -> tuple[str, Judged]:
    """Type something into the line of a column, and bring it back."""
    texts = {NAME: WRITTEN, "migration.yaml": PROJECT}
    path = desk.export(texts)

    def edit(lines: list[dict[str, Any]]) -> None:
        (line,) = [line for line in lines if line["Column"] == column]
        line |= {title.replace("_", " "): text for title, text in typed.items()}

    type_in(path, "Fields", edit)
    after, judged, _ = desk.bring_back(path, texts)
    return after[NAME], judged


def test_a_field_gets_another_name_and_keeps_what_it_was_read_with(desk: Desk) -> None:
    after, _ = decided(desk, "Tel", Chosen="Contact.mobile — Mobile", Signed_off_by="E. E.")
    assert after == WRITTEN.replace(
        "phone: {from: Tel, clean: phone}",
        "mobile: {from: Tel, clean: phone, signed_off_by: E. E.}",
    )


def test_a_column_is_left_behind_with_its_reason(desk: Desk) -> None:
    after, _ = decided(desk, "Tel", Chosen="do not import", Comment="wrong", Signed_off_by="E. E.")
    gone = WRITTEN.replace("      phone: {from: Tel, clean: phone}\n", "")
    assert after == gone + (
        "  - {table: crm.people, columns: [Tel], reason: wrong, signed_off_by: E. E.}\n"
    )


def test_a_column_leaves_a_join_and_the_others_stay(desk: Desk) -> None:
    after, _ = decided(desk, "Rola", Chosen="")
    assert after == WRITTEN.replace("{join: [Rola, Oddelenie]}", "{join: [Oddelenie]}")


def test_a_column_that_was_left_behind_comes_back(desk: Desk) -> None:
    after, _ = decided(desk, "fax", Chosen="Contact.mobile", Signed_off_by="E. E.", Comment="")
    assert "drop:\n  []\n" in after or "drop" not in after
    assert "      mobile: {from: fax, clean: phone, signed_off_by: E. E.}\n" in after


@pytest.mark.parametrize(
    ("column", "typed", "code", "said"),
    [
        ("Tel", {"Chosen": "Contact.mobil", "Signed_off_by": "E"}, "unknown_target",
         "did you mean 'Contact.mobile'?"),
        ("Tel", {"Chosen": "Contact.mobile"}, "empty_sign_off", "who decided it"),
        ("Tel", {"Chosen": "do not import", "Signed_off_by": "E"}, "missing_reason", "reason"),
        ("Tel", {"Chosen": "Contact.last_name", "Signed_off_by": "E"}, "field_taken", "first, second"),
        ("Meno", {"Chosen": "Contact.job_title", "Signed_off_by": "E"}, "field_taken", "first, second"),
        ("Tel", {"Chosen": "constant: 1", "Signed_off_by": "E"}, "misplaced_constant", "field"),
        ("Tel", {"Chosen": "Contact.account", "Signed_off_by": "E"}, "lookup_undecided", "its table first"),
        ("Tel", {"Chosen": "Contact.mobile", "Block": "persons", "Signed_off_by": "E"},
         "unknown_block", "people"),
    ],
)  # fmt: skip
def test_what_is_not_fine_is_named_with_its_cell(
    desk: Desk, column: str, typed: dict[str, str], code: str, said: str
) -> None:
    after, judged = decided(desk, column, **typed)
    assert after == WRITTEN
    (issue,) = judged.issues
    assert issue.code == code
    assert issue.severity == "error"
    assert issue.place.startswith("decisions.xlsx!Fields!")
    assert said in issue.hint


def test_two_columns_are_joined_where_that_was_suggested_only(desk: Desk) -> None:
    """Nobody can tell which of two columns is meant; a suggestion to join them says so."""
    texts = {NAME: WRITTEN, "migration.yaml": PROJECT}
    path = desk.export(texts)

    def edit(lines: list[dict[str, Any]]) -> None:
        for line in lines:
            if line["Column"] in ("Tel", "fax"):
                line |= {"Chosen": "Contact.mobile", "Signed off by": "E", "Comment": ""}

    type_in(path, "Fields", edit)
    _, judged, _ = desk.bring_back(path, texts)
    assert {issue.code for issue in judged.issues} == {"field_taken"}


def test_changed_in_both_is_a_conflict_and_changed_in_the_mapping_alone_is_stale(
    desk: Desk,
) -> None:
    texts = {NAME: WRITTEN, "migration.yaml": PROJECT}
    path = desk.export(texts)
    other = {**texts, NAME: WRITTEN.replace("phone: {from: Tel", "mobile: {from: Tel")}
    _, judged, _ = desk.bring_back(path, other)
    assert [issue.code for issue in judged.issues] == ["stale_decision"]

    def edit(lines: list[dict[str, Any]]) -> None:
        (line,) = [line for line in lines if line["Column"] == "Tel"]
        line |= {"Chosen": "Contact.description", "Signed off by": "E"}

    type_in(path, "Fields", edit)
    after, judged, _ = desk.bring_back(path, other)
    assert [issue.code for issue in judged.issues] == ["changed_in_both"]
    assert "Contact.mobile (people)" in judged.issues[0].message
    assert after == other


def test_lines_that_were_damaged_doubled_inserted_or_deleted(desk: Desk) -> None:
    texts = {NAME: WRITTEN, "migration.yaml": PROJECT}
    path = desk.export(texts)

    def edit(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        line = {line["Column"]: line for line in lines}
        line["Tel"][KEY], line["Tel"]["Chosen"] = "x", "Contact.mobile"
        double = {**line["Meno"], "Chosen": "Contact.description", "Signed off by": "E"}
        inserted = {"Column": "Tel 2", "Chosen": "Contact.mobile"}
        return [x for x in lines if x["Column"] != "News"] + [double, inserted]

    type_in(path, "Fields", edit)
    after, _, returned = desk.bring_back(path, texts)
    assert after == texts
    codes = [issue.code for issue in returned.issues]
    assert sorted(codes) == [
        "damaged_key", "inserted_row", "line_gone", "line_gone", "line_twice",
    ]  # fmt: skip


def test_values_are_written_into_the_field_that_has_them(desk: Desk) -> None:
    texts = {NAME: WRITTEN, "migration.yaml": PROJECT}
    path = desk.export(texts)

    def edit(lines: list[dict[str, Any]]) -> None:
        lines[0]["Chosen"] = "denied"

    type_in(path, "Values", edit)
    after, _, _ = desk.bring_back(path, texts)
    assert after[NAME] == WRITTEN.replace("{áno: granted}", "{áno: denied}")

    def wrong(lines: list[dict[str, Any]]) -> None:
        lines[0]["Chosen"] = "grantd"

    type_in(path, "Values", wrong)
    _, judged, _ = desk.bring_back(path, texts)
    assert [(i.code, i.hint) for i in judged.issues] == [
        ("value_not_in_picklist", "did you mean 'granted'?")
    ]


def test_match_keys_are_written_beside_their_object(desk: Desk) -> None:
    texts = {NAME: WRITTEN, "migration.yaml": PROJECT}
    path = desk.export(texts)

    def edit(lines: list[dict[str, Any]]) -> None:
        lines[0]["Chosen keys"] = "email; last_name + phone"

    type_in(path, "Duplicates", edit)
    after, _, _ = desk.bring_back(path, texts)
    assert after[NAME] == WRITTEN + ("\nmatch:\n  Contact: {keys: [[email], [last_name, phone]]}\n")


def test_two_states_differ_where_a_choice_does() -> None:
    key = Key("field", "t", "c")
    before = {key: Choice({"Chosen": "A.b"})}
    assert differences(before, before) == []
    assert [c.key for c in differences(before, {})] == [key]


@given(st.lists(st.text(), min_size=1, max_size=6))
def test_any_key_survives_its_cell(parts: list[str]) -> None:
    key = Key(*parts)
    assert read_key(key.text()) == key


def test_a_constant_and_a_bound_owner_are_no_columns_of_a_field(desk: Desk) -> None:
    text = (
        "blocks:\n  owners: {from: crm.people, to: User, action: bind, bind_by: email, distinct: Rep,"
        " fields: {email: Rep}}\n  people: {from: crm.people, to: Contact, fields:"
        " {last_name: {constant: x}}}\n"
    )
    uses = uses_of(desk.read({NAME: text}))
    assert list(uses) == [("crm.people", "")]
