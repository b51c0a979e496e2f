"""Which enquiries came in through the web form and the telephone, as the old tool exports them?"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from kvapka.inventing import Person
from kvapka.truth import Row
from kvapka.world import World

TABLE, ENQUIRIES = "dopyty", 300
NBSP = "\u00a0"
SOURCES = ("web", "telefón", "veľtrh", "odporúčanie", "e-mail")
STATUSES = ("nový", "kontaktovaný", "v riešení", "kvalifikovaný", "zamietnutý")
UNMAPPED = ("zavolať po dovolenke", "?", "asi duplicita", "posunuté kolegovi")
NOTES = (
    "Chce ponuku na 20 ks; dopravu hradí sám.",
    "Volal dvakrát.\nNajlepšie zastihnúť po 15:00.",
    'Pýtal sa na "modrý" filter z katalógu.',
    "Dom so studňou; voda má zápach;\npotrebuje rozbor.",
    "Reštaurácia, 3 prevádzky.",
)
FORMULA_LIKE = (
    ("Poznámka", "=A1+B1 z ich tabuľky, poslal omylom"),
    ("Poznámka", "+ poslať aj cenník vložiek"),
    ("Poznámka", "- zľava 5 % sľúbená"),
    ("Poznámka", "@sklad: overiť dostupnosť"),
    ("Poznámka", "-5 °C v sklade, pozor na mráz"),
    ("Firma", "=Voda= s.r.o."),
    ("Firma", "@Filter, s.r.o."),
    ("Firma", "+Aqua plus, a.s."),
)


def add_enquiries(world: World) -> None:
    """Three hundred enquiries, oldest first."""
    rng, truth = world.rng, world.truth
    days = sorted(world.moment(datetime(2023, 1, 2)) for _ in range(ENQUIRIES))
    rows = [_enquiry(world, n, day) for n, day in enumerate(days, start=1)]
    truth.rows[TABLE] = len(rows)
    pool = list(rows)
    rng.shuffle(pool)

    def take(count: int) -> list[Row]:
        return [pool.pop() for _ in range(count)]

    for position, row in enumerate(take(4)):
        slug = row["E-mail"].partition("@")[0]
        bad = (
            f"{slug}(at)example.com",
            f"{slug}@example.com@example.org",
            f"{slug}@ example.net",
            "nemá",
        )
        row["E-mail"] = bad[position]
        name = "email_blank" if position == 2 else "email_invalid"
        truth.plant(name, TABLE, row["ID"], column="E-mail", value=row["E-mail"])
    for row in take(2):
        row["E-mail"] = row["E-mail"].partition("@")[0] + "@example.con"
        truth.plant("email_typo", TABLE, row["ID"], column="E-mail", value=row["E-mail"])
    for position, row in enumerate(take(10)):
        row["Stav"] = UNMAPPED[position % len(UNMAPPED)]
        truth.plant("picklist_unmapped", TABLE, row["ID"], column="Stav", value=row["Stav"])
    for row, text in zip(take(4), ("31.2.2023", "30.2.2024", "31.4.2024", "0.0.0000"), strict=True):
        row["Dátum"] = text
        truth.values[TABLE][row["ID"]]["date"] = None
        truth.plant("date_impossible", TABLE, row["ID"], column="Dátum", value=text)
    for row, (column, text) in zip(take(len(FORMULA_LIKE)), FORMULA_LIKE, strict=True):
        row[column] = text
        truth.plant("formula_like", TABLE, row["ID"], column=column, value=text)
    for row in take(28):
        _set_ambiguous_term(world, row)
    world.tables[TABLE] = rows


def _set_ambiguous_term(world: World, row: Row) -> None:
    """A wished-for date that an American would read otherwise: 03/04/2024."""
    day = world.rng.randrange(1, 13)
    month = world.rng.choice([m for m in range(1, 13) if m != day])
    row["Termín"] = f"{day:02}/{month:02}/2024"
    meant = f"2024-{month:02}-{day:02}"
    world.truth.values[TABLE][row["ID"]]["term"] = meant
    world.truth.plant(
        "date_ambiguous", TABLE, row["ID"], column="Termín", value=row["Termín"], meant=meant
    )


def _enquiry(world: World, number: int, day: datetime) -> Row:
    rng = world.rng
    person: Person = world.inventor.person()
    is_czech = world.maybe(0.2)
    firm = world.inventor.firm("CZ" if is_czech else "SK")
    phone = world.inventor.mobile(firm.country)
    domain = (
        firm.domain
        if world.maybe(0.5)
        else rng.choice(("example.com", "example.org", "example.net"))
    )
    estimate = Decimal(rng.randrange(10_000, 2_500_000) * (25 if is_czech else 1)) / 100
    key = f"D-{number:04}"
    world.truth.values.setdefault(TABLE, {})[key] = {
        "date": f"{day:%Y-%m-%d}",
        "phone": phone.e164,
        "estimate": f"{estimate:.2f}",
    }
    return {
        "ID": key,
        "Dátum": f"{day.day}.{day.month}.{day.year}",
        "Termín": "",
        "Meno": f"{person.first} {person.last}",
        "Firma": firm.name,
        "E-mail": f"{person.slug}@{domain}",
        "Telefón": phone.written(rng.randrange(5) if not is_czech else rng.choice((0, 1, 4))),
        "Odhad hodnoty": _amount(world, estimate),
        "Mena": "CZK" if is_czech else "EUR",
        "Zdroj": rng.choice(SOURCES),
        "Stav": rng.choice(STATUSES),
        "Poznámka": rng.choice(NOTES) if world.maybe(0.5) else "",
    }


def _amount(world: World, amount: Decimal) -> str:
    """1 234,50 with a gap, with a gap that does not break, or without any."""
    gap = world.rng.choice((" ", NBSP, ""))
    return f"{amount:,.2f}".replace(",", gap).replace(".", ",")
