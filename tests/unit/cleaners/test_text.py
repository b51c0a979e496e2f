"""Text, long text and codes: what is cleaned, and what must survive untouched."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("name", ["text", "long_text", "code", "street"])
@pytest.mark.parametrize(
    "value", ["=A1", "@x", "-5", "+421905123456", "+421…", "=cmd|' /C calc'!A0"]
)
def test_values_that_look_like_formulas_survive_untouched(clean, name, value):
    found = clean(name, value)
    assert (found["value"], found["status"]) == (value, "same")


@pytest.mark.parametrize(
    ("dirty", "value", "rule"),
    [
        ("  Old   Mill ", "Old Mill", "whitespace"),
        ("Old\xa0Mill\u202f1", "Old Mill 1", "whitespace"),
        ("Old\r\nMill\t1", "Old Mill 1", "whitespace"),
        ("\ufeffOld\u200bMill", "OldMill", "invisible_characters"),
        ("Old\x00Mill\x1b", "OldMill", "invisible_characters"),
        ("\u202aOld Mill\u202c", "Old Mill", "invisible_characters"),
        ("Nova\u0301k", "Novák", "unicode_form"),
    ],
)
def test_one_line_text_is_tidied(clean, dirty, value, rule):
    assert clean("text", dirty) == {"value": value, "status": "changed", "rule": rule}


def test_joiners_stay_where_they_build_an_emoji_or_a_persian_word(clean):
    for text in ("👩\u200d👩\u200d👧", "می\u200cخواهم"):
        assert clean("text", text)["status"] == "same"
    assert clean("text", "Nov\u200dák")["value"] == "Novák"


def test_long_text_keeps_inner_lines_and_spacing(clean):
    note = "\r\nCalled:\r\n  - no  answer\x00\rLater \u2028"
    assert clean("long_text", note)["value"] == "Called:\n  - no  answer\nLater"


@pytest.mark.parametrize("blank", ["", "  ", "\xa0\u200b", "\x00", "\r\n"])
def test_nothing_but_blanks_becomes_missing(clean, blank):
    for name in ("text", "long_text", "code", "phone", "email", "date", "boolean", "picklist"):
        assert clean(name, blank) == {"status": "changed", "rule": "blank"}


def test_codes_keep_leading_zeros_and_inner_blanks(clean):
    assert clean("code", "007") == {"value": "007", "status": "same"}
    assert clean("code", " 00 42\xa0") == {
        "value": "00 42", "status": "changed", "rule": "whitespace",
    }  # fmt: skip


def test_codes_get_lost_zeros_back_only_when_the_length_is_declared(clean, decide):
    decision = decide("code", ["123"], options={"digits": 6})
    assert clean("code", "123", decision) == {
        "value": "000123", "status": "changed", "rule": "zeros_restored",
    }  # fmt: skip
    assert clean("code", "A12", decision)["value"] == "A12"
    assert decide("code", ["001", "2"]) == {"digits": 0}


def test_the_table_of_cleaners_imports_none_of_them():
    script = (
        "import sys, migrate.cleaners;"
        "print([m for m in sys.modules if m in ('pandas', 'phonenumbers', 'babel')"
        " or m.startswith('migrate.cleaners.')])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_text_with_tags_stays_right_markup(clean):
    text = "<p>Price 5 &lt; 6 &amp; Novotn&yacute;</p>"
    assert clean("long_text", text)["value"] == "<p>Price 5 &lt; 6 &amp; Novotný</p>"
    assert clean("long_text", "5 &lt; 6 &amp; 7")["value"] == "5 < 6 & 7"
