from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from migrate.extractors import open_source
from migrate.mapping import Suggestion, suggest
from migrate.specs.source_profile import profile_files, profile_of, read_profile

OWN = """\
label: Old CRM
verified: inferred
source: seen in one export
tables:
  people:
    signature: [XK1, XK2, XK3, XK4]
    means: {XK2: last_name, XK3: "phone:mobile", XK4: system_field}
"""


def written(path: Path, *rows: list[str], delimiter: str = ",") -> Path:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def suggested(place: Path, target: str, folder: Path | None = None) -> dict[str, Suggestion]:
    (table, *_) = open_source(place, folder=folder)
    name, _, wanted = target.partition(":")
    objects = tuple(filter(None, [wanted]))
    suggestions = suggest([table], name, objects=objects, folder=folder)
    return {found.column: found for found in suggestions}


def test_an_outlook_export_in_polish_is_read_by_what_is_known_of_outlook(tmp_path: Path) -> None:
    spelled = read_profile("outlook_contacts").tables[0].headers["pl"]
    row = {
        "First Name": "Anna", "Last Name": "Nowak", "E-mail Address": "anna@example.com",
        "E-mail Type": "SMTP", "E-mail Display Name": "Anna Nowak (anna@example.com)",
        "Business Street": "Prosta 1", "Business City": "Warszawa", "Business Phone": "+48 22 100 20 30",
        "Home Phone": "+48 22 100 20 31", "Mobile Phone": "+48 601 100 200", "Home Street": "Długa 2",
        "Spouse": "Jan", "Categories": "VIP", "Birthday": "1980-02-01", "Sensitivity": "Normal",
        "Directory Server": "ldap1",
    }  # fmt: skip
    header = [spelled.get(column, (column,))[0] for column in row]
    found = suggested(written(tmp_path / "kontakty.csv", header, list(row.values())), "salesforce")
    fields = {column: found[column].best.field for column in row}
    assert fields["First Name"] == "Contact.FirstName"
    assert fields["Mobile Phone"] == "Contact.MobilePhone"
    assert fields["Home Phone"] == "Contact.HomePhone"
    assert fields["Business Street"] == "Contact.MailingStreet"
    assert fields["Birthday"] == "Contact.Birthdate"
    for column in ("E-mail Type", "E-mail Display Name", "Sensitivity", "Directory Server"):
        assert fields[column] is None, column
    assert not any(one.needs_review for one in found.values())  # nobody has to know Polish
    assert "is a column of outlook_contacts: mobile phone" in found["Mobile Phone"].best.reasons[0]
    assert "'Telefon komórkowy'" in found["Mobile Phone"].best.reasons[0]


def test_a_bitrix24_export_says_more_than_its_words(tmp_path: Path) -> None:
    described = read_profile("bitrix24").table("deals")
    assert described is not None
    spelled = described.headers["ru"]
    row = {
        "ID": "17", "Deal Name": "Поставка", "Stage": "Новая", "Deal status": "В работе",
        "Income": "1000", "Currency": "RUB", "Probability": "20", "Responsible": "И. Петров",
        "Created": "01.02.2020 10:00:00", "Closed": "Нет", "Pipeline": "Общая",
        "Repeat inquiry": "Нет", "Assumed close date": "01.03.2020",
    }  # fmt: skip
    header = [spelled.get(column, (column,))[0] for column in row]
    place = written(tmp_path / "deals.csv", header, list(row.values()), delimiter=";")
    found = suggested(place, "salesforce")
    assert found["Deal Name"].best.field == "Opportunity.Name"
    assert found["Stage"].best.field == "Opportunity.StageName"
    assert found["Income"].meaning == "amount"
    assert found["Assumed close date"].best.field == "Opportunity.CloseDate"
    for column in ("Deal status", "Repeat inquiry", "ID"):
        assert found[column].best.field is None, column
        assert found[column].meaning in ("system_field", "record_id")


def test_a_migrations_own_profile_is_found_and_its_meanings_used(tmp_path: Path) -> None:
    place = written(
        tmp_path / "old.csv", ["XK1", "XK2", "XK3", "XK4"], ["1", "Novák", "+421905100200", "q"]
    )
    own = tmp_path / "mappings" / "sources" / "old_crm.yaml"
    own.parent.mkdir(parents=True)
    own.write_text(OWN, encoding="utf-8")
    (without,) = open_source(place)
    assert "profile" not in without.reading
    found = suggested(place, "salesforce:Contact", tmp_path)
    assert found["XK2"].best.field == "Contact.LastName"
    assert found["XK3"].best.field == "Contact.MobilePhone"
    assert found["XK4"].best.field is None
    assert (
        found["XK3"].best.reasons[0].startswith("name: 'XK3' is a column of old_crm: mobile phone")
    )


@pytest.mark.parametrize("name", sorted(profile_files()))
def test_the_important_tables_of_every_profile_say_what_columns_mean(name: str) -> None:
    profile = profile_of(profile_files()[name])
    assert any(table.means for table in profile.tables)
    for table in profile.tables:
        columns = {c for headers in table.headers.values() for c in headers} | set(table.signature)
        if table.means:
            known = sum(bool(table.meaning_of(column.replace("{n}", "1"))) for column in columns)
            assert known >= 0.5 * len(columns), table.name
