"""A load in a process of its own that dies where a test wants it to, and what must hold after.

The child is forked after the imports, so it starts in milliseconds. It kills itself with SIGKILL at
a *point* of its n-th batch (by wrapping functions in the child alone: the product has no hooks for
this), or its parent kills it at a moment.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from migrate.errors import TargetError
from migrate.loaders import _sql_engine, rest_batch, sql
from migrate.loading import book
from migrate.pipeline.loading_run import load
from migrate.pipeline.setup import Setup, environment_ledger, open_setup, open_target
from migrate.values import Loader, RunReport

PATIENCE = 120.0

POINTS = ("before_intent", "after_intent", "before_commit", "after_commit", "in_booking")
"""Where a child dies: nothing of the batch is noted; the intent is committed; the records are
written and not committed; committed, and the ledger does not know; in the ledger's transaction.
"in_flight" is one more, for a target that waits before it executes: the request is under way."""


@dataclass(frozen=True)
class Try:
    """One migration folder and one target that a test may ruin; ``child_url`` where the doomed
    process reaches the target another way."""

    setup: Setup
    child_url: str = ""

    @property
    def folder(self) -> Path:
        return self.setup.folder

    @property
    def child(self) -> Setup:
        if not self.child_url:
            return self.setup
        environment = replace(self.setup.environment, url=self.child_url)
        return replace(self.setup, environment=environment)


def opened(folder: Path, *, url: str, options: dict[str, Any]) -> Setup:
    """The setup of a copied folder; url and options are no part of what a plan is made from."""
    setup = open_setup(folder)
    environment = replace(setup.environment, url=url, options=options)
    return replace(setup, environment=environment)


def copy_folder(source: Path, target: Path) -> None:
    """Copy a planned migration; what its runs wrote is never changed, so links will do."""
    target.mkdir(parents=True)
    for entry in source.iterdir():
        if entry.name == "runs":
            shutil.copytree(entry, target / "runs", copy_function=os.link)
        elif entry.is_dir():
            shutil.copytree(entry, target / entry.name)
        else:
            shutil.copy(entry, target / entry.name)


# -- dying ------------------------------------------------------------------------------------


def in_child(
    work: Callable[[], object], log: Path, *, kill_after: float | None = None
) -> tuple[str, float]:
    """Run ``work`` in a forked process: "done" or "killed", and the seconds it lived.

    An exception in the child fails the test with the child's own traceback.
    """
    began = time.monotonic()
    pid = os.fork()
    if pid == 0:
        _be_the_child(work, log)
    if kill_after is not None:
        time.sleep(max(0.0, kill_after - (time.monotonic() - began)))
        os.kill(pid, signal.SIGKILL)
    status = _wait(pid, began)
    seconds = time.monotonic() - began
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return "killed", seconds
    assert os.WEXITSTATUS(status) == 0, log.read_text(encoding="utf-8")
    return "done", seconds


def _be_the_child(work: Callable[[], object], log: Path) -> None:
    code = 1
    try:
        with log.open("w", encoding="utf-8") as stream:
            sys.stdout = sys.stderr = stream
            try:
                work()
                code = 0
            except BaseException:  # noqa: BLE001 the parent shows it
                traceback.print_exc(file=stream)
    finally:
        os._exit(code)


def _wait(pid: int, began: float) -> int:
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return status
        if time.monotonic() - began > PATIENCE:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise AssertionError("the child hangs")
        time.sleep(0.001)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: str, nth: int) -> None:
    """From now on this process dies at that point of its n-th batch."""
    left = [nth]

    def dying(function: Callable[..., Any], *, is_after: bool) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            left[0] -= 1
            if left[0] == 0 and not is_after:
                die()
            result = function(*args, **kwargs)
            if left[0] == 0:
                die()
            return result

        return wrapped

    is_after = point.startswith("after")
    if point in ("before_intent", "after_intent"):
        book.intend = dying(book.intend, is_after=is_after)
    elif point == "before_commit":
        _sql_engine.Database.commit = dying(_sql_engine.Database.commit, is_after=False)  # type: ignore[method-assign]
    elif point == "after_commit":
        for kind in (sql.SqlLoader, rest_batch.RestBatchLoader):
            kind.write = dying(kind.write, is_after=True)  # type: ignore[attr-defined]
    elif point == "in_flight":
        rest_batch.RestBatchLoader.write = _dying_later(rest_batch.RestBatchLoader.write)  # type: ignore[method-assign]
    elif point == "in_booking":
        # the last statement of the transaction: nothing of it is committed
        book.close_in = dying(book.close_in, is_after=True)
    else:
        raise AssertionError(point)


def _dying_later(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        threading.Timer(0.1, die).start()
        return function(*args, **kwargs)

    return wrapped


def dying_at(
    point: str, nth: int, run: Callable[[Setup], RunReport], setup: Setup
) -> Callable[[], object]:
    """A child's work that dies at that point of its n-th batch."""

    def work() -> None:
        arm(point, nth)
        patiently(lambda: run(setup))

    return work


def patiently(run: Callable[[], RunReport]) -> RunReport:
    """Run, waiting a moment for the server to notice that the one who held the lock is dead."""
    end = time.monotonic() + 10
    while True:
        try:
            return run()
        except TargetError as error:
            if "another" not in error.message or time.monotonic() > end:
                raise
            time.sleep(0.02)


# -- what must hold ---------------------------------------------------------------------------


@contextmanager
def loader_of(setup: Setup) -> Iterator[Loader]:
    with closing(open_target(setup)) as loader:
        loader.describe()
        yield loader


def state_of(setup: Setup, *, with_versions: bool = False) -> dict[str, dict[str, dict[str, Any]]]:
    """The target by external id: object -> external id -> field -> value, references as the
    external ids of what they point to. Records without an external id go by their name."""
    with loader_of(setup) as loader:
        schema = loader.describe()
        frames = {o.name: _all(loader, o.name) for o in schema.objects}
        names: dict[tuple[str, str], str] = {}
        for name, frame in frames.items():
            own = frame["external_id"].fillna("users' own " + frame["target_id"])
            frame["external_id"] = own
            names.update({(name, t): x for t, x in zip(frame["target_id"], own, strict=True)})
        state: dict[str, dict[str, dict[str, Any]]] = {}
        for target in schema.objects:
            frame = frames[target.name]
            if frame.empty:
                continue
            for field in target.references:
                kinds = frame.get(field.type_field) if field.type_field else None
                pointed = kinds if kinds is not None else [field.references[0]] * len(frame)
                frame[field.name] = [
                    names.get((kind, value), f"nowhere: {value}")
                    if isinstance(value, str)
                    else None
                    for kind, value in zip(pointed, frame[field.name], strict=True)
                ]
            hidden = {"target_id", "external_id", "id"} | (set() if with_versions else {"version"})
            hidden |= {target.version_field} if not with_versions else set()
            assert frame["external_id"].is_unique, f"{target.name}: a double"
            plain = frame.astype(object).where(frame.notna(), None)
            state[target.name] = {
                str(row["external_id"]): {k: v for k, v in row.items() if k not in hidden}
                for row in plain.to_dict("records")
            }
    return state


def _all(loader: Loader, name: str) -> pd.DataFrame:
    frames = list(loader.read(name))
    if frames:
        return pd.concat(frames, ignore_index=True)
    return pd.DataFrame(
        {c: pd.Series(dtype="str") for c in ("target_id", "external_id", "version")}
    )


def same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    """Fail with the first few differences, not with two dumps of the whole CRM."""
    differences = [
        (name, key, one.get(key), other.get(key))
        for name in sorted(set(found) | set(expected))
        for one, other in [(found.get(name, {}), expected.get(name, {}))]
        for key in sorted(set(one) | set(other))
        if one.get(key) != other.get(key)
    ]
    assert not differences, f"{len(differences)} differ, the first: {differences[:3]}"


def books_of(setup: Setup) -> dict[str, list[tuple[Any, ...]]]:
    """What the ledger says, but for what differs from load to load."""
    with closing(environment_ledger(setup)) as ledger:
        queries = {
            "entity": "SELECT object, external_id, wave, predicted, state, reason, incomplete, "
            "is_ours, loaded_hash IS payload_hash FROM entity ORDER BY 1, 2",
            "unit": "SELECT record_id, block, part, object, wave, role, reason FROM unit "
            "ORDER BY 1, 2, 3",
            "image": "SELECT e.object, e.external_id, w.before FROM write w JOIN entity e "
            "USING (entity_id) JOIN batch b USING (batch_id) WHERE w.state = 'applied' "
            "AND b.\"pass\" = '1' ORDER BY 1, 2",
        }
        return {
            name: [tuple(row) for row in ledger.frame(query).astype(object).to_numpy().tolist()]
            for name, query in queries.items()
        }


def require_whole(setup: Setup, report: RunReport) -> None:
    """Everything that must hold after a load that came to its end."""
    assert report.identity_holds
    assert all(o.dispositions["pending"] == 0 for o in report.objects), "something is pending"
    assert report.figures["predictions_agree"], report.figures["prediction"]
    with closing(environment_ledger(setup)) as ledger, loader_of(setup) as loader:
        assert not ledger.scalar("SELECT count(*) FROM batch WHERE state IN ('sent', 'in_doubt')")
        assert not ledger.scalar("SELECT count(*) FROM write WHERE state = 'intended'")
        assert not ledger.scalar("SELECT count(*) FROM entity WHERE incomplete = 1")
        booked = ledger.frame(
            "SELECT object, external_id, target_id, version FROM entity WHERE state IN "
            "('created', 'updated', 'unchanged')"
        )
        for name, part in booked.groupby("object"):
            held = _all(loader, str(name))[["external_id", "target_id", "version"]]
            both = part.merge(held, on="external_id", how="left", suffixes=("", "_held"))
            wrong = both[both["target_id"] != both["target_id_held"]]
            assert wrong.empty, f"{name}: {len(wrong)} target ids differ"
            wrong = both[both["version"] != both["version_held"]]
            assert wrong.empty, f"{name}: {len(wrong)} versions differ: {wrong.iloc[0].to_dict()}"


def require_nothing_left(setup: Setup) -> None:
    """A further load writes nothing."""
    before = state_of(setup, with_versions=True)
    assert load(setup).figures["written"] == 0
    same(state_of(setup, with_versions=True), before)
