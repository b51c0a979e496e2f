"""What becomes of a batch's columns: cleaned values, parts, changes, refusals; in several processes.

A column of a batch is one piece of work, and does not depend on any other but its companions; the
pieces are handed to worker processes only where the table is long enough to pay for them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
import pandas as pd

from migrate.pipeline.clean_plan import ColumnPlan
from migrate.pipeline.column_readings import means_nothing
from migrate.transform.fields import clean_column
from migrate.values import SOURCE_ROW, SUGGESTED, UNREADABLE

CLEAN_ROWS = 100_000
"""Rows a piece of work: the more rows, the more values that repeat are cleaned only once."""

_AHEAD = 2  # batches in work at a time: the workers never wait for the writing
EXAMPLES = 200
"""Distinct changes of a rule that one piece of work reports; the most frequent ones."""

USEFUL_PARTS: Mapping[str, tuple[str, ...]] = {
    "text": ("rest",),
    "long_text": ("rest",),
    "person_name": ("first_name", "last_name", "title", "suffix"),
    "email": ("display_name", "others", "suggestion"),
    "phone": ("extension", "others"),
    "decimal": ("currency",),
    "integer": ("currency",),
    "tax_id": ("suggestion",),
    "postcode": ("city",),
    "url": ("others",),
}
"""What would be lost from the file if it had no column of its own."""

_ERRORS = ("#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!")


@dataclass(frozen=True)
class Cleansed:
    """One column of one batch. Rows are counted from 0 within the batch.

    ``changes`` has the columns row, rule, before, after; ``refused`` row, rule, value, status;
    ``pairs`` rule, before, after, count: the most frequent changes of each rule.
    """

    values: pd.Series
    parts: Mapping[str, pd.Series]
    changes: pd.DataFrame
    refused: pd.DataFrame
    pairs: pd.DataFrame
    counts: Mapping[str, int]


def clean_batches(
    batches: Iterable[pd.DataFrame], plans: Sequence[ColumnPlan], *, processes: int = 1
) -> Iterator[tuple[pd.DataFrame, dict[str, Cleansed]]]:
    """Clean batch after batch; each batch as it was, with what became of each planned column."""
    with ExitStack() as stack:
        pool: ProcessPoolExecutor | None = None
        under_way: deque[tuple[pd.DataFrame, Mapping[str, Callable[[], Cleansed]]]] = deque()
        for number, batch in enumerate(batches):
            if processes > 1 and pool is None and (number or len(batch) >= CLEAN_ROWS):
                # a fresh interpreter, not a copy: Arrow's threads do not survive being copied
                pool = stack.enter_context(
                    ProcessPoolExecutor(processes, mp_context=get_context("spawn"))
                )
            under_way.append((batch, _begun(batch, plans, pool)))
            if pool is None or len(under_way) > _AHEAD:
                yield _finished(*under_way.popleft())
        while under_way:
            yield _finished(*under_way.popleft())


def _finished(
    batch: pd.DataFrame, work: Mapping[str, Callable[[], Cleansed]]
) -> tuple[pd.DataFrame, dict[str, Cleansed]]:
    return batch, {name: result() for name, result in work.items()}


def _begun(
    batch: pd.DataFrame, plans: Sequence[ColumnPlan], pool: ProcessPoolExecutor | None
) -> dict[str, Callable[[], Cleansed]]:
    """Start on a batch: countries at once, since others look at them, the rest where there is room."""
    work: dict[str, Callable[[], Cleansed]] = {}
    countries: dict[str, pd.Series] = {}
    for plan in plans:
        if plan.cleaner == "country":
            found = clean_one(plan, batch[plan.name], None)
            countries[plan.name] = found.values
            work[plan.name] = _known(found)
    for plan in plans:
        if not plan.cleaner or plan.name in work:
            continue
        companions = None
        if plan.companions:
            companions = pd.DataFrame({
                label: countries[column] if column in countries else batch[column]
                for label, column in plan.companions.items()
            })  # fmt: skip
        if pool is None:
            work[plan.name] = _known(clean_one(plan, batch[plan.name], companions))
        else:
            future: Future[Cleansed] = pool.submit(clean_one, plan, batch[plan.name], companions)
            work[plan.name] = future.result
    return {plan.name: work[plan.name] for plan in plans if plan.name in work}


def _known(found: Cleansed) -> Callable[[], Cleansed]:
    return lambda: found


def clean_one(plan: ColumnPlan, values: pd.Series, companions: pd.DataFrame | None) -> Cleansed:
    """Clean one column of a batch, and list what was changed and what was refused."""
    values = values.reset_index(drop=True)
    if companions is not None:
        companions = companions.reset_index(drop=True)
    cleaned = clean_column(plan.cleaner, values, plan.decision, companions)
    after, status, rule = cleaned.columns["value"], cleaned.status, cleaned.rule
    odd = _odd_values(values, status, plan.decision)
    if odd is not None:
        is_null, is_error = odd
        after = after.mask(is_null).mask(is_error, values)
        status = status.mask(is_null, "changed").mask(is_error, UNREADABLE)
        rule = rule.mask(is_null, "null_spelling").mask(is_error, "formula_error")
    differs = (values.fillna("") != after.fillna("")).to_numpy()
    places = np.flatnonzero(differs)
    changes = pd.DataFrame({
        "row": places, "rule": rule[differs].fillna("tidied"), "before": values[differs],
        "after": after[differs],
    })  # fmt: skip
    wrong = status.isin([UNREADABLE, SUGGESTED]).to_numpy()
    refused = pd.DataFrame({
        "row": np.flatnonzero(wrong), "rule": rule[wrong], "value": values[wrong],
        "status": status[wrong],
    })  # fmt: skip
    parts = {
        part: cleaned.columns[part] if odd is None else cleaned.columns[part].mask(odd[0] | odd[1])
        for part in USEFUL_PARTS.get(plan.cleaner, ())
        if part in cleaned.columns and cleaned.columns[part].notna().any()
    }
    return Cleansed(
        values=after,
        parts=parts,
        changes=changes,
        refused=refused,
        pairs=_pairs(changes),
        counts={str(name): int(count) for name, count in changes["rule"].value_counts().items()},
    )


def _odd_values(
    values: pd.Series, status: pd.Series, decision: Mapping[str, object]
) -> tuple[pd.Series, pd.Series] | None:
    """Which values only say that there is none, and which a broken formula left behind."""
    is_error = values.isin(_ERRORS)
    if not decision.get("nulls") and not is_error.any():
        return None
    is_null = means_nothing(values, status, decision)
    return is_null & ~is_error, is_error


def _pairs(changes: pd.DataFrame) -> pd.DataFrame:
    sample = changes
    if len(changes) > 20_000:  # the frequent ones are in any part of them
        sample = changes.iloc[:: len(changes) // 10_000]
    counted = (
        sample.groupby(["rule", "before", "after"], dropna=False, sort=False)
        .size()
        .reset_index(name="count")
        .sort_values("count", ascending=False, kind="stable")
    )
    return counted.groupby("rule", sort=False).head(EXAMPLES)


def joined_changes(
    batch: pd.DataFrame, work: Mapping[str, Cleansed], *, first: int
) -> pd.DataFrame:
    """The changes of a batch in the order of its rows; ``first`` is the number of its first row."""
    frames = []
    for position, (name, done) in enumerate(work.items()):
        if len(done.changes):
            frames.append(done.changes.assign(column=name, position=position))
    if not frames:
        return pd.DataFrame(columns=["row", "source_row", "column", "rule", "before", "after"])
    joined = pd.concat(frames, ignore_index=True)
    order = np.lexsort((joined["position"].to_numpy(), joined["row"].to_numpy()))
    joined = joined.take(order)
    source_rows = batch[SOURCE_ROW].to_numpy()[joined["row"].to_numpy()]
    return joined.assign(row=joined["row"] + first, source_row=source_rows)
