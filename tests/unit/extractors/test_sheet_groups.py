"""Records that take several rows of a sheet: said where it looks so, put together where told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from migrate.errors import UsageError
from migrate.extractors import open_source
from tests.unit.extractors.sheets import book_of, codes, one, read, saved, values, whole

N = None
CLIENTS: list[list[Any]] = [
    ["meno", "adresa", "obrat"],
    ["Eva", "Hlavná 1", 5], [N, "010 01 Žilina", N], [N, "Slovensko", N],
    ["Ján", "Nová 2", 7], [N, "949 01 Nitra", N], [N, "Slovensko", N],
    ["Iva", "Stará 3", 9], [N, N, N], [N, "Česko", N],
    ["Ota", "Dlhá 4", 9], [N, "934 01 Levice", N],
]  # fmt: skip


def told(path: Path, **options: Any) -> Any:
    """A table read as told, and once more as its own reading says."""
    (table,) = read(path, tables={"klienti": {"sheet": "Data", **options}})
    again = {k: v for k, v in table.reading.items() if k not in ("evidence", "columns")}
    (twin,) = read(path, tables={"klienti": again})
    assert whole(twin).equals(whole(table))
    assert [c.name for c in twin.columns] == [c.name for c in table.columns]
    return table


def test_a_client_over_several_rows_is_said(tmp_path: Path) -> None:
    table = one(saved(tmp_path, book_of(CLIENTS)))
    assert len(whole(table)) == 10  # nothing is put together unasked
    (said,) = [i for i in table.issues() if i.code == "record_over_rows"]
    assert (said.column, said.severity) == ("meno", "warning")
    assert "on every 3 rows once (4 of 10)" in said.message
    assert "group_by: meno" in said.hint
    assert "group_rows: 3" in said.hint
    assert "010 01 Žilina" in said.value
    assert table.reading["evidence"]["group_by_runner_up"].startswith("meno: ")


@pytest.mark.parametrize("option", [{"group_by": "meno"}, {"group_rows": 3}])
def test_rows_of_one_client_become_one_row(tmp_path: Path, option: dict[str, Any]) -> None:
    table = told(saved(tmp_path, book_of(CLIENTS)), **option)
    assert table.column_names == ("meno", "adresa", "adresa_2", "adresa_3", "obrat")
    assert values(table, "meno") == ["Eva", "Ján", "Iva", "Ota"]
    assert values(table, "adresa_2") == ["010 01 Žilina", "949 01 Nitra", None, "934 01 Levice"]
    assert values(table, "adresa_3") == ["Slovensko", "Slovensko", "Česko", None]
    assert whole(table)["_source_row"].tolist() == [2, 5, 8, 11]
    assert table.count() == 4
    (said,) = [i for i in table.issues() if i.code == "rows_grouped"]
    assert said.message == "10 rows make 4 records"
    name, given = next(iter(option.items()))
    assert table.reading[name] == given
    assert "record_over_rows" not in codes(table)


def test_groups_of_different_size_are_put_together_by_their_key(tmp_path: Path) -> None:
    rows = [["id", "meno", "tel"], [1, "Eva", "11"], [N, N, "12"], [2, "Ján", "21"],
            [N, N, "22"], [N, N, "23"], [3, "Iva", "31"], [N, N, "32"]]  # fmt: skip
    path = saved(tmp_path, book_of(rows))
    assert "record_over_rows" in codes(one(path))
    table = told(path, group_by="id")
    assert values(table, "tel_3") == [None, "23", None]
    texts = {t for c in table.column_names for t in values(table, c) if t}
    assert texts == {str(cell) for row in rows[1:] for cell in row if cell is not None}


def test_batches_of_any_size_give_the_same_records(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["id", "line"]]
    for number in range(1, 58):
        rows += [[number, f"a{number}"], *[[N, f"b{number}.{i}"] for i in range(number % 4)]]
    (table,) = open_source(
        saved(tmp_path, book_of(rows)), tables={"t": {"sheet": "Data", "group_by": "id"}}
    )
    expected = whole(table)
    assert len(expected) == table.count() == 57
    for size in (1, 2, 7, 56, 57, 58):
        parts = list(table.batches(size))
        assert sum(map(len, parts)) == 57
        assert [v for p in parts for v in p["line"]] == expected["line"].tolist()
        shown = [v for p in parts for v in p["line_2"].fillna("")]
        assert shown == expected["line_2"].fillna("").tolist()


def test_rows_before_the_first_key_are_a_record_of_their_own(tmp_path: Path) -> None:
    rows = [["id", "x"], [N, "lost"], [1, "a"], [N, "b"], [2, "c"]]
    table = told(saved(tmp_path, book_of(rows)), group_by="id")
    assert values(table, "x") == ["lost", "a", "c"]
    assert table.count() == 3


def test_pages_totals_marks_and_taken_names_in_a_grouped_table(tmp_path: Path) -> None:
    rows = [["id", "x", "x_2"], [1, "a", "p"], [N, "b", N], ["Strana 1 z 2", N, N],
            ["id", "x", "x_2"], [2, "c", "q"], [N, "d", N], [3, "e", "r"], [N, "f", N]]  # fmt: skip
    book = book_of(rows)
    book.active["B3"].comment = __import__("openpyxl").comments.Comment("call", "me")
    path = saved(tmp_path, book)
    for option in ({"group_by": "id"}, {"group_rows": 2}):
        table = told(path, **option)
        assert table.column_names == ("id", "x", "x_3", "x_2", "_comment")
        assert values(table, "x_3") == ["b", "d", "f"]
        assert values(table, "_comment") == ["x: call", None, None]


def test_a_cell_merged_over_several_records_counts_for_each(tmp_path: Path) -> None:
    rows = [["owner", "id", "x"], ["Eva", 1, "a"], [N, N, "b"], [N, 2, "c"], [N, N, "d"]]
    book = book_of(rows)
    book.active.merge_cells("A2:A5")
    table = told(saved(tmp_path, book), group_by="id")
    assert values(table, "owner") == ["Eva", "Eva"]
    assert values(table, "x_2") == ["b", "d"]


@pytest.mark.parametrize(
    "rows",
    [
        # a column that is filled here and there, before full rows
        [["title", "name", "city"], ["Ing.", "A", "Nitra"], [N, "B", "Levice"], ["Ing.", "C", "x"],
         [N, "D", "y"], [N, "E", "z"], ["Ing.", "F", "w"], [N, "G", "v"]],
        [["id", "name"], *[[n, "A"] for n in range(9)]],
        [["id", "name"], [1, "A"]],
    ],
)  # fmt: skip
def test_nothing_is_said_where_each_row_is_a_record(tmp_path: Path, rows: list[Any]) -> None:
    assert "record_over_rows" not in codes(one(saved(tmp_path, book_of(rows))))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"group_by": "men"}, "did you mean"),
        ({"group_rows": 1}, "a number from 2"),
        ({"group_rows": "three"}, "a number from 2"),
        ({"group_by": "meno", "group_rows": 3}, "both given"),
    ],
)
def test_options_that_cannot_be_followed_are_refused(
    tmp_path: Path, options: dict[str, Any], says: str
) -> None:
    path = saved(tmp_path, book_of(CLIENTS))
    with pytest.raises(UsageError, match=says):
        open_source(path, tables={"klienti": {"sheet": "Data", **options}})


def test_a_column_that_begins_hardly_any_record_is_refused(tmp_path: Path) -> None:
    rows = [["id", "x"], [1, "a"], *[[N, f"b{n}"] for n in range(150)]]
    with pytest.raises(UsageError, match="records of up to 151 rows"):
        open_source(
            saved(tmp_path, book_of(rows)), tables={"t": {"sheet": "Data", "group_by": "id"}}
        )
