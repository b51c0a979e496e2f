"""Which contacts does the benchmark migrate? The same N rows of a made-up company on every machine.

    python benchmarks/generate_contacts.py 100000 contacts.csv

About 1 % of the rows are dirty (a telephone that is a sentence, an e-mail without its domain, a
name that is missing, …) and 2 % repeat the e-mail of an earlier row. The first N rows are the same
whatever N is.
"""

from __future__ import annotations

import csv
import random
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

COLUMNS = (
    "id", "name", "company", "email", "phone", "mobile", "street", "city", "zip", "country",
    "created", "newsletter",
)  # fmt: skip
SEED = 20_240_331
DIRTY_SHARE = 0.01
DOUBLE_SHARE = 0.02


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_FIRST = _words(
    "Ján Mária Peter Anna Jozef Zuzana Martin Katarína Tomáš Lucia Lukáš Eva Michal Jana Pavel "
    "Petra Jiří Lenka Karel Hana Piotr Agnieszka László Ilona Franz Greta Žofia Štefan Ľubica Ďuro"
)
# Surnames are put together, so that a million contacts have hundreds of thousands of names.
_STEM = _words(
    "Nov Kov Hor Var Bal Mol Luk Svob Dvor Čer Proch Kuč Ves Háj Krá Ben Fial Viš Kam Grub Hub "
    "Wag Stein Čerm Ďur Šim Žák Hud Pol Biel Slob Mlyn Koll Rus Urb Sedl Mar Ond Pav Ryb Tich Vlk "
    "Zem Brez Doležal Jur Kost Ludv Mich Org"
)
_MIDDLE = ("", "á", "e", "i", "o", "u", "al", "an", "ar", "eč", "ek", "el", "en", "er", "ič", "ik", "in",
           "or", "ov", "uš")  # fmt: skip
_END = (
    "",
    "ák",
    "áč",
    "ek",
    "ík",
    "ko",
    "ka",
    "ský",
    "čan",
    "ec",
    "ner",
    "man",
    "áš",
    "iak",
    "ovič",
)
_FIRM = _words(
    "Alfa Beta Delta Omega Stavby Dopravné Kovo Agro Elektro Papier Drevo Sklo Textil Chemik "
         "Hydro Tatra Dunaj Karpaty Morava Visla"
)  # fmt: skip
_FIRM_END = ("s.r.o.", "a.s.", "spol. s r.o.", "GmbH", "Kft.", "Sp. z o.o.")
_STREET = _words(
    "Hlavná Dlhá Školská Mlynská Jarná Lesná Nádražná Kvetná Poľná Krátka Záhradná "
           "Štefánikova Hviezdoslavova Komenského Partizánska"
)  # fmt: skip
_DOMAIN = ("example.com", "example.org", "example.net", "mail.example.com", "post.example.org")


@dataclass(frozen=True)
class _Place:
    """A country with its cities and the way its telephone numbers are made."""

    country: tuple[str, ...]  # as people write it
    cities: tuple[tuple[str, str], ...]  # city, first digits of its postcode
    prefix: str
    mobile: tuple[str, ...]
    landline: tuple[str, ...]
    digits: int
    trunk: str = "0"


_PLACES = (
    _Place(("Slovensko", "SK", "Slovakia"), (("Bratislava", "81"), ("Košice", "04"), ("Žilina", "01"),
           ("Nitra", "94"), ("Prešov", "08")), "421", ("903", "904", "905", "907", "910", "915", "948"),
           ("41", "55", "51", "37", "48"), 9),
    _Place(("Česko", "CZ", "Czech Republic"), (("Praha", "11"), ("Brno", "60"), ("Ostrava", "70")),
           "420", ("602", "603", "605", "721", "777"), ("221", "541", "596"), 9, ""),
    _Place(("Poľsko", "PL", "Poland"), (("Kraków", "31"), ("Warszawa", "02")), "48",
           ("501", "602", "693"), ("12", "22"), 9, ""),
)  # fmt: skip
_WEIGHTS = (70, 22, 8)
_DIRT = (
    ("email", "bez mailu"), ("email", "jan.novak@"), ("email", "jan novak@@example.com"),
    ("phone", "volať cez recepciu"), ("phone", "12"), ("mobile", "0904 12"),
    ("country", "Atlantída"), ("name", ""), ("name", "  "), ("newsletter", "možno"),
)  # fmt: skip


def contacts(count: int) -> Iterator[tuple[str, ...]]:
    """Yield the rows, in the order of COLUMNS.

    >>> [row[0] for row in contacts(2)], len(next(contacts(1))) == len(COLUMNS)
    (['C0000001', 'C0000002'], True)
    """
    chance = random.Random(SEED)
    begin = date(2004, 1, 1)
    recent: list[str] = []  # e-mails that a later row may repeat
    for number in range(1, count + 1):
        first, last = chance.choice(_FIRST), _surname(chance)
        place = chance.choices(_PLACES, _WEIGHTS)[0]
        city, digits = chance.choice(place.cities)
        firm = chance.choice(_FIRM), _surname(chance), chance.choice(_FIRM_END)
        email = f"{_plain(first)}.{_plain(last)}{number}@{chance.choice(_DOMAIN)}"
        if recent and chance.random() < DOUBLE_SHARE:
            email = recent[chance.randrange(len(recent))]
        elif len(recent) < 5_000:
            recent.append(email)
        else:
            recent[chance.randrange(5_000)] = email
        row = {
            "id": f"C{number:07d}",
            "name": f"{first} {last}" if chance.random() < 0.97 else f"Ing. {first} {last}",
            "company": " ".join(firm),
            "email": email if chance.random() < 0.9 else "",
            "phone": _number(chance, place, place.landline) if chance.random() < 0.6 else "",
            "mobile": _number(chance, place, place.mobile) if chance.random() < 0.8 else "",
            "street": f"{_street(chance)} {chance.randrange(1, 200)}",
            "city": city,
            "zip": _postcode(chance, place, digits),
            "country": chance.choice(place.country),
            "created": (begin + timedelta(days=chance.randrange(7_400))).strftime("%d.%m.%Y"),
            "newsletter": chance.choice(("áno", "nie", "")),
        }
        if chance.random() < DIRTY_SHARE:
            column, text = chance.choice(_DIRT)
            row[column] = text
        yield tuple(row.values())


def write_contacts(path: Path, count: int) -> None:
    """Write the rows as UTF-8 CSV with a header line; the file appears when it is whole."""
    temporary = path.with_name(f".{path.name}.part")
    with temporary.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(contacts(count))
    temporary.replace(path)


def _surname(chance: random.Random) -> str:
    return chance.choice(_STEM) + chance.choice(_MIDDLE) + chance.choice(_END)


def _street(chance: random.Random) -> str:
    if chance.random() < 0.5:
        return chance.choice(_STREET)
    return f"{chance.choice(_STEM)}{chance.choice(_MIDDLE)}ova"


def _plain(name: str) -> str:
    """The name as it stands in an e-mail.

    >>> _plain("Ľubica"), _plain("Wiśniewski")
    ('lubica', 'wisniewski')
    """
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()


def _number(chance: random.Random, place: _Place, codes: tuple[str, ...]) -> str:
    code = chance.choice(codes)
    rest = "".join(chance.choices("0123456789", k=place.digits - len(code)))
    rest = chance.choice("23456789") + rest[1:]
    grouped = f"{code} {rest[:3]} {rest[3:]}"
    return chance.choice(
        (
            f"+{place.prefix}{code}{rest}",
            f"+{place.prefix} {grouped}",
            f"00{place.prefix} {grouped}",
            f"{place.trunk}{grouped}",
            f"{place.trunk}{code}/{rest[:3]} {rest[3:]}",
        )
    )


def _postcode(chance: random.Random, place: _Place, digits: str) -> str:
    rest = "".join(chance.choices("0123456789", k=3))
    if place.prefix == "48":
        return f"{digits}-{rest}"
    return chance.choice((f"{digits}{rest}", f"{digits}{rest[0]} {rest[1:]}"))


if __name__ == "__main__":
    write_contacts(Path(sys.argv[2]), int(sys.argv[1]))
