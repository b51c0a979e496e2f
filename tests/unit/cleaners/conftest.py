"""Cleaning one value by a cleaner's registered name, as the tests of this folder need it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from migrate.cleaners import CLEANERS, DECIDERS
from migrate.values import Decision, Evidence


def _named(place: str) -> Callable[..., Any]:
    module, _, function = place.partition(":")
    return getattr(importlib.import_module(module), function)


@pytest.fixture
def clean() -> Callable[..., dict[str, str]]:
    """``clean(name, text, decision, **companions)`` -> the parts that are filled, status, rule."""

    def clean_one(
        name: str, text: str, decision: Decision | None = None, **companions: str
    ) -> dict[str, str]:
        beside = pd.DataFrame({key: [value] for key, value in companions.items()}, dtype="str")
        cleaned = _named(CLEANERS[name])(
            pd.Series([text], dtype="str"),
            companions=beside if companions else None,
            decision=decision or {},
        )
        found = cleaned.columns.iloc[0].to_dict()
        found |= {"status": cleaned.status.iloc[0], "rule": cleaned.rule.iloc[0]}
        return {key: value for key, value in found.items() if not pd.isna(value)}

    return clean_one


@pytest.fixture
def decide() -> Callable[..., Decision]:
    """``decide(name, values, **evidence)`` -> the decision, each value having occurred once."""

    def decide_one(name: str, values: list[str], **evidence: Any) -> Decision:
        return _named(DECIDERS[name])(Evidence(values, [1] * len(values), **evidence))

    return decide_one
