"""Exact-key clusters: transitive, symmetric, independent of row order, faithful to what is loaded."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.matching.exact import Clusters, cluster
from migrate.matching.merge import merge
from migrate.store import sets
from migrate.store.duck import connect
from migrate.values import TargetField, TargetObject


@pytest.fixture(scope="module")
def connection() -> Iterator[sets.Connection]:
    opened = connect()
    yield opened
    opened.close()


def clusters(
    connection: sets.Connection, rows: list[dict[str, object]], keys: list[list[str]],
    known: frozenset[str] = frozenset(),
) -> Clusters:  # fmt: skip
    frame = pd.DataFrame(rows)
    frame["_record_id"] = range(1, len(frame) + 1)
    texts = {c: "str" for c in frame.columns if c not in ("_record_id", "rank")}
    sets.put(connection, "rows", frame.astype(texts))
    return cluster(connection, "SELECT * FROM rows", keys, known=known)


def grouped(found: Clusters) -> dict[str, set[str]]:
    return {
        str(entity): set(group["external_id"]) for entity, group in found.members.groupby("entity")
    }


def test_matches_are_transitive_over_different_keys(connection: sets.Connection) -> None:
    rows: list[dict[str, object]] = [
        {"external_id": "a", "rank": 0, "mail": "x", "vat": None},
        {"external_id": "b", "rank": 0, "mail": "X ", "vat": "7"},
        {"external_id": "c", "rank": 1, "mail": None, "vat": "7"},
        {"external_id": "d", "rank": 0, "mail": None, "vat": None},
    ]
    found = clusters(connection, rows, [["mail"], ["vat"]])
    assert grouped(found) == {"a": {"a", "b", "c"}}


def test_empty_fields_match_nothing_and_every_field_of_a_key_counts(
    connection: sets.Connection,
) -> None:
    rows: list[dict[str, object]] = [
        {"external_id": "a", "rank": 0, "name": "N", "zip": None},
        {"external_id": "b", "rank": 0, "name": "N", "zip": None},
        {"external_id": "c", "rank": 0, "name": "N", "zip": "1"},
        {"external_id": "d", "rank": 0, "name": "n", "zip": "1"},
    ]
    assert grouped(clusters(connection, rows, [["name", "zip"]])) == {"c": {"c", "d"}}


def test_the_survivor_comes_from_the_block_of_highest_priority(
    connection: sets.Connection,
) -> None:
    rows: list[dict[str, object]] = [
        {"external_id": "late", "rank": 1, "mail": "x"},
        {"external_id": "early", "rank": 0, "mail": "x"},
    ]
    assert grouped(clusters(connection, rows, [["mail"]])) == {"early": {"late", "early"}}


def test_a_record_that_is_loaded_keeps_its_external_id(connection: sets.Connection) -> None:
    rows: list[dict[str, object]] = [
        {"external_id": "new", "rank": 0, "mail": "x"},
        {"external_id": "loaded", "rank": 1, "mail": "x"},
    ]
    found = clusters(connection, rows, [["mail"]], frozenset({"loaded"}))
    assert grouped(found) == {"loaded": {"new", "loaded"}}


def test_two_loaded_records_stay_two_and_are_named(connection: sets.Connection) -> None:
    rows: list[dict[str, object]] = [
        {"external_id": name, "rank": 0, "mail": "x"} for name in ("a", "b", "c")
    ]
    found = clusters(connection, rows, [["mail"]], frozenset({"a", "b"}))
    assert grouped(found) == {"a": {"a", "c"}}
    assert found.kept_apart == ("b",)


@given(st.lists(st.sampled_from(["1", "2", "3", None]), min_size=1, max_size=12), st.randoms())
def test_clusters_do_not_depend_on_the_order_of_rows(
    mails: list[str | None], chance: random.Random
) -> None:
    rows: list[dict[str, object]] = [
        {"external_id": f"r{i:02}", "rank": 0, "mail": mail} for i, mail in enumerate(mails)
    ]
    shuffled = rows.copy()
    chance.shuffle(shuffled)
    opened = connect()
    try:
        one = sorted(map(sorted, grouped(clusters(opened, rows, [["mail"]])).values()))
        two = sorted(map(sorted, grouped(clusters(opened, shuffled, [["mail"]])).values()))
    finally:
        opened.close()
    assert one == two


def test_a_merge_fills_gaps_and_never_loosens_consent() -> None:
    contact = TargetObject(
        "Contact",
        (
            TargetField("phone"),
            TargetField("mail"),
            TargetField("consent", is_consent=True, strict_value="denied"),
            TargetField("calls", is_consent=True, strict_value="true"),
        ),
    )
    rows = pd.DataFrame(
        {
            "external_id": ["a", "a", "b"],
            "phone": [None, "2", "3"],
            "mail": ["m", "other", None],
            "consent": ["granted", "denied", "granted"],
            "calls": ["false", None, "true"],
        },
        dtype="str",
    )
    merged = merge(rows, contact).set_index("external_id")
    assert merged.loc["a"].tolist() == ["2", "m", "denied", "false"]
    assert merged.loc["b", "consent"] == "granted"
    assert merged.loc["b", "calls"] == "true"
