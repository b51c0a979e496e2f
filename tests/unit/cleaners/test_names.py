"""Names of persons and companies taken apart."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("name", "value", "first", "last", "title", "suffix"),
    [
        ("Ján Novák", "Ján Novák", "Ján", "Novák", "", ""),
        ("Novák, Ján", "Ján Novák", "Ján", "Novák", "", ""),
        ("NOVÁK, Ján", "Ján Novák", "Ján", "Novák", "", ""),
        ("MCDONALD, Jörg", "Jörg McDonald", "Jörg", "McDonald", "", ""),
        ("DE LA CRUZ, Peter", "Peter de la Cruz", "Peter", "de la Cruz", "", ""),
        ("VAN DER BERG Jan", "Jan van der Berg", "Jan", "van der Berg", "", ""),
        ("Hans von und zu Stein", "Hans von und zu Stein", "Hans", "von und zu Stein", "", ""),
        ("RONALD MC DONALD", "Ronald Mc Donald", "Ronald", "Mc Donald", "", ""),
        ("Ing. Ján Novák, PhD.", "Ing. Ján Novák, PhD.", "Ján", "Novák", "Ing.", "PhD."),
        ("Novák, Ing. Ján, PhD.", "Ing. Ján Novák, PhD.", "Ján", "Novák", "Ing.", "PhD."),
        ("MUDr.Anna Nová", "MUDr.Anna Nová", "Anna", "Nová", "MUDr.", ""),
        ("Doc. Mgr. Eva Malá CSc.", "Doc. Mgr. Eva Malá CSc.", "Eva", "Malá", "Doc. Mgr.", "CSc."),
        ("Jan van der Berg", "Jan van der Berg", "Jan", "van der Berg", "", ""),
        ("Hans von Müller", "Hans von Müller", "Hans", "von Müller", "", ""),
        ("van der Berg, Jan", "Jan van der Berg", "Jan", "van der Berg", "", ""),
        ("JÁN NOVÁK-KOVÁČ", "Ján Novák-Kováč", "Ján", "Novák-Kováč", "", ""),
        ("ján novák", "Ján Novák", "Ján", "Novák", "", ""),
        ("ING. JÁN NOVÁK", "Ing. Ján Novák", "Ján", "Novák", "Ing.", ""),
        ("SEAN O'BRIEN", "Sean O'Brien", "Sean", "O'Brien", "", ""),
        ("Ronald McDonald", "Ronald McDonald", "Ronald", "McDonald", "", ""),
        ("Anna Mária Nováková", "Anna Mária Nováková", "Anna Mária", "Nováková", "", ""),
        ("Ján Novák ml.", "Ján Novák ml.", "Ján", "Novák", "", "ml."),
        ("J. Novák", "J. Novák", "J.", "Novák", "", ""),
        ("P. Novák", "P. Novák", "P.", "Novák", "", ""),
        ("Novák", "Novák", "", "Novák", "", ""),
    ],
)  # fmt: skip
def test_persons_are_taken_apart(clean, name, value, first, last, title, suffix):
    found = clean("person_name", name)
    assert (found["value"], found["last_name"]) == (value, last)
    assert (found.get("first_name", ""), found.get("title", "")) == (first, title)
    assert found.get("suffix", "") == suffix
    assert found["status"] == ("same" if value == name else "changed")


def test_a_last_name_first_column_is_written_first_name_first(clean):
    decision = {"order": "last_first"}
    assert clean("person_name", "Novák Ján", decision) == {
        "value": "Ján Novák", "first_name": "Ján", "last_name": "Novák",
        "status": "changed", "rule": "name_order",
    }  # fmt: skip
    assert clean("person_name", "van der Berg Jan", decision)["last_name"] == "van der Berg"
    assert clean("person_name", "Novák", decision)["value"] == "Novák"


def test_the_order_of_names_is_decided_by_the_column(decide):
    assert decide("person_name", ["Novák Ján", "Malá Eva"])["order"] == "last_first"
    assert decide("person_name", ["Ján Novák", "Eva Malá"])["order"] == "first_last"
    assert decide("person_name", ["Xu Yz"])["order"] == "first_last"
    chosen = decide("person_name", ["Ján Novák"], options={"order": "last_first"})
    assert chosen["order"] == "last_first"


def test_a_column_with_both_orders_is_read_name_by_name(clean, decide):
    names = ["Novák Ján", "Mgr. Eva Malá", "Ivan Kováč", "Ing. Kováčová Anna, PhD."]
    decision = decide("person_name", names)
    assert decision["order"] == "mixed"
    read = [clean("person_name", name, decision) for name in names]
    assert [(r["first_name"], r["last_name"]) for r in read] == [
        ("Ján", "Novák"), ("Eva", "Malá"), ("Ivan", "Kováč"), ("Anna", "Kováčová"),
    ]  # fmt: skip
    assert read[3]["value"] == "Ing. Anna Kováčová, PhD."


def test_a_name_that_does_not_tell_its_order_is_a_suggestion(clean):
    found = clean("person_name", "Lacko Xu", {"order": "mixed"})
    assert (found["first_name"], found["status"]) == ("Lacko", "suggested")
    assert found["rule"] == "name_order_unsure"
    assert clean("person_name", "Xu, Lacko", {"order": "mixed"})["first_name"] == "Lacko"


def test_one_odd_name_does_not_make_a_column_mixed(decide):
    names = [f"{first} Novák" for first in ("Ján", "Eva", "Ivan", "Anna", "Peter", "Jana", "Milan",
             "Zuzana", "Marek", "Lenka", "Pavol", "Hana")]  # fmt: skip
    assert decide("person_name", [*names, "Malá Eva"])["order"] == "first_last"


@pytest.mark.parametrize("name", ["Acme s.r.o.", "Acme, s. r. o.", "Müller GmbH", "Siemens AG",
                                  "ООО Ромашка", "Foo Ltd", "ACME a.s."])  # fmt: skip
def test_companies_in_a_column_of_persons_are_suggested_and_not_taken_apart(clean, name):
    assert clean("person_name", name) == {
        "value": name, "status": "suggested", "rule": "looks_like_company",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "rule", "status"),
    [
        ("12345", "not_a_name", "unreadable"),
        ("Novák, Ján, Bratislava", "name_not_understood", "suggested"),
    ],
)
def test_what_is_no_plain_name_keeps_its_text(clean, name, rule, status):
    assert clean("person_name", name) == {"value": name, "status": status, "rule": rule}


@pytest.mark.parametrize(
    ("name", "value", "core"),
    [
        ("Firma, s. r. o.", "Firma, s.r.o.", "firma"),
        ("Firma spol. s r. o.", "Firma spol. s r.o.", "firma"),
        ("  Žilina  a. s.", "Žilina a.s.", "zilina"),
        ("Foo GmbH & Co. KG", "Foo GmbH & Co. KG", "foo"),
        ("Alfa sp. z o. o.", "Alfa sp. z o.o.", "alfa"),
        ("ΑΛΦΑ Α. Ε.", "ΑΛΦΑ Α.Ε.", "αλφα"),
        ("ООО Ромашка", "ООО Ромашка", "ромашка"),
        ("北京有限公司", "北京有限公司", "北京"),
        ("AE Smith", "AE Smith", "ae smith"),
        ("J. K. Rowling Ltd", "J. K. Rowling Ltd", "j k rowling"),
        ("s.r.o.", "s.r.o.", "sro"),
        ("ACME, Inc.", "ACME, Inc.", "acme"),
    ],
)
def test_companies_keep_their_legal_form_and_get_a_core_for_matching(clean, name, value, core):
    found = clean("company", name)
    assert (found["value"], found["core"]) == (value, core)


@pytest.mark.parametrize(
    ("name", "value", "first", "last", "title"),
    [
        ("NOVÁK Ján", "Ján Novák", "Ján", "Novák", ""),
        ("Ján NOVÁK", "Ján Novák", "Ján", "Novák", ""),
        ("Иванов Иван Иванович", "Иван Иванович Иванов", "Иван Иванович", "Иванов", ""),
        ("Иван Иванович Иванов", "Иван Иванович Иванов", "Иван Иванович", "Иванов", ""),
        ("王小明", "王小明", "小明", "王", ""),
        ("欧阳娜娜", "欧阳娜娜", "娜娜", "欧阳", ""),
        ("山田 太郎", "山田 太郎", "太郎", "山田", ""),
        ("김민수", "김민수", "민수", "김", ""),
        ("Nguyễn Văn An", "Nguyễn Văn An", "Văn An", "Nguyễn", ""),
        ("SEAN MCDONALD", "Sean McDonald", "Sean", "McDonald", ""),
        ("MARIE DE LA CRUZ", "Marie de la Cruz", "Marie", "de la Cruz", ""),
        ("José Ortega y Gasset", "José Ortega y Gasset", "José", "Ortega y Gasset", ""),
        (
            "Univ.-Prof. Dr. Hans Huber",
            "Univ.-Prof. Dr. Hans Huber",
            "Hans",
            "Huber",
            "Univ.-Prof. Dr.",
        ),
        ("Dr. h. c. Müller", "Dr. h. c. Müller", "", "Müller", "Dr. h. c."),
        ("Jan Novák Ing.", "Jan Novák Ing.", "Jan", "Novák", "Ing."),
        ("van Gogh", "van Gogh", "", "van Gogh", ""),
        ("д-р Иванов", "д-р Иванов", "", "Иванов", "д-р"),
        ("Mr. John Smith Jr.", "Mr. John Smith Jr.", "John", "Smith", "Mr."),
        ("Kov&aacute;&#269;ov&aacute; Anna", "Kováčová Anna", "Kováčová", "Anna", ""),
    ],
)
def test_names_of_many_scripts_and_customs_are_taken_apart(clean, name, value, first, last, title):
    found = clean("person_name", name)
    assert (found["value"], found["last_name"]) == (value, last)
    assert (found.get("first_name", ""), found.get("title", "")) == (first, title)


@pytest.mark.parametrize(
    "name",
    ["Ján a Mária Novákovci", "Hans & Greta Müller", "Hans und Greta Müller", "Juan y María García",
     "Mr. & Mrs. Smith", "Ján / Mária Novák", "Peter et Anne Dubois"],
)  # fmt: skip
def test_two_people_in_one_field_are_not_taken_apart(clean, name):
    assert clean("person_name", name) == {
        "value": name, "status": "suggested", "rule": "several_people",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "order"),
    [
        (["Nagy László", "Szabó Anna", "Kovács István"], "last_first"),
        (["Παπαδόπουλος Γιώργος", "Νικολάου Μαρία"], "last_first"),
        (["Müller Hans", "Schmidt Wolfgang"], "last_first"),
        (["Jean Dupont", "Nathalie Martin"], "first_last"),
    ],
)
def test_first_names_of_many_languages_tell_the_order(decide, values, order):
    assert decide("person_name", values)["order"] == order


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("NOVÁKOVÁ", "Nováková"), ("mcdonald", "McDonald"), ("O'NEILL", "O'Neill"), ("MACEK", "Macek"),
        ("VAN DER BERG", "van der Berg"), ("de la Cruz", "de la Cruz"), ("XI", "XI"), (" Ján ", "Ján"),
    ],
)  # fmt: skip
def test_a_first_or_last_name_alone_gets_its_capitals(clean, part, value):
    assert clean("name_part", part)["value"] == value


@pytest.mark.parametrize(
    ("name", "kept", "standard", "form"),
    [
        ("Firma, s. r. o.", "Firma, s. r. o.", "Firma, s.r.o.", "s.r.o."),
        ("Firma spol. s r. o.", "Firma spol. s r. o.", "Firma s.r.o.", "s.r.o."),
        ("Müller gmbh & co kg", "Müller gmbh & co kg", "Müller GmbH & Co. KG", "GmbH & Co. KG"),
        ("Kovács Kft", "Kovács Kft", "Kovács Kft.", "Kft."),
        ("ALFA AE", "ALFA AE", "ALFA AE", ""),
        ("ΑΛΦΑ Α. Ε.", "ΑΛΦΑ Α. Ε.", "ΑΛΦΑ Α.Ε.", "Α.Ε."),
        ("ООО Ромашка", "ООО Ромашка", "ООО Ромашка", "ООО"),
        ("北京某某有限公司", "北京某某有限公司", "北京某某有限公司", "有限公司"),
        ("Acme Widgets, INC", "Acme Widgets, INC", "Acme Widgets, Inc.", "Inc."),
        ("Beispiel UG (haftungsbeschränkt)", "Beispiel UG (haftungsbeschränkt)",
         "Beispiel UG (haftungsbeschränkt)", "UG (haftungsbeschränkt)"),
    ],
)  # fmt: skip
def test_a_legal_form_is_written_otherwise_only_where_asked(clean, name, kept, standard, form):
    assert clean("company", name, {"legal_form": "keep"})["value"] == kept
    found = clean("company", name, {"legal_form": "standard"})
    assert (found["value"], found.get("legal_form", "")) == (standard, form)


def test_no_name_is_turned_round_against_what_its_words_say(clean):
    decision = {"order": "last_first"}
    assert clean("person_name", "Novák Ján", decision)["value"] == "Ján Novák"
    assert clean("person_name", "Mc Donald Ronald", decision)["last_name"] == "Mc Donald"
    assert clean("person_name", "Ing. Zuzana Kováčová, PhD.", decision) == {
        "value": "Ing. Zuzana Kováčová, PhD.", "status": "suggested", "rule": "name_order_unsure",
        "first_name": "Zuzana", "last_name": "Kováčová", "title": "Ing.", "suffix": "PhD.",
    }  # fmt: skip
