from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest

from migrate.errors import UsageError
from migrate.extractors import open_source
from migrate.extractors._readings import options_of
from migrate.extractors._text import unique_names
from migrate.specs.profile import ANY, NUMBER, ProfileTable, SourceProfile
from migrate.specs.source_profile import profile_files, read_profile
from migrate.values import Table


def written(
    path: Path, rows: list[list[str]], encoding: str = "utf-8", delimiter: str = ","
) -> Path:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def whole(table: Table) -> pd.DataFrame:
    return pd.concat(list(table.batches()), ignore_index=True)


def opened(place: Path, **options: object) -> dict[str, Table]:
    tables = open_source(place, **options)
    for table in tables:
        lost = sum(issue.code == "row_not_placed" for issue in table.issues())
        assert len(whole(table)) + lost == table.count(), table.name
    return {table.name: table for table in tables}


def read_again(place: Path, tables: dict[str, Table], **options: object) -> dict[str, Table]:
    """Read by the readings alone: the law of every extractor."""
    again = opened(
        place, tables={t.name: options_of(t.reading) for t in tables.values()}, **options
    )
    assert list(again) == list(tables)
    for name, table in tables.items():
        assert again[name].column_names == table.column_names
        pd.testing.assert_frame_equal(whole(again[name]), whole(table))
    return again


def codes(table: Table) -> set[str]:
    whole(table)
    return {issue.code for issue in table.issues()}


# -- every profile recognises what it describes ------------------------------------------------


def described() -> list[tuple[SourceProfile, ProfileTable, str]]:
    profiles = [read_profile(name) for name in profile_files()]
    return [
        (profile, table, language)
        for profile in profiles
        for table in profile.tables
        for language in ("", *table.headers)
        if table.signature
    ]


def header_of(table: ProfileTable, language: str) -> list[str]:
    """The columns that the profile knows in a language, the first spelling of each."""
    spelled = table.headers.get(language, {})
    columns = dict.fromkeys((*table.signature, *table.key, *spelled))
    names = [spelled.get(column, (column,))[0].replace(NUMBER, "1") for column in columns]
    return unique_names(dict.fromkeys(names))


@pytest.mark.parametrize(
    ("profile", "table", "language"),
    [pytest.param(*one, id=f"{one[0].name}-{one[1].name}-{one[2]}") for one in described()],
)
def test_a_profile_recognises_its_own_headers(
    tmp_path: Path, profile: SourceProfile, table: ProfileTable, language: str
) -> None:
    header = header_of(table, language)
    stem = (table.names or ("export",))[0].strip("*.") or "export"
    name = f"{'Thing__c' if table.name == ANY else stem}.csv"
    place = written(tmp_path / name, [header, *[[f"v{i}" for i, _ in enumerate(header)]] * 2])
    found = open_source(place)
    if "*." in "".join(table.names):  # told by the extension of a dBase file
        assert [t.reading.get("profile") for t in found] == [None]
        return
    assert found[0].reading["profile"] == profile.name, found[0].reading["evidence"]
    assert set(table.made) & {t.name for t in found} or table.name == ANY
    assert not set(table.signature) - set(found[0].column_names) - set(table.skip) or (
        table.share < 100
    )


def test_plain_tables_are_left_alone(tmp_path: Path) -> None:
    headers = [
        ["name", "email", "phone"],
        ["id", "name", "company", "email", "phone", "city"],
        ["Jméno", "Příjmení", "Firma", "Telefon", "E-mail", "Poznámka"],
        ["Vorname", "Nachname", "Firma", "Straße", "PLZ", "Ort", "E-Mail"],
        ["First Name", "Last Name", "Company", "Email", "Phone", "Birthday", "Notes"],
        ["ID", "Имя", "Фамилия", "Телефон", "Комментарий"],
        ["Id", "Name", "CreatedDate"],
        ["id", "name", "deleted", "description"],
    ]
    for number, header in enumerate(headers):
        place = written(tmp_path / f"{number}/contacts.csv", [header, [f"v{i}" for i in header]])
        (table,) = open_source(place)
        assert "profile" not in table.reading
        assert table.column_names == tuple(header)


# -- overruling --------------------------------------------------------------------------------

GOOGLE = [
    "First Name", "Middle Name", "Last Name", "Phonetic First Name", "Phonetic Last Name",
    "Name Prefix", "Name Suffix", "Nickname", "Labels", "E-mail 1 - Label", "E-mail 1 - Value",
    "Phone 1 - Label", "Phone 1 - Value", "Favourite colour",
]  # fmt: skip
JANE = [
    "Jane", "", "Example", "", "", "", "", "", "* myContacts ::: Friends", "Work",
    "jane@example.com ::: j@example.org", "Mobile", "+421 2 5441 0001", "green",
]  # fmt: skip


def test_a_profile_can_be_turned_off_and_named(tmp_path: Path) -> None:
    place = written(tmp_path / "google.csv", [GOOGLE, JANE])
    plain = opened(place, profile="none")
    assert list(plain) == ["google"]
    assert plain["google"].column_names == tuple(GOOGLE)
    assert plain["google"].reading["profile"] == "none"
    read_again(place, plain)
    named = opened(place, profile="google_contacts")
    assert list(named) == list(opened(place))
    with pytest.raises(UsageError, match="no source profile") as caught:
        open_source(place, profile="google_contact")
    assert "google_contacts" in caught.value.hint
    with pytest.raises(UsageError, match="knows none of the tables"):
        open_source(place, profile="goldmine")


def test_a_name_and_options_given_by_hand_are_followed(tmp_path: Path) -> None:
    place = written(tmp_path / "google.csv", [GOOGLE, JANE], delimiter=";")
    tables = opened(place, tables={"people": {"delimiter": ";"}})
    assert list(tables) == ["people", "contact_emails", "contact_phones", "contact_labels"]
    (key,) = tables["contact_emails"].foreign_keys
    assert key.target_table == "people"
    assert list(opened(place, tables={"contacts": {"delimiter": ";"}, "contact_phones": {}}))
    only = opened(place, only=["contact_phones"])
    assert list(only) == ["contact_phones"]
    with pytest.raises(UsageError, match="there is no table"):
        open_source(place, only=["contact_phone"])


def test_columns_that_a_profile_does_not_know_stay(tmp_path: Path) -> None:
    tables = opened(written(tmp_path / "google.csv", [GOOGLE, JANE]))
    assert whole(tables["contacts"])["Favourite colour"].tolist() == ["green"]


def test_a_column_that_is_made_takes_the_name_of_no_other(tmp_path: Path) -> None:
    place = written(tmp_path / "google.csv", [[*GOOGLE, "contact_key"], [*JANE, "mine"]])
    tables = opened(place)
    assert whole(tables["contacts"])["contact_key"].tolist() == ["mine"]
    (key,) = tables["contact_phones"].foreign_keys
    assert key.target_columns == ("contact_key_2",)
    renamed = {"profile": "google_contacts", "renamed": {"Nickname": "First Name"}}
    with pytest.raises(UsageError, match="two columns"):
        open_source(place, tables={"contacts": renamed})


# -- Google ------------------------------------------------------------------------------------


def test_several_values_in_a_google_cell_become_rows(tmp_path: Path) -> None:
    bob = ["Bob", *[""] * 9, "bob@example.com", "Work ::: Home", "1 ::: 2", ""]
    tables = opened(written(tmp_path / "google.csv", [GOOGLE, JANE, bob]))
    keys = whole(tables["contacts"])["contact_key"].tolist()
    assert len(set(keys)) == 2
    emails = whole(tables["contact_emails"])
    assert emails["contact_key"].tolist() == [keys[0], keys[0], keys[1]]
    assert emails["position"].tolist() == ["1", "2", "1"]
    assert emails["email"].tolist() == ["jane@example.com", "j@example.org", "bob@example.com"]
    assert emails["label"].tolist()[:2] == ["Work", "Work"]
    phones = whole(tables["contact_phones"])
    assert phones["label"].tolist() == ["Mobile", "Work", "Home"]
    assert phones["phone"].tolist() == ["+421 2 5441 0001", "1", "2"]
    assert whole(tables["contact_labels"])["label"].tolist() == ["* myContacts", "Friends"]
    assert tables["contact_phones"].is_view
    # the columns stay as they were, for a mapping that wants them flat
    assert whole(tables["contacts"])["E-mail 1 - Value"].tolist()[0] == JANE[10]
    read_again(tmp_path / "google.csv", tables)


def test_the_google_header_until_2023_gets_the_names_of_today(tmp_path: Path) -> None:
    header = [
        "Name", "Given Name", "Additional Name", "Family Name", "Yomi Name", "Given Name Yomi",
        "Additional Name Yomi", "Family Name Yomi", "Name Prefix", "Name Suffix", "Initials",
        "Nickname", "Short Name", "Maiden Name", "Birthday", "Group Membership",
        "E-mail 1 - Type", "E-mail 1 - Value", "Phone 1 - Type", "Phone 1 - Value",
        "Organization 1 - Name",
    ]  # fmt: skip
    row = ["Jane Example", "Jane", "", "Example", *[""] * 10, "--05-14", "* myContacts", "* Work",
           "jane@example.com", "Mobile", "1 ::: 2", "Example Ltd"]  # fmt: skip
    tables = opened(written(tmp_path / "contacts.csv", [header, row]))
    contacts = tables["contacts"]
    frame = whole(contacts)
    assert frame[["First Name", "Last Name", "Organization Name"]].values.tolist() == [
        ["Jane", "Example", "Example Ltd"]
    ]
    assert contacts.reading["renamed"]["First Name"] == "Given Name"
    assert contacts.reading["renamed"]["E-mail 1 - Label"] == "E-mail 1 - Type"
    assert "until_2023" in contacts.reading["evidence"]["profile"]
    assert whole(tables["contact_phones"])["phone"].tolist() == ["1", "2"]
    read_again(tmp_path / "contacts.csv", tables)


def test_exact_doubles_get_keys_of_their_own(tmp_path: Path) -> None:
    tables = opened(written(tmp_path / "google.csv", [GOOGLE, JANE, JANE]))
    keys = whole(tables["contacts"])["contact_key"].tolist()
    assert keys[1] == f"{keys[0]}-2"
    assert set(whole(tables["contact_phones"])["contact_key"]) == set(keys)


# -- Outlook -----------------------------------------------------------------------------------

OUTLOOK = {
    "de": ("cp1252", "Jürgen", "Müßig"),
    "pl": ("cp1250", "Łukasz", "Wójcik"),
    "cs": ("cp1250", "Jiří", "Dvořák"),
    "sk": ("cp1250", "Ľubica", "Kováčová"),
    "fr": ("cp1252", "Hélène", "Lefèvre"),
    "ru": ("cp1251", "Анна", "Смирнова"),
    "es": ("cp1252", "Íñigo", "Peña"),
    "sv": ("cp1252", "Åsa", "Öberg"),
    "": ("utf-8", "Jane", "Example"),
}


@pytest.mark.parametrize("language", OUTLOOK)
def test_outlook_contacts_in_their_languages(tmp_path: Path, language: str) -> None:
    encoding, first, last = OUTLOOK[language]
    (described,) = read_profile("outlook_contacts").tables
    columns = list(described.headers["de"])  # every column that an export has
    spelled = described.headers.get(language, {})
    header = [spelled.get(column, (column,))[0] for column in columns]
    values = {
        "First Name": first, "Last Name": last, "Birthday": "0/0/00", "Categories": "VIP; Kunde",
        "E-mail Address": "a@example.com", "E-mail 2 Address": "b@example.com",
        "Business Street": "Hauptstraße 1" if encoding == "cp1252" else "Hlavná 1",
    }  # fmt: skip
    if encoding == "cp1251":
        values["Business Street"] = "Невский проспект 1"
    row = [values.get(column, "") for column in columns]
    place = written(tmp_path / "outlook.csv", [header, row, [*row[:-1], "x"]], encoding)
    tables = opened(place)
    contacts = tables["contacts"]
    assert contacts.reading["profile"] == "outlook_contacts"
    frame = whole(contacts)
    assert frame["First Name"].tolist() == [first, first]
    assert frame["Last Name"].tolist() == [last, last]
    assert frame["Birthday"].isna().all()
    assert "nothing_spelled" in codes(contacts)
    assert whole(tables["contact_categories"])["category"].tolist() == ["VIP", "Kunde"] * 2
    if "E-mail 2 Address" in spelled or not language:
        emails = whole(tables["contact_emails"])["email"].tolist()
        assert emails == ["a@example.com", "b@example.com"] * 2
    read_again(place, tables)


def test_what_counts_as_nothing_can_be_overruled(tmp_path: Path) -> None:
    header = list(read_profile("outlook_contacts").tables[0].headers["de"])
    row = ["0/0/00" if column == "Birthday" else "x" for column in header]
    place = written(tmp_path / "outlook.csv", [header, row])
    tables = opened(place, tables={"contacts": {"profile": "outlook_contacts", "nothing": {}}})
    assert whole(tables["contacts"])["Birthday"].tolist() == ["0/0/00"]
    assert "nothing_spelled" not in codes(tables["contacts"])


# -- HubSpot, SuiteCRM, Bitrix24, amoCRM ----------------------------------------------------------


def test_hubspot_lists_become_tables_and_refer_to_the_other_export(tmp_path: Path) -> None:
    contacts = ["Record ID", "First Name", "Last Name", "Email", "Contact owner", "Create Date",
                "Lead Status", "Additional email addresses", "Associated Company IDs"]  # fmt: skip
    companies = ["Record ID", "Company name", "Company owner", "Create Date",
                 "Company Domain Name", "Industry"]  # fmt: skip
    folder = tmp_path / "hubspot"
    written(folder / "hubspot-crm-exports-all-contacts-2026-01-05.csv", [
        contacts,
        ["101", "Jane", "Example", "jane@example.com", "Ann", "2025-01-01 10:00", "NEW",
         "j@example.org;jane@example.net", "901;902"],
    ])  # fmt: skip
    written(folder / "hubspot-crm-exports-all-companies-2026-01-05.csv", [
        companies, ["901", "Example Ltd", "Ann", "2025-01-01 10:00", "example.com", "IT"],
    ])  # fmt: skip
    tables = opened(folder)
    assert {"contacts", "companies", "contact_emails", "contact_companies"} <= set(tables)
    assert tables["contacts"].key == ("Record ID",)
    assert whole(tables["contact_emails"])["email"].tolist() == [
        "j@example.org",
        "jane@example.net",
    ]
    links = tables["contact_companies"]
    assert whole(links)["Company ID"].tolist() == ["901", "902"]
    assert {key.target_table for key in links.foreign_keys} == {"contacts", "companies"}
    read_again(folder, tables)


@pytest.mark.parametrize("language", ["de", "es", "fr", "internal"])
def test_hubspot_headers_in_other_languages(tmp_path: Path, language: str) -> None:
    spelled = read_profile("hubspot").tables[0].headers[language]
    header = [spellings[0] for spellings in spelled.values()]
    place = written(tmp_path / "export.csv", [header, [f"v{i}" for i in range(len(header))]])
    contacts = opened(place)["contacts"]
    assert {"Record ID", "First Name", "Last Name"} <= set(contacts.column_names)
    assert contacts.reading["renamed"]["First Name"] == spelled["First Name"][0]


def test_a_hubspot_workbook_is_recognised_too(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Record ID", "Deal Name", "Deal Stage", "Pipeline", "Amount", "Close Date"])
    sheet.append(["1", "Roof", "Won", "Sales", "12.5", "2025-02-01"])
    book.save(tmp_path / "deals.xlsx")
    tables = opened(tmp_path / "deals.xlsx")
    assert tables["deals"].reading["profile"] == "hubspot"
    assert tables["deals"].key == ("Record ID",)
    read_again(tmp_path / "deals.xlsx", tables)


def test_a_suitecrm_database_gets_references_and_its_deleted_rows_are_told(tmp_path: Path) -> None:
    import sqlite3

    place = tmp_path / "suite.db"
    with sqlite3.connect(place) as database:
        database.executescript(
            """
            CREATE TABLE accounts (id char(36) PRIMARY KEY, name, date_entered, date_modified,
              modified_user_id, created_by, deleted, assigned_user_id, account_type, parent_id);
            INSERT INTO accounts VALUES ('a1', 'Example', '', '', '1', '1', 0, '1', '', NULL),
              ('a2', 'Gone', '', '', '1', '1', 1, '1', '', 'a1');
            CREATE TABLE accounts_cstm (id_c char(36) PRIMARY KEY, vip_c);
            CREATE TABLE email_addr_bean_rel (id PRIMARY KEY, email_address_id, bean_id,
              bean_module, primary_address, deleted);
            CREATE TABLE email_addresses (id PRIMARY KEY, email_address, email_address_caps,
              invalid_email, opt_out, deleted);
            CREATE TABLE other (id PRIMARY KEY, what);
            """
        )
    database.close()
    tables = opened(place)
    accounts = tables["accounts"]
    assert accounts.reading["profile"] == "suitecrm"
    assert ("parent_id",) in {key.columns for key in accounts.foreign_keys}
    assert "deleted_rows" in codes(accounts)
    assert tables["accounts_cstm"].foreign_keys[0].target_table == "accounts"
    assert tables["email_addr_bean_rel"].foreign_keys[0].target_table == "email_addresses"
    assert "email_address_caps" not in tables["email_addresses"].column_names
    assert "columns_skipped" in codes(tables["email_addresses"])
    assert "profile" not in tables["other"].reading
    read_again(place, tables)


def test_bitrix24_and_amocrm_in_russian(tmp_path: Path) -> None:
    bitrix = ["ID", "Обращение", "Имя", "Отчество", "Фамилия", "Дата рождения", "Тип контакта",
              "Компания", "Должность", "Источник", "Ответственный", "Дата создания"]  # fmt: skip
    row = [
        "1",
        "",
        "Анна",
        "",
        "Смирнова",
        "",
        "Клиенты",
        "ООО Пример",
        "",
        "Сайт",
        "Пётр",
        "1.2.2020",
    ]
    tables = opened(written(tmp_path / "CONTACT_20260101.csv", [bitrix, row], "utf-8-sig", ";"))
    contacts = tables["contacts"]
    assert contacts.reading["profile"] == "bitrix24"
    assert whole(contacts)["Last Name"].tolist() == ["Смирнова"]
    amo = ["ID", "Тип", "Название сделки", "Бюджет", "Ответственный", "Дата создания",
           "Кем создана", "Дата закрытия", "Теги сделки", "Этап сделки", "Воронка",
           "Основной контакт", "Компания контакта"]  # fmt: skip
    row = ["7", "Сделка", "Крыша", "1000", "Пётр", "01.02.2020", "Пётр", "", "vip, крыша", "Новая",
           "Продажи", "Анна", "ООО Пример"]  # fmt: skip
    tables = opened(written(tmp_path / "amocrm_export_leads.csv", [amo, row]))
    assert tables["deals"].reading["profile"] == "amocrm"
    assert whole(tables["deals"])["Deal name"].tolist() == ["Крыша"]
    assert whole(tables["deal_tags"])["tag"].tolist() == ["vip", "крыша"]
    read_again(tmp_path / "amocrm_export_leads.csv", tables)


def test_two_address_books_in_a_folder_stay_apart(tmp_path: Path) -> None:
    written(tmp_path / "book/jane.csv", [GOOGLE, JANE])
    written(tmp_path / "book/bob.csv", [GOOGLE, ["Bob", *JANE[1:]]])
    tables = opened(tmp_path / "book")
    assert {"contacts", "contacts_2", "contact_phones", "contact_phones_2"} <= set(tables)
    (key,) = tables["contact_phones_2"].foreign_keys
    assert key.target_table == "contacts_2"
    assert whole(tables["contacts"])["First Name"].tolist() == ["Bob"]
    read_again(tmp_path / "book", tables)
