"""The rest_batch loader against a CRM that behaves badly, over real HTTP."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sqlite3
import stat
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest

from migrate.errors import AnswerLost, TargetError
from migrate.loaders import _rest_wire, rest_batch
from migrate.loaders.rest_batch import RestBatchLoader
from migrate.values import WRITTEN_COLUMNS, Batch
from tests.wire.hostile_crm import HTML, SCHEMA, HostileCrm, serving_process

Open = Callable[..., tuple[HostileCrm, RestBatchLoader]]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of its own, and no waiting: what is waited for is asked of the loader."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setattr(_rest_wire, "FIRST_BACKOFF_SECONDS", 0.001)
    return tmp_path


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Start a CRM that behaves as told, and a loader for it."""
    with ExitStack() as stack:

        def start(*, token: str = "", timeout_seconds: float = 5, **behaviour: Any):
            crm = stack.enter_context(HostileCrm(tmp_path / "crm.db", **behaviour))
            loader = RestBatchLoader(
                crm.url, token=token or crm.token, timeout_seconds=timeout_seconds
            )
            return crm, stack.enter_context(closing(loader))

        yield start


def create(name: str, records: Mapping[int, Mapping[str, str]], **columns: Any) -> Batch:
    """A batch of creates: entity id -> field -> canonical text."""
    fields = sorted({field for record in records.values() for field in record})
    frame = pd.DataFrame({"_entity_id": pd.Series(list(records), dtype="int64")})
    frame["external_id"] = pd.Series([f"old:{i}" for i in records], dtype="str")
    for field in fields:
        values = [record.get(field) for record in records.values()]
        frame[field] = pd.Series(values, dtype="str")
    return Batch("b1", name, "create", frame)


def update(name: str, changes: Mapping[int, tuple[str, Mapping[str, str | None]]]) -> Batch:
    frame = pd.DataFrame({"_entity_id": pd.Series(list(changes), dtype="int64")})
    frame["target_id"] = pd.Series([target for target, _ in changes.values()], dtype="str")
    frame["changes"] = pd.Series([json.dumps(c) for _, c in changes.values()], dtype="str")
    return Batch("b2", name, "update", frame)


def delete(name: str, targets: Mapping[int, str]) -> Batch:
    frame = pd.DataFrame({"_entity_id": pd.Series(list(targets), dtype="int64")})
    frame["target_id"] = pd.Series(list(targets.values()), dtype="str")
    return Batch("b3", name, "delete", frame)


def accounts(count: int) -> Batch:
    return create("Account", {100 + n: {"name": f"Company {n}"} for n in range(count)})


def outcomes(written: pd.DataFrame) -> dict[int, Any]:
    assert tuple(written.columns) == WRITTEN_COLUMNS
    assert written["ok"].dtype == bool and written["is_retryable"].dtype == bool
    assert (written.loc[written["ok"], ["target_id", "version"]].notna()).all(axis=None)
    assert (written.loc[~written["ok"], ["code", "message"]].notna()).all(axis=None)
    return dict(zip(written["_entity_id"], written.to_dict("records"), strict=True))


def read(loader: RestBatchLoader, name: str, **named: Any) -> pd.DataFrame:
    return pd.concat(list(loader.read(name, **named)), ignore_index=True)


# -- what the target says of itself --------------------------------------------------------------


def test_describe_shows_the_disclosed_schema(opened: Open):
    _, loader = opened()
    schema = loader.describe()
    assert [o.name for o in schema.objects] == list(SCHEMA)
    assert schema.family == "rest_batch"
    assert not schema.capabilities.discloses_all_constraints
    contact = schema.object("Contact")
    assert (contact.id_field, contact.external_id, contact.version_field) == (
        "id", "external_id", "version",
    )  # fmt: skip
    assert contact.field("last_name").is_required
    assert contact.field("last_name").length == 80
    assert not contact.field("email").is_unique  # hidden: it is
    consent = contact.field("newsletter_consent")
    assert (consent.is_consent, consent.strict_value) == (True, "denied")
    assert contact.field("account").references == ("Account",)
    related = schema.object("Note").field("related")
    assert related.references == ("Account", "Contact", "Opportunity", "Lead")
    assert related.type_field == "related_type"
    assert schema.object("Note").field("related_type") is None
    assert schema.object("User").is_user


def test_identity_is_the_organisation_and_claim_leaves_our_mark(opened: Open):
    crm, loader = opened()
    before = loader.identity()
    assert before.fingerprint == f"organization:{crm.organization()['id']}"
    assert (before.migration, before.environment) == ("", "")
    loader.claim(migration="m1", environment="sandbox")
    loader.claim(migration="m1", environment="sandbox")
    after = loader.identity()
    assert (after.migration, after.environment) == ("m1", "sandbox")
    assert after.fingerprint == before.fingerprint
    assert crm.served["PUT /organization/marks"] == 1


def test_another_migrations_mark_is_not_overwritten(opened: Open):
    _, loader = opened()
    loader.claim(migration="m1", environment="sandbox")
    with pytest.raises(TargetError, match="migration 'm1'"):
        loader.claim(migration="m2", environment="sandbox")
    with pytest.raises(TargetError, match="'production'"):
        loader.claim(migration="m1", environment="production")
    assert loader.identity().migration == "m1"


# -- writing -------------------------------------------------------------------------------------


def test_a_schema_from_the_catalogue_spares_the_call(opened: Open):
    crm, loader = opened()
    schema = loader.describe()
    with closing(RestBatchLoader(crm.url, token=crm.token, schema=schema)) as second:
        assert second.write(accounts(1))["ok"].all()
        assert second.describe() == schema
    assert crm.served["GET /schema"] == 2


def test_every_type_arrives_as_the_json_that_the_target_wants(opened: Open):
    crm, loader = opened(normalises=False)
    account = crm.user_create("Account", {"name": "Acme"})
    opportunity = {
        "name": "007", "amount": "1234.50", "currency": "EUR", "stage": "won",
        "close_date": "2024-02-29", "account": str(account),
    }  # fmt: skip
    activity = {
        "kind": "call", "subject": "=A1", "due_on": "2024-02-29T10:00:00+00:00",
        "is_done": "false", "related": str(account), "related_type": "Account",
    }  # fmt: skip
    assert loader.write(create("Opportunity", {1: opportunity}))["ok"].all()
    assert loader.write(create("Activity", {2: activity}))["ok"].all()
    assert crm.records("Opportunity")[0]["fields"] == {**opportunity, "account": account}
    stored = crm.records("Activity")[0]["fields"]
    assert stored == {**activity, "is_done": False, "related": account}
    row = read(loader, "Opportunity").iloc[0]
    assert row[list(opportunity)].to_dict() == {**opportunity, "amount": "1234.5"}
    assert read(loader, "Activity").iloc[0][list(activity)].to_dict() == activity


def test_shuffled_answers_find_their_records(opened: Open):
    crm, loader = opened(seed=3)
    found = outcomes(loader.write(accounts(50)))
    stored = {r["id"]: r for r in crm.records("Account")}
    assert len(stored) == 50
    for entity_id, row in found.items():
        assert stored[int(row["target_id"])]["external_id"] == f"old:{entity_id}"
        assert row["version"] == "1"


def test_a_batch_may_be_refused_in_part(opened: Open):
    crm, loader = opened()
    bad = {"name": "x" * 300}
    batch = create("Account", {1: {"name": "A"}, 2: bad, 3: {"city": "B"}, 4: {"name": "D"}})
    found = outcomes(loader.write(batch))
    assert {i: row["ok"] for i, row in found.items()} == {1: True, 2: False, 3: False, 4: True}
    assert (found[2]["code"], found[3]["code"]) == ("too_long", "required_missing")
    assert "xxx" not in found[2]["message"]
    assert crm.count("Account") == {"count": 2}
    again = outcomes(loader.write(batch))
    assert again[1]["code"] == "duplicate_external_id"
    assert crm.count("Account") == {"count": 2}


def test_a_record_that_is_busy_is_retryable(opened: Open):
    _, loader = opened(lock_next=1)
    found = list(outcomes(loader.write(accounts(2))).values())
    assert [row["is_retryable"] for row in found] == [True, False]
    assert found[0]["code"] == "row_locked"


def test_update_writes_only_what_changed_and_null_empties(opened: Open):
    crm, loader = opened()
    written = outcomes(loader.write(create("Account", {1: {"name": "A", "city": "B"}})))
    target_id = written[1]["target_id"]
    changes = {"city": None, "phone": "+421905111222", "annual_revenue": "5.10"}
    found = outcomes(loader.write(update("Account", {1: (target_id, changes)})))
    assert (found[1]["ok"], found[1]["target_id"], found[1]["version"]) == (True, target_id, "2")
    stored = crm.records("Account")[0]["fields"]
    assert stored == {"name": "A", "phone": "+421905111222", "annual_revenue": "5.10"}


def test_update_can_give_a_bound_record_our_key(opened: Open):
    crm, loader = opened()
    target_id = crm.user_create("Account", {"name": "A"})
    loader.write(update("Account", {9: (str(target_id), {"external_id": "old:9"})}))
    assert loader.probe("Account", ["old:9"])["target_id"].tolist() == [str(target_id)]


def test_delete_and_what_hangs_on_a_record(opened: Open):
    crm, loader = opened()
    parents = outcomes(loader.write(accounts(3)))
    ids = [row["target_id"] for row in parents.values()]
    contact = {"last_name": "N", "email": "n@example.com", "account": ids[0]}
    loader.write(create("Contact", {1: contact}))
    note = {"body": "x", "related": ids[1], "related_type": "Account"}
    other = {"body": "y", "related": "1", "related_type": "Contact"}  # the same number, no child
    loader.write(create("Note", {2: note, 3: other}))
    children = loader.children("Account", ids).sort_values("object").to_numpy().tolist()
    assert children == [[ids[0], "Contact", "1"], [ids[1], "Note", "1"]]
    found = outcomes(loader.write(delete("Account", {7: ids[0], 8: ids[2], 9: "999"})))
    assert {i: row["code"] for i, row in found.items() if not row["ok"]} == {
        7: "has_children", 9: "not_found",
    }  # fmt: skip
    assert found[8]["target_id"] == ids[2]
    assert crm.count("Account") == {"count": 2}


def test_a_batch_too_large_is_refused_here_and_an_empty_one_is_not_sent(opened: Open):
    crm, loader = opened()
    with pytest.raises(TargetError, match="51 Account records"):
        loader.write(accounts(51))
    assert len(loader.write(accounts(0))) == 0
    assert not crm.served


def test_an_object_that_is_not_there_is_named_with_its_neighbour(opened: Open):
    _, loader = opened()
    with pytest.raises(TargetError, match="no object 'Acount'") as caught:
        loader.write(create("Acount", {1: {"name": "A"}}))
    assert caught.value.hint == "did you mean 'Account'?"


# -- reading -------------------------------------------------------------------------------------


def test_read_pages_through_everything_and_count_agrees(opened: Open, monkeypatch):
    monkeypatch.setattr(rest_batch, "PAGE_ROWS", 20)
    crm, loader = opened()
    loader.write(accounts(50))
    loader.write(delete("Account", {1: "7"}))
    crm.user_create("Account", {"name": "by a user"})
    frames = list(loader.read("Account"))
    assert [len(frame) for frame in frames] == [20, 20, 10]
    frame = pd.concat(frames)
    assert frame["target_id"].tolist() == [str(i) for i in range(1, 52) if i != 7]
    assert frame["external_id"].isna().sum() == 1
    assert loader.count("Account") == len(frame)
    assert {str(t) for t in frame.dtypes} == {"str"}


def test_read_of_named_records_leaves_out_those_that_are_gone(opened: Open, monkeypatch):
    monkeypatch.setattr(rest_batch, "IDS_PER_CALL", 2)
    _, loader = opened()
    loader.write(accounts(5))
    named = read(loader, "Account", target_ids=["5", "1", "99", "2"])
    assert sorted(named["target_id"]) == ["1", "2", "5"]
    assert list(read(loader, "Account", target_ids=[]).columns) == list(named.columns)
    assert len(read(loader, "Contact")) == 0


def test_probe_finds_by_external_id_alone(opened: Open, monkeypatch):
    monkeypatch.setattr(rest_batch, "IDS_PER_CALL", 3)
    crm, loader = opened()
    loader.write(accounts(5))
    crm.user_edit("Account", 2, "city", "Nitra")
    found = loader.probe("Account", [f"old:{100 + n}" for n in range(8)])
    assert found.columns.tolist() == ["external_id", "target_id", "version"]
    assert found["external_id"].tolist() == [f"old:{100 + n}" for n in range(5)]
    assert found["version"].tolist() == ["1", "2", "1", "1", "1"]
    assert loader.probe("Account", []).empty


# -- hidden rules and silent changes -------------------------------------------------------------


def test_hidden_rules_refuse_records_and_their_messages_lose_personal_data(opened: Open):
    _, loader = opened()
    street = "Dlhá ulica pri starom mlyne " * 4
    long = outcomes(loader.write(create("Account", {1: {"name": "A", "street": street}})))
    assert long[1]["code"] == "too_long"
    assert "Dlhá" not in long[1]["message"] and "…" in long[1]["message"]
    jana = {"first_name": "Jana", "last_name": "Nováková"}
    batch = create(
        "Contact",
        {
            2: {**jana, "email": "Jana@Example.com"},
            3: {**jana, "email": "jana@EXAMPLE.com "},
            4: jana,
            5: {**jana, "phone": "+421905111222"},
        },
    )
    found = outcomes(loader.write(batch))
    assert {i: row["code"] for i, row in found.items() if not row["ok"]} == {
        3: "duplicate_value", 4: "not_reachable",
    }  # fmt: skip
    for row in (found[3], found[4]):
        assert "…" in row["message"]
        assert not any(part in row["message"].lower() for part in ("jana", "nováková", "@"))


def test_a_disclosed_unique_field_is_enforced_too(opened: Open):
    _, loader = opened()
    assert loader.describe().object("Product").field("code").is_unique
    product = {"code": "A-1", "name": "Screw"}
    found = outcomes(loader.write(create("Product", {1: product, 2: product})))
    assert (found[1]["ok"], found[2]["code"]) == (True, "duplicate_value")


def test_what_is_read_back_differs_from_what_was_sent(opened: Open):
    _, loader = opened()
    sent = {"last_name": "  Novák ", "email": "J.Novak@Example.COM", "shoe_size": "43"}
    assert loader.write(create("Contact", {1: sent}))["ok"].all()
    row = read(loader, "Contact").iloc[0]
    assert (row["last_name"], row["email"]) == ("Novák", "j.novak@example.com")
    assert "shoe_size" not in row.index


def test_a_users_edit_changes_the_version(opened: Open):
    crm, loader = opened()
    loader.write(accounts(1))
    answer = httpx.post(
        f"{crm.url}/_user_edit",
        json={"name": "Account", "record_id": 1, "field": "city", "value": "Nitra"},
    )
    assert answer.json() == {"version": 2}
    row = read(loader, "Account").iloc[0]
    assert (row["version"], row["city"]) == ("2", "Nitra")


def test_a_text_that_cannot_be_encoded_is_one_records_refusal(opened: Open):
    crm, loader = opened()
    loader.write(accounts(2))
    changes = {1: ("1", {"city": "A\ud800"}), 2: ("2", {"city": "B"})}
    found = outcomes(loader.write(update("Account", changes)))
    assert (found[1]["code"], found[2]["ok"]) == ("invalid_type", True)
    assert [record["version"] for record in crm.records("Account")] == [1, 2]


# -- the network ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("commits", "count"), [("all", 10), ("half", 5), ("none", 0)])
@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_a_lost_answer_is_not_sent_again_and_lookup_tells(opened: Open, commits, count, seed):
    crm, loader = opened(lose_next=1, lose_commits=commits, seed=seed)
    batch = accounts(10)
    with pytest.raises(AnswerLost, match="broke before the answer"):
        loader.write(batch)
    assert crm.served["POST /objects/Account/batch"] == 1
    assert loader.settled(batch.batch_id) is None
    known = set(loader.probe("Account", batch.frame["external_id"].tolist())["external_id"])
    assert len(known) == count == crm.count("Account")["count"]
    rest = batch.frame[~batch.frame["external_id"].isin(known)]
    assert loader.write(Batch("b1", "Account", "create", rest))["ok"].all()
    assert crm.count("Account") == {"count": 10}


@pytest.mark.parametrize(
    "behaviour",
    [{"drop_next": 1}, {"error_next": 1}, {"html_next": 1}, {"slow_next": 1, "slow_seconds": 1}],
    ids=lambda behaviour: next(iter(behaviour)),
)
def test_whatever_leaves_the_outcome_open_is_an_answer_lost(opened: Open, behaviour):
    crm, loader = opened(timeout_seconds=0.3)
    read(loader, "Account")  # the schema is fetched, so that the hostility strikes the batch
    crm.behave(**behaviour)
    with pytest.raises(AnswerLost) as caught:
        loader.write(accounts(3))
    assert caught.value.exit_code == 4
    assert crm.served["POST /objects/Account/batch"] == 1


@pytest.mark.parametrize("op", ["update", "delete"])
def test_a_lost_answer_to_an_update_or_delete_is_not_sent_again(opened: Open, op):
    crm, loader = opened()
    loader.write(accounts(2))
    crm.behave(lose_next=1)
    batch = update("Account", {1: ("1", {"city": "X"})}) if op == "update" else None
    with pytest.raises(AnswerLost):
        loader.write(batch or delete("Account", {1: "1"}))
    assert crm.served[f"POST /objects/Account/{op}"] == 1


@pytest.mark.parametrize(
    "behaviour", [{"throttle_next": 3}, {"unavailable_next": 2}, {"throttle_rate": 0.3}]
)
def test_a_target_that_is_busy_is_asked_again(opened: Open, behaviour):
    crm, loader = opened(**behaviour)
    for n in range(5):
        batch = create("Account", {n * 10 + i: {"name": "A"} for i in range(10)})
        assert loader.write(batch)["ok"].all()
    assert loader.count("Account") == 50
    assert sum(crm.served.values()) > 7


def test_retry_after_is_obeyed(opened: Open):
    _, loader = opened(throttle_next=1, retry_after="1")
    started = time.monotonic()
    loader.count("Account")
    assert time.monotonic() - started >= 1


def test_patience_ends_before_anything_is_written(opened: Open):
    crm, loader = opened()
    read(loader, "Account")
    crm.behave(throttle_rate=1.0)
    with pytest.raises(TargetError, match="after 6 attempts") as caught:
        loader.count("Account")
    assert caught.value.retryable
    crm.behave(retry_after="3600")
    with pytest.raises(TargetError, match="asks to wait 3600 s"):
        loader.count("Account")
    crm.behave(retry_after="0")
    with pytest.raises(TargetError) as caught:
        loader.write(accounts(2))
    assert not isinstance(caught.value, AnswerLost)
    assert crm.count("Account") == {"count": 0}


def test_unavailable_to_the_end_leaves_a_batch_open(opened: Open):
    crm, loader = opened()
    read(loader, "Account")
    crm.behave(unavailable_rate=1.0)
    with pytest.raises(AnswerLost):
        loader.write(accounts(2))
    with pytest.raises(TargetError, match="after 6 attempts"):
        loader.count("Account")


@pytest.mark.parametrize("op", ["create", "update", "delete"])
def test_unavailable_after_the_commit_is_noticed_on_the_second_try(opened: Open, op):
    crm, loader = opened()
    loader.write(accounts(2))
    crm.behave(late_unavailable_next=1)
    if op == "update":  # writing the same values again does no harm
        assert loader.write(update("Account", {1: ("1", {"city": "X"})}))["ok"].all()
        return
    batch = create("Account", {7: {"name": "A"}}) if op == "create" else delete("Account", {1: "1"})
    with pytest.raises(AnswerLost, match="was unavailable"):
        loader.write(batch)
    assert crm.count("Account") == {"count": 3 if op == "create" else 1}


def test_reads_are_repeated_whatever_broke(opened: Open):
    crm, loader = opened()
    loader.write(accounts(3))
    crm.behave(drop_next=2)
    assert loader.count("Account") == 3
    crm.behave(drop_rate=1.0)
    with pytest.raises(TargetError, match="broke before the answer") as caught:
        loader.count("Account")
    assert caught.value.retryable and not isinstance(caught.value, AnswerLost)


def test_a_refused_connection_means_that_nothing_was_sent(opened: Open):
    crm, loader = opened()
    loader.write(accounts(1))
    with crm.refusing():
        for call in (lambda: loader.write(accounts(2)), lambda: loader.count("Account")):
            with pytest.raises(TargetError, match="cannot be reached") as caught:
                call()
            assert caught.value.retryable and not isinstance(caught.value, AnswerLost)
    assert loader.count("Account") == 1


def test_the_port_can_close_for_a_while(opened: Open):
    crm, loader = opened()
    # the port may be closed before the answer to this is through
    with contextlib.suppress(httpx.RemoteProtocolError):
        httpx.post(f"{crm.url}/_behaviour", json={"refuse_for_seconds": 0.3})
    deadline, refused = time.monotonic() + 5, 0
    while time.monotonic() < deadline:
        try:
            loader.count("Account")
        except TargetError as problem:
            assert problem.retryable
            refused += 1
        else:
            if refused:
                break
        time.sleep(0.01)
    assert refused and loader.count("Account") == 0


def test_a_web_page_in_place_of_the_api_is_said_plainly(opened: Open):
    _, loader = opened(html_next=1)
    with pytest.raises(TargetError, match="it sent text/html \\(status 200\\)") as caught:
        loader.identity()
    assert "migration.yaml" in caught.value.hint
    assert HTML[:9] not in str(caught.value)


def test_an_expired_token_names_the_variable_to_renew(opened: Open, monkeypatch):
    crm, loader = opened(token_expires_after=3)
    monkeypatch.setenv("ACME_CRM_TOKEN", crm.token)
    loader.write(accounts(1))  # the schema and the batch
    loader.count("Account")
    with pytest.raises(TargetError, match="does not accept the token \\(status 401\\)") as caught:
        loader.write(create("Account", {7: {"name": "A"}}))
    assert "environment variable ACME_CRM_TOKEN" in caught.value.hint
    assert not isinstance(caught.value, AnswerLost)
    assert crm.token not in str(caught.value)
    assert crm.count("Account") == {"count": 1}


# -- secrets -------------------------------------------------------------------------------------


def test_the_token_and_the_values_are_in_no_message_log_or_representation(opened: Open, caplog):
    caplog.set_level(logging.DEBUG)
    crm, loader = opened()
    read(loader, "Account")
    secrets = (crm.token, "Planted", "planted@example.com")
    batch = create("Contact", {1: {"last_name": "Planted", "email": "planted@example.com"}})
    texts = [repr(loader), str(loader), repr(batch)]
    for behaviour in (
        {"lose_next": 1}, {"drop_next": 1}, {"error_next": 1}, {"html_next": 1},
        {"unavailable_rate": 1.0}, {"unavailable_rate": 0.0, "token_expires_after": 0},
    ):  # fmt: skip
        crm.behave(**behaviour)
        with pytest.raises(TargetError) as caught:
            loader.write(batch)
        texts += traceback.format_exception(caught.value)
    with crm.refusing(), pytest.raises(TargetError) as caught:
        loader.write(batch)
    texts += [*traceback.format_exception(caught.value), caplog.text]
    assert caplog.text
    for text in texts:
        assert not any(secret in text for secret in secrets)


# -- one writer ----------------------------------------------------------------------------------

HOLDER = """
import sys, time
from migrate.loaders.rest_batch import RestBatchLoader
loader = RestBatchLoader(sys.argv[1], token=sys.argv[2])
with loader.lock():
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_lock_refuses_another_process_and_dies_with_its_holder(opened: Open, home: Path):
    crm, loader = opened()
    root = Path(rest_batch.__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    command = [sys.executable, "-c", HOLDER, crm.url, crm.token]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as holder:
        try:
            assert holder.stdout.readline().strip() == b"held"
            started = time.monotonic()
            with pytest.raises(TargetError, match="another process is writing"), loader.lock():
                pytest.fail("two writers")
            assert time.monotonic() - started < 1
        finally:
            holder.kill()
            holder.wait()
    with loader.lock():
        pass
    locks = list((home / ".crm-migrate" / "locks").iterdir())
    assert len(locks) == 1
    assert crm.organization()["id"] not in locks[0].name
    if os.name == "posix":
        for path in (home / ".crm-migrate", home / ".crm-migrate" / "locks"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o700
        assert stat.S_IMODE(locks[0].stat().st_mode) == 0o600


def test_the_lock_is_for_one_target_and_is_given_back_after_an_error(opened: Open, tmp_path: Path):
    crm, loader = opened()
    with (
        HostileCrm(tmp_path / "other.db") as other,
        closing(RestBatchLoader(other.url, token=other.token)) as elsewhere,
        closing(RestBatchLoader(crm.url, token=crm.token)) as second,
        loader.lock(),
        elsewhere.lock(),
        pytest.raises(TargetError, match="another process"),
        second.lock(),
    ):
        pytest.fail("two writers")
    with pytest.raises(ZeroDivisionError), loader.lock():
        _ = 1 / 0
    with loader.lock():
        pass


# -- the server itself ---------------------------------------------------------------------------


def test_it_runs_as_a_process_whose_records_outlive_it(tmp_path: Path):
    path = tmp_path / "crm.db"
    with (
        serving_process(path, token="another-token", throttle_next=1) as url,
        closing(RestBatchLoader(url, token="another-token")) as loader,
    ):
        assert loader.write(accounts(2))["ok"].all()
        fingerprint = loader.identity().fingerprint
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute('SELECT external_id FROM "Account" ORDER BY id').fetchall()
    assert rows == [("old:100",), ("old:101",)]
    with HostileCrm(path) as crm, closing(RestBatchLoader(crm.url, token=crm.token)) as loader:
        assert loader.identity().fingerprint == fingerprint
        assert loader.count("Account") == 2


def test_the_same_seed_behaves_the_same(tmp_path: Path):
    def codes(seed: int, name: str) -> list[str]:
        with (
            HostileCrm(tmp_path / name, seed=seed, lock_rate=0.5) as crm,
            closing(RestBatchLoader(crm.url, token=crm.token)) as loader,
        ):
            return loader.write(accounts(20))["code"].fillna("").tolist()

    assert codes(1, "a.db") == codes(1, "b.db") != codes(2, "c.db")


def test_an_update_can_ask_for_the_version_it_saw(opened: Open):
    crm, _ = opened()
    crm.user_create("Account", {"name": "A"})
    headers = {"Authorization": f"Bearer {crm.token}"}
    results = []
    for version in (1, 1):
        item = {"ref": "r", "id": 1, "fields": {"city": "X"}, "if_version": version}
        answer = httpx.post(
            f"{crm.url}/objects/Account/update", json={"inputs": [item]}, headers=headers
        )
        results += answer.json()["results"]
    assert [result.get("code") for result in results] == [None, "version_conflict"]
