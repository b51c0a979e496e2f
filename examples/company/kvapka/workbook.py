"""What does the regional office keep in its customer workbook, and how has Excel spoilt it?"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from kvapka.inventing import Firm, Person, Phone
from kvapka.truth import Row
from kvapka.world import World

CUSTOMERS, PEOPLE, HIDDEN = "Zákazníci", "Kontakty", "Staré"
NEW = 198
SERIAL_ZERO = date(1899, 12, 30)
NBSP = "\u00a0"
FUNCTIONS = ("konateľ", "nákup", "vedúci prevádzky", "účtovníčka", "údržba", "asistentka")
TITLES = (("Ing. ", ", PhD."), ("Mgr. ", ""), ("Ing. ", ""), ("Bc. ", ""), ("MUDr. ", ""))
REMARKS = (
    "volať len doobeda",
    "pozná majiteľa",
    "platí načas",
    "chce vzorky",
    "na dôchodku od 2026",
)
CONSENTS = {1: "Áno", 0: "Nie", None: None}


def add_workbook(world: World) -> None:
    """The sheets' rows, as cell values in the order of the header."""
    customers = _customers(world)
    world.tables[CUSTOMERS] = customers
    world.tables[PEOPLE] = _people(world, customers)
    cancelled = [f"{900 + n:06}" for n in range(6)]
    world.tables[HIDDEN] = [
        {"Číslo": number, "Názov": world.inventor.firm().name,
         "Zrušený dňa": datetime(2016 + n, 3 + n, 10 + n)}
        for n, number in enumerate(cancelled)
    ]  # fmt: skip
    for number in cancelled:
        world.truth.plant("hidden_sheet", HIDDEN, number)


def _customers(world: World) -> list[Row]:
    rng, truth = world.rng, world.truth
    firms = [world.firms[row["id"]] for row in world.shared_companies]
    firms += [world.inventor.firm("CZ" if world.maybe(0.1) else "SK") for _ in range(NEW)]
    numbers = [f"{n:06}" for n in sorted(rng.sample(range(120, 9800), len(firms)))]
    rng.shuffle(firms)
    shared = {world.firms[row["id"]].ico: row for row in world.shared_companies}
    spare = [n for n, firm in enumerate(firms) if firm.ico not in shared]
    rng.shuffle(spare)
    twice, faulty, idle, again = spare[:2], spare[2:7], spare[7:11], spare[11:13]
    numbers[twice[1]] = numbers[twice[0]]

    rows = [_customer(world, *pair) for pair in zip(firms, numbers, strict=True)]
    for n in twice:
        rows[n]["Zákazník / Číslo"] = numbers[n]
        truth.plant("number_twice", CUSTOMERS, firms[n].ico, number=numbers[n])
    columns = ("Obchodník", "Obchodník", "Kontakt / E-mail", "Kontakt / E-mail", "Zákazník od")
    for n, column in zip(faulty, columns, strict=True):
        rows[n][column] = "#N/A"
        truth.plant("error_cell", CUSTOMERS, firms[n].ico, column=column)
        if column == "Zákazník od":
            truth.values[CUSTOMERS][firms[n].ico]["since"] = None
    for n in idle:
        owner = rng.choice(world.gone)
        rows[n]["Obchodník"] = world.tables["users"][owner - 1]["name"]
        truth.plant("owner_inactive", CUSTOMERS, firms[n].ico, owner=owner)
    for firm in firms:
        if firm.ico in shared:
            of = {"table": "companies", "key": str(shared[firm.ico]["id"])}
            truth.plant("overlap_companies", CUSTOMERS, firm.ico, of=of)
    for n in sorted(again, reverse=True):
        rows.insert(n + 1, dict(rows[n]))
        truth.plant("row_repeated", CUSTOMERS, firms[n].ico, number=numbers[n])
    total = sum((Decimal(row["_turnover"]) for row in rows), Decimal(0))
    truth.totals["workbook_turnover_sum"] = f"{total:.2f}"
    return [{k: v for k, v in row.items() if k != "_turnover"} for row in rows]


def _customer(world: World, firm: Firm, number: str) -> Row:
    rng = world.rng
    phone = world.inventor.mobile(firm.country)
    since = world.moment(datetime(2009, 3, 2), datetime(2024, 11, 30)).date()
    turnover = Decimal(rng.randrange(5_000, 9_500_000)) / 100
    owner = world.tables["users"][world.seller() - 1]["name"]
    world.truth.values.setdefault(CUSTOMERS, {})[firm.ico] = {
        "number": number,
        "zip": firm.zip,
        "phone": phone.e164,
        "turnover": f"{turnover:.2f}",
        "since": since.isoformat(),
    }
    return {
        "Zákazník / Číslo": int(number) if world.maybe(0.4) else number,
        "Zákazník / Názov": firm.name,
        "Zákazník / IČO": int(firm.ico) if world.maybe(0.5) else firm.ico,
        "Adresa / Ulica": firm.street,
        "Adresa / Mesto": firm.city,
        "Adresa / PSČ": _zip_cell(world, firm.zip),
        "Kontakt / Telefón": _phone_cell(world, phone),
        "Kontakt / E-mail": f"kancelaria@{firm.domain}",
        "Obrat 2024 / Suma": _amount_cell(world, turnover),
        "Obrat 2024 / Mena": "€" if world.maybe(0.2) else "EUR",
        "Obchodník": owner,
        "Zákazník od": _date_cell(world, since),
        "_turnover": str(turnover),
    }


def _zip_cell(world: World, code: str) -> Any:
    """Text with or without the gap, or a number: 01001 has become 1001."""
    style = world.rng.randrange(3)
    return int(code) if style == 0 else code if style == 1 else f"{code[:3]} {code[3:]}"


def _phone_cell(world: World, phone: Phone) -> Any:
    """Text, the international number without its plus, or the local one without its zero."""
    style = world.rng.randrange(5)
    if style == 0:
        return int(phone.country + phone.national)
    if style == 1 and phone.country == "421":
        return int(phone.national)
    return phone.written(style if phone.country == "421" else style % 2)


def _amount_cell(world: World, amount: Decimal) -> Any:
    if world.maybe(0.12):
        gap = world.rng.choice((" ", NBSP))
        return f"{amount:,.2f}".replace(",", gap).replace(".", ",")
    return float(amount)


def _date_cell(world: World, day: date) -> Any:
    """A date, a text, or the day's serial number that lost its format."""
    style = world.rng.randrange(4)
    if style == 0:
        return f"{day.day}.{day.month}.{day.year}"
    return (day - SERIAL_ZERO).days if style == 1 else datetime(day.year, day.month, day.day)


def _written_name(world: World, person: Person) -> str:
    """The whole person in one cell: first name first or last, with or without titles."""
    style = world.rng.randrange(4)
    straight, turned = f"{person.first} {person.last}", f"{person.last} {person.first}"
    before, after = world.rng.choice(TITLES)
    return (straight, turned, f"{before}{straight}{after}", f"{before}{turned}")[style]


def _respelt(number: Any) -> Any:
    """The customer number as the other sheet does not write it."""
    return int(number) if isinstance(number, str) else f"{number:06}"


def _people(world: World, customers: list[Row]) -> list[Row]:
    rng, truth = world.rng, world.truth
    by_ico = {str(row["Zákazník / IČO"]): row for row in customers}
    planted = (*truth.classes["number_twice"], *truth.classes["row_repeated"])
    unclear = {member["key"] for member in planted}
    employers = [row for ico, row in by_ico.items() if ico not in unclear]
    rows: list[Row] = []

    def add(person: Person, number: Any, mobile: Phone, email: str, consent: int | None) -> Row:
        rows.append(
            {
                "Meno": _written_name(world, person),
                "Číslo zákazníka": number,
                "Funkcia": rng.choice(FUNCTIONS),
                "Mobil": _phone_cell(world, mobile),
                "E-mail": email,
                "Súhlas s marketingom": CONSENTS[consent],
                "Poznámka": rng.choice(REMARKS) if world.maybe(0.2) else None,
            }
        )
        truth.values.setdefault(PEOPLE, {})[email] = {
            "first_name": person.first, "last_name": person.last, "mobile": mobile.e164,
        }  # fmt: skip
        return rows[-1]

    for position, contact in enumerate(world.shared_contacts):
        firm = world.firms[contact["company_id"]]
        consent, email = contact["newsletter_consent"], contact["email"]
        of = {"table": "contacts", "key": str(contact["id"])}
        truth.plant("overlap_contacts", PEOPLE, email, of=of)
        if position < 4:
            contact["newsletter_consent"], consent = (1, 0) if position % 2 else (0, 1)
            truth.plant("consent_conflict", PEOPLE, email, of=of,
                        column="Súhlas s marketingom", keep="0")  # fmt: skip
        number = by_ico[firm.ico]["Zákazník / Číslo"]
        mobile = world.inventor.mobile(firm.country)
        add(world.people[contact["id"]], number, mobile, email, consent)
    for position in range(156):
        person, employer = world.inventor.person(), rng.choice(employers)
        domain = employer["Kontakt / E-mail"].partition("@")[2] or "example.net"
        email, number = f"{person.slug}@{domain}", employer["Zákazník / Číslo"]
        if position < 3:
            number = f"{9900 + position:06}"
            truth.plant("orphan", PEOPLE, email, column="Číslo zákazníka", parent=number)
        elif position < 6:
            email = (
                f"{person.slug}.example.com",
                f"{person.slug}@{domain}@",
                f"{person.slug} @{domain}",
            )[position - 3]
            name = "email_blank" if position == 5 else "email_invalid"
            truth.plant(name, PEOPLE, email, column="E-mail", value=email)
        elif position < 18:
            written, number = number, _respelt(number)
            truth.plant("reference_respelt", PEOPLE, email, column="Číslo zákazníka",
                        value=str(number), parent=str(written))  # fmt: skip
        add(person, number, world.inventor.mobile(), email, rng.choice((1, 0, None)))
    rng.shuffle(rows)
    return rows
