"""Refused rows to a workbook and back, with everything that people do to workbooks in between."""

from __future__ import annotations

import datetime
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from openpyxl import load_workbook

from migrate.errors import UsageError
from migrate.reports.xlsx import read_workbook
from migrate.validation.quarantine import (
    ACTION,
    CORRECTED,
    CORRECTION_COLUMNS,
    KEY,
    QUARANTINE_COLUMNS,
    REFUSED_SHEET,
    export_quarantine,
    import_quarantine,
)
from migrate.values import Issue

Line = dict[str, Any]


def refused(*rows: dict[str, Any]) -> pd.DataFrame:
    """Refused rows, numbered from 1, each with what it differs in."""
    full = [
        {
            "record_id": number, "block": "people", "part": "", "code": "email_invalid",
            "column": "e-mail", "field": "email", "value": f"bad{number}", "message": "no address",
            "hint": "correct it", "base_hash": f"h{number}", "record_key": f"00{number}",
            "table": "crm.people", "source_row": 10 * number, "object": "Contact",
        }
        | row
        for number, row in enumerate(rows, 1)
    ]  # fmt: skip
    frame = pd.DataFrame(full, columns=list(QUARANTINE_COLUMNS))
    types = dict.fromkeys(QUARANTINE_COLUMNS, "str") | {"record_id": "int64", "source_row": "int64"}
    return frame.astype(types)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "quarantine.xlsx"


def edit(path: Path, change: Callable[[list[Line]], list[Line] | None]) -> None:
    """Open the workbook as a person would, change its lines, and save it again."""
    workbook = load_workbook(path)
    page = workbook[REFUSED_SHEET]
    rows = [list(row) for row in page.iter_rows(values_only=True)]
    start = next(number for number, row in enumerate(rows) if KEY in row)
    titles = [str(title) for title in rows[start]]
    lines = [dict(zip(titles, row, strict=True)) for row in rows[start + 1 :]]
    changed = change(lines)
    lines = lines if changed is None else changed
    titles = list(dict.fromkeys(title for line in lines for title in line)) or titles
    page.delete_rows(start + 1, page.max_row)
    for number, row in enumerate([titles] + [[line.get(t) for t in titles] for line in lines]):
        for position, value in enumerate(row, 1):
            cell = page.cell(start + 1 + number, position)
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"
    workbook.save(path)


def enter(path: Path, **entered: str | tuple[str, str]) -> None:
    """Enter corrections by the key of the row: a value, or a value and an action."""

    def change(lines: list[Line]) -> None:
        for line in lines:
            answer = entered.get(f"k{line['Key']}", ("", ""))
            value, action = (answer, "") if isinstance(answer, str) else answer
            line[CORRECTED], line[ACTION] = value or None, action or None

    edit(path, change)


def corrections(path: Path, rows: pd.DataFrame) -> dict[int, tuple[str, str]]:
    found, issues = import_quarantine(path, rows)
    assert codes(issues) <= {"nothing_entered"}
    return answers(found)


def answers(found: pd.DataFrame) -> dict[int, tuple[str, str]]:
    texts = found["correction"].fillna("(none)")
    return dict(zip(found["record_id"], zip(texts, found["action"], strict=True), strict=True))


def codes(issues: list[Issue]) -> set[str]:
    return {issue.code for issue in issues}


def only(issues: list[Issue], code: str) -> list[Issue]:
    return [issue for issue in issues if issue.code == code]


# -- going out --------------------------------------------------------------------------------


def test_the_workbook_shows_the_rows_in_order_and_hides_the_key(book):
    rows = refused({"source_row": 30}, {"source_row": 4}, {"object": "Account", "source_row": 99})
    assert export_quarantine(rows, book) == 3
    shown = read_workbook(book, REFUSED_SHEET, required=(KEY,))
    assert [(line["Object"], line["Row"], line["Key"]) for line in shown] == [
        ("Account", "99", "003"),
        ("Contact", "4", "002"),
        ("Contact", "30", "001"),
    ]
    page = load_workbook(book)[REFUSED_SHEET]
    hidden = {cell.value for cell in page[2] if page.column_dimensions[cell.column_letter].hidden}
    assert hidden == {KEY}
    assert [page[2][n].value for n in (6, 7, 9, 10)] == [
        "Found value", "Why", CORRECTED, ACTION,
    ]  # fmt: skip
    assert len(read_workbook(book, "How to")) == 5
    if os.name == "posix":
        assert stat.S_IMODE(book.stat().st_mode) == 0o600


def test_an_empty_quarantine_is_a_workbook_that_says_so(book):
    empty = refused({}).iloc[:0]
    assert export_quarantine(empty, book) == 0
    page = load_workbook(book)[REFUSED_SHEET]
    assert "Nothing is refused" in str(page["A1"].value)
    assert CORRECTED in [cell.value for cell in page[2]]
    found, issues = import_quarantine(book, empty)
    assert found.empty and issues == []
    assert tuple(found.columns) == CORRECTION_COLUMNS


def test_a_value_longer_than_a_cell_is_shown_cut_and_can_be_corrected(book):
    rows = refused({"value": "ž" * 40_000, "code": "too_long"}, {"value": None})
    export_quarantine(rows, book)
    (line, _) = read_workbook(book, REFUSED_SHEET, required=(KEY,))
    assert "the whole text has 40,000 characters" in line["Found value"]
    enter(book, k001="short")
    assert corrections(book, rows) == {1: ("short", "correct")}


# -- coming back ------------------------------------------------------------------------------


def test_what_is_entered_comes_back_with_the_row_it_belongs_to(book):
    rows = refused({}, {}, {"column": None, "code": "no_key"}, {}, {"part": "2"})
    export_quarantine(rows, book)
    enter(book, k001="jan@firma.sk", k002=("eva@firma.sk", "Correct "), k003=("", "leave out"),
          k005=("", "make empty"))  # fmt: skip
    found, issues = import_quarantine(book, rows)
    assert tuple(found.columns) == CORRECTION_COLUMNS
    assert str(found["record_id"].dtype) == "int64"
    assert answers(found) == {
        1: ("jan@firma.sk", "correct"),
        2: ("eva@firma.sk", "correct"),
        3: ("(none)", "exclude"),
        5: ("", "correct"),
    }
    named = found.set_index("record_id").loc[5]
    assert named[["block", "part", "code", "column", "base_hash"]].tolist() == [
        "people", "2", "email_invalid", "e-mail", "h5",
    ]  # fmt: skip
    assert [(issue.code, issue.severity) for issue in issues] == [("nothing_entered", "info")]
    assert issues[0].message.startswith("1 refused rows")


@pytest.mark.parametrize("text", ["+421 905 123 456", "-5", "=A1", "@x", "007", "_x0041_", "a\nb"])
def test_a_correction_comes_back_character_by_character(book, text):
    rows = refused({"value": text + "!"})
    export_quarantine(rows, book)
    edit(book, lambda lines: lines[0].update({CORRECTED: text}))
    # Excel writes the escape itself where somebody types what looks like one.
    expected = "A" if text == "_x0041_" else text
    assert corrections(book, rows) == {1: (expected, "correct")}


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        (905123456, "905123456"),
        (12.5, "12.5"),
        (datetime.datetime(2024, 3, 5), "2024-03-05"),
    ],
)
def test_numbers_and_dates_that_excel_typed_come_back_as_text(book, typed, text):
    rows = refused({})
    export_quarantine(rows, book)
    edit(book, lambda lines: lines[0].update({CORRECTED: typed}))
    assert corrections(book, rows) == {1: (text, "correct")}


def test_sorting_inserting_deleting_and_moving_columns_do_no_harm(book):
    rows = refused(*[{"value": f"v{number}"} for number in range(9)])
    export_quarantine(rows, book)
    enter(book, k002="two", k005="five", k009=("", "leave out"))

    def rearrange(lines: list[Line]) -> list[Line]:
        kept = [line for line in lines if line["Key"] not in ("001", "003")]
        kept.sort(key=lambda line: line["Found value"], reverse=True)
        kept.insert(2, dict.fromkeys(lines[0]))
        titles = [*reversed(lines[0])]
        titles.remove("Why")
        return [{"Who": "Eva", "": None} | {t: line[t] for t in titles}
                if any(line.values()) else line for line in kept]  # fmt: skip

    edit(book, rearrange)
    workbook = load_workbook(book)
    page = workbook[REFUSED_SHEET]
    page.insert_rows(1, 2)
    page.auto_filter.ref = None
    page.row_dimensions[6].hidden = True
    workbook.save(book)
    assert corrections(book, rows) == {
        2: ("two", "correct"),
        5: ("five", "correct"),
        9: ("(none)", "exclude"),
    }


def test_a_copied_line_counts_once(book):
    rows = refused({}, {})
    export_quarantine(rows, book)
    enter(book, k001="jan@firma.sk")
    edit(book, lambda lines: [*lines, dict(lines[0])])
    assert corrections(book, rows) == {1: ("jan@firma.sk", "correct")}


# -- what cannot be taken ---------------------------------------------------------------------


def test_a_row_that_changed_or_is_not_refused_any_more_makes_the_correction_stale(book):
    rows = refused({}, {}, {}, {})
    export_quarantine(rows, book)
    enter(book, k001="a@b.sk", k002="b@b.sk", k003="c@b.sk")
    now = rows.drop(index=1)
    now.loc[0, "base_hash"] = "another"
    now.loc[0, "value"] = "worse"
    found, issues = import_quarantine(book, now)
    assert answers(found) == {3: ("c@b.sk", "correct")}
    stale = only(issues, "stale_correction")
    assert [(i.record, i.severity) for i in stale] == [("001", "warning"), ("002", "warning")]
    assert "changed" in stale[0].message and "not refused any more" in stale[1].message
    assert stale[0].place == "quarantine.xlsx!Refused rows"


def test_a_row_that_moved_in_the_source_is_still_the_same_row(book):
    rows = refused({})
    export_quarantine(rows, book)
    enter(book, k001="a@b.sk")
    rows["source_row"] = 77
    assert corrections(book, rows) == {1: ("a@b.sk", "correct")}


@pytest.mark.parametrize("damage", ["7", "x" * 30, None])
def test_a_damaged_key_is_noticed(book, damage):
    rows = refused({}, {})
    export_quarantine(rows, book)
    enter(book, k001="a@b.sk")

    def change(lines: list[Line]) -> None:
        key = lines[0][KEY]
        lines[0][KEY] = key.replace("[1,", "[2,") if damage is None else damage

    edit(book, change)
    found, issues = import_quarantine(book, rows)
    assert found.empty
    assert [(i.severity, i.record) for i in only(issues, "damaged_key")] == [("error", "001")]


def test_a_column_sorted_by_itself_does_not_put_values_into_other_rows(book):
    rows = refused({}, {}, {})
    export_quarantine(rows, book)
    enter(book, k001="a@b.sk", k002="b@b.sk", k003="c@b.sk")

    def sort_one_column(lines: list[Line]) -> None:
        for line, key in zip(lines, [line[KEY] for line in reversed(lines)], strict=True):
            line[KEY] = key

    edit(book, sort_one_column)
    found, issues = import_quarantine(book, rows)
    assert answers(found) == {2: ("b@b.sk", "correct")}
    assert len(only(issues, "damaged_key")) == 2


def test_an_unknown_action_is_named_with_the_nearest(book):
    rows = refused({})
    export_quarantine(rows, book)
    enter(book, k001=("a@b.sk", "corect"))
    found, issues = import_quarantine(book, rows)
    assert found.empty
    (issue,) = only(issues, "unknown_action")
    assert issue.severity == "error" and issue.hint == "did you mean 'correct'?"


@pytest.mark.parametrize("action", ["leave out", "make empty"])
def test_a_value_and_an_action_without_one_contradict_each_other(book, action):
    rows = refused({})
    export_quarantine(rows, book)
    enter(book, k001=("a@b.sk", action))
    found, issues = import_quarantine(book, rows)
    assert found.empty and len(only(issues, "conflicting_corrections")) == 1


def test_two_answers_for_one_row_are_both_left_alone(book):
    rows = refused({}, {})
    export_quarantine(rows, book)
    enter(book, k001="a@b.sk", k002="b@b.sk")
    edit(book, lambda lines: [*lines, lines[0] | {CORRECTED: "other@b.sk"}])
    found, issues = import_quarantine(book, rows)
    assert answers(found) == {2: ("b@b.sk", "correct")}
    assert [i.record for i in only(issues, "conflicting_corrections")] == ["001", "001"]


def test_two_rules_about_one_cell_agree_or_nothing_is_taken(book):
    rows = refused({}, {"record_id": 1, "code": "too_long"}, {}, {"record_id": 3, "code": "too_long"},
                   {"record_id": 3, "code": "x", "column": "phone"})  # fmt: skip
    export_quarantine(rows, book)
    enter(book, k001="same@b.sk", k002="same@b.sk", k003="one@b.sk", k004="two@b.sk", k005="123")
    found, issues = import_quarantine(book, rows)
    assert found[["record_id", "code", "correction"]].to_numpy().tolist() == [
        [1, "email_invalid", "same@b.sk"],
        [1, "too_long", "same@b.sk"],
        [3, "x", "123"],
    ]
    assert [i.record for i in only(issues, "conflicting_corrections")] == ["003", "004"]


def test_a_record_is_not_left_out_and_corrected_at_once(book):
    rows = refused({}, {"record_id": 1, "column": "phone"}, {"record_id": 1, "part": "2"})
    export_quarantine(rows, book)
    enter(book, k001=("", "leave out"), k002="123", k003="c@b.sk")
    found, issues = import_quarantine(book, rows)
    assert found[["part", "correction"]].to_numpy().tolist() == [["2", "c@b.sk"]]
    assert len(only(issues, "conflicting_corrections")) == 2


def test_a_problem_of_the_whole_row_takes_no_value(book):
    rows = refused({"column": "", "code": "duplicate_key"})
    export_quarantine(rows, book)
    enter(book, k001="a@b.sk")
    found, issues = import_quarantine(book, rows)
    assert found.empty
    assert "leave out" in only(issues, "not_correctable")[0].hint


def test_the_value_that_was_refused_is_no_correction(book):
    rows = refused({})
    export_quarantine(rows, book)
    enter(book, k001="bad1")
    found, issues = import_quarantine(book, rows)
    assert found.empty
    assert [i.severity for i in only(issues, "unchanged_correction")] == ["info"]


def test_correct_without_a_value_asks_for_it(book):
    rows = refused({})
    export_quarantine(rows, book)
    enter(book, k001=("", "correct"))
    found, issues = import_quarantine(book, rows)
    assert found.empty and len(only(issues, "missing_correction")) == 1


def test_a_correction_typed_over_the_found_value_is_not_lost_without_a_word(book):
    rows = refused({}, {"value": "a\r\n b "})
    export_quarantine(rows, book)
    edit(book, lambda lines: lines[0].update({"Found value": "jan@firma.sk"}))
    found, issues = import_quarantine(book, rows)
    assert found.empty
    assert [i.record for i in only(issues, "found_value_edited")] == ["001"]


def test_a_line_inserted_by_hand_is_named_by_where_it_stands(book):
    rows = refused({}, {})
    export_quarantine(rows, book)
    enter(book, k001="a@b.sk")
    edit(book, lambda lines: [lines[0], {"Object": "Contact", CORRECTED: "new@b.sk"}, lines[1]])
    found, issues = import_quarantine(book, rows)
    assert answers(found) == {1: ("a@b.sk", "correct")}
    (issue,) = only(issues, "inserted_row")
    assert issue.severity == "warning"
    assert "line 2 under the header" in issue.message
    assert "below crm.people row 10" in issue.message


@pytest.mark.parametrize("lock", ["~$quarantine.xlsx", ".~lock.quarantine.xlsx#"])
def test_a_workbook_that_somebody_has_open_is_refused_with_what_to_do(book, lock):
    rows = refused({})
    export_quarantine(rows, book)
    book.with_name(lock).write_text("x", encoding="utf-8")
    with pytest.raises(UsageError, match="open in another program") as caught:
        import_quarantine(book, rows)
    assert "close it in Excel" in caught.value.hint
    with pytest.raises(UsageError, match="open in another program"):
        export_quarantine(rows, book)


def test_another_workbook_is_refused_with_what_is_missing(book, tmp_path):
    export_quarantine(refused({}), book)
    edit(book, lambda lines: [{t: v for t, v in line.items() if t != KEY} for line in lines])
    with pytest.raises(UsageError, match="has no column"):
        import_quarantine(book, refused({}))
    with pytest.raises(UsageError, match="is not there"):
        import_quarantine(tmp_path / "none.xlsx", refused({}))
