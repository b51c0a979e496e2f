from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.errors import MigrateError, SourceError, UsageError
from migrate.extractors import json_lines, open_source
from migrate.extractors._json import layout, stream
from migrate.extractors._readings import options_of
from migrate.values import SOURCE_ROW, Table


def opened(tmp_path: Path, text: str | bytes, **options: object) -> dict[str, Table]:
    path = tmp_path / "contacts.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return {table.name: table for table in json_lines.read_tables(path, **options)}


def rows(table: Table, size: int = 50_000) -> list[dict[str, object]]:
    frame = pd.concat(list(table.batches(size)), ignore_index=True)
    return [
        {k: v for k, v in row.items() if k != SOURCE_ROW and v == v}
        for row in frame.to_dict("records")
    ]


def only(tables: dict[str, Table]) -> list[dict[str, object]]:
    (table,) = tables.values()
    assert table.count() == len(rows(table))
    return rows(table)


def codes(table: Table) -> list[str]:
    list(table.batches())
    return [issue.code for issue in table.issues()]


def test_an_array_of_objects(tmp_path: Path) -> None:
    text = '[{"id": 1, "name": "Ján"},\n {"id": 2, "mail": "a@example.com", "name": null}]'
    tables = opened(tmp_path, text)
    assert only(tables) == [{"id": "1", "name": "Ján"}, {"id": "2", "mail": "a@example.com"}]
    table = tables["contacts"]
    assert [(c.name, c.type) for c in table.columns] == [
        ("id", "integer"), ("name", "text"), ("mail", "text"),
    ]  # fmt: skip
    assert table.key == ("id",)
    assert [f[SOURCE_ROW].tolist() for f in table.batches(1)] == [[1], [2]]


def test_json_lines_lose_only_the_line_that_is_broken(tmp_path: Path) -> None:
    text = '{"a": 1}\r\n\r\n{"a": 2,}\r\n{"a": 3}\r\n{"a": "cut'
    table = opened(tmp_path, text)["contacts"]
    assert [row["a"] for row in rows(table)] == ["1", "3"]
    lost = [i for i in table.issues() if i.code == "row_not_placed"]
    assert [(i.value, i.place.rpartition(":")[2]) for i in lost] == [
        ('{"a": 2,}', "3"),
        ('{"a": "cut', "5"),
    ]
    assert all(i.severity == "error" for i in lost)
    assert table.count() == 4
    assert table.reading["layout"] == "lines"
    assert next(table.batches())[SOURCE_ROW].tolist() == [1, 4]


def test_values_one_behind_the_other(tmp_path: Path) -> None:
    text = '{\n "a": 1\n}\n{\n "a": 2\n}{"a":3}'
    assert [row["a"] for row in only(opened(tmp_path, text))] == ["1", "2", "3"]


@pytest.mark.parametrize("name", ["results", "data", "value", "items", "records", "anything"])
def test_a_wrapper_with_paging_is_one_page_of_several(tmp_path: Path, name: str) -> None:
    text = json.dumps(
        {"total": 9, name: [{"id": 1}], "paging": {"next": {"link": "https://example.com"}}}
    )
    table = opened(tmp_path, text)["contacts"]
    assert only({"": table}) == [{"id": "1"}]
    assert codes(table) == ["more_pages", "outside_rows"]
    assert "paging.next" in table.issues()[0].message


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ('{"@odata.nextLink":"https://example.com","value":[{"a":1}]}', True),
        ('{"d":{"results":[{"a":1}],"__next":"x"}}', True),
        ('{"has_more":false,"data":[{"a":1}],"next":null}', False),
        ('{"_embedded":{"leads":[{"a":1}]},"_links":{"next":{"href":"x"}}}', True),
    ],
)
def test_wrappers_of_known_services(tmp_path: Path, text: str, page: bool) -> None:
    table = opened(tmp_path, text)["contacts"]
    assert rows(table) == [{"a": "1"}]
    assert ("more_pages" in codes(table)) == page


def test_an_object_of_arrays_is_a_table_each(tmp_path: Path) -> None:
    text = '{"exported": "x1", "contacts": [{"a":1}], "crm": {"Deals 2024": [{"b":2},{"b":3}]}, "none": []}'
    tables = opened(tmp_path, text)
    assert {name: rows(t) for name, t in tables.items()} == {
        "contacts": [{"a": "1"}], "deals_2024": [{"b": "2"}, {"b": "3"}],
        "contacts_document": [{"exported": "x1"}],
    }  # fmt: skip
    assert [t.count() for t in tables.values()] == [1, 2, 1]


def test_rows_that_are_keyed_by_their_ids(tmp_path: Path) -> None:
    text = '{"contacts": {"-Mx1": {"n": "a", "m": 1}, "-Mx2": {"n": "b"}}, "users": {"u1": {"q": 1}, "u2": {"q": 2}}}'
    tables = opened(tmp_path, text)
    assert rows(tables["contacts"]) == [
        {"key": "-Mx1", "n": "a", "m": "1"}, {"key": "-Mx2", "n": "b"},
    ]  # fmt: skip
    assert tables["users"].key == ("key",)
    assert [t.count() for t in tables.values()] == [2, 2]


def test_a_single_object_is_one_row(tmp_path: Path) -> None:
    text = '{"id": 7, "address": {"city": "Nitra", "geo": {"lat": 48.30}}, "tags": ["a", "b"]}'
    assert only(opened(tmp_path, text)) == [
        {"id": "7", "address.city": "Nitra", "address.geo.lat": "48.30", "tags": "a;b"}
    ]


def test_arrays_of_objects_are_child_tables_that_refer_to_their_row(tmp_path: Path) -> None:
    text = json.dumps(
        [
            {"id": "A", "phones": [{"n": "1", "calls": [{"t": 1}, {"t": 2}]}, {"n": "2"}]},
            {"id": "B", "phones": {"n": "3"}, "position": "x"},
            {"id": "C", "phones": []},
        ]
    )
    tables = opened(tmp_path, text)
    assert list(tables) == ["contacts", "contacts_phones", "contacts_phones_calls"]
    assert rows(tables["contacts"]) == [{"id": "A"}, {"id": "B", "position": "x"}, {"id": "C"}]
    assert rows(tables["contacts_phones"]) == [
        {"contacts_id": "A", "position": "1", "n": "1"},
        {"contacts_id": "A", "position": "2", "n": "2"},
        {"contacts_id": "B", "position": "1", "n": "3"},
    ]
    assert rows(tables["contacts_phones_calls"])[1] == {
        "contacts_id": "A", "contacts_phones_position": "1", "position": "2", "t": "2",
    }  # fmt: skip
    phones, calls = tables["contacts_phones"], tables["contacts_phones_calls"]
    assert phones.foreign_keys[0].columns == ("contacts_id",)
    assert calls.foreign_keys[0].target_columns == phones.key == ("contacts_id", "position")
    assert set(calls.foreign_keys[0].columns) <= set(calls.column_names)
    assert "mixed_types" in codes(tables["contacts"])


def test_rows_without_an_id_are_numbered_for_their_children(tmp_path: Path) -> None:
    tables = opened(tmp_path, '[{"x":[{"a":1}]},{"x":[{"a":2},null,3]}]')
    assert rows(tables["contacts"]) == [{"row": "1"}, {"row": "2"}]
    assert rows(tables["contacts_x"]) == [
        {"contacts_row": "1", "position": "1", "a": "1"}, {"contacts_row": "2", "position": "1", "a": "2"},
        {"contacts_row": "2", "position": "2"}, {"contacts_row": "2", "position": "3", "value": "3"},
    ]  # fmt: skip


def test_numbers_keep_every_digit(tmp_path: Path) -> None:
    digits = "9" * 5000
    text = f'[{{"id": 12345678901234567890123, "sum": 0.10, "e": 1.5E+3, "big": {digits}, "z": 1e999999, "m": -0}}]'
    (row,) = only(opened(tmp_path, text))
    assert row == {
        "id": "12345678901234567890123", "sum": "0.10", "e": "1500", "big": digits, "z": "1e999999",
        "m": "-0",
    }  # fmt: skip


def test_what_json_does_not_have_is_kept_and_told(tmp_path: Path) -> None:
    text = '[{"a": NaN, "b": -Infinity, "b": 2, "c": "\\ud83d", "d": "\\u0000x", "e": "\\ud83d\\ude00", "_key": 1, "A": 3}]'
    table = opened(tmp_path, text)["contacts"]
    assert rows(table) == [
        {
            "a": "NaN",
            "b": "-Infinity",
            "b_2": "2",
            "c": "\\ud83d",
            "d": "x",
            "e": "😀",
            "key": "1",
            "A_2": "3",
        }
    ]
    assert set(codes(table)) == {
        "duplicate_key", "not_a_number", "undecodable_characters", "nul_bytes", "column_renamed",
    }  # fmt: skip


def test_lists_that_hold_the_separator_stay_json(tmp_path: Path) -> None:
    text = '[{"t": ["a;b", 1.50, true, null], "u": [[1, 2], [3]]}]'
    tables = opened(tmp_path, text)
    assert only(tables) == [{"t": '["a;b",1.50,true,null]', "u": "[[1,2],[3]]"}]
    assert codes(tables["contacts"]) == ["list_as_json"]
    other = opened(tmp_path, text, list_separator="|")
    assert rows(other["contacts"])[0]["t"] == "a;b|1.50|true|"


def test_arrays_of_arrays_have_a_header(tmp_path: Path) -> None:
    text = '[["id", "meno"], [1, "Ján"], [2, "Eva", "navyše"]]'
    assert only(opened(tmp_path, text)) == [
        {"id": "1", "meno": "Ján"}, {"id": "2", "meno": "Eva", "column_3": "navyše"},
    ]  # fmt: skip
    assert only(opened(tmp_path, "[[1,2],[3,4]]"))[1] == {"column_1": "3", "column_2": "4"}


def test_the_types_of_mongoexport_are_plain_values(tmp_path: Path) -> None:
    text = '{"_id":{"$oid":"5f"},"d":{"$date":"2019-03-01T00:00:00Z"},"e":{"$date":{"$numberLong":"0"}},"n":{"$numberDecimal":"1.50"}}\n{"_id":{"$oid":"60"}}\n'
    assert only(opened(tmp_path, text))[0] == {
        "_id": "5f", "d": "2019-03-01T00:00:00Z", "e": "1970-01-01T00:00:00+00:00", "n": "1.50",
    }  # fmt: skip


def test_an_object_that_is_a_map_is_a_child_table(tmp_path: Path) -> None:
    people = [{"id": n, "custom": {f"f{n}_{k}": k for k in range(50)}} for n in range(20)]
    tables = opened(tmp_path, json.dumps(people))
    assert list(tables) == ["contacts", "contacts_custom"]
    assert tables["contacts"].column_names == ("id",)
    assert rows(tables["contacts_custom"])[0] == {
        "contacts_id": "0", "position": "1", "key": "f0_0", "value": "0",
    }  # fmt: skip
    assert len(rows(tables["contacts_custom"])) == 1000


@pytest.mark.parametrize(
    ("text", "lost", "kept"),
    [
        ('[{"a":1},{"a":2},{"a":"tru', 1, 2),
        ('[{"a":1},{"a":2},', 0, 2),
        ('[{"a":1},{"a":2}', 0, 2),
        ('{"data":[{"a":1},{"a":2},{"a":tr', 1, 2),
        ('{"data":[{"a":1},{"a":2}],"next', 0, 2),
        ('[{"a":1},{"a":2},{"a":"\\u12', 1, 2),
        ('[{"a":1},{"a":2},-', 1, 2),
    ],
)
def test_a_file_that_is_cut_gives_the_rows_before(
    tmp_path: Path, text: str, lost: int, kept: int
) -> None:
    table = opened(tmp_path, text)["contacts"]
    found = rows(table)
    assert [row["a"] for row in found] == ["1", "2"][:kept]
    assert codes(table).count("row_not_placed") == lost
    assert "file_cut_short" in codes(table)
    assert table.count() == len(found) + lost


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ('[{"a":1},\n {"a":2,}\n]' + " " * 50, "2:9", "comma"),
        ('[{"a":1},\n]' + " " * 50, "2:1", "comma"),
        ('[\n// people\n{"a":1}]' + " " * 50, "2:1", "comment"),
        ("[{'a':1}]" + " " * 50, "1:3", "single quotes"),
        ('[{"a":None}]' + " " * 50, "1:7", "Python"),
        ('[{"a":1} {"a":2}]' + " " * 50, "1:10", "delimiter"),
        ('[{"a":1}] x' + " " * 50, "1:11", "outside"),
        ('{"a":[{"b":1}]' + " " * 30 + 'x"}' + " " * 50, "1:45", "delimiter"),
    ],
)
def test_what_is_no_json_is_refused_with_line_and_column(
    tmp_path: Path, text: str, place: str, said: str
) -> None:
    with pytest.raises(SourceError) as caught:
        opened(tmp_path, text)
    assert caught.value.where.endswith(f"contacts.json:{place}")
    assert said in caught.value.message


@pytest.mark.parametrize("text", ["", "  \n", "{broken\n{broken\n", "[" * 100_000, "{}"])
def test_what_holds_no_rows_is_refused_or_empty(tmp_path: Path, text: str) -> None:
    try:
        tables = opened(tmp_path, text)
    except SourceError:
        return
    assert all(table.count() <= 1 for table in tables.values())


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "cp1250"]
)
@pytest.mark.parametrize("layout", ["lines", "array"])
def test_encodings(tmp_path: Path, encoding: str, layout: str) -> None:
    texts = [
        json.dumps({"meno": f"Žofia Šťastná, Ľubica {n}"}, ensure_ascii=False) for n in range(3)
    ]
    text = "\n".join(texts) if layout == "lines" else "[" + ",".join(texts) + "]"
    tables = opened(tmp_path, text.encode(encoding))
    assert only(tables)[2] == {"meno": "Žofia Šťastná, Ľubica 2"}
    assert tables["contacts"].reading["layout"] == layout


def test_line_ends_inside_of_texts(tmp_path: Path) -> None:
    assert only(opened(tmp_path, '[{"note": "a\nb\tc"}, {"note": "d"}]'))[0] == {"note": "a\nb\tc"}


def test_a_value_longer_than_any_buffer(tmp_path: Path) -> None:
    long = "x" * 3_000_000
    text = json.dumps([{"a": long, "b": 1}, {"a": long[:2_000_000], "n": 12}])
    table = opened(tmp_path, text)["contacts"]
    assert [len(str(row["a"])) for row in rows(table)] == [3_000_000, 2_000_000]
    assert table.count() == 2


def test_a_wrapper_larger_than_the_head_is_read_a_row_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "_HEAD", 10_000)
    monkeypatch.setattr(stream, "_CHUNK", 3_000)
    inside = ",".join(json.dumps({"id": n, "t": "x" * 100, "p": [{"q": n}]}) for n in range(2_000))
    text = '{"crm": {"people": [' + inside + '], "others": [{"z": 1}]}, "total": 1}'
    tables = opened(tmp_path, text)
    assert [(name, t.count()) for name, t in tables.items()] == [
        ("people", 2_000), ("people_p", 2_000), ("others", 1),
    ]  # fmt: skip
    assert sum(len(frame) for frame in tables["people"].batches(700)) == 2_000


def test_options_are_checked(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="layout"):
        opened(tmp_path, "[]", layuot="x")
    with pytest.raises(SourceError, match="lines, values, array, document"):
        opened(tmp_path, "[]", layout="x")
    with pytest.raises(UsageError, match="contacts"):
        opened(tmp_path, '[{"a":1}]', only=["contact"])


def test_the_kind_is_told_by_content(tmp_path: Path) -> None:
    path = tmp_path / "export.txt"
    path.write_text('{"a": 1}\n{"a": 2}\n')
    assert [row["a"] for row in rows(open_source(path)[0])] == ["1", "2"]


def test_an_array_of_arrays_among_objects_is_kept_as_a_value(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"id": 1, "mails": [{"x": "a"}, ["b", {"y": "c"}]]}, {"id": 2}]')
    shown = [value for table in json_lines.read_tables(path) for row in rows(table)
             for value in row.values()]  # fmt: skip
    assert any("b" in str(value) and '{"y":"c"}' in str(value) for value in shown)


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(["id", "a", "b", "a.b", "value", "position", "_key", "", "č"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(["id", "a", "b", "row"]), JSONS, max_size=4), min_size=1),
       st.sampled_from(["lines", "array", "wrapped", "pretty"]))  # fmt: skip
def test_every_value_comes_out_and_a_reading_given_back_reads_the_same(
    tmp_path_factory: pytest.TempPathFactory, people: list[dict[str, object]], layout: str
) -> None:
    path = tmp_path_factory.mktemp("law") / "contacts.json"
    if layout == "lines":
        path.write_text("\n".join(map(json.dumps, people)) + "\n")
    elif layout == "wrapped":
        path.write_text(json.dumps({"results": people}))
    else:
        path.write_text(json.dumps(people, indent=1 if layout == "pretty" else None))
    if not any(people):
        return
    tables = json_lines.read_tables(path)
    again = json_lines.read_tables(path, tables={t.name: options_of(t.reading) for t in tables})
    for table, other in zip(tables, again, strict=True):
        assert (table.name, table.columns) == (other.name, other.columns)
        assert rows(table, 3) == rows(other)
        assert len(rows(table)) == table.count()
        assert len(set(map(str.casefold, table.column_names))) == len(table.columns)
    if layout != "wrapped" and (layout != "lines" or len(people) > 1):
        assert tables[0].count() == len(people)
    shown = {str(v).strip() for t in tables for row in rows(t) for v in row.values()}
    for text in _texts(people):
        assert text.replace("\0", "").strip() in shown or any(
            json.dumps(text, ensure_ascii=False)[1:-1] in one or text in one for one in shown
        )


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value] if value.strip("\0 \t\r\n") and value.isprintable() else []
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts(inner)]
    return [text for inner in value for text in _texts(inner)] if isinstance(value, list) else []


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_bytes_raise_anything_but_our_errors(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    raw = data.draw(st.sampled_from([
        b'[{"id":1,"x":[{"a":1.5},{"a":"\\u00e1"}]},{"id":2,"x":"y"}]',
        b'{"a":1}\n{"a":[1,2]}\n{"b":{"c":null}}\n', b'{"d":{"r":[{"a":1},{"a":2}]},"n":"x"}',
        b'{"k":{"1a":{"n":1},"2b":{"n":2}}}', b'[["a","b"],[1,2]]',
    ]))  # fmt: skip
    cut, back = data.draw(st.integers(0, len(raw))), data.draw(st.integers(0, len(raw)))
    junk = data.draw(
        st.sampled_from([b"", b"\0", b"\xff", b'"', b"\\", b"[", b"{", b"]", b"}", b",", b"nul"])
    )
    path = tmp_path_factory.mktemp("fuzz") / "a.json"
    path.write_bytes(raw[:cut] + junk + raw[back:])
    try:
        tables = json_lines.read_tables(path)
        for table in tables:
            frames = list(table.batches(2))
            lost = sum(issue.code == "row_not_placed" for issue in table.issues())
            assert sum(map(len, frames)) + lost == table.count()
    except MigrateError:
        pass
