"""Laws of the mapping language, over whatever people may write and whatever rows may hold."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.specs.expression import FUNCTIONS, ExpressionProblem, parse
from migrate.specs.mapping import (
    Block,
    Combinations,
    Condition,
    Conversion,
    FieldMap,
    MappingSpec,
    Split,
)
from migrate.specs.rates import RateTable
from migrate.transform.combinations import fitted
from migrate.transform.conditions import incomparable, meets
from migrate.transform.currencies import converted
from migrate.transform.expressions import compute
from migrate.transform.fields import map_fields
from migrate.transform.origins import exploded, part_of, put_together
from migrate.values import MULTIPLE, TargetField, TargetObject

CELLS = st.one_of(
    st.none(),
    st.sampled_from(["", " ", "1", "-2.50", "1e9", "2019-03-01", "true", "ABC", "0", "İ", "ß"]),
    st.text(max_size=12),
)
FIXED = st.one_of(
    st.sampled_from(["1", "0", "2.5", "'x'", "''", "true", "false", "'%d.%m.%Y'", "','", "9" * 40]),
    st.sampled_from(["a", "b", "{c d}"]),
)


def _grown(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    signs = st.sampled_from(["+", "-", "*", "/", "=", "!=", "<", ">=", "and", "or"])
    pair = st.tuples(children, signs, children).map(lambda t: f"({t[0]} {t[1]} {t[2]})")
    call = st.tuples(
        st.sampled_from(sorted(FUNCTIONS)), st.lists(children, min_size=1, max_size=3)
    ).map(lambda t: f"{t[0]}({', '.join(t[1])})")
    return st.one_of(pair, call, children.map(lambda c: f"not ({c})"), children.map("-({})".format))


TEXTS = st.recursive(FIXED, _grown, max_leaves=12)


def frame(cells: list[tuple[str | None, ...]], names: tuple[str, ...]) -> pd.DataFrame:
    made = pd.DataFrame(cells, columns=list(names), dtype="str")
    return made.astype("str")


@given(st.text(max_size=60))
def test_any_text_is_an_expression_or_a_problem_with_a_place(text: str) -> None:
    try:
        parse(text)
    except ExpressionProblem as problem:
        assert 0 <= problem.at <= len(text)


@given(TEXTS, st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=4))
@settings(max_examples=300)
def test_an_expression_has_a_value_or_a_reason_in_every_row_and_never_raises(
    text: str, cells: list[tuple[str | None, ...]]
) -> None:
    try:
        expression = parse(text)
    except ExpressionProblem:
        return
    rows = frame(cells, ("a", "b", "c d"))
    values, reasons = compute(rows, expression)
    assert values.index.equals(rows.index) and reasons.index.equals(rows.index)
    assert not (values.notna() & reasons.notna()).any()
    alone = [compute(rows.iloc[[n]], expression) for n in range(len(rows))]
    assert [v.fillna("-").item() for v, _ in alone] == values.fillna("-").tolist()


PART = (
    st.text(st.characters(blacklist_characters=";\x1c\x1d\x1e\x1f\x85"), min_size=1)
    .map(str.strip)
    .filter(bool)
)


@given(st.lists(PART, min_size=1, max_size=5))
def test_what_was_joined_is_split_into_the_same_parts(parts: list[str]) -> None:
    joined = pd.Series(["; ".join(parts)], dtype="str")
    for number, part in enumerate(parts, 1):
        assert part_of(joined, Split((";",), number)).tolist() == [part]
    assert part_of(joined, Split((";",), 0)).tolist() == [parts[-1]]
    units = pd.DataFrame({"x": joined})
    rows, texts = exploded(units, joined, Split((";",), 0, is_all=True))
    assert texts.tolist() == parts
    assert put_together(texts, rows, units).tolist() == [MULTIPLE.join(dict.fromkeys(parts))]


AMOUNTS = st.decimals(-(10**9), 10**9, places=2, allow_nan=False)


@given(st.lists(AMOUNTS, min_size=1, max_size=20), st.decimals("0.0001", "9999", places=4))
def test_converted_amounts_add_up_within_rounding(amounts: list[Decimal], rate: Decimal) -> None:
    table = RateTable("r", {("CZK", "EUR"): (("2020-01-01",), (rate,))})
    rows = pd.DataFrame({"_record_id": range(len(amounts)), "_part": ""})
    texts = pd.Series([f"{amount:f}" for amount in amounts], dtype="str")
    days = pd.Series("2020-01-04", index=texts.index, dtype="str")
    conversion = Conversion("EUR", currency="CZK", date="2020-01-04")
    field_map = FieldMap("amount", columns=("a",), conversion=conversion)
    field = TargetField("amount", type="decimal", scale=2)
    problems: list[pd.DataFrame] = []
    values = converted(rows, texts, days, field_map, field, {"r": table}, problems)
    assert not problems
    total = sum((Decimal(text) for text in values), Decimal(0))
    assert abs(total - sum(amounts) * rate) <= len(amounts) * Decimal("0.005")


CONDITIONS = st.recursive(
    st.one_of(
        st.builds(Condition, st.just("a"), st.sampled_from(["empty", "filled"])),
        st.builds(
            Condition, st.just("a"), st.sampled_from(["is", "is_not"]), st.tuples(st.sampled_from("1x"))
        ),
        st.builds(
            Condition, st.just("b"), st.sampled_from(["less", "greater"]),
            st.tuples(st.sampled_from(["1", "-2.5", "2019-03-01"])),
        ),
        st.builds(Condition, st.just("b"), st.just("matches"), st.tuples(st.sampled_from([r"\d+", ".*x"]))),
    ),
    lambda inner: st.builds(
        lambda test, parts: Condition("", test, parts=tuple(parts)),
        st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=5,
)  # fmt: skip


@given(CONDITIONS, st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6))
def test_every_row_has_the_value_or_the_other_one(
    condition: Condition, cells: list[tuple[str | None, ...]]
) -> None:
    """``when`` and ``else`` part the rows: each is on one side, and none is on both."""
    rows = frame(cells, ("a", "b"))
    met = meets(rows, condition)
    assert met.dtype == bool
    units = rows.assign(_record_id=range(len(rows)), _part="")
    field_map = FieldMap("f", kind="constant", constant="yes", when=condition, otherwise="no")
    block = Block("b", "s.t", "Thing", "w", (field_map,))
    mapped = map_fields(
        units, block, TargetObject("Thing", (TargetField("f"),)), mapping=MappingSpec((block,)),
        decisions={},
    )  # fmt: skip
    assert mapped.fields["f"].tolist() == ["yes" if one else "no" for one in met]


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6))
def test_less_greater_equal_and_incomparable_part_the_filled_rows(
    cells: list[tuple[str | None, ...]],
) -> None:
    rows = frame(cells, ("a", "b"))
    less, greater = (meets(rows, Condition("a", test, ("1",))) for test in ("less", "greater"))
    unclear = incomparable(rows, Condition("a", "less", ("1",)))
    filled = meets(rows, Condition("a", "filled"))
    assert not (less & greater).any() and not (unclear & (less | greater)).any()
    equal = filled & ~less & ~greater & ~unclear
    assert all(Decimal(text.strip()) == 1 for text in rows["a"][equal])


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6))
def test_every_filled_row_has_a_line_or_is_told(cells: list[tuple[str | None, ...]]) -> None:
    rows = frame(cells, ("a", "b"))
    lines = ((("1", None), "one"), (("", "x"), "x"), (("ABC", "0"), "abc"))
    values, left = fitted(rows, Combinations(("a", "b"), lines))
    filled = meets(rows, Condition("", "any", parts=tuple(Condition(c, "filled") for c in "ab")))
    assert (values.notna() ^ left)[filled].all()
    assert values[~filled].isna().all() and not left[~filled].any()
    assert (values == "one").equals(meets(rows, Condition("a", "is", ("1",))))
