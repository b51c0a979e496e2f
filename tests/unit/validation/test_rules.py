"""What the schema asks, and what the customer's own lines ask."""

from __future__ import annotations

import subprocess
import sys

import pytest

from migrate.errors import MappingError
from migrate.specs.project import QualityRule
from migrate.validation.own_rules import own_rule_problems, own_rules
from migrate.validation.rules import flag_columns, schema_rules
from migrate.values import TargetField, TargetObject

DEAL = TargetObject(
    "Deal",
    (
        TargetField("name", length=80, is_required=True),
        TargetField("code", length=10, is_unique=True),
        TargetField("amount", type="decimal", length=12),
        TargetField("opened", type="date"),
        TargetField("closed", type="datetime"),
        TargetField("stage", type="picklist", picklist=("New", "Won"), length=40),
        TargetField("owner", type="reference", references=("User",), length=18),
        TargetField("email", type="email"),
    ),
)
FIELDS = [field.name for field in DEAL.fields]


def line(expect: str, field: str = "name", severity: str = "error", **arguments: object):
    return QualityRule("Deal", field, expect, arguments, severity, where="migration.yaml:7")  # type: ignore[arg-type]


def test_the_schema_makes_a_rule_for_each_thing_it_says():
    found = {(rule.field, rule.code) for rule in schema_rules(DEAL, FIELDS)}
    assert found == {
        ("name", "required_missing"),
        ("name", "too_long"),
        ("code", "too_long"),
        ("code", "not_unique"),
        ("amount", "not_decimal"),
        ("opened", "not_date"),
        ("closed", "not_datetime"),
        ("stage", "not_in_picklist"),
        ("owner", "unresolved_reference"),
        ("email", "email_invalid"),
    }


def test_fields_that_are_not_mapped_have_no_rule():
    assert [rule.code for rule in schema_rules(DEAL, ["code"])] == ["too_long", "not_unique"]
    assert schema_rules(DEAL, []) == ()


def test_what_needs_the_whole_set_is_asked_for_as_a_flag_column():
    assert flag_columns(schema_rules(DEAL, FIELDS)) == ("@unique:code", "@reference:owner")
    own = own_rules(DEAL, FIELDS, [line("expect_column_values_to_be_unique")])
    assert flag_columns(own) == ("@unique:name",)


def test_a_rule_is_written_in_either_spelling():
    lines = [
        line("expect_column_values_to_match_regex", regex="^A"),
        line("ExpectColumnValuesToMatchRegex", regex="a$", severity="warning"),
    ]
    first, second = own_rules(DEAL, FIELDS, lines)
    assert first.expectation == second.expectation == "ExpectColumnValuesToMatchRegex"
    assert (first.severity, second.severity) == ("error", "warning")
    assert first.code != second.code, "the code is part of what names a refused row"
    assert first.where == "migration.yaml:7"


def test_lines_about_other_objects_are_left_alone():
    other = QualityRule("Account", "nonsense", "nonsense")
    assert own_rules(DEAL, FIELDS, [other]) == ()


def test_a_tolerated_share_and_a_mean_are_judged_over_all_rows():
    tolerant, exact, mean = own_rules(
        DEAL,
        FIELDS,
        [
            line("expect_column_values_to_match_regex", regex="^A", mostly=0.9),
            line("expect_column_values_to_match_regex", regex="^A", mostly=1),
            line("expect_column_mean_to_be_between", "amount", min_value=1),
        ],
    )
    assert (tolerant.is_aggregate, exact.is_aggregate, mean.is_aggregate) == (True, False, True)


def test_the_customers_words_are_the_message_and_the_hint():
    rule = own_rules(
        DEAL, FIELDS, [line("expect_column_values_to_not_be_null", message="Who?", hint="Ask.")]
    )[0]
    assert (rule.message, rule.hint) == ("Who?", "Ask.")
    assert "message" not in rule.arguments


def test_numbers_and_moments_are_compared_as_such_and_text_as_text():
    number, moment, pair, text = own_rules(
        DEAL,
        FIELDS,
        [
            line("expect_column_values_to_be_between", "amount", min_value=0),
            line("expect_column_values_to_be_between", "opened", min_value="2001-01-01"),
            line("expect_column_pair_values_a_to_be_greater_than_b", "closed", column_B="opened"),
            line("expect_column_values_to_be_in_set", "code", value_set=[1, True, "x"]),
        ],
    )
    assert (number.numbers, number.times) == (("amount",), ())
    assert (moment.numbers, moment.times) == ((), ("opened",))
    assert pair.times == ("closed", "opened")
    assert (text.numbers, text.times) == ((), ())
    assert text.arguments["value_set"] == ["1", "true", "x"]


@pytest.mark.parametrize(
    ("wrong", "code", "said"),
    [
        (line("expect_column_values_to_match_regx", regex="a"), "unknown_expectation",
         "did you mean 'expect_column_values_to_match_regex'?"),
        (line("ExpectColumnValuesToBeInSett", value_set=[1]), "unknown_expectation",
         "did you mean 'ExpectColumnValuesToBeInSet'?"),
        (line("expect_column_values_to_match_regex", regx="a"), "unknown_argument",
         "did you mean 'regex'?"),
        (line("expect_column_values_to_match_regex"), "missing_argument", "regex"),
        (line("expect_column_values_to_match_regex", regex="a("), "wrong_value", "regular"),
        (line("expect_column_values_to_match_regex_list", regex_list=["a", "b["]), "wrong_value",
         "regular"),
        (line("expect_column_values_to_be_in_set", value_set="New"), "wrong_value", "list"),
        (line("expect_column_values_to_not_be_null", "nam"), "unknown_field",
         "did you mean 'name'?"),
        (line("expect_column_pair_values_to_be_equal", column_B="cod"), "unknown_field",
         "did you mean 'code'?"),
        (line("expect_column_pair_values_to_be_equal", column_B="name"), "wrong_value", "another"),
        (line("expect_column_mean_to_be_between", min_value=1), "wrong_value", "numbers"),
        (line("expect_column_values_to_be_between", min_value=1), "wrong_value", "neither"),
        (line("expect_column_values_to_be_between", "amount"), "wrong_value", "min_value"),
        (line("expect_column_values_to_be_between", "amount", min_value=9, max_value=1),
         "wrong_value", "greater"),
        (line("expect_column_values_to_be_between", "amount", min_value="2024-01-01"),
         "wrong_value", "a number"),
        (line("expect_column_values_to_be_between", "opened", min_value=3), "wrong_value", "date"),
        (line("expect_column_values_to_be_between", "opened", min_value="soon"), "wrong_value",
         "date"),
        (line("expect_column_pair_values_a_to_be_greater_than_b", "amount", column_B="opened"),
         "wrong_value", "compared"),
        (line("expect_column_values_to_not_be_null", mostly=90), "wrong_value", "share"),
        (line("expect_column_values_to_not_be_null", mostly="most"), "wrong_value", "share"),
        (line("expect_column_value_lengths_to_equal", value="3"), "wrong_value", "number"),
    ],
)  # fmt: skip
def test_a_line_that_cannot_work_is_named_with_its_place_and_the_way_out(wrong, code, said):
    problems = own_rule_problems(DEAL, FIELDS, [wrong])
    assert [(p.code, p.severity, p.place) for p in problems] == [
        (code, "error", "migration.yaml:7")
    ]
    assert said in f"{problems[0].message} {problems[0].hint}"
    with pytest.raises(MappingError, match=r"migration\.yaml:7"):
        own_rules(DEAL, FIELDS, [wrong])


def test_a_field_that_nothing_fills_cannot_be_judged():
    problems = own_rule_problems(DEAL, ["code"], [line("expect_column_values_to_not_be_null")])
    assert [problem.code for problem in problems] == ["unmapped_field"]


def test_everything_that_is_wrong_is_said_at_once():
    lines = [line("expect_nothing"), line("expect_column_values_to_not_be_null", "nam")]
    with pytest.raises(MappingError) as caught:
        own_rules(DEAL, FIELDS, lines)
    assert "expect_nothing" in str(caught.value) and "'nam'" in str(caught.value)


def test_making_rules_does_not_import_the_library():
    code = (
        "import sys, migrate.validation.own_rules, migrate.validation.expectations, "
        "migrate.validation.quarantine; sys.exit('great_expectations' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
