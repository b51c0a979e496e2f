"""What does a function of the customer's own say of these rows?

It runs only where migration.yaml says ``allow_python: true``; the whole-plan check sees to that.
Whatever it raises ends the run, with the file, the line and the function: nothing is swallowed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import traceback
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from migrate.errors import MappingError
from migrate.specs.mapping import PythonFunction


def call_function(folder: Path, function: PythonFunction, columns: pd.DataFrame) -> pd.Series:
    """The function's answer as text, missing where it says nothing (or an empty text).

    It is given a copy of the columns, all text, and must return a Series with the same index.
    Raises MappingError for whatever goes wrong in it.
    """
    path = folder / function.file
    given = columns.copy()
    try:
        loaded = _loaded(path, hashlib.sha256(path.read_bytes()).hexdigest(), function.name)
        answer = loaded(given)
    except Exception as error:  # whatever somebody else's code raises is told below
        raise _failed(function, path, error) from error
    found = _wrong(answer, columns)
    if found:
        hint = "return a pandas Series of texts with the index of the frame that it is given"
        raise MappingError(
            f"python {function.file}:{function.name} {found}", hint=hint, where=function.where
        )
    texts = answer.map(str, na_action="ignore").astype("str")
    result: pd.Series = texts.where(texts.str.strip() != "")
    return result


@cache
def _loaded(path: Path, digest: str, name: str) -> Callable[[pd.DataFrame], Any]:
    """The function out of its file, which is run once for each version of it (``digest``)."""
    spec = importlib.util.spec_from_file_location(f"_customer_{digest[:12]}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[[pd.DataFrame], Any] = getattr(module, name)
    return found


def _wrong(answer: Any, columns: pd.DataFrame) -> str:
    if not isinstance(answer, pd.Series):
        return f"returned no Series but {type(answer).__name__}"
    if len(answer) != len(columns):
        return f"returned {len(answer)} values for {len(columns)} rows"
    if not answer.index.equals(columns.index):
        return "returned a Series with another index"
    return ""


def _failed(function: PythonFunction, path: Path, error: Exception) -> MappingError:
    """The error without its own words: they may hold values of rows."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
    line = f", line {frames[-1].lineno}" if frames else ""
    return MappingError(
        f"python {function.file}:{function.name} raised {type(error).__name__}{line}",
        hint=f"try it out in Python: import {path.stem}; {path.stem}.{function.name}(frame); what "
        "the error says is not shown here, since it may hold personal data",
        where=function.where,
    )
