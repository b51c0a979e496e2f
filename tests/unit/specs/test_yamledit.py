"""Is one thing of a YAML file changed, and every other byte of it left alone?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.errors import MappingError
from migrate.specs.yamledit import (
    Lines,
    append,
    as_mapping,
    has,
    plain_at,
    put,
    rename,
    scalar,
    take,
)

WRITTEN = """\
# who we work with
blocks:
  people:   # from the old address book
    from: crm.people
    fields:
      # as people wrote them
      phone: {from: Tel,   clean: phone}   # kept
      status:
        from: Stav
        values:
          Nový: new

          Starý: lost  # they never came back
      city: Ort

drop:
  - {table: crm.people, columns: [fax,
     telex], reason: nobody has one,
     signed_off_by: "J. K."}
  # and the notes
  - table: crm.people
    columns:
    - note
    reason: private
"""


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        (("blocks", "people", "fields", "phone", "clean"), "text", "clean: phone}", "clean: text}"),
        (("blocks", "people", "fields", "phone", "default"), "1", "clean: phone}", 'clean: phone, default: "1"}'),
        (("blocks", "people", "fields", "status", "values", "Nový"), "qualified", "Nový: new", "Nový: qualified"),
        (("blocks", "people", "fields", "status", "values", "x: y"), "lost",
         "# they never came back\n", '# they never came back\n          "x: y": lost\n'),
        (("blocks", "people", "fields", "email"), {"from": "E-Mail"}, "      city: Ort\n",
         "      city: Ort\n      email: {from: E-Mail}\n"),
        (("drop", 1, "reason"), "old", "reason: private", "reason: old"),
    ],
)  # fmt: skip
def test_only_the_piece_itself_changes(
    path: tuple[str | int, ...], value: object, old: str, new: str
) -> None:
    assert WRITTEN.count(old) == 1
    assert put(WRITTEN, path, value) == WRITTEN.replace(old, new)


@pytest.mark.parametrize(
    ("path", "gone"),
    [
        (("blocks", "people", "fields", "phone"), "      phone: {from: Tel,   clean: phone}   # kept\n"),
        (("blocks", "people", "fields", "phone", "clean"), ",   clean: phone"),
        (("blocks", "people", "fields", "status", "values", "Starý"),
         "          Starý: lost  # they never came back\n"),
        (("drop", 0), '  - {table: crm.people, columns: [fax,\n     telex], reason: nobody has one,\n'
         '     signed_off_by: "J. K."}\n'),
        (("drop", 0, "columns", 0), "fax,\n     "),
    ],
)  # fmt: skip
def test_what_is_taken_out_is_all_that_goes(path: tuple[str | int, ...], gone: str) -> None:
    assert WRITTEN.count(gone) == 1
    assert take(WRITTEN, path) == WRITTEN.replace(gone, "")


def test_items_join_lists_of_every_style() -> None:
    inline = append(WRITTEN, ("drop", 0, "columns"), "pager")
    assert inline == WRITTEN.replace("telex]", "telex, pager]")
    lines = append(WRITTEN, ("drop", 1, "columns"), "pager")
    assert lines == WRITTEN.replace("    - note\n", "    - note\n    - pager\n")
    assert plain_at(append(WRITTEN, ("drop",), {"table": "x"}), ("drop", 2)) == {"table": "x"}
    assert append("a: 1\n", ("drop",), {"b": "c"}) == "a: 1\n\ndrop:\n  - {b: c}\n"


def test_the_last_entry_leaves_something_that_can_be_read() -> None:
    assert plain_at(take("a:\n  b: 1\n", ("a", "b")), ("a",)) == {}
    assert plain_at(take("a:\n  - b\nc: 1\n", ("a", 0)), ("a",)) == []
    assert plain_at(take("a: [b]\n", ("a", 0)), ("a",)) == []
    assert take("- {a: 1}\n", (0, "a")) == "- {}\n"


def test_a_shorthand_becomes_a_mapping_and_a_field_another_name() -> None:
    path = ("blocks", "people", "fields", "city")
    assert as_mapping(WRITTEN, path, "from") == WRITTEN.replace("city: Ort", "city: {from: Ort}")
    assert rename(WRITTEN, path, "town") == WRITTEN.replace("city: Ort", "town: Ort")
    assert as_mapping(WRITTEN, path[:3], "from") == WRITTEN


def test_a_new_block_gets_lines_of_its_own() -> None:
    block = Lines([("from", "crm.firms"), ("fields", Lines([("name", {"from": "Firma"})]))])
    made = put("blocks:\n# nothing yet\n", ("blocks", "firms"), block)
    assert plain_at(made, ("blocks", "firms", "fields", "name")) == {"from": "Firma"}
    assert "# nothing yet" in made
    assert put("", ("blocks", "firms"), block).startswith(
        "blocks:\n  firms:\n    from: crm.firms\n"
    )


def test_line_ends_of_windows_stay() -> None:
    text = WRITTEN.replace("\n", "\r\n")
    made = put(text, ("blocks", "people", "fields", "email"), {"from": "E-Mail"})
    assert made.replace("      email: {from: E-Mail}\r\n", "") == text
    assert take(made, ("blocks", "people", "fields", "email")) == text


def test_what_is_shared_through_an_anchor_is_not_changed() -> None:
    text = "a: &same {from: x}\nb: *same\n"
    for path in (("a", "from"), ("b", "from")):
        with pytest.raises(MappingError, match="shared"):
            put(text, path, "y")


PATHS = [
    ("blocks", "people", "fields", "new field"), ("blocks", "people", "fields", "phone", "default"),
    ("blocks", "people", "fields", "status", "values", "Neu"), ("match", "Contact"), ("drop", 0, "x"),
]  # fmt: skip


@given(st.sampled_from(PATHS), st.text(max_size=40))
def test_any_text_comes_back_and_goes_without_a_trace(
    path: tuple[str | int, ...], text: str
) -> None:
    made = put(WRITTEN, path, text)
    assert plain_at(made, path) == text
    if path[0] != "match":
        assert take(made, path) == WRITTEN
    for other in (("blocks", "people", "from"), ("drop", 1, "columns", 0)):
        assert plain_at(made, other) == plain_at(WRITTEN, other)


@given(st.text(max_size=60))
def test_any_text_is_a_key_too(key: str) -> None:
    made = put("a: {b: c}\n", ("a", key), "x")
    assert plain_at(made, ("a", key)) == "x"
    assert has(made, ("a", "b")) or key == "b"
    assert plain_at(f"{scalar(key)}: 1\n", (key,)) == "1"
