"""Do the suggestions reach, on header lists mapped by hand, what a consultant may count on?

The figures are those of ``benchmarks/suggest.py``. No rule and no word was written for the lists of
``mapping_cases_kept``.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
CASES = ROOT / "tests" / "data" / "mapping_cases"
KEPT = ROOT / "tests" / "data" / "mapping_cases_kept"


@cache
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("suggest", ROOT / "benchmarks" / "suggest.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["suggest"] = module  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


@cache
def answers(folder: Path) -> list[Any]:
    said = benchmark().answers_of(benchmark().read_cases([folder]), benchmark().ours)
    return list(said)


@pytest.mark.parametrize("folder", [CASES, KEPT], ids=lambda folder: folder.name)
def test_the_right_field_is_found(folder: Path) -> None:
    found = benchmark().figures(answers(folder))
    assert found["acc@1"] >= 0.9, found
    assert found["acc@3"] >= 0.93, found
    assert found["F1"] >= 0.87, found
    assert found["alone"] >= 0.88, found


@pytest.mark.parametrize("folder", [CASES, KEPT], ids=lambda folder: folder.name)
def test_the_confidence_can_be_believed(folder: Path) -> None:
    found = benchmark().figures(answers(folder))
    assert found["ECE"] <= 0.05, found
    assert found["auto@95"] >= 0.55, found


@pytest.mark.parametrize("folder", [CASES, KEPT], ids=lambda folder: folder.name)
def test_no_language_is_left_behind(folder: Path) -> None:
    said = answers(folder)
    for language in {answer.language for answer in said}:
        found = benchmark().figures([a for a in said if a.language == language])
        assert found["acc@1"] >= 0.8, (language, found)


def test_it_is_far_better_than_spelling() -> None:
    """The yardstick in the same run: the field whose name is spelled most alike."""
    peer = benchmark().answers_of(benchmark().read_cases([KEPT]), benchmark().peer)
    assert benchmark().figures(answers(KEPT))["acc@1"] > 2 * benchmark().figures(peer)["acc@1"]


def test_the_cases_are_sound() -> None:
    cases = benchmark().read_cases([CASES, KEPT])
    assert len(cases) == 20 and len({case["language"] for case in cases}) >= 15
    for case in cases:
        names = [column["name"] for column in case["source_columns"]]
        assert set(case["truth"]) == set(names) and len(names) == len(set(names))
        assert set(case.get("accept", {})) <= set(names)
