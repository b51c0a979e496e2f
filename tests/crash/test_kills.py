"""A load that is killed and run again leaves the target as an undisturbed load does."""

from __future__ import annotations

import functools
import os
import random
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest
import sqlalchemy as sa

from migrate.pipeline.loading_run import load
from migrate.pipeline.planning import plan
from migrate.pipeline.setup import Setup, environment_ledger
from migrate.values import RunReport
from tests.crash.conftest import Crm, PostgresqlCrm
from tests.crash.harness import (
    POINTS,
    Try,
    books_of,
    dying_at,
    in_child,
    patiently,
    require_nothing_left,
    require_whole,
    same,
    state_of,
)

pytestmark = pytest.mark.crash

ASKED = int(os.environ.get("CRM_MIGRATE_CRASHES", "0"))
ALL_POINTS = {
    "sqlite": POINTS,
    "postgresql": POINTS,
    # no transactions: what is written is committed
    "http": tuple(point for point in POINTS if point != "before_commit"),
}


def finish(crm: Crm, one: Try, *, is_checked_twice: bool = False) -> None:
    """Load again, to the end: everything must be as if nothing had happened."""
    report = patiently(lambda: load(one.setup))
    require_whole(one.setup, report)
    same(state_of(one.setup), crm.undisturbed.state)
    assert books_of(one.setup) == crm.undisturbed.books
    if is_checked_twice:
        require_nothing_left(one.setup)


def loads(**few: int) -> list[object]:
    """So many loads of each CRM; ``CRM_MIGRATE_CRASHES`` of them when that is set."""
    return [
        pytest.param(kind, n, id=f"{kind}-{n}")
        for kind, count in few.items()
        for n in range(ASKED or count)
    ]


@pytest.mark.parametrize(("crm", "seed"), loads(sqlite=10, postgresql=3, http=3), indirect=["crm"])
def test_a_load_killed_at_any_instant_goes_on_where_it_stopped(crm: Crm, seed: int) -> None:
    """Three instants of a load, spread at random over what it has to do."""
    quiet, chance = crm.undisturbed, random.Random(f"{crm.kind} {seed}")
    wanted, kills, pace = 1 if ASKED else 3, 0, 1.0
    while kills < wanted:
        moments = sorted(chance.uniform(0.0, quiet.seconds) for _ in range(wanted - kills))
        with crm.fresh() as one:
            for before, moment in zip([0.0, *moments], moments, strict=False):
                wait = pace * (moment - before + (quiet.starting if before else 0.0))
                work = functools.partial(patiently, functools.partial(load, one.setup))
                how, _ = in_child(work, one.folder / "log", kill_after=wait)
                if how == "done":
                    # the machine is less busy now than when the undisturbed load was timed
                    pace *= 0.7
                    break
                kills += 1
            finish(crm, one, is_checked_twice=seed % 5 == 0)


EVERY_BATCH = [
    pytest.param(kind, points, id=f"{kind}-{points[0] if ASKED else 'all'}")
    for kind, all_points in ALL_POINTS.items()
    for points in ([(point,) for point in all_points] if ASKED else [all_points])
]


@pytest.mark.parametrize(("crm", "points"), EVERY_BATCH, indirect=["crm"])
def test_a_load_killed_at_every_batch_gets_there_all_the_same(
    crm: Crm, points: tuple[str, ...]
) -> None:
    """One load after the other dies at its next batch, until one comes to the end."""
    assert require_all_batches_killed(crm, points, load, first_whole=finish) >= (
        crm.undisturbed.batches - 1
    )


def require_all_batches_killed(
    crm: Crm,
    points: tuple[str, ...],
    run: Callable[[Setup], RunReport],
    first_whole: Callable[[Crm, Try], None],
    *,
    is_loaded: bool = False,
) -> int:
    kills = 0
    with crm.loaded() if is_loaded else crm.fresh() as one:
        while True:
            point = points[kills % len(points)]
            # a batch that was not committed comes again; the one after it is next to die
            nth = 1 if point == "after_commit" and kills else 2
            how, _ = in_child(dying_at(point, nth, run, one.setup), one.folder / "log")
            if how == "done":
                break
            kills += 1
            assert kills <= 3 * crm.undisturbed.batches, "it does not get on"
        first_whole(crm, one)
    return kills


@pytest.mark.parametrize("seed", range(ASKED or 2))
def test_a_load_killed_while_the_target_is_still_committing_makes_no_doubles(
    postgresql_crm: PostgresqlCrm, seed: int
) -> None:
    """The server commits for 0.2 s after its client is dead, and the next load comes at once."""
    crm = postgresql_crm
    with crm.fresh({"batch_rows": 120}) as one:
        slow = sa.make_url(one.setup.environment.url).update_query_dict(
            {"application_name": "slow"}
        )
        crm.make_commits_slow(one.folder)
        environment = replace(one.setup.environment, url=slow.render_as_string(hide_password=False))
        doomed = replace(one.setup, environment=environment)
        moment = random.Random(seed).uniform(0.4, 2.0)
        how, _ = in_child(lambda: load(doomed), one.folder / "log", kill_after=moment)
        assert how == "killed"
        finish(crm, one, is_checked_twice=seed % 4 == 0)


@pytest.mark.parametrize("seed", range(ASKED or 2))
def test_creates_that_are_executed_after_the_kill_are_found_and_not_doubled(
    http_crm: Crm, seed: int
) -> None:
    """A third of the creates wait in the server: the killed load's come in the next one's midst."""
    moment = random.Random(seed).uniform(0.4, 1.2) * http_crm.undisturbed.seconds
    with http_crm.fresh(late_rate=0.3, late_seconds=0.4, seed=seed) as one:
        in_child(lambda: load(one.setup), one.folder / "log", kill_after=moment)
        finish(http_crm, one, is_checked_twice=True)


def test_a_create_that_overtakes_its_own_second_try_is_ours(http_crm: Crm) -> None:
    """Not found when looked up, executed then, and so the second try is refused."""
    with http_crm.fresh(late_next=2, late_seconds=3.0) as one:
        how, _ = in_child(dying_at("in_flight", 1, load, one.setup), one.folder / "log")
        assert how == "killed"
        finish(http_crm, one, is_checked_twice=True)


@pytest.mark.parametrize("share", ["all", "half", "none"])
def test_lost_answers_are_looked_up_and_never_sent_blindly(http_crm: Crm, share: str) -> None:
    """Every tenth answer is lost after all, half or none of its batch was committed."""
    with http_crm.fresh(lose_rate=0.1, lose_commits=share, lock_rate=0.01, seed=3) as one:
        report = load(one.setup)
        require_whole(one.setup, report)
        same(state_of(one.setup), http_crm.undisturbed.state)
        assert books_of(one.setup) == http_crm.undisturbed.books


@pytest.mark.parametrize("seed", range(2))
def test_lost_answers_and_kills_together(http_crm: Crm, seed: int) -> None:
    moment = random.Random(seed).uniform(0.2, 1.0) * http_crm.undisturbed.seconds
    with http_crm.fresh(lose_rate=0.1, lose_commits="half", seed=seed) as one:
        in_child(lambda: load(one.setup), one.folder / "log", kill_after=moment)
        finish(http_crm, one)


@pytest.mark.parametrize(
    ("crm", "point"),
    [("sqlite", "after_commit"), ("sqlite", "after_intent"), ("http", "after_commit")],
    indirect=["crm"],
)
def test_a_plan_made_between_the_kill_and_the_next_load_changes_nothing(
    crm: Crm, point: str
) -> None:
    """The batch that nobody settled is the old plan's; parents still wait for their second pass."""
    with crm.fresh() as one:
        in_child(dying_at(point, crm.undisturbed.batches // 3, load, one.setup), one.folder / "log")
        plan(one.setup)
        require_whole(one.setup, load(one.setup))
        same(state_of(one.setup), crm.undisturbed.state)
        require_nothing_left(one.setup)
        report = plan(one.setup)
        assert sum(o.dispositions["updated"] for o in report.objects) == 0


def test_a_source_corrected_between_the_kill_and_the_next_load_reaches_the_target(
    sqlite_crm: Crm,
) -> None:
    """What the killed load sent is booked as what it was: the correction is still to be written."""
    crm = sqlite_crm
    with crm.fresh() as one:
        shutil.copytree(crm.sources, one.folder / "sources")
        moved = (one.folder / "migration.yaml").read_text(encoding="utf-8")
        moved = moved.replace(crm.sources.as_posix(), "sources")
        (one.folder / "migration.yaml").write_text(moved, encoding="utf-8")
        setup = crm.setup_of(one.folder, one.setup.environment.url)
        plan(setup)
        how, _ = in_child(dying_at("after_commit", 2, load, setup), one.folder / "log")
        assert how == "killed"
        with closing(environment_ledger(setup)) as ledger:
            killed = ledger.frame(
                "SELECT e.external_id FROM entity e JOIN batch b USING (batch_id) "
                "WHERE b.state = 'sent'"
            )["external_id"].tolist()
        number = int(killed[len(killed) // 2].rpartition(":")[2])
        with sa.create_engine(f"sqlite:///{one.folder / 'sources' / 'erp.db'}").begin() as source:
            source.exec_driver_sql(
                "UPDATE companies SET city = 'Corrected' WHERE id = ?", (number,)
            )
        setup = crm.setup_of(one.folder, one.setup.environment.url)
        plan(setup)
        require_whole(setup, load(setup))
        state = state_of(setup)
        assert state["Account"][f"erp:companies:{number}"]["city"] == "Corrected"
        state["Account"][f"erp:companies:{number}"]["city"] = f"City {number % 40}"
        same(state, crm.undisturbed.state)
