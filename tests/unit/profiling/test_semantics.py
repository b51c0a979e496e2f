"""What a column means, by its heading and its values, in many languages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.profiling.semantics import SEMANTIC_TYPES, Semantic, semantic_type

DEVELOPMENT = Path(__file__).parents[4] / "shared/data/mapping/dev"
# The fields of common CRMs, by the end of their names, and what belongs into them.
MEANT = {
    "firstname": {"first_name"}, "lastname": {"last_name"}, "middlename": {"first_name"},
    "emailaddress1": {"email"}, "emailaddress2": {"email"}, "email": {"email"},
    "mobilephone": {"phone"}, "telephone1": {"phone"}, "telephone2": {"phone"},
    "telephone3": {"phone"}, "phone": {"phone"}, "fax": {"phone"}, "homephone": {"phone"},
    "address1_line1": {"street"}, "mailingstreet": {"street"}, "billingstreet": {"street"},
    "street": {"street"}, "address1_city": {"city"}, "address2_city": {"city"},
    "mailingcity": {"city"}, "billingcity": {"city"}, "city": {"city"},
    "address1_postalcode": {"postcode"}, "address2_postalcode": {"postcode"},
    "mailingpostalcode": {"postcode"}, "billingpostalcode": {"postcode"}, "zip": {"postcode"},
    "postalcode": {"postcode"}, "address1_country": {"country"}, "mailingcountry": {"country"},
    "billingcountry": {"country"}, "country": {"country"}, "website": {"url"},
    "address1_stateorprovince": {"subdivision"}, "mailingstate": {"subdivision"},
    "state": {"subdivision"}, "description": {"long_text"}, "comment": {"long_text"},
    "notes": {"long_text"}, "birthdate": {"date"}, "createddate": {"date", "datetime"},
    "closedate": {"date", "datetime"}, "amount": {"money", "decimal", "integer"},
    "annualrevenue": {"money", "decimal", "integer"}, "company": {"company"},
    "numberofemployees": {"integer", "category"}, "industry": {"category"},
    "leadsource": {"category"}, "jobtitle": {"category"}, "title": {"category"},
    "salutation": {"category"}, "donotcall": {"boolean"}, "donotphone": {"boolean"},
    "department": {"category"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "values", "kind", "personal"),
    [
        ("", ["jan@example.com", "eva@example.org", "n/a"], "email", "contact"),
        ("Stĺpec1", ["+421 905 123 456", "0905 123 457", "02/5441 1234"], "phone", "contact"),
        ("IBAN", ["SK31 1200 0000 1987 4263 7541", "CZ6508000000192000145399"], "bank_account",
         "financial"),
        ("x", ["SK2021853504", "ATU13585627", "DE136695976"], "tax_id", ""),
        ("web", ["https://example.com", "www.example.org/x"], "url", ""),
        ("Priezvisko", ["Kováč", "Horváthová", "Malá"], "last_name", "identifying"),
        ("Krstné meno", ["Ján", "Eva", "Oľga"], "first_name", "identifying"),
        ("Ansprechpartner", ["Hans Meier", "Petra Vogel"], "person_name", "identifying"),
        ("фамилия", ["Иванов", "Петрова", "Сидоренко"], "last_name", "identifying"),
        ("ονοματεπώνυμο", ["Μαρία Παπαδοπούλου", "Γιώργος Νικολάου"], "person_name", "identifying"),
        ("公司名称", ["示例有限公司", "测试股份有限公司"], "company", ""),
        ("Telefonszám", ["06 30 123 4567", "06 20 765 4321"], "phone", "contact"),
        ("Cégnév", ["Minta Kft.", "Példa Zrt."], "company", ""),
        ("Şehir", ["İstanbul", "Ankara"], "city", ""),
        ("k", ["Acme s.r.o.", "Beta a.s.", "Gamma GmbH", "Delta"], "company", ""),
        ("Ulica", ["Hlavná 12", "Školská 3/A", "Mlynské nivy 44"], "street", "contact"),
        ("PSČ", ["811 01", "04001", "010 08"], "postcode", ""),
        ("Stadt", ["Köln", "Bad Tölz", "Frankfurt am Main"], "city", ""),
        ("Krajina", ["Slovensko", "Česko", "AT"], "country", ""),
        ("Betrag", ["1.234,50 €", "99,00 €"], "money", ""),
        ("sleva", ["5 %", "12,5 %"], "percent", ""),
        ("Dátum", ["1.3.2019", "31.12.2020"], "date", ""),
        ("Geburtsdatum", ["01.03.1979", "31.12.1980"], "date", "identifying"),
        ("upravené", ["2020-01-02 10:11:12", "2020-01-03 09:00:01"], "datetime", ""),
        ("aktívny", ["áno", "nie", "áno"], "boolean", ""),
        ("flag", ["0", "1", "1", "0"], "boolean", ""),
        ("id", ["7d444840-9dc0-11d1-b245-5ffdce74fad2"], "identifier", ""),
        ("Poznámka", ["Volať až po obede, inak nikto nedvíha."] * 3, "long_text", ""),
        ("Poznámka", ["Volať jan@example.com až po obede, inak nikto."] * 3, "long_text", "contact"),
        ("rodné číslo", ["800101/1234", "905101/0017"], "identifier", "sensitive"),
        ("anything", ["", "  "], "empty", ""),
    ],
)  # fmt: skip
def test_what_columns_mean(name: str, values: list[str], kind: str, personal: str) -> None:
    found = semantic_type(name, values)
    assert (found.type, found.personal) == (kind, personal), found


def test_values_beat_a_heading_that_is_wrong() -> None:
    found = semantic_type("Telefón", ["jan@example.com", "eva@example.org"])
    assert found.type == "email"


def test_a_type_in_the_heading_is_no_value_of_it() -> None:
    assert semantic_type("E-mail Type", ["SMTP", "EX", "SMTP"]).type == "category"
    assert semantic_type("contact_id", ["17", "18", "19"]).type == "identifier"


def test_the_share_counts_occurrences() -> None:
    found = semantic_type("mail", ["a@example.com", "b@example.com", "none of these"], [7, 2, 1])
    assert (found.type, found.share) == ("email", 0.9)


def test_company_numbers_are_known_by_their_check_digits() -> None:
    numbers = ["5261040828", "7010020117", "5213017228", "5252344078", "7740001454", "5260250995",
               "1132853869", "7791011327", "5272525995", "6340125442", "5250007313"]  # fmt: skip
    from stdnum.pl import nip

    valid = [number for number in numbers if nip.is_valid(number)]
    if len(valid) < 10:
        base = (f"52{i:07d}" for i in range(1, 999))
        valid = [n for b in base for d in "0123456789" if nip.is_valid(n := b + d)][:12]
    assert semantic_type("kolumna", valid).type == "tax_id"


@given(st.text(), st.lists(st.text(), max_size=8))
def test_nothing_is_raised_and_the_answer_is_whole(name: str, values: list[str]) -> None:
    found = semantic_type(name, values)
    assert isinstance(found, Semantic)
    assert found.type in SEMANTIC_TYPES
    assert 0 <= found.share <= 1 and 0 <= found.confidence <= 1
    assert found.runner_up == "" or found.runner_up in SEMANTIC_TYPES


@pytest.mark.skipif(not DEVELOPMENT.is_dir(), reason="the development data are not here")
def test_the_columns_of_real_headings() -> None:
    right, seen, wrong = 0, 0, []
    for file in sorted(DEVELOPMENT.glob("*.json")):
        case = json.loads(file.read_text(encoding="utf-8"))
        for column in case["source_columns"]:
            target = case["truth"].get(column["name"])
            field = str(target or "").rpartition(".")[2].lower()
            if field not in MEANT or not any(column["samples"]):
                continue
            found = semantic_type(column["name"], column["samples"])
            seen += 1
            right += found.type in MEANT[field]
            if found.type not in MEANT[field]:
                wrong.append((file.stem, column["name"], field, found.type))
    print(right, seen, wrong)
    assert right >= 0.93 * seen, (right, seen, wrong)
