"""What an expression comes to, and how it says that it cannot."""

from __future__ import annotations

import pandas as pd
import pytest

from migrate.specs.expression import FUNCTIONS, ExpressionProblem, parse
from migrate.transform.expressions import _EAGER, _LAZY, compute

ROW = {
    "net": "100", "tax": "20.50", "name": " Anna ", "empty": None, "day": "2019-03-01",
    "later": "2019-03-31T08:00:00", "de": "1.234,50", "words": "twelve", "Net amount": "7",
    "product.price": "3", "yes": "true",
}  # fmt: skip

COMES_TO = {
    "1 + 2 * 3": "7",
    "(1 + 2) * 3": "9",
    "10 / 4 - 1": "1.5",
    "-net + 1": "-99",
    "- - 2": "2",
    "net + tax": "120.5",
    "{Net amount} * product.price": "21",
    "0.1 + 0.2": "0.3",
    "1 / 3 * 3": "0.99999999999999999999999999999999999999",
    "net + empty": None,
    "100 * 0": "0",
    "'a' = 'A '": "true",
    "net = 100.0": "true",
    "net != '100.0'": "true",
    "words = 12": "false",
    "empty = ''": "true",
    "net < 20 or day < '2020-01-01'": "true",
    "day > later": "false",
    "empty < 5": "false",
    "not yes": "false",
    "not empty and net >= 100": "true",
    "if(net > 50, 'big', 'small')": "big",
    "if(empty, 1 / 0)": None,
    "if(false, 1 / 0, 'safe')": "safe",
    "coalesce(empty, '', name)": " Anna ",
    "concat(trim(name), ', ', net, ', ', empty)": "Anna, 100, ",
    "upper(left(trim(name), 2))": "AN",
    "lower(right('ABC', 2))": "bc",
    "right(name, 0)": None,
    "length(trim(name))": "4",
    "replace('a-b-c', '-', '')": "abc",
    "replace('abc', '', 'x')": "abc",
    "contains(name, 'NN')": "true",
    "starts_with(name, 'an')": "true",
    "number(de, ',')": "1234.5",
    "number('1 234,5', ',') + 1": "1235.5",
    "round(2.5)": "3",
    "round(0 - 2.5)": "-3",
    "round(1.005, 2)": "1.01",
    "date('1.3.2019', '%d.%m.%Y')": "2019-03-01",
    "year(later)": "2019",
    "days_between(day, later)": "30",
    "'it\\'s'": "it's",
    "\"a\" = 'a'": "true",
    "true and 1 = 1": "true",
}

CANNOT = {
    "words + 1": "a text stands where a number is needed",
    "de * 2": "a text stands where a number is needed",
    "net / 0": "it divides by nothing",
    "net / (1 - 1)": "it divides by nothing",
    "words < 3": "a text stands where a number is needed",
    "words < name": "a text stands where a number is needed",
    "date(words)": "a text stands where a date is needed",
    "date('2019-02-30')": "a text stands where a date is needed",
    "date(day, '%d.%m.%Y')": "the text is no date of this form",
    "date(day, name)": "dates cannot be read by this format",
    "number(words, ',')": "the text is no number of this form",
    "number(de, name)": "the decimal sign is '.' or ','",
    "day + 1": "a text stands where a number is needed",
    "date(day) + 1": "a number is needed, and this is a date or a truth value",
    "year(net * 2)": "a date is needed, and this is a number or a truth value",
    "if(words, 1, 2)": "true or false is needed, and this is neither",
    "left(name, 0 - 1)": "a whole number is needed",
    "round(net, 21)": "at most 20 decimals can be rounded to",
}


def one(text: str) -> tuple[object, object]:
    frame = pd.DataFrame([ROW], dtype="str")
    values, reasons = compute(frame, parse(text))
    found = [None if pd.isna(v) else v for v in (values[0], reasons[0])]
    return found[0], found[1]


@pytest.mark.parametrize("text", COMES_TO)
def test_an_expression_comes_to_a_text(text: str) -> None:
    assert one(text) == (COMES_TO[text], None)


@pytest.mark.parametrize("text", CANNOT)
def test_what_cannot_be_computed_is_a_reason_without_the_value(text: str) -> None:
    assert one(text) == (None, CANNOT[text])


@pytest.mark.parametrize(
    ("text", "message", "at", "hint"),
    [
        ("", "something is missing at the end", 0, "write a column"),
        ("a +", "something is missing at the end", 3, "write a column"),
        ("a b", "'b' is one too many here", 2, "concat(a, b)"),
        ("(a", "the bracket is not closed", 2, "write )"),
        ("left(a, 2", "the bracket of left is not closed", 9, "write )"),
        ("left(a)", "left takes 2 values, found 1", 0, ""),
        ("concat()", "concat takes 1 or more values, found 0", 0, ""),
        ("if(a)", "if takes 2 or 3 values, found 1", 0, ""),
        ("1 + lenght(a)", "there is no function 'lenght'", 4, "did you mean 'length'?"),
        ("__import__('os')", "there is no function '__import__'", 0, "known:"),
        ("a.b('x')", "there is no function 'a.b'", 0, "known:"),
        ("a < b < c", "a comparison has two sides", 6, "a < b and b < c"),
        ("'a", "the text has no closing quotation mark", 0, ""),
        ("a ; b", "';' means nothing here", 2, "{Net amount}"),
        ("a[0]", "'[' means nothing here", 1, "{Net amount}"),
        ("a ** 2", "'*' cannot stand here", 3, "write a column"),
        ("1 + not a", "'not' cannot stand here", 4, "write a column"),
        ("number(a, ';')", "the decimal sign is '.' or ','", 10, ""),
        (
            "date(a, 'DD.MM.YYYY')",
            "as a format of dates, there is no %d, %m or %Y in it",
            8,
            "%d.%m.%Y",
        ),
        ("date(a, '%d.%d.%Y')", "as a format of dates, %d is given twice", 8, "%d.%m.%Y"),
        ("(" * 200 + "1" + ")" * 200, "it has too many pieces inside each other", 61, ""),
        ("1" + " + 1" * 100, "it has too many pieces inside each other", 0, "split it"),
        ("not " * 200 + "a", "it has too many pieces inside each other", 244, ""),
    ],
)
def test_what_is_no_expression_is_told_with_its_place(
    text: str, message: str, at: int, hint: str
) -> None:
    with pytest.raises(ExpressionProblem) as raised:
        parse(text)
    problem = raised.value
    assert (problem.message, problem.at) == (message, at)
    assert hint in problem.hint


def test_every_function_can_be_computed() -> None:
    assert set(FUNCTIONS) == {name for name in {**_LAZY, **_EAGER} if name.isidentifier()} - {
        "and", "or", "not", "negative",
    }  # fmt: skip


def test_equal_rows_are_computed_once_and_order_and_index_stay() -> None:
    frame = pd.DataFrame({"a": ["1", "x", "1", None], "b": ["2", "2", "2", "2"]}, dtype="str")
    frame.index = pd.Index([7, 3, 9, 1])
    values, reasons = compute(frame, parse("a + b"))
    assert values.index.tolist() == [7, 3, 9, 1]
    assert values.fillna("-").tolist() == ["3", "-", "3", "-"]
    assert reasons.notna().tolist() == [False, True, False, False]


def test_an_expression_of_no_column_and_a_frame_of_no_row() -> None:
    assert compute(pd.DataFrame(index=[5, 6]), parse("1 + 1"))[0].tolist() == ["2", "2"]
    empty = pd.DataFrame({"a": pd.Series(dtype="str")})
    assert compute(empty, parse("a + 1"))[0].empty
