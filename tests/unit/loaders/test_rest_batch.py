"""What the rest_batch loader decides without a server: addresses, tokens, values, masking."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from migrate.errors import MappingError, TargetError
from migrate.loaders._rest_values import from_json, to_json, without_values
from migrate.loaders._rest_wire import retry_after_seconds
from migrate.loaders.rest_batch import RestBatchLoader, open_loader
from migrate.values import TargetField

TOKEN = "t0ken-that-nobody-may-see"


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", "-12", -12),
        ("integer", "12 pcs", "12 pcs"),
        ("reference", "900719925474099312", 900719925474099312),
        ("boolean", "true", True),
        ("boolean", "maybe", "maybe"),
        ("decimal", "0.10", "0.10"),
        ("date", "2024-02-29", "2024-02-29"),
        ("text", "007", "007"),
        ("text", "=A1", "=A1"),
    ],
)
def test_a_canonical_text_becomes_the_json_of_its_field(kind, text, value):
    sent = to_json(TargetField("f", kind), text)
    assert sent == value
    assert type(sent) is type(value)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("decimal", "100.50", "100.5"),
        ("decimal", "100", "100"),
        ("decimal", "-0.00", "0"),
        ("decimal", "1E+3", "1000"),
        ("decimal", "123456789012345678901234567890.10", "123456789012345678901234567890.1"),
        ("decimal", "about ten", "about ten"),
        ("integer", 7, "7"),
        ("boolean", False, "false"),
        ("text", "", None),
        ("text", None, None),
        ("text", " 007 ", " 007 "),
    ],
)
def test_a_value_read_back_becomes_canonical_text(kind, value, text):
    assert from_json(TargetField("f", kind), value) == text


@pytest.mark.parametrize(
    ("message", "texts", "masked"),
    [
        ("NOVÁKOVÁ is taken", ["Nováková"], "… is taken"),
        ("Jana   Nováková is taken", [" Jana Nováková "], "… is taken"),
        ("Nováková-Malá is taken", ["Nováková", "Nováková-Malá"], "… is taken"),
        ("'Hlavná 12, Brat...' is too long", ["Hlavná 12, Bratislava"], "'…' is too long"),
        ("Li is listed", ["Li"], "… is listed"),
        ("'phone' is required", ["call my phone"], "'phone' is required"),
        ("held by Other@Example.com", ["x@example.com"], "held by …"),
        ("(+421 905) is wrong", ["(+421 905)"], "… is wrong"),
        ("row is locked", ["", "   "], "row is locked"),
    ],
)
def test_a_refusal_does_not_repeat_the_records_values(message, texts, masked):
    assert without_values(message, texts, ["phone"]) == masked


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3", 3.0),
        ("0.5", 0.5),
        ("", 0.0),
        ("soon", 0.0),
        ("-4", 0.0),
        ("Mon, 01 Jan 2024 00:00:09 GMT", 9.0),
        ("Sun, 31 Dec 2023 00:00:00 GMT", 0.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_date(text, seconds):
    assert retry_after_seconds(text, datetime(2024, 1, 1, tzinfo=UTC)) == seconds


@pytest.mark.parametrize(
    "url", ["crm.example.com", "ftp://crm.example.com", "http://", "", "http://crm:port"]
)
def test_an_address_that_is_no_http_url_is_refused(url):
    with pytest.raises(TargetError, match="not an http or https URL"):
        RestBatchLoader(url, token=TOKEN)


def test_an_address_with_a_password_is_refused_and_not_repeated():
    with pytest.raises(TargetError) as caught:
        RestBatchLoader("https://admin:hunter2@crm.example.com", token=TOKEN)
    assert "hunter2" not in str(caught.value)
    assert "crm.example.com" in str(caught.value)


def test_a_query_in_the_address_is_not_shown():
    loader = RestBatchLoader("https://crm.example.com/api?key=hunter2", token=TOKEN)
    assert repr(loader) == "RestBatchLoader('https://crm.example.com/api')"
    loader.close()


@pytest.mark.parametrize("token", ["", "  ", f"{TOKEN}\x00", f"{TOKEN}\r\nX: y", f"{TOKEN}ž"])
def test_a_token_that_no_header_can_hold_is_refused_and_not_repeated(token):
    with pytest.raises(TargetError, match="token for") as caught:
        RestBatchLoader("https://crm.example.com", token=token)
    assert TOKEN not in str(caught.value)


def test_open_loader_takes_the_environments_options_and_names_a_wrong_one():
    loader = open_loader("http://127.0.0.1:9", options={"token": TOKEN}, schema=None)
    assert loader.capabilities.batch_rows == 50
    assert not loader.capabilities.is_atomic
    assert loader.settled("any") is None
    loader.close()
    with pytest.raises(MappingError, match="tokn") as caught:
        open_loader("http://127.0.0.1:9", options={"tokn": TOKEN}, schema=None)
    assert caught.value.hint == "did you mean 'token'?"
    assert TOKEN not in str(caught.value)
