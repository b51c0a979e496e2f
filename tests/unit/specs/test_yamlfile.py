"""YAML is read as the text that was typed, and what is no YAML is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.errors import MappingError
from migrate.specs.yamlfile import Node, plain, read_yaml


def read(tmp_path: Path, text: str | bytes) -> Node:
    path = tmp_path / "a.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_yaml(path)


def test_scalars_stay_as_they_were_typed(tmp_path: Path) -> None:
    node = read(tmp_path, "{c: NO, z: 0123, d: 2015-01-01, n: NULL, y: yes, x: 1e3, t: '1'}")
    texts = {key: value.text for key, value in node.entries.items()}
    assert texts == {
        "c": "NO", "z": "0123", "d": "2015-01-01", "n": "NULL", "y": "yes", "x": "1e3", "t": "1",
    }  # fmt: skip


def test_every_key_and_item_keeps_its_line(tmp_path: Path) -> None:
    node = read(tmp_path, "a:\n  b: 1\n  c:\n    - x\n    - y: z\n")
    assert node.where == "a.yaml:1"
    inner = node.entries["a"].entries
    assert inner["b"].where == "a.yaml:2"
    assert inner["c"].where == "a.yaml:3"
    assert [item.where for item in inner["c"].items] == ["a.yaml:4", "a.yaml:5"]


def test_plain_values_have_their_types_but_codes_stay_text(tmp_path: Path) -> None:
    node = read(
        tmp_path, "{a: 5, b: 007, c: 1.5, d: true, e: ~, f: '5', g: [-1, x], h: 2015-01-01}"
    )
    assert plain(node) == {
        "a": 5, "b": "007", "c": 1.5, "d": True, "e": None, "f": "5", "g": [-1, "x"],
        "h": "2015-01-01",
    }  # fmt: skip


def test_an_empty_file_is_an_empty_mapping(tmp_path: Path) -> None:
    assert read(tmp_path, "# nothing yet\n") == Node("mapping", "a.yaml:1")


def test_a_byte_order_mark_is_not_part_of_the_first_key(tmp_path: Path) -> None:
    assert list(read(tmp_path, b"\xef\xbb\xbfa: 1").entries) == ["a"]


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("a: 1\nb: c: d\n", "a.yaml:2:5", "mapping values are not allowed here"),
        ("a:\n\tb: 1\n", "a.yaml:2:1", "a tab"),
        ("a:\n\u00a0\u00a0b: 1\n", "a.yaml:2:1", "no-break space"),
        ("a: b\u00a0c\n", "a.yaml:1:4", "no-break space"),
        ("a: 1\nb: 2\na: 3\n", "a.yaml:3:1", "'a' is given twice, first in a.yaml:1"),
        ("a: {x: 1,\n  x: 2}\n", "a.yaml:2:3", "'x' is given twice"),
        ("a: [1\n", "a.yaml:2:1", "expected ',' or ']'"),
        ("a: 1\n---\nb: 1\n", "a.yaml:2:1", "another document"),
        ("a: *x\n", "a.yaml:1:4", "undefined alias"),
        ("a: &x [*x]\n", "a.yaml:1:4", "contains itself"),
        ("? [a]\n: 1\n", "a.yaml:1:3", "a key must be one text"),
        ("a: 1\nb: \x01\n", "a.yaml:2", "control character"),
        (b"a: 1\nb: Z\xe1kazn\xedk\n", "a.yaml:2", "not UTF-8"),
    ],
)
def test_what_is_no_yaml_is_told_with_its_line(
    text: str | bytes, where: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(MappingError) as caught:
        read(tmp_path, text)
    assert caught.value.where == where
    assert words in str(caught.value)
    assert caught.value.hint


def test_a_no_break_space_in_quotes_belongs_to_the_name(tmp_path: Path) -> None:
    assert read(tmp_path, 'a: "b\u00a0c"\n').entries["a"].text == "b\u00a0c"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="cannot be read"):
        read_yaml(tmp_path / "none.yaml")
