"""E-mail addresses out of the cells that people typed."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("jan@firma.sk", {"value": "jan@firma.sk", "status": "same"}),
        ("x@example.com", {"value": "x@example.com", "status": "same"}),
        ("x@shop.test", {"value": "x@shop.test", "status": "same"}),
        ("Jan.Novak@FIRMA.sk",
         {"value": "Jan.Novak@firma.sk", "status": "changed", "rule": "domain_lowercased"}),
        (" jan@firma.sk\xa0", {"value": "jan@firma.sk", "status": "changed", "rule": "whitespace"}),
        ("jan @firma.sk", {"value": "jan@firma.sk", "status": "changed", "rule": "whitespace"}),
        ("jan@firma.sk.", {"value": "jan@firma.sk", "status": "changed", "rule": "whitespace"}),
        ("mailto:jan@firma.sk?subject=x",
         {"value": "jan@firma.sk", "status": "changed", "rule": "address_extracted"}),
        ("Ján Novák <jan@firma.sk>",
         {"value": "jan@firma.sk", "display_name": "Ján Novák", "status": "changed",
          "rule": "address_extracted"}),
        ('"Novák, Ján" <jan@firma.sk>',
         {"value": "jan@firma.sk", "display_name": "Novák, Ján", "status": "changed",
          "rule": "address_extracted"}),
        ("a@b.sk; c@d.sk, e@f.sk",
         {"value": "a@b.sk", "others": "c@d.sk; e@f.sk", "status": "changed",
          "rule": "first_of_list"}),
        ("a@b.sk c@d.sk",
         {"value": "a@b.sk", "others": "c@d.sk", "status": "changed", "rule": "first_of_list"}),
        ("broken@, a@b.sk",
         {"value": "a@b.sk", "others": "broken@", "status": "changed", "rule": "first_of_list"}),
        ("Novák, Ján <j@x.sk>, Kováč <k@x.sk>",
         {"value": "j@x.sk", "display_name": "Novák, Ján", "others": "Kováč <k@x.sk>",
          "status": "changed", "rule": "first_of_list"}),
        ("info@firma.sk (recepcia)",
         {"value": "info@firma.sk", "others": "recepcia", "role": "info", "status": "changed",
          "rule": "first_of_list"}),
        ("jan@gmail.con",
         {"value": "jan@gmail.con", "suggestion": "jan@gmail.com", "status": "suggested",
          "rule": "typo_domain"}),
        ("jan@gmial.com",
         {"value": "jan@gmial.com", "suggestion": "jan@gmail.com", "status": "suggested",
          "rule": "typo_domain"}),
        ("jan@hotmial.com",
         {"value": "jan@hotmial.com", "suggestion": "jan@hotmail.com", "status": "suggested",
          "rule": "typo_domain"}),
        ("jan@firma.con",
         {"value": "jan@firma.con", "suggestion": "jan@firma.com", "status": "suggested",
          "rule": "typo_domain"}),
        ("jan@firma.local",
         {"value": "jan@firma.local", "status": "suggested", "rule": "special_use_domain"}),
    ],
)  # fmt: skip
def test_addresses_are_found(clean, cell, found):
    assert clean("email", cell) == found


@pytest.mark.parametrize(
    "cell", ["jan", "jan@", "@x", "jan@firma", "jan@@firma.sk", "jan@fir ma.sk", "a..b@firma.sk",
             "jan novak@firma.sk", "jan@firma.s", "jan@firma.co m", "=A1", "n/a", "jan@-firma.sk",
             "x" * 65 + "@firma.sk"],
)  # fmt: skip
def test_what_is_no_address_is_unreadable_and_kept(clean, cell):
    assert clean("email", cell) == {
        "value": cell, "status": "unreadable", "rule": "not_an_email",
    }  # fmt: skip


def test_an_at_sign_in_words_is_only_suggested(clean):
    found = clean("email", "jana(at)firma.sk")
    assert found["status"] == "unreadable" and found["value"] == "jana(at)firma.sk"
    assert found["suggestion"] == "jana@firma.sk"
