"""What was said and done at Kvapka: activities and notes, each of a company, contact or deal."""

from __future__ import annotations

from datetime import datetime, timedelta

from kvapka.truth import Row
from kvapka.world import World, stamp

ACTIVITIES, NOTES = 2000, 600
RETAINED_FROM = datetime(2015, 1, 1)
SUBJECTS = {
    "call": ("Telefonát k ponuke", "Overenie termínu dodávky", "Reklamácia vložky", "Prvý kontakt"),
    "meeting": ("Stretnutie u zákazníka", "Obhliadka rozvodov", "Ročné hodnotenie spolupráce"),
    "email": ("Zaslaná cenová ponuka", "Potvrdenie objednávky", "Nový cenník", "Upomienka"),
    "task": ("Pripraviť zmluvu", "Objednať náhradné diely", "Skontrolovať platbu"),
}
SENTENCES = (
    "Zákazník chce vyššiu zľavu pri odbere nad 50 kusov.",
    "Tlak vody v budove kolíše, treba merať dvakrát.",
    "Dohodnuté, že sa ozvú po uzávierke mesiaca.",
    "Posledná dodávka prišla neskoro; sľúbené dopravné zdarma.",
    "Tvrdosť vody 18 °dH, odporúčaný zmäkčovač radu Potok.",
    "Konkurencia ponúka o 7 % menej, ale bez servisu.",
    "Faktúry posielať len elektronicky.",
    "Vložky meniť každých šesť mesiacov, upozorniť vopred.",
    "Rozhoduje majiteľ, nákup iba pripravuje podklady.",
    "Vzorka vody odovzdaná do laboratória.",
    "Prevádzka zatvorená celý august.",
    "Pozor: \"starý\" sklad má iný vchod – z Mlynskej.",
)  # fmt: skip
Parent = tuple[str, int]


def _parents(world: World) -> list[Parent]:
    """Whom an activity may belong to when nothing is wrong with it."""
    companies = [("company", row["id"]) for row in world.clean_companies]
    contacts = [("contact", row["id"]) for row in world.plain_contacts]
    deals = [("deal", row["id"]) for row in world.clean_deals]
    return [*companies, *contacts, *deals]


def _activity(world: World, number: int, parent: Parent) -> Row:
    kind = world.rng.choice(tuple(SUBJECTS))
    due = world.moment(RETAINED_FROM, datetime(2025, 3, 31))
    body = " ".join(world.rng.sample(SENTENCES, world.rng.randrange(1, 3)))
    return {
        "id": number,
        "kind": kind,
        "parent_type": parent[0],
        "parent_id": parent[1],
        "subject": world.rng.choice(SUBJECTS[kind]),
        "body": body if world.maybe(0.6) else None,
        "due": stamp(due),
        "done": int(due < datetime(2024, 12, 20)),
        "owner_id": world.seller(),
    }


def _note(world: World, number: int, parent: Parent) -> Row:
    sentences = world.rng.sample(SENTENCES, world.rng.randrange(2, 7))
    return {
        "id": number,
        "parent_type": parent[0],
        "parent_id": parent[1],
        "text": world.rng.choice(("\n", " ")).join(sentences),
        "author_id": world.seller(),
        "created": stamp(world.moment(RETAINED_FROM)),
    }


def add_history(world: World) -> None:
    """Activities and notes, some without a parent, some from before the retention date."""
    rng, parents = world.rng, _parents(world)
    activities = [_activity(world, n, rng.choice(parents)) for n in range(1, ACTIVITIES + 1)]
    notes = [_note(world, n, rng.choice(parents)) for n in range(1, NOTES + 1)]
    world.tables["activities"], world.tables["notes"] = activities, notes

    chosen, spoiled = rng.sample(activities, 37), rng.sample(notes, 21)
    chosen.pop()["due"] = stamp(RETAINED_FROM)  # the first moment that is kept
    _plant_orphans(world, "activities", chosen[:6])
    _plant_orphans(world, "notes", spoiled[:5])
    _plant_old(world, "activities", "due", chosen[6:22])
    _plant_old(world, "notes", "created", spoiled[5:17])
    _plant_followers(world, "activities", chosen[22:28])
    _plant_followers(world, "notes", spoiled[17:])
    for row in chosen[28:]:
        row["owner_id"] = rng.choice(world.gone)
        world.truth.plant("owner_inactive", "activities", row["id"], owner=row["owner_id"])


def _plant_orphans(world: World, table: str, rows: list[Row]) -> None:
    for row in rows:
        row["parent_id"] = 90_000 + world.rng.randrange(9_000)
        parent = f"{row['parent_type']} {row['parent_id']}"
        world.truth.plant("orphan", table, row["id"], column="parent_id", parent=parent)


def _plant_old(world: World, table: str, column: str, rows: list[Row]) -> None:
    """Rows from before the retention date, the first of them by one minute."""
    for number, row in enumerate(rows):
        last = RETAINED_FROM - timedelta(minutes=1)
        moment = world.moment(datetime(2010, 5, 1), datetime(2014, 12, 30)) if number else last
        row[column] = stamp(moment)
        if table == "activities":
            row["done"] = 1
        world.truth.plant("out_of_retention", table, row["id"], column=column, value=row[column])


def _plant_followers(world: World, table: str, rows: list[Row]) -> None:
    """Rows of merged companies and contacts, which must follow them to the survivor."""
    companies = [("company", row["id"]) for row in world.merged_companies]
    contacts = [("contact", row["id"]) for row in world.merged_contacts]
    for number, row in enumerate(rows):
        pool = contacts if number % 2 else companies
        row["parent_type"], row["parent_id"] = world.rng.choice(pool)
        parent = f"{row['parent_type']} {row['parent_id']}"
        world.truth.plant("follows_merge", table, row["id"], column="parent_id", parent=parent)
