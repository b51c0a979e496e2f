"""Do suggestions find the field, say why, and leave alone what belongs nowhere?"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from migrate.errors import MappingError, UsageError
from migrate.extractors import open_source
from migrate.mapping import Suggestion, suggest
from migrate.values import SOURCE_ROW, Column, Table


def table(columns: dict[str, list[str]], name: str = "customers") -> Table:
    frame = pd.DataFrame(columns, dtype="str")
    frame = frame.where(frame != "")
    frame[SOURCE_ROW] = range(2, len(frame) + 2)
    return Table(
        name, tuple(map(Column, columns)), "a test", lambda _: iter([frame]), lambda: len(frame)
    )


def suggested(columns: dict[str, list[str]], target: str, *objects: str) -> dict[str, Suggestion]:
    return {s.source_column: s for s in suggest([table(columns)], target, objects=objects)}


GERMAN = {
    "Lfd. Nr.": ["1", "2", "3"],
    "Firma": ["Muster GmbH", "Beispiel AG", "Probe e.K."],
    "Vorname": ["Anna", "Jürgen", "Petra"],
    "Name": ["Köhler", "Großmann", "Weiß"],
    "Telefon": ["089 123456", "040 654321", "030 998877"],
    "Handy": ["0171 1234567", "0172 7654321", "0173 1112223"],
    "PLZ": ["80331", "20095", "10115"],
    "Ort": ["München", "Hamburg", "Berlin"],
    "Branche": ["Bau", "Handel", "Energie"],
    "MA": ["12", "140", "3"],
    "USt-IdNr.": ["DE811234567", "DE298765432", "DE136695976"],
    "gelöscht": ["0", "0", "1"],
    "Leer": ["", "", ""],
}


def test_a_sheet_of_companies_and_people_goes_into_both_objects() -> None:
    found = suggested(GERMAN, "salesforce", "Account", "Contact")
    fields = {name: s.best.field for name, s in found.items()}
    assert fields["Firma"] == "Account.Name"
    assert fields["Vorname"] == "Contact.FirstName"
    assert fields["Name"] == "Contact.LastName"
    assert fields["Handy"] == "Contact.MobilePhone"
    assert fields["PLZ"] == "Account.BillingPostalCode"
    assert fields["Ort"] == "Account.BillingCity"
    assert fields["MA"] == "Account.NumberOfEmployees"


@pytest.mark.parametrize(
    ("column", "reason"),
    [("Lfd. Nr.", "it numbers the rows"), ("Leer", "no row has a value"), ("gelöscht", "deleted")],
)
def test_what_belongs_nowhere_is_left_alone_with_the_reason(column: str, reason: str) -> None:
    best = suggested(GERMAN, "salesforce", "Account", "Contact")[column].best
    assert best.field is None
    assert any(reason in sentence for sentence in best.reasons), best.reasons


def test_reasons_name_the_language_the_values_and_the_length() -> None:
    best = suggested(GERMAN, "salesforce", "Account", "Contact")["Vorname"].best
    assert "German" in best.reasons[0]
    assert any("first names" in sentence for sentence in best.reasons)
    assert any(sentence.startswith("length fits") for sentence in best.reasons)


def test_a_language_without_review_is_never_accepted_unseen() -> None:
    found = suggested(GERMAN, "salesforce", "Account", "Contact")["Vorname"]
    assert "German" in found.needs_review


def test_reasons_carry_no_value_of_the_source() -> None:
    for found in suggested(GERMAN, "salesforce", "Account", "Contact").values():
        text = " ".join(sentence for c in found.candidates for sentence in c.reasons)
        for value in ("Köhler", "Anna", "0171", "DE811234567"):
            assert value not in text


def test_confidence_falls_from_the_first_to_the_last() -> None:
    for found in suggested(GERMAN, "salesforce", "Account", "Contact").values():
        said = [c.confidence for c in found.candidates if c.field is not None]
        assert said == sorted(said, reverse=True)
        assert all(0 <= confidence <= 1 for confidence in said)


def test_values_decide_where_the_name_says_two_things() -> None:
    titles = suggested(
        {"First name": ["Eva"], "Last name": ["Nagy"], "Title": ["Mrs."]}, "salesforce", "Contact"
    )
    jobs = suggested(
        {"First name": ["Eva"], "Last name": ["Nagy"], "Title": ["Sales manager"]},
        "salesforce",
        "Contact",
    )
    assert titles["Title"].best.field == "Contact.Salutation"
    assert jobs["Title"].best.field == "Contact.Title"


def test_values_speak_where_the_name_says_nothing() -> None:
    found = suggested({"XQ7": ["jan@example.com", "eva@example.org"]}, "salesforce", "Contact")[
        "XQ7"
    ]
    assert found.best.field == "Contact.Email"
    assert "says nothing" in found.best.reasons[0]


def test_values_that_are_something_else_are_believed() -> None:
    found = suggested({"Phone": ["a@example.com", "b@example.com"]}, "salesforce", "Contact")[
        "Phone"
    ]
    assert found.best.field is None
    assert any("its values are of the kind email" in text for text in found.best.reasons)


def test_two_columns_do_not_share_a_field_that_holds_one_value() -> None:
    found = suggested(
        {"Phone": ["030 111111"], "Phone 2": ["030 222222"], "Fax": ["030 333333"]},
        "salesforce",
        "Contact",
    )
    fields = [s.best.field for s in found.values() if s.best.field]
    assert len(fields) == len(set(fields))


def test_lines_of_an_address_share_the_street() -> None:
    found = suggested(
        {"Address line 1": ["1 Main St"], "Address line 2": ["Suite 5"], "City": ["Austin"]},
        "salesforce", "Lead",
    )  # fmt: skip
    assert found["Address line 1"].best.field == found["Address line 2"].best.field == "Lead.Street"
    assert found["Address line 2"].shape.joined_with == ("Address line 1",)


def test_a_full_name_is_taken_apart() -> None:
    found = suggested({"Contact name": ["Anna Novak", "Jan Kral"]}, "salesforce", "Contact")
    shape = found["Contact name"].shape
    assert shape.cleaner == "person_name"
    assert shape.parts == {"FirstName": "first_name", "LastName": "last_name"} or {
        "FirstName": "first_name", "LastName": "last_name"
    }.items() <= shape.parts.items()  # fmt: skip


def test_a_reference_says_where_it_leads() -> None:
    found = suggested({"Company": ["Acme Ltd"], "Last name": ["Nagy"]}, "salesforce", "Contact")
    assert found["Company"].best.field == "Contact.AccountId"
    assert found["Company"].shape.parent == "Account"


def test_values_of_a_picklist_find_their_new_ones() -> None:
    found = suggested({"Branche": ["Bau", "Bau", "Energie", "Sonstwas"]}, "salesforce", "Account")
    choices = {c.source: (c.target, c.count) for c in found["Branche"].values}
    assert choices["Bau"] == ("Construction", 2)
    assert choices["Energie"] == ("Energy", 1)
    assert choices["Sonstwas"][0] is None


def test_an_unknown_target_and_object_name_the_nearest() -> None:
    with pytest.raises(MappingError, match="salesfroce") as caught:
        suggest([table(GERMAN)], "salesfroce")
    assert "salesforce" in caught.value.hint
    with pytest.raises(UsageError, match="Acount") as refused:
        suggest([table(GERMAN)], "salesforce", objects=["Acount"])
    assert "Account" in refused.value.hint


def test_a_table_without_rows_is_read_by_its_headings() -> None:
    found = suggested({"First name": [], "E-mail": []}, "salesforce", "Contact")
    assert found["First name"].best.field == "Contact.FirstName"
    assert found["E-mail"].best.field == "Contact.Email"


def test_a_table_finds_its_objects_by_itself() -> None:
    """No object was named: the address goes to the company, the person beside it to the contact."""
    customers = table(
        {
            "CustomerID": ["A1", "B2"], "CompanyName": ["Acme Ltd", "Blue Inc"],
            "ContactName": ["Anna Novak", "Jan Kral"], "ContactTitle": ["Owner", "Buyer"],
            "Address": ["1 Main St", "2 High St"], "City": ["Austin", "Boston"],
        },
        name="Customers",
    )  # fmt: skip
    fields = {s.source_column: s.best.field for s in suggest([customers], "salesforce")}
    assert fields["CompanyName"] == "Account.Name"
    assert fields["ContactName"] == "Contact.LastName"
    assert fields["City"] == "Account.BillingCity"
    lines = table(
        {"ProductID": ["1"], "Quantity": ["2"], "UnitPrice": ["3.50"]}, name="Order Details"
    )
    objects = {s.best.field.split(".")[0] for s in suggest([lines], "reference") if s.best.field}
    assert objects == {"LineItem"}


def test_an_export_keeps_the_headings_of_its_language(tmp_path: Path) -> None:
    """A source profile calls its columns by one name; what was in the file is what people know."""
    names = ["Prénom", "Nom de famille", "Nom à afficher", "Surnom", "Adresse électronique principale",
             "Adresse électronique secondaire", "Nom de l’écran", "Tél. professionnel",
             "Tél. personnel", "Fax", "Pager", "Portable"]  # fmt: skip
    path = tmp_path / "carnet.csv"
    row = [
        "Jean",
        "Perrin",
        "Jean Perrin",
        "",
        "jean@example.com",
        "",
        "",
        "01 02 03 04 05",
        "",
        "",
        "",
        "",
    ]
    path.write_text("\n".join(",".join(line) for line in (names, row)) + "\n", encoding="utf-8")
    found = suggest(open_source(str(path)), "pipedrive", objects=["persons"])
    told = {s.source_column: s.best.field for s in found}
    assert told["Prénom"] == "persons.first_name"
    assert told["Tél. professionnel"] == "persons.phone"
    assert told["Portable"] is None  # no row has a value
