"""What did Kvapka try to sell, and to whom: products, deals and line items."""

from __future__ import annotations

from datetime import datetime, timedelta

from kvapka.truth import Row
from kvapka.world import World, stamp

DEALS, LINE_ITEMS = 500, 1200
OPEN_STAGES = ("Nový", "Kvalifikácia", "Ponuka", "Rokovanie")
WON, LOST = "Vyhratý", "Prehratý"
UNMAPPED_STAGES = ("v riešení?", "čaká na šéfa", "??", "ponuka2", "starý proces")
KINDS = ("Filter", "Filtračná vložka", "Zmäkčovač", "Reverzná osmóza", "UV lampa", "Kanvica")
SERIES = ("Prameň", "Rosa", "Potok", "Jazero", "Vodopád")
SIZES = ("S", "L")
GOODS = ("dodávka filtrov", "úprava vody", "servisná zmluva", "výmena vložiek", "zmäkčovače",
         "UV lampy", "rozšírenie úpravne", "skúšobná prevádzka")  # fmt: skip


def add_products(world: World) -> None:
    """Sixty products; their codes are text and begin with zeros."""
    rng = world.rng
    names = [f"{kind} {series} {size}" for kind in KINDS for series in SERIES for size in SIZES]
    codes = rng.sample(range(100, 9999), len(names))
    world.tables["products"] = [
        {
            "id": number,
            "code": f"{code:06}",
            "name": name,
            "price": rng.randrange(990, 90000) / 100,
            "currency": "EUR",
            "vat": 20,
        }
        for number, (name, code) in enumerate(zip(names, sorted(codes), strict=True), start=1)
    ]


def _deal(world: World, company: Row) -> Row:
    rng = world.rng
    opened = max(world.moment(datetime(2012, 1, 9)), datetime.fromisoformat(company["created"]))
    is_open = opened > datetime(2024, 1, 1) or world.maybe(0.08)
    stage = rng.choice(OPEN_STAGES) if is_open else rng.choice((WON, WON, LOST))
    close = opened + timedelta(days=rng.randrange(10, 200))
    if is_open:
        close = max(close, datetime(2025, 1, 10)) + timedelta(days=rng.randrange(90))
    else:
        close = min(close, datetime(2024, 12, 30))
    is_czech = world.firms[company["id"]].country == "CZ"
    currency = "CZK" if is_czech and world.maybe(0.7) else "USD" if world.maybe(0.06) else "EUR"
    cents = rng.randrange(15_000, 4_500_000) * (25 if currency == "CZK" else 1)
    people = world.contacts_at(company["id"]) if world.maybe(0.75) else []
    return {
        "id": 0,
        "company_id": company["id"],
        "contact_id": rng.choice(people)["id"] if people else None,
        "title": f"{world.firms[company['id']].base} – {rng.choice(GOODS)} {opened.year}",
        "amount": cents / 100,
        "currency": currency,
        "stage": stage,
        "owner_id": world.seller(),
        "created": stamp(opened),
        "close_date": f"{close:%Y-%m-%d}",
        "result": {WON: "won", LOST: "lost"}.get(stage),
    }


def add_deals(world: World) -> None:
    """Five hundred deals; those with a problem have no line items, activities or notes."""
    rng, truth = world.rng, world.truth
    companies = world.clean_companies
    base = [_deal(world, rng.choice(companies)) for _ in range(459)]
    by_company = [_deal(world, company) for company in world.merged_companies[8:13]]
    by_contact = [_deal(world, world.company(c["company_id"])) for c in world.merged_contacts[:5]]
    for deal, contact in zip(by_contact, world.merged_contacts, strict=False):
        deal["contact_id"] = contact["id"]
    for deal in by_company:
        deal["contact_id"] = None
    faulty = [_deal(world, rng.choice(companies)) for _ in range(31)]
    orphans, unmapped, long, undated = faulty[:5], faulty[5:17], faulty[17:21], faulty[21:]
    for deal in orphans:
        deal.update(company_id=9000 + rng.randrange(900), contact_id=None)
    for number, deal in enumerate(unmapped):
        deal.update(stage=UNMAPPED_STAGES[number % 5], result=None)
    for deal in long:
        deal["title"] += ": " + ", ".join(rng.choice(GOODS) for _ in range(20))
    for number, deal in enumerate(undated):
        deal["close_date"] = "0000-00-00" if number < 6 else f"202{number - 5}-02-31"

    deals = [*base, *by_company, *by_contact, *faulty]
    rng.shuffle(deals)
    for number, deal in enumerate(deals, start=1):
        deal["id"] = number
    world.tables["deals"] = deals
    world.clean_deals = base
    assert len(deals) == DEALS

    for deal in orphans:
        truth.plant(
            "orphan", "deals", deal["id"], column="company_id", parent=str(deal["company_id"])
        )
    for deal in unmapped:
        truth.plant("picklist_unmapped", "deals", deal["id"], column="stage", value=deal["stage"])
    for deal in long:
        truth.plant("too_long", "deals", deal["id"], column="title", length=len(deal["title"]))
    for deal in undated:
        value = deal["close_date"]
        truth.plant("date_impossible", "deals", deal["id"], column="close_date", value=value)
    for column, found in (("company_id", by_company), ("contact_id", by_contact)):
        for deal in found:
            parent = str(deal[column])
            truth.plant("follows_merge", "deals", deal["id"], column=column, parent=parent)
    for deal in base[:8]:
        deal["owner_id"] = rng.choice(world.gone)
        truth.plant("owner_inactive", "deals", deal["id"], owner=deal["owner_id"])


def add_line_items(world: World) -> None:
    """Twelve hundred line items, a few of a deal or a product that does not exist."""
    rng, truth = world.rng, world.truth
    items: list[Row] = []
    for _ in range(LINE_ITEMS):
        product = rng.choice(world.tables["products"])
        items.append(
            {
                "id": len(items) + 1,
                "deal_id": rng.choice(world.clean_deals)["id"],
                "product_id": product["id"],
                "quantity": rng.choice((1, 1, 2, 2, 3, 4, 5, 10, 12, 25, 40)),
                "unit_price": product["price"],
                "discount": rng.choice((0, 0, 0, 5, 10, 12.5)),
            }
        )
    world.tables["line_items"] = items
    chosen = rng.sample(items, 14)
    for item in chosen[:6]:
        item["deal_id"] = 9000 + rng.randrange(900)
        truth.plant(
            "orphan", "line_items", item["id"], column="deal_id", parent=str(item["deal_id"])
        )
    for item in chosen[6:]:
        item["product_id"] = None
        truth.plant("line_item_without_product", "line_items", item["id"], column="product_id")
