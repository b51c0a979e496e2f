"""Decisions survive their file, and are brought up to date without counting anything twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.errors import MappingError
from migrate.mapping import suggest
from migrate.mapping.learned import (
    Decided,
    everyones_file,
    folded,
    read_decided,
    remember,
    share,
    write_decided,
)
from tests.unit.mapping.tables import table_of

HEADINGS = st.text(min_size=1, max_size=30).map(folded).filter(bool)
DECISIONS = st.one_of(
    st.builds(
        Decided, HEADINGS, st.just("reference"), st.sampled_from(["Contact.email", "Account.name"]),
        st.sampled_from(["", "email@person"]), st.sampled_from(["", "en"]), st.integers(1, 9),
    ),
    st.builds(Decided, HEADINGS, times=st.integers(1, 9), is_shared=st.booleans()),
)  # fmt: skip


@given(st.lists(DECISIONS, unique_by=lambda one: one.key, max_size=8))
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, decisions: list[Decided]
) -> None:
    path = tmp_path_factory.mktemp("learned") / "learned.yaml"
    write_decided(path, decisions)
    assert read_decided(path) == sorted(decisions, key=lambda one: one.key)


@given(st.lists(DECISIONS, unique_by=lambda one: one.heading, max_size=8))
def test_learning_the_same_again_changes_nothing(decisions: list[Decided]) -> None:
    once = remember([], decisions)
    assert remember(once, decisions) == once


@given(st.lists(DECISIONS, unique_by=lambda one: one.key, max_size=8))
def test_what_was_shared_is_not_counted_again(decisions: list[Decided]) -> None:
    first = share([], decisions)
    shared = [Decided(d.heading, d.target, d.field, d.means, d.language, d.times, is_shared=True) for d in decisions]  # fmt: skip
    assert share(first, shared) == first


def test_the_place_for_everyone_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_MIGRATE_CONFIG", "somewhere")
    assert everyones_file() == Path("somewhere") / "learned.yaml"
    monkeypatch.delenv("CRM_MIGRATE_CONFIG")
    assert everyones_file().parts[-2:] == ("crm-migrate", "learned.yaml")


def test_a_heading_is_either_mapped_or_left(tmp_path: Path) -> None:
    text = "learned:\n  - {heading: x, target: reference, field: A.b, do_not_map: true}\n"
    (tmp_path / "learned.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(MappingError, match="either mapped to a field or not"):
        read_decided(tmp_path / "learned.yaml")


TABLE = table_of("people", {"Wqrtz": ["a", "b"], "E-mail": ["a@example.com", None]})


def first(learned: list[Decided], column: str = "Wqrtz") -> tuple[str | None, float]:
    """The field suggested for a column, and how sure that is."""
    found = suggest([TABLE], "reference", objects=["Contact"], learned=learned)
    best = next(s for s in found if s.source_column == column).best
    return best.field, best.confidence


def test_an_own_decision_goes_before_that_of_others() -> None:
    own = Decided("wqrtz", "reference", "Contact.title")
    others = Decided("wqrtz", "reference", "Contact.city", times=9, is_own=False)
    assert first([others, own])[0] == "Contact.title"
    assert first([others])[0] == "Contact.city"


def test_the_more_frequent_of_two_decisions_counts_and_is_less_sure() -> None:
    mapped = Decided("wqrtz", "reference", "Contact.title", times=3)
    left = Decided("wqrtz", times=1)
    field, sure = first([mapped, left])
    assert field == "Contact.title"
    assert sure < first([mapped])[1]
    assert first([mapped, Decided("wqrtz", times=9)])[0] is None


def test_one_decision_of_others_is_not_accepted_unseen() -> None:
    assert first([Decided("wqrtz", "reference", "Contact.title", is_own=False)])[1] < 0.95
    assert first([Decided("wqrtz", "reference", "Contact.title", times=2, is_own=False)])[1] >= 0.95


def test_a_field_that_is_not_there_any_more_decides_nothing() -> None:
    assert first([Decided("wqrtz", "reference", "Contact.gone")]) == first([])


def test_other_columns_are_as_without_it() -> None:
    assert first([Decided("wqrtz", "reference", "Contact.title")], "E-mail") == first([], "E-mail")
