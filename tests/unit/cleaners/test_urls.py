"""Web addresses, as they are mistyped."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("text", "value", "rule", "others"),
    [
        ("http:/firma.sk", "http://firma.sk", "scheme_repaired", ""),
        ("https//firma.sk", "https://firma.sk", "scheme_repaired", ""),
        ("http://http://firma.sk", "http://firma.sk", "scheme_repaired", ""),
        ("https:\\\\firma.sk", "https://firma.sk", "scheme_repaired", ""),
        ("http:firma.sk", "http://firma.sk", "scheme_repaired", ""),
        ("firma.sk, alfa.sk", "https://firma.sk", "first_of_list", "alfa.sk"),
        ("http://a.sk ; www.b.sk", "http://a.sk", "first_of_list", "www.b.sk"),
        ("žilina.sk", "https://žilina.sk", "scheme_added", ""),
    ],
)
def test_addresses_are_repaired(clean, text, value, rule, others):
    found = clean("url", text)
    assert (found["value"], found["rule"], found.get("others", "")) == (value, rule, others)


@pytest.mark.parametrize("text", ["firma", "jan@firma.sk", "n/a", "www.firma,sk", "nemajú web"])
def test_what_is_no_address_is_refused(clean, text):
    assert clean("url", text)["status"] == "unreadable"
