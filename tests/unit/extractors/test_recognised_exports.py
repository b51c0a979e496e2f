"""Files as systems export them: recognised by themselves, read under the system's own names."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from migrate.extractors import open_source
from migrate.values import Table

ZOHO = (
    "Record Id,Contact Owner.id,Contact Owner,First Name,Last Name,Account Name.id,Account Name,"
    "Email,Created By.id,Created By,Modified By.id,Modified By,Created Time,Modified Time,"
    "Mailing Street,Email Opt Out,Tag\n"
    "zcrm_1,zcrm_9,Owner,Jane,Example,zcrm_5,Example Ltd,jane@example.com,zcrm_9,Owner,zcrm_9,"
    'Owner,2024-01-02 10:00:00,2024-01-03 10:00:00,1 High St,false,"vip,news"\n'
)
PIPEDRIVE = (
    "Person - Name,Person - Labels,Person - Organization,Person - Email - Work,Person - Email - Home,"
    "Person - Phone - Work,Person - Phone - Mobile,Person - Closed deals,Person - Open deals,"
    "Person - Owner\n"
    "Jane Example,,Example Ltd,jane@example.com,,+44 20 7946 0001,,0,1,Owner\n"
)
MAILCHIMP = (
    '"Email Address","First Name","Last Name",Interests,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,'
    "CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,"
    "LEID,EUID,NOTES,TAGS\n"
    'jane@example.com,Jane,Example,,2,,,"2024-01-02 10:00:00",,,,,,,,,"2024-01-02 10:00:00",'
    "101,abc1,,\n"
)
LINKEDIN = (
    "Notes:\n"
    '"When exporting your connection data, you may notice that some addresses are missing."\n'
    "\n"
    "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"
    "Jane,Example,https://www.linkedin.com/in/jane-example,,Example Ltd,Engineer,12 Mar 2024\n"
    "John,Example,https://www.linkedin.com/in/john-example,,Sample Inc,Buyer,13 Mar 2024\n"
)
MEGAPLAN = (
    "Имя или название;Тип клиента;Статус;Вид деятельности;Канал привлечения;Ответственный;"
    "Телефон;E-mail;Плательщики\n"
    "ООО Пример;Покупатель;Активный;Торговля;Выставка;Иванов И.;+7 495 000-00-01;a@example.com;\n"
)


@pytest.mark.parametrize(
    ("file", "text", "profile", "column", "means"),
    [
        ("Contacts_001.csv", ZOHO, "zoho", "Account Name.id", "company:id"),
        ("people-1.csv", PIPEDRIVE, "pipedrive", "Person - Phone - Mobile", "phone:mobile"),
        ("subscribed.csv", MAILCHIMP, "mailchimp", "LEID", "record_id"),
        ("Connections.csv", LINKEDIN, "linkedin", "Position", "job_title"),
        ("clients.csv", MEGAPLAN, "megaplan", "Ответственные", "owner"),
    ],
)
def test_an_export_is_recognised(
    tmp_path: Path, file: str, text: str, profile: str, column: str, means: str
) -> None:
    path = tmp_path / file
    path.write_text(text, encoding="utf-8")
    table = open_source(path)[0]
    assert table.reading["profile"] == profile, table.reading
    assert {one.name: one.means for one in table.columns}[column] == means


def one_c(path: Path, header: list[str], row: list[str]) -> Table:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "TDSheet"
    sheet.append(header)
    sheet.append(row)
    book.save(path)
    return open_source(path)[0]


def test_a_list_of_1c_is_told_by_its_name_and_its_columns(tmp_path: Path) -> None:
    header = [
        "Наименование в программе",
        "Код",
        "ИНН",
        "КПП",
        "Юр. / физ. лицо",
        "Полное наименование",
        "Группа контрагентов",
    ]
    row = [
        "Пример ООО",
        "00-000001",
        "7700000000",
        "770001001",
        "Юридическое лицо",
        "ООО «Пример»",
        "Покупатели",
    ]
    table = one_c(tmp_path / "Контрагенты.xlsx", header, row)
    assert table.reading["profile"] == "1c"
    means = {one.name: one.means for one in table.columns}
    assert means["Наименование"] == "company"
    assert means["КПП"] == "tax_reason_code"
    elsewhere = one_c(tmp_path / "Список.xlsx", header, row)  # any system may have these columns
    assert "profile" not in elsewhere.reading


def test_the_names_that_1c_gives_its_attributes_are_known_too(tmp_path: Path) -> None:
    header = [
        "Ref_Key",
        "DeletionMark",
        "Code",
        "Description",
        "ИНН",
        "КПП",
        "НаименованиеПолное",
        "ЮридическоеФизическоеЛицо",
        "ГоловнойКонтрагент_Key",
    ]
    path = tmp_path / "Catalog_Контрагенты.csv"
    path.write_text(
        ",".join(header) + "\n" + ",".join(f"v{i}" for i in header) + "\n", encoding="utf-8"
    )
    (table,) = open_source(path)
    assert table.reading["profile"] == "1c"
    assert table.column_names[:4] == ("Ссылка", "Пометка удаления", "Код", "Наименование")
    assert {one.name: one.means for one in table.columns}["Пометка удаления"] == "is_deleted"
