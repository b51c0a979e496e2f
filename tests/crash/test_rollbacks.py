"""Load, then take it back: the CRM is what it was, kills or not, but for what users changed."""

from __future__ import annotations

import json
import random
from contextlib import closing
from typing import Any

import pandas as pd
import pytest

from migrate.errors import UsageError
from migrate.pipeline.loading_run import load
from migrate.pipeline.rollback_run import rollback
from migrate.pipeline.setup import Setup, environment_ledger
from migrate.values import ENTITY_ID, Batch
from tests.crash.conftest import Crm
from tests.crash.harness import (
    Try,
    dying_at,
    in_child,
    loader_of,
    patiently,
    require_whole,
    same,
    state_of,
)
from tests.crash.test_kills import EVERY_BATCH, loads, require_all_batches_killed

pytestmark = pytest.mark.crash

COMPANY = "erp:companies:{}"
PERSON = "files:contacts:C{:05}"


def edit(setup: Setup, object: str, external_id: str, **changes: str) -> None:
    """What a user does in front of the screen, as far as the target can tell."""
    with loader_of(setup) as loader:
        target_id = loader.probe(object, [external_id])["target_id"].iloc[0]
        frame = pd.DataFrame(
            {ENTITY_ID: [1], "target_id": [target_id], "changes": [json.dumps(changes)]}
        ).astype({"target_id": "str", "changes": "str"})
        _write(loader, Batch(f"user-{external_id}-{sorted(changes)}", object, "update", frame))


def attach(setup: Setup, account: str, name: str) -> None:
    """A user's own contact of an account that the load made."""
    with loader_of(setup) as loader:
        target_id = loader.probe("Account", [account])["target_id"].iloc[0]
        frame = pd.DataFrame(
            {
                "external_id": [f"theirs:{name}"],
                "last_name": [name],
                "email": [f"{name}@example.org"],
                "account": [target_id],
            },
            dtype="str",
        )
        frame.insert(0, ENTITY_ID, [1])
        _write(loader, Batch(f"user-{name}", "Contact", "create", frame))


def _write(loader: Any, batch: Batch) -> None:
    written = loader.write(batch)
    assert written["ok"].all(), written["message"].tolist()


def before_of(one: Try) -> dict[str, Any]:
    return state_of(one.setup)


def take_back(setup: Setup) -> Any:
    return patiently(lambda: rollback(setup))


EVERY_CRM = pytest.mark.parametrize("crm", ["sqlite", "postgresql", "http"], indirect=True)


@EVERY_CRM
def test_load_then_rollback_restores_the_target_and_can_be_done_again(crm: Crm) -> None:
    with crm.fresh() as one:
        before = before_of(one)
        for _ in range(2):
            require_whole(one.setup, load(one.setup))
            same(state_of(one.setup), crm.undisturbed.state)
            report = take_back(one.setup)
            assert report.verdict == "met" and report.figures["kept"] == 0
            assert report.identity_holds
            same(state_of(one.setup), before)


@pytest.mark.parametrize(("crm", "seed"), loads(sqlite=4, postgresql=1, http=2), indirect=["crm"])
def test_a_rollback_killed_at_any_instant_goes_on_where_it_stopped(crm: Crm, seed: int) -> None:
    moment = random.Random(f"{crm.kind} {seed}").uniform(0.1, 1.0) * crm.undisturbed.seconds
    with crm.loaded() as one:
        in_child(lambda: rollback(one.setup), one.folder / "log", kill_after=moment)
        finish_back(crm, one)


def finish_back(crm: Crm, one: Try) -> None:
    """Roll back again, to the end: the target is what it was before the load."""
    report = take_back(one.setup)
    assert report.verdict == "met" and report.figures["kept"] == 0, report.issues[:3]
    same(state_of(one.setup), crm.before)


@pytest.mark.parametrize(
    ("crm", "points"), [p for p in EVERY_BATCH if p.values[0] != "postgresql"], indirect=["crm"]
)
def test_a_rollback_killed_at_every_batch_gets_there_all_the_same(
    crm: Crm, points: tuple[str, ...]
) -> None:
    kills = require_all_batches_killed(crm, points, rollback, finish_back, is_loaded=True)
    assert kills >= 10


@pytest.mark.parametrize(
    ("crm", "share"), [("sqlite", 0.5), ("sqlite", 0.8), ("http", 0.6)], indirect=["crm"]
)
def test_a_load_after_an_interrupted_rollback_brings_everything_back(
    crm: Crm, share: float
) -> None:
    with crm.loaded() as one:
        moment = share * crm.undisturbed.seconds
        in_child(lambda: rollback(one.setup), one.folder / "log", kill_after=moment)
        require_whole(one.setup, patiently(lambda: load(one.setup)))
        same(state_of(one.setup), crm.undisturbed.state)


@pytest.mark.parametrize("point", ["after_commit", "after_intent"])
def test_a_rollback_right_after_a_killed_load_finds_what_nobody_had_booked(
    http_crm: Crm, point: str
) -> None:
    with http_crm.fresh() as one:
        before = before_of(one)
        in_child(dying_at(point, 9, load, one.setup), one.folder / "log")
        assert take_back(one.setup).verdict == "met"
        same(state_of(one.setup), before)


def test_answers_lost_during_a_rollback_are_looked_up(http_crm: Crm) -> None:
    with http_crm.loaded(lose_rate=0.15, lose_commits="half", seed=5) as one:
        report = take_back(one.setup)
        assert report.verdict == "met", report.issues[:3]
        same(state_of(one.setup), http_crm.before)


# -- what users did since ---------------------------------------------------------------------


@EVERY_CRM
def test_what_users_changed_stays_field_by_field_and_with_its_parents(crm: Crm) -> None:
    with crm.loaded() as one:
        setup = one.setup
        # a record that was theirs before: the load changed name and city
        edit(setup, "Account", COMPANY.format(20), city="Brno")
        # a person that the load made; its company and its owner must stay too
        edit(setup, "Contact", PERSON.format(13), first_name="Edited")
        # a child that a user attached to a company that the load made
        attach(setup, COMPANY.format(200), "attached")
        report = rollback(setup)
        after = state_of(setup)

        theirs = after["Account"][COMPANY.format(20)]
        assert theirs["city"] == "Brno" and theirs["name"] == "Old company 20"
        person = after["Contact"][PERSON.format(13)]
        assert person["first_name"] == "Edited" and person["last_name"] == "Person13"
        assert person["account"] == COMPANY.format(144)
        assert after["Contact"]["theirs:attached"]["account"] == COMPANY.format(200)
        kept = {(issue.entity, issue.record) for issue in report.issues if issue.code == "kept"}
        assert {("Account", COMPANY.format(20)), ("Contact", PERSON.format(13))} <= kept
        assert {("Account", COMPANY.format(200)), ("Account", COMPANY.format(144))} <= kept

        expected = json.loads(json.dumps(crm.before))
        expected["Account"][COMPANY.format(20)]["city"] = "Brno"
        for name, record in kept | {("Contact", "theirs:attached")}:
            if record not in expected.get(name, {}):
                expected.setdefault(name, {})[record] = after[name][record]
        same(after, expected)
        assert len(after["Contact"]) == 2, "nobody else stays"

        again = rollback(setup)
        assert sum(again.figures["reversed"].values()) == 0
        same(state_of(setup), after)


@pytest.mark.parametrize("crm", ["sqlite", "http"], indirect=True)
def test_a_record_that_a_user_deleted_is_no_error(crm: Crm) -> None:
    with crm.loaded() as one:
        with loader_of(one.setup) as loader:
            found = loader.probe("Activity", ["erp:activities:4", "erp:activities:5"])
            frame = pd.DataFrame({"target_id": found["target_id"]}).astype("str")
            frame.insert(0, ENTITY_ID, range(1, len(frame) + 1))
            _write(loader, Batch("user-deletes", "Activity", "delete", frame))
        assert take_back(one.setup).verdict == "met"
        same(state_of(one.setup), crm.before)


def test_a_dry_rollback_tells_and_changes_nothing(sqlite_crm: Crm) -> None:
    with sqlite_crm.loaded() as one:
        loaded = state_of(one.setup, with_versions=True)
        told = rollback(one.setup, is_dry=True).figures["reversed"]
        same(state_of(one.setup, with_versions=True), loaded)
        assert rollback(one.setup).figures["reversed"] == told


def test_a_wave_that_others_stand_on_is_not_taken_back_alone(sqlite_crm: Crm) -> None:
    with sqlite_crm.loaded() as one:
        loaded = state_of(one.setup)
        with pytest.raises(UsageError, match="'history' is loaded") as caught:
            rollback(one.setup, waves=("base",))
        assert "--wave base --wave history" in caught.value.hint
        same(state_of(one.setup), loaded)
        rollback(one.setup, waves=("history",))
        middle = state_of(one.setup)
        assert not middle.get("Activity")
        same({k: v for k, v in middle.items() if k != "Activity"},
             {k: v for k, v in loaded.items() if k != "Activity"})  # fmt: skip
        rollback(one.setup, waves=("base",))
        same(state_of(one.setup), sqlite_crm.before)


def test_both_waves_named_together_are_taken_back(sqlite_crm: Crm) -> None:
    with sqlite_crm.loaded() as one:
        assert rollback(one.setup, waves=("base", "history")).verdict == "met"
        same(state_of(one.setup), sqlite_crm.before)
        with closing(environment_ledger(one.setup)) as ledger:
            states = ledger.frame("SELECT state, count(*) AS n FROM entity GROUP BY 1")
        assert states["state"].tolist() == ["pending"]
