"""What is written plainly is read by a short way, with the result of the long one."""

from __future__ import annotations

import random

import pandas as pd
import pytest

from migrate.cleaners import emails, names, phones
from migrate.cleaners._distinct import Reading

CHANCE = random.Random(20240331)


def settled(reading: Reading, text: str, parts: int) -> tuple[object, ...]:
    """A reading as it is told apart: a rule that changed nothing is none."""
    rule = reading.rule if reading.value != text or reading.status else ""
    return (
        reading.value,
        rule,
        reading.status,
        (*reading.parts, *("",) * (parts - len(reading.parts))),
    )


def of_signs(signs: str, shortest: int, longest: int, many: int) -> list[str]:
    return [
        "".join(CHANCE.choices(signs, k=CHANCE.randint(shortest, longest))) for _ in range(many)
    ]


@pytest.mark.parametrize("region", ["SK", "CZ", "DE", "IT", "US", "GB", ""])
def test_plain_phones(region):
    plain = [f"{prefix}{rest}" for prefix in ("0", "+421", "00421 ", "+49 ", "+1", "")
             for rest in of_signs("0123456789 /()-", 6, 16, 150)]  # fmt: skip
    for text in [*plain, *of_signs("+0123456789 ()/-.", 3, 20, 800)]:
        assert settled(phones._read(text, region), text, 2) == settled(
            phones._read_slowly(text, region), text, 2
        )


def test_plain_emails():
    ends = (
        "@gmail.com",
        "@x.sk",
        ".com",
        "@gmial.com",
        "@firma.local",
        "@žilina.sk",
        "@A.sk",
        "@a-.sk",
    )
    for text in of_signs("ab.@-_+1 ", 2, 14, 2_000):
        for end in ends:
            whole = f"{text}{end}"
            assert settled(emails._read(whole), whole, 4) == settled(
                emails._read_slowly(whole), whole, 4
            )
    assert emails._read("info@firma.sk").parts[3] == "info"


def test_plain_names(monkeypatch):
    words = ["Ján", "Novák", "Mária", "Kováčová", "Van", "De", "Dr", "Ing", "Mgr", "Limited", "Gmbh", "Ag",
             "Jr", "Ma", "Iii", "A", "Sp", "Nguyễn", "O", "Ó", "ʼNa", "Иван", "Und", "Y", "Xu", "Sl", "Pan",
             "Mcdonald", "Corp", "Σας", "Ǆa"]  # fmt: skip
    texts = pd.Series([f"{first} {last}" for first in words for last in words], dtype="str")
    quick = names.clean_person_name(texts, companions=None, decision={})
    monkeypatch.setattr(names, "_is_plain_word", lambda word: False)
    slow = names.clean_person_name(texts, companions=None, decision={})
    pd.testing.assert_frame_equal(quick.columns, slow.columns)
    pd.testing.assert_series_equal(quick.status, slow.status)
