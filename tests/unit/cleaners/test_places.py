"""Postcodes, subdivisions, streets and whole addresses, in the forms of many countries."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("text", "country", "value", "city"),
    [
        ("S-958 22", "SE", "958 22", ""), ("SK-811 01", "SK", "811 01", ""),
        ("SK-811 01", "", "811 01", ""), ("CZ 110 00", "CZ", "110 00", ""),
        ("D-80331", "DE", "80331", ""), ("80331.0", "DE", "80331", ""), ("1067", "DE", "01067", ""),
        ("FIN-00100", "FI", "00100", ""), ("A-1010 Wien", "AT", "1010", "Wien"),
        ("811 01 Bratislava", "SK", "811 01", "Bratislava"),
        ("Bratislava 811 01", "SK", "811 01", "Bratislava"),
        ("SW1A 1AA London", "GB", "SW1A 1AA", "London"), ("sw1a1aa", "GB", "SW1A 1AA", ""),
        ("1234 ab Amsterdam", "NL", "1234 AB", "Amsterdam"), ("d02af30", "IE", "D02 AF30", ""),
        ("01103", "LT", "LT-01103", ""), ("LV-1050", "LV", "LV-1050", ""), ("1050", "LV", "LV-1050", ""),
        ("01310-100", "BR", "01310-100", ""), ("1310100", "BR", "01310-100", ""),
        ("12345-6789", "US", "12345-6789", ""), ("2139", "USA", "02139", ""),
    ],
)  # fmt: skip
def test_postcodes_are_written_as_their_country_does(clean, text, country, value, city):
    found = clean("postcode", text, {"country": country})
    assert (found["value"], found.get("city", "")) == (value, city)
    again = clean("postcode", found["value"], {"country": country or "SK"})
    assert again == {"value": value, "status": "same"}


@pytest.mark.parametrize(
    ("text", "country"), [("81", "SK"), ("8110112", "SK"), ("PL-00-001", "SK"), ("ABC", "DE")]
)
def test_a_postcode_of_another_country_is_refused(clean, text, country):
    found = clean("postcode", text, {"country": country})
    assert (found["value"], found["rule"]) == (text, "postcode_not_of_country")


@pytest.mark.parametrize(
    ("text", "country", "code"),
    [
        ("California", "US", "US-CA"), ("Calif.", "US", "US-CA"), ("ny", "US", "US-NY"),
        ("US-TX", "", "US-TX"), ("Québec", "CA", "CA-QC"), ("Bayern", "DE", "DE-BY"),
        ("North Rhine-Westphalia", "Germany", "DE-NW"), ("Žilinský kraj", "SK", "SK-ZI"),
        ("Zilinsky", "SK", "SK-ZI"), ("Žilina", "SK", "SK-ZI"), ("woj. śląskie", "PL", "PL-24"),
        ("Mazowieckie", "PL", "PL-14"), ("Kanton Zürich", "CH", "CH-ZH"), ("Milano", "IT", "IT-MI"),
        ("MI", "IT", "IT-MI"), ("Львівська область", "UA", "UA-46"), ("广东省", "CN", "CN-GD"),
        ("東京都", "JP", "JP-13"), ("Co. Cork", "IE", "IE-CO"), ("São Paulo", "BR", "BR-SP"),
        ("Московская обл", "RU", "RU-MOS"), ("Bavaria", "", "DE-BY"), ("13", "FR", "FR-13"),
        ("Bács-Kiskun megye", "HU", "HU-BK"),
    ],
)  # fmt: skip
def test_subdivisions_become_iso_codes(clean, text, country, code):
    assert clean("subdivision", text, {"country": country})["value"] == code
    if country:
        assert clean("subdivision", text, {}, country=country)["value"] == code


def test_a_subdivision_that_is_not_sure_is_refused_or_kept(clean, decide):
    assert clean("subdivision", "Bayern", {"country": "US"})["rule"] == "not_in_country"
    assert clean("subdivision", "Atlantis", {"country": "US"})["rule"] == "unknown_subdivision"
    assert clean("subdivision", "Limburg")["rule"] == "country_missing"
    assert clean("subdivision", "Nairobi", {"country": "KE"}) == {
        "value": "Nairobi",
        "status": "same",
    }
    assert decide("subdivision", ["NY", "CA", "TX"])["country"] == "US"
    assert decide("subdivision", ["Bayern", "Hessen"])["country"] == "DE"
    assert decide("subdivision", ["?"], region="SK")["country"] == "SK"


@pytest.mark.parametrize(
    ("line", "street", "number", "unit", "box"),
    [
        ("Hlavná 12", "Hlavná", "12", "", ""), ("Hlavná 12/5A, byt 3", "Hlavná", "12/5A", "3", ""),
        ("17. novembra 5", "17. novembra", "5", "", ""), ("Nám. SNP 1", "Nám. SNP", "1", "", ""),
        ("Námestie 1. mája 18", "Námestie 1. mája", "18", "", ""),
        ("Hauptstraße 5-7", "Hauptstraße", "5-7", "", ""), ("ul. Długa 5 m. 3", "ul. Długa", "5", "3", ""),
        ("ул. Ленина, д. 5, кв. 12", "ул. Ленина", "5", "12", ""), ("Via Roma, 10", "Via Roma", "10", "", ""),
        ("12 bis rue de la Paix", "rue de la Paix", "12 bis", "", ""),
        ("221B Baker Street", "Baker Street", "221B", "", ""),
        ("350 Fifth Ave, Suite 3300", "Fifth Ave", "350", "3300", ""),
        ("5th Avenue 10", "5th Avenue", "10", "", ""), ("Λεωφ. Συγγρού 12", "Λεωφ. Συγγρού", "12", "", ""),
        ("P.O. Box 77", "", "", "", "77"), ("Postfach 10 12 34", "", "", "", "10 12 34"),
        ("Rue de Rivoli", "Rue de Rivoli", "", "", ""), ("Hlavná č. 5/A", "Hlavná", "5/A", "", ""),
        ("Hlavná č.p. 12", "Hlavná", "12", "", ""), ("Via Roma n. 5", "Via Roma", "5", "", ""),
    ],
)  # fmt: skip
def test_the_parts_of_a_street_line_are_found_and_the_line_stays(
    clean, line, street, number, unit, box
):
    found = clean("street", line)
    assert (found["value"], found["status"]) == (line, "same")
    parts = [found.get(part, "") for part in ("street_name", "house_number", "unit", "po_box")]
    assert parts == [street, number, unit, box]


@pytest.mark.parametrize(
    ("text", "country", "parts"),
    [
        ("Hlavná 12\n811 01 Bratislava\nSlovensko", "",
         ("Hlavná", "12", "", "", "811 01", "Bratislava", "SK")),
        ("1600 Pennsylvania Ave NW, Washington, DC 20500", "US",
         ("Pennsylvania Ave NW", "1600", "", "", "20500", "Washington", "")),
        ("10 Downing Street, London SW1A 2AA", "GB",
         ("Downing Street", "10", "", "", "SW1A 2AA", "London", "")),
        ("Musterstr. 5, 10115 Berlin", "DE", ("Musterstr.", "5", "", "", "10115", "Berlin", "")),
        ("ul. Długa 5 m. 3, 00-238 Warszawa", "PL",
         ("ul. Długa", "5", "3", "", "00-238", "Warszawa", "")),
        ("P.O. Box 12, 811 01 Bratislava", "SK", ("", "", "", "12", "811 01", "Bratislava", "")),
    ],
)  # fmt: skip
def test_the_lines_of_an_address_stay_and_its_parts_are_found(clean, text, country, parts):
    found = clean("address", text.replace("\n", "\r\n"), {"country": country})
    assert found["value"] == text
    names = ("street", "house_number", "unit", "po_box", "postcode", "city", "country")
    assert tuple(found.get(name, "") for name in names) == parts
