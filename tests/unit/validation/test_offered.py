"""The table of expectations agrees with the library that runs them."""

from __future__ import annotations

import pytest

from migrate.validation.offered import OFFERED, Offered, expectation_names, find, snake


@pytest.fixture(scope="module")
def library():
    from migrate.validation.expectations import _opened

    return _opened()[0].expectations


@pytest.mark.parametrize("offered", OFFERED.values(), ids=lambda offered: offered.name)
def test_the_library_has_it_with_these_arguments(library, offered: Offered):
    kind = getattr(library, offered.name)
    fields = kind.__fields__
    assert kind.expectation_type == snake(offered.name)
    assert set(offered.arguments) | set(offered.fields) <= set(fields)
    needed = {name for name, field in fields.items() if field.required}
    if "regex" in offered.required:
        needed.add("regex")  # a rule without its pattern says nothing, whatever the library allows
    assert needed == (set(offered.required) | set(offered.fields)), "what the library insists on"


@pytest.mark.parametrize("offered", OFFERED.values(), ids=lambda offered: offered.name)
def test_what_it_judges_is_what_the_library_says(library, offered: Offered):
    kinds = {base.__name__ for base in getattr(library, offered.name).__mro__}
    is_map = any(name.endswith("MapExpectation") for name in kinds)
    # These two are judged by row in the library, but by figures of the whole column.
    by_whole_column = offered.name in {
        "ExpectColumnValueZScoresToBeLessThan",
        "ExpectCompoundColumnsToBeUnique",
    }
    assert is_map == (offered.judges != "whole" or by_whole_column)


def test_both_spellings_are_known():
    assert find("expect_column_values_to_be_unique") is find("ExpectColumnValuesToBeUnique")
    assert len(expectation_names()) == 2 * len(OFFERED)
    assert find("expect_column_values_to_be") is None
