"""One batch, one transaction: what is written, what is refused, and what a resend answers."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from migrate.errors import TargetError
from migrate.values import ENTITY_ID, WRITTEN_COLUMNS, Batch


@pytest.fixture
def crm(open_crm):
    return open_crm()


def changes(*values: dict[str, str | None]) -> list[str]:
    return [json.dumps(value) for value in values]


def everything(crm, name: str) -> pd.DataFrame:
    return pd.concat(list(crm.read(name)), ignore_index=True) if crm.count(name) else pd.DataFrame()


def test_a_created_batch_is_answered_record_by_record(crm, records):
    frame = records(name=["Ábel", "Žofia"], revenue=["12.5", None])
    written = crm.write(Batch("b1", "Account", "create", frame))
    assert tuple(written.columns) == WRITTEN_COLUMNS
    assert written["ok"].all() and written[ENTITY_ID].tolist() == [1, 2]
    assert written["version"].tolist() == ["1", "1"]
    found = everything(crm, "Account").set_index("target_id").loc[written["target_id"]]
    assert found["external_id"].tolist() == ["x:1", "x:2"]
    assert found["name"].tolist() == ["Ábel", "Žofia"]
    assert found["revenue"].tolist()[0] == "12.5" and found["revenue"].isna().tolist()[1]
    assert found["version"].tolist() == ["1", "1"]


def test_a_resent_create_doubles_nothing_and_gives_the_same_answer(open_crm, records):
    batch = Batch("b1", "Account", "create", records(name=["a", "b", "c"]))
    first = open_crm().write(batch)
    other = open_crm()
    pd.testing.assert_frame_equal(other.write(batch), first)
    assert other.count("Account") == 3


def test_a_resent_create_does_not_take_a_users_edit_for_our_own(crm, records, execute):
    batch = Batch("b1", "Account", "create", records(name=["a"]))
    crm.write(batch)
    execute("UPDATE accounts SET name = 'edited'")
    assert crm.write(batch)["version"].tolist() == ["1"]
    assert everything(crm, "Account")["version"].tolist() == ["2"]


def test_the_journal_says_what_was_committed(crm, records):
    assert crm.settled("b1") is False
    crm.write(Batch("b1", "Account", "create", records(name=["a"])))
    assert crm.settled("b1") is True
    assert crm.settled("B1") is False
    assert crm.settled("b1") is True, "asking leaves no trace"


def test_ids_go_on_after_the_largest_and_deleted_ids_do_not_come_again(crm, records):
    first = crm.write(Batch("b1", "Account", "create", records(name=["a", "b"])))
    gone = records(target_id=first["target_id"].tolist())
    assert crm.write(Batch("d1", "Account", "delete", gone))["ok"].all()
    second = crm.write(Batch("b2", "Account", "create", records(3, name=["c"])))
    assert int(second["target_id"][0]) > max(int(i) for i in first["target_id"])


def test_culprits_are_named_and_the_good_records_of_the_batch_are_written(crm, records):
    account = crm.write(Batch("b0", "Account", "create", records(name=["a"])))["target_id"][0]
    crm.write(
        Batch("b1", "Contact", "create", records(50, last_name=["n"], email=["secret@x.example"]))
    )
    frame = records(
        100,
        last_name=["ok", None, "dup", "orphan", "ok2", "twin", "when"],
        email=[None, None, "secret@x.example", None, "t@x.example", "t@x.example", None],
        account=[account, account, None, "987654", None, None, None],
        born=["1980-02-29", None, None, None, None, None, "1981-02-29"],
    )
    batch = Batch("b2", "Contact", "create", frame)
    written = crm.write(batch)
    assert written["ok"].tolist() == [True, False, False, False, True, False, False]
    assert written["code"].tolist()[1:4] == ["not_null", "unique", "foreign_key"]
    assert written["code"].tolist()[5:] == ["unique", "refused"]
    for position, column in {
        1: "last_name",
        2: "email",
        3: "account",
        5: "email",
        6: "born",
    }.items():
        assert column in written["message"][position]
    told = " ".join(written["message"].dropna())
    assert not any(value in told for value in ("secret", "987654", "1981", "t@x"))
    assert crm.count("Contact") == 3
    pd.testing.assert_frame_equal(crm.write(batch), written)
    assert crm.count("Contact") == 3


def test_an_empty_batch_and_one_that_is_refused_whole_are_answered_too(crm, records):
    empty = crm.write(Batch("b0", "Account", "create", records(name=[])))
    assert empty.empty and tuple(empty.columns) == WRITTEN_COLUMNS
    batch = Batch("b1", "Account", "create", records(name=[None, None]))
    written = crm.write(batch)
    assert written["code"].tolist() == ["not_null", "not_null"]
    assert crm.settled("b1") is True
    pd.testing.assert_frame_equal(crm.write(batch), written)


def test_the_character_nul_is_kept_or_refused_but_never_lost(crm, records):
    frame = records(name=["a\x00b", "ok"])
    written = crm.write(Batch("b1", "Account", "create", frame))
    kept = everything(crm, "Account")["name"].tolist()
    assert written["ok"].tolist()[1] and kept == (["a\x00b", "ok"] if written["ok"][0] else ["ok"])


def test_a_text_that_the_database_cannot_hold_is_refused_not_cut(crm, records, database_url):
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite holds texts of any length")
    written = crm.write(Batch("b", "Account", "create", records(name=["x" * 61, "ok"])))
    assert written["ok"].tolist() == [False, True]
    assert written["code"][0] == "too_long" and "name" in written["message"][0]


@pytest.mark.parametrize(
    ("value", "code"),
    [("12.345", "too_long"), ("12,5", "refused"), ("12345678901234567.25", "too_long")],
)
def test_a_decimal_that_would_be_rounded_is_refused(crm, records, value, code):
    written = crm.write(
        Batch("b", "Account", "create", records(name=["a", "b"], revenue=[value, "1"]))
    )
    assert written["ok"].tolist() == [False, True]
    assert written["code"][0] == code and value not in written["message"][0]


def test_an_update_writes_only_the_fields_it_names(crm, records):
    frame = records(name=["a", "b", "c"], revenue=["1", "2", "3"], description=["x", "y", "z"])
    ids = crm.write(Batch("b1", "Account", "create", frame))["target_id"].tolist()
    update = records(
        target_id=ids, changes=changes({"name": "A"}, {"revenue": None, "name": "B"}, {})
    )
    written = crm.write(Batch("u1", "Account", "update", update))
    assert written["ok"].all() and written["version"].tolist() == ["2", "2", "1"]
    found = everything(crm, "Account")
    assert found["name"].tolist() == ["A", "B", "c"]
    assert found["revenue"].fillna("-").tolist() == ["1", "-", "3"]
    assert found["description"].tolist() == ["x", "y", "z"]


def test_a_refused_update_leaves_its_record_and_writes_the_others(crm, records):
    ids = crm.write(Batch("b1", "Account", "create", records(name=["a", "b"])))["target_id"]
    update = records(
        target_id=[*ids, "4711"],
        changes=changes({"name": None}, {"name": "B"}, {"name": "nobody"}),
    )
    batch = Batch("u1", "Account", "update", update)
    written = crm.write(batch)
    assert written["ok"].tolist() == [False, True, False]
    assert written["code"].tolist()[::2] == ["not_null", "not_found"]
    assert everything(crm, "Account")["name"].tolist() == ["a", "B"]
    pd.testing.assert_frame_equal(crm.write(batch), written)


def test_a_record_with_children_is_not_deleted_and_one_gone_counts_as_deleted(crm, records):
    ids = crm.write(Batch("b1", "Account", "create", records(name=["a", "b"])))[
        "target_id"
    ].tolist()
    crm.write(Batch("b2", "Contact", "create", records(9, last_name=["n"], account=[ids[0]])))
    batch = Batch("d1", "Account", "delete", records(target_id=[*ids, "4711"]))
    written = crm.write(batch)
    assert written["ok"].tolist() == [False, True, True]
    assert written["code"][0] == "foreign_key"
    assert everything(crm, "Account")["target_id"].tolist() == [ids[0]]
    assert crm.write(batch)["ok"].tolist() == [False, True, True]


def test_every_edit_by_plain_sql_changes_the_version(crm, records, execute):
    target_id = crm.write(Batch("b1", "Account", "create", records(name=["a"])))["target_id"][0]
    execute("UPDATE accounts SET description = 'called'", "UPDATE accounts SET revenue = 1")
    assert crm.probe("Account", ["x:1"])["version"].tolist() == ["3"]
    execute("UPDATE accounts SET row_version = 9")
    assert next(crm.read("Account", target_ids=[target_id]))["version"].tolist() == ["9"]


def test_probe_finds_what_is_there_and_tells_case_apart(crm, records):
    written = crm.write(Batch("b1", "Account", "create", records(name=["a", "b"])))
    found = crm.probe("Account", ["x:2", "X:1", "nothing", "x:1"]).sort_values("external_id")
    assert found.columns.tolist() == ["external_id", "target_id", "version"]
    assert found["external_id"].tolist() == ["x:1", "x:2"]
    assert found["target_id"].tolist() == written["target_id"].tolist()


def test_probe_and_read_take_more_keys_than_one_statement_can(crm, records):
    size = 2_500
    frame = records(name=[f"n{i}" for i in range(size)])
    ids = crm.write(Batch("b1", "Account", "create", frame))["target_id"].tolist()
    assert len(crm.probe("Account", [f"x:{i}" for i in range(1, size + 1)])) == size
    assert sum(len(page) for page in crm.read("Account", target_ids=ids)) == size


def test_children_are_found_through_every_kind_of_reference(crm, records):
    ids = crm.write(Batch("b1", "Account", "create", records(name=["a", "b"])))[
        "target_id"
    ].tolist()
    child = crm.write(Batch("b2", "Account", "create", records(10, name=["c"], parent=[ids[0]])))[
        "target_id"
    ][0]
    contact = crm.write(
        Batch("b3", "Contact", "create", records(20, last_name=["n"], account=[ids[0]]))
    )["target_id"][0]
    notes = crm.write(
        Batch(
            "b4",
            "Note",
            "create",
            records(
                30,
                body=["on account", "on a contact of the same id"],
                parent=[ids[0], ids[0]],
                parent_type=["Account", "Contact"],
            ),
        )
    )["target_id"].tolist()
    found = crm.children("Account", ids)
    assert sorted(map(tuple, found.to_numpy().tolist())) == sorted(
        [(ids[0], "Account", child), (ids[0], "Contact", contact), (ids[0], "Note", notes[0])]
    )
    assert crm.children("Contact", [ids[0]])["child_id"].tolist() == [notes[1]]
    assert crm.children("Note", notes).empty


def test_an_unknown_field_or_object_is_an_error_with_the_nearest_name(crm, records):
    with pytest.raises(TargetError, match="'nmae'") as wrong:
        crm.write(Batch("b1", "Account", "create", records(nmae=["a"])))
    assert "name" in wrong.value.hint
    with pytest.raises(TargetError, match="Acount") as unknown:
        crm.count("Acount")
    assert "Account" in unknown.value.hint
    assert crm.settled("b1") is False
