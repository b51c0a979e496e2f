"""Which rows fail, through the real library."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from migrate.errors import MappingError
from migrate.specs.project import QualityRule
from migrate.transform.canonical import canonical
from migrate.validation.expectations import (
    FAILURE_COLUMNS,
    aggregate,
    figure_issues,
    validate,
)
from migrate.validation.own_rules import own_rules
from migrate.validation.rules import Rule, schema_rules
from migrate.values import TargetField, TargetObject


def frame(**columns: list[str | None]) -> pd.DataFrame:
    length = len(next(iter(columns.values())))
    keys = {"external_id": [f"k{number}" for number in range(length)]}
    return pd.DataFrame({name: pd.Series(v, dtype="str") for name, v in (keys | columns).items()})


def failures(data: pd.DataFrame, *rules: Rule) -> pd.DataFrame:
    (found,) = validate([data], rules)
    return found


def refused(field: TargetField, values: list[str | None], code: str) -> list[str]:
    found = failures(
        frame(**{field.name: values}), *schema_rules(TargetObject("X", (field,)), [field.name])
    )
    assert set(found["code"]) <= {code}
    return found["value"].fillna("(missing)").tolist()


def own(
    target: TargetObject, expect: str, field: str, severity: str = "error", **arguments: object
):
    line = QualityRule(target.name, field, expect, arguments, severity)  # type: ignore[arg-type]
    return own_rules(target, [f.name for f in target.fields], [line])[0]


@pytest.mark.parametrize(
    ("field", "values", "code", "expected"),
    [
        (TargetField("f", is_required=True), ["a", None, "", " "], "required_missing",
         ["(missing)", ""]),
        (TargetField("f", length=3), ["abc", "abcd", "čšž", None], "too_long", ["abcd"]),
        (TargetField("f", "picklist", picklist=("Won", "Lost")), ["Won", "won", None, "Open"],
         "not_in_picklist", ["won", "Open"]),
        (TargetField("f", "integer"), ["1", "-2", "1.0", "+1", "x", "1\n", None], "not_integer",
         ["1.0", "+1", "x", "1\n"]),
        (TargetField("f", "decimal"), ["1", "-2.50", "1,5", "1e3", None], "not_decimal",
         ["1,5", "1e3"]),
        (TargetField("f", "boolean"), ["true", "false", "True", "1"], "not_boolean", ["True", "1"]),
        (TargetField("f", "date"), ["2024-02-29", "2023-02-29", "2000-02-29", "1900-02-29",
         "2024-04-31", "2024-13-01", "1.2.2024", "9999-12-31"], "not_date",
         ["2023-02-29", "1900-02-29", "2024-04-31", "2024-13-01", "1.2.2024"]),
        (TargetField("f", "datetime"), ["2024-02-29T10:00:00", "2024-02-29T10:00:00.5Z",
         "2024-02-29T24:00:00", "2024-02-29"], "not_datetime",
         ["2024-02-29T24:00:00", "2024-02-29"]),
        (TargetField("f", "currency"), ["EUR", "eur", "€"], "not_currency", ["eur", "€"]),
        (TargetField("f", "email"), ["a@b.sk", "ján.novák@firma.sk", "a.b+c@d-e.co.uk", "a@b", "a",
         "a@@b.sk", "a b@c.sk", "a@b..sk", "a@.sk", "x <a@b.sk>", "a@b.sk; c@d.sk", "=a@b.sk", None, "a@b.sk\n",
         "a\u00a0b@c.sk"],
         "email_invalid",
         ["a@b", "a", "a@@b.sk", "a b@c.sk", "a@b..sk", "a@.sk", "x <a@b.sk>", "a@b.sk; c@d.sk", "a@b.sk\n", "a\u00a0b@c.sk"]),
    ],
    ids=lambda value: value.type + (" required" if value.is_required else "")
    if isinstance(value, TargetField) else None,
)  # fmt: skip
def test_the_schemas_rules_refuse_these_values_alone(field, values, code, expected):
    assert refused(field, values, code) == expected


@pytest.mark.parametrize("kind", ["integer", "decimal", "boolean", "date", "datetime", "currency"])
def test_what_the_transform_calls_canonical_the_rules_accept(kind):
    texts = ["12", "-12", "12.5", "true", "false", "2024-03-31", "2024-03-31T10:20:30", "EUR"]
    values, bad = canonical(pd.Series(texts, dtype="str"), TargetField("f", kind))
    assert refused(TargetField("f", kind), values.tolist(), f"not_{kind}") == values[bad].tolist()


def test_a_flag_column_refuses_the_rows_where_it_says_false():
    target = TargetObject("X", (TargetField("code", is_unique=True),
                                TargetField("owner", "reference", references=("User",))))  # fmt: skip
    data = frame(code=["a", "a", "b"], owner=["u1", None, "u9"])
    data["@unique:code"] = pd.Series(["false", "false", "true"], dtype="str")
    data["@reference:owner"] = pd.Series([True, True, False])
    found = failures(data, *schema_rules(target, ["code", "owner"]))
    assert found[["external_id", "field", "code", "value"]].to_numpy().tolist() == [
        ["k0", "code", "not_unique", "a"],
        ["k1", "code", "not_unique", "a"],
        ["k2", "owner", "unresolved_reference", "u9"],
    ]


def test_a_missing_flag_column_stops_the_run_instead_of_passing_everything():
    target = TargetObject("X", (TargetField("code", is_unique=True),))
    with pytest.raises(MappingError, match="@unique:code"):
        failures(frame(code=["a"]), *schema_rules(target, ["code"]))


def test_failures_are_text_in_the_order_of_rows_then_rules():
    rules = schema_rules(TargetObject("X", (TargetField("n", "integer", is_required=True),
                                            TargetField("t", length=1))), ["n", "t"])  # fmt: skip
    found = failures(frame(n=["x", None, "1"], t=["ab", "a", "abc"]), *rules)
    assert tuple(found.columns) == FAILURE_COLUMNS
    assert {str(kind) for kind in found.dtypes} == {"str"}
    assert found[["external_id", "code"]].to_numpy().tolist() == [
        ["k0", "not_integer"],
        ["k0", "too_long"],
        ["k1", "required_missing"],
        ["k2", "too_long"],
    ]
    assert found["message"].str.len().min() > 0 and found["hint"].str.len().min() > 0


def test_each_frame_has_its_answer_whatever_its_index_and_size():
    rule = Rule("bad", "t", "ExpectColumnValuesToNotBeInSet", {"column": "t", "value_set": ["x"]})
    strange = frame(t=["x", "a", "x"]).set_index(pd.Index([7, 7, 7]))
    large = frame(t=["a"] * 50_000 + ["x"])
    answers = list(validate([strange, frame(t=["a"]), frame(t=["x"]).iloc[:0], large], [rule]))
    assert [answer["external_id"].tolist() for answer in answers] == [
        ["k0", "k2"], [], [], ["k50000"],
    ]  # fmt: skip
    assert all(tuple(answer.columns) == FAILURE_COLUMNS for answer in answers)


def test_every_failing_row_is_named_not_the_first_two_hundred():
    rule = Rule("bad", "t", "ExpectColumnValuesToNotBeNull", {"column": "t"})
    found = failures(frame(t=[None] * 3000), rule)
    assert found["external_id"].tolist() == [f"k{number}" for number in range(3000)]


def test_the_frames_are_left_as_they_were():
    data = frame(amount=["1", "", "x"])
    before = data.copy(deep=True)
    amount = TargetObject("X", (TargetField("amount", "decimal"),))
    failures(data, own(amount, "expect_column_values_to_be_between", "amount", min_value=5))
    pd.testing.assert_frame_equal(data, before)


DEAL = TargetObject(
    "Deal",
    (
        TargetField("name"),
        TargetField("amount", "decimal"),
        TargetField("paid", "decimal"),
        TargetField("opened", "date"),
        TargetField("closed", "datetime"),
        TargetField("note"),
    ),
)


@pytest.mark.parametrize(
    ("expect", "field", "arguments", "refused_keys"),
    [
        ("expect_column_values_to_be_between", "amount", {"min_value": 9}, ["k1"]),
        ("expect_column_values_to_be_between", "amount", {"max_value": 10, "strict_max": True},
         ["k0", "k3"]),
        ("expect_column_values_to_be_between", "opened", {"min_value": "2024-01-01"}, ["k1"]),
        ("expect_column_values_to_be_between", "closed", {"max_value": "2024-05-01"}, ["k0"]),
        ("expect_column_pair_values_a_to_be_greater_than_b", "closed", {"column_B": "opened"},
         ["k3"]),
        ("expect_column_pair_values_a_to_be_greater_than_b", "amount",
         {"column_B": "paid", "or_equal": True}, ["k1"]),
        ("expect_column_pair_values_to_be_equal", "name", {"column_B": "note"}, ["k0", "k3"]),
        ("expect_select_column_values_to_be_unique_within_record", "name",
         {"column_list": ["name", "note"]}, ["k1"]),
        ("expect_multicolumn_sum_to_equal", "amount",
         {"column_list": ["amount", "paid"], "sum_total": 20}, ["k1", "k3"]),
        ("expect_column_values_to_match_regex", "name", {"regex": r"^\w+$"}, ["k1"]),
        ("expect_column_values_to_match_regex", "name", {"regex": r"^(?!Nov)"}, ["k0"]),
        ("expect_column_values_to_not_match_regex", "name", {"regex": "ov"}, ["k0"]),
        ("expect_column_values_to_match_regex_list", "name", {"regex_list": ["^N", "^A"]}, ["k3"]),
        ("expect_column_values_to_not_match_regex_list", "name", {"regex_list": ["^N", "^A"]},
         ["k0", "k1"]),
        ("expect_column_values_to_be_in_set", "paid", {"value_set": [10, 2]}, ["k1"]),
        ("expect_column_values_to_not_be_in_set", "name", {"value_set": ["X"]}, ["k3"]),
        ("expect_column_values_to_be_null", "note", {}, ["k0", "k1", "k3"]),
        ("expect_column_values_to_not_be_null", "note", {}, ["k2"]),
        ("expect_column_value_lengths_to_be_between", "name", {"min_value": 2}, ["k3"]),
        ("expect_column_value_lengths_to_equal", "name", {"value": 1}, ["k0", "k1"]),
        ("expect_column_values_to_match_strftime_format", "opened",
         {"strftime_format": "%Y-%m-%d"}, []),
        ("expect_column_values_to_be_dateutil_parseable", "name", {}, ["k0", "k1", "k3"]),
        ("expect_column_values_to_be_json_parseable", "note", {}, ["k0", "k1", "k3"]),
    ],
)  # fmt: skip
def test_the_customers_own_rule_names_the_rows_that_break_it(
    expect, field, arguments, refused_keys
):
    data = frame(
        name=["Novák", "Anna Mala", None, "X"],
        note=["a", "Anna Mala", None, "b"],
        amount=["10", "2.5", None, "100"],
        paid=["10", "9", None, "2"],
        opened=["2024-03-01", "0999-12-31", None, "2024-03-01"],
        closed=["2024-05-01T00:00:01", "2024-04-01T10:00:00Z", None, "2024-03-01T00:00:00"],
    )
    found = failures(data, own(DEAL, expect, field, **arguments))
    assert found["external_id"].tolist() == refused_keys


def test_a_warning_is_reported_as_one():
    rule = own(DEAL, "expect_column_values_to_not_be_null", "name", "warning")
    assert failures(frame(name=[None]), rule)["severity"].tolist() == ["warning"]


@pytest.mark.parametrize(
    ("expect", "field", "arguments", "is_met", "observed"),
    [
        ("expect_column_mean_to_be_between", "amount", {"min_value": 5, "max_value": 6}, True, "5.5"),
        ("expect_column_mean_to_be_between", "amount", {"min_value": 6}, False, "5.5"),
        ("expect_column_sum_to_be_between", "amount", {"max_value": 10}, False, "11"),
        ("expect_column_min_to_be_between", "amount", {"min_value": 1}, True, "1"),
        ("expect_column_max_to_be_between", "amount", {"max_value": 9}, False, "10"),
        ("expect_column_max_to_be_between", "opened", {"max_value": "2024-03-31"}, False,
         "2024-04-01"),
        ("expect_column_min_to_be_between", "closed", {"min_value": "2024-01-01"}, True,
         "2024-03-01T10:20:30"),
        ("expect_column_median_to_be_between", "amount", {"max_value": 5}, False, "5.5"),
        ("expect_column_stdev_to_be_between", "amount", {"max_value": 1}, False, "6.36396103067893"),
        ("expect_column_proportion_of_non_null_values_to_be_between", "name", {"min_value": 0.9},
         False, "0.666666666666667"),
        ("expect_column_proportion_of_unique_values_to_be_between", "name", {"max_value": 0.9},
         False, "1"),
        ("expect_column_unique_value_count_to_be_between", "name", {"min_value": 2}, True, "2"),
        ("expect_column_distinct_values_to_be_in_set", "name", {"value_set": ["A"]}, False,
         "1 other values"),
        ("expect_column_distinct_values_to_contain_set", "name", {"value_set": ["A", "B"]}, True,
         "0 missing values"),
        ("expect_column_distinct_values_to_equal_set", "name", {"value_set": ["A", "C"]}, False,
         "1 other values, 1 missing values"),
        ("expect_column_most_common_value_to_be_in_set", "name",
         {"value_set": ["B"], "ties_okay": True}, True, "A, B"),
        ("expect_column_values_to_match_regex", "name", {"regex": "A", "mostly": 0.5}, True,
         "50 % do not fit"),
        ("expect_column_values_to_match_regex", "name", {"regex": "A", "mostly": 0.6}, False,
         "50 % do not fit"),
        ("expect_column_value_z_scores_to_be_less_than", "amount",
         {"threshold": 0.5, "double_sided": True}, False, "100 % do not fit"),
        ("expect_compound_columns_to_be_unique", "name", {"column_list": ["name", "note"]}, True,
         "0 % do not fit"),
        ("expect_table_row_count_to_be_between", "name", {"min_value": 4}, False, "3"),
        ("expect_table_row_count_to_equal", "name", {"value": 3}, True, "3"),
    ],
)  # fmt: skip
def test_an_aggregate_is_one_figure_over_all_frames(expect, field, arguments, is_met, observed):
    frames = [
        frame(name=["A", None], note=["1", "2"], amount=["10", None],
              opened=["2024-04-01", None], closed=[None, None]),
        frame(name=["B"], note=["3"], amount=["1"], opened=["2024-01-01"],
              closed=["2024-03-01T10:20:30"]),
    ]  # fmt: skip
    rule = own(DEAL, expect, field, **arguments)
    (figure,) = aggregate(frames, [rule])
    assert (figure.is_met, figure.observed) == (is_met, observed)
    assert next(validate(frames, [rule])).empty, "an aggregate refuses no row"


def test_without_a_row_an_aggregate_says_that_there_was_nothing_to_judge():
    rule = own(DEAL, "expect_column_mean_to_be_between", "amount", min_value=1)
    figures = aggregate([], [rule])
    assert [(f.is_met, f.observed) for f in figures] == [(False, "")]
    assert "no value" in figure_issues(figures, "Deal")[0].message


def test_an_unmet_aggregate_is_an_issue_of_the_whole_object():
    mean = own(DEAL, "expect_column_mean_to_be_between", "amount", min_value=5)
    names = own(
        DEAL, "expect_column_most_common_value_to_be_in_set", "name", "warning", value_set=["A"]
    )
    met = own(DEAL, "expect_column_max_to_be_between", "amount", max_value=5)
    found = figure_issues(
        aggregate([frame(amount=["2"], name=["Secret Name"])], [mean, names, met]), "Deal"
    )
    assert [(i.code, i.severity, i.entity, i.column, i.value) for i in found] == [
        ("rule_mean_be_between", "error", "Deal", "amount", "2"),
        ("rule_most_common_value_be_in_set", "warning", "Deal", "name", "Secret Name"),
    ]
    assert "found 2" in found[0].message
    assert "Secret" not in found[1].message, "values belong where they are masked"


def test_a_rule_the_library_cannot_run_stops_with_its_line_and_without_values():
    rule = Rule("x", "t", "ExpectColumnValuesToBeBetween", {"column": "t", "min_value": 3},
                where="migration.yaml:9")  # fmt: skip
    with pytest.raises(MappingError, match=r"migration\.yaml:9") as caught:
        failures(frame(t=["Secret Name"]), rule)
    assert "Secret" not in str(caught.value)


def test_nothing_is_printed_and_no_file_is_left(tmp_path: Path):
    code = (
        "import pandas as pd\n"
        "from migrate.validation.expectations import validate\n"
        "from migrate.validation.rules import Rule\n"
        "rules = [Rule('a', 't', 'ExpectColumnValueLengthsToEqual', {'column': 't', 'value': n})"
        " for n in range(20)]\n"
        "frame = pd.DataFrame({'external_id': ['k'], 't': ['x']})\n"
        "assert len(next(validate([frame], rules))) == 19\n"
        "import os\n"
        "assert os.environ['GX_ANALYTICS_ENABLED'] == 'false'\n"
    )
    home = tmp_path / "home"
    work = tmp_path / "work"
    home.mkdir()
    work.mkdir()
    environment = os.environ | {
        "HOME": str(home), "USERPROFILE": str(home), "GX_ANALYTICS_ENABLED": "true",
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }  # fmt: skip
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=work, env=environment, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert (ran.stdout, ran.stderr) == ("", "")
    assert list(work.iterdir()) == []
    assert [p for p in home.iterdir() if "great" in p.name] == []


def test_progress_tells_how_many_rows_were_judged():
    told: list[tuple[str, int, int]] = []
    rule = Rule("bad", "t", "ExpectColumnValuesToNotBeNull", {"column": "t"})
    list(
        validate([frame(t=["a", "b"]), frame(t=["c"])], [rule], progress=lambda *a: told.append(a))
    )
    assert [done for _, done, _ in told] == [2, 3]
