"""Who works at Kvapka, and which companies and contacts does its ERP hold?"""

from __future__ import annotations

from datetime import datetime

from kvapka.inventing import Firm, Person, without_accents
from kvapka.truth import Row
from kvapka.world import World, stamp

USERS, COMPANIES, CONTACTS = 14, 400, 900
OPENED = datetime(2009, 3, 2)
SEGMENTS = ("Maloobchod", "Veľkoobchod", "Hotely a reštaurácie", "Výroba", "Verejná správa")
COUNTRY_NAMES = {"SK": ("SK", "Slovensko", "Slovenská republika"), "CZ": ("CZ", "Česko", "ČR")}


def add_users(world: World) -> None:
    """Fourteen users; three have left and still own records."""
    users: list[Row] = []
    for number in range(1, USERS + 1):
        person = world.inventor.person()
        has_left = number in (4, 9, 13)
        role = "riaditeľ" if number == 1 else "sklad" if number in (2, 14) else "obchodník"
        users.append(
            {
                "id": number,
                "login": without_accents(person.last).lower() + f"{number:02}",
                "name": f"{person.first} {person.last}",
                "email": f"{person.slug}@kvapka.example",
                "role": role,
                "active": int(not has_left),
                "left_on": f"20{15 + number // 2}-06-30" if has_left else None,
            }
        )
    world.tables["users"] = users
    for user in users:
        if not user["active"]:
            world.truth.plant("user_left", "users", user["id"], column="active")
    world.sellers = [u["id"] for u in users if u["active"] and u["role"] == "obchodník"]
    world.gone = [u["id"] for u in users if not u["active"]]


def _company(world: World, firm: Firm) -> Row:
    phone = world.inventor.landline(firm)
    return {
        "id": 0,
        "parent_id": None,
        "ico": firm.ico,
        "dic": f"99{firm.ico}",
        "name": firm.name,
        "street": firm.street,
        "city": firm.city,
        "zip": firm.zip if world.maybe(0.5) else f"{firm.zip[:3]} {firm.zip[3:]}",
        "country": world.rng.choice(COUNTRY_NAMES[firm.country]),
        "phone": phone.written(world.rng.randrange(5)),
        "email": f"info@{firm.domain}",
        "web": f"www.{firm.domain}" if world.maybe(0.7) else None,
        "segment": world.rng.choice(SEGMENTS),
        "owner_id": world.seller(),
        "created": stamp(world.moment(OPENED)),
        "deleted": 0,
    }


def _mistyped(world: World, firm: Firm) -> str:
    """The name as a hurried colleague wrote it: accents lost, letters swapped, form left out."""
    style = world.rng.randrange(3)
    if style == 0:
        return f"{without_accents(firm.base)} {firm.form.replace('.', '')}"
    at = world.rng.randrange(2, 5)
    swapped = firm.base[:at] + firm.base[at + 1] + firm.base[at] + firm.base[at + 2 :]
    return swapped if style == 1 else f"{firm.base[:at]}{firm.base[at + 1 :]} {firm.form}"


def add_companies(world: World) -> None:
    """Four hundred companies: families, doubles, deleted ones, nameless ones, one circle."""
    rng, truth = world.rng, world.truth
    clusters: list[list[Row]] = []  # rows of one company, the earliest first
    firms: dict[int, Firm] = {}  # by the row's identity, until the ids are given

    def grow(count: int) -> list[Row]:
        rows = []
        for _ in range(count):
            firm = world.inventor.firm("CZ" if world.maybe(0.15) else "SK")
            row = _company(world, firm)
            firms[id(row)] = firm
            clusters.append([row])
            rows.append(row)
        return rows

    base, deleted, nameless, long = grow(350), grow(10), grow(4), grow(3)
    shared, doubled, fuzzy = base[:60], base[60:80], base[80:92]
    circle, idle, plain = base[92:95], base[95:105], base[105:]
    for row in deleted:
        row["deleted"] = 1
    for row in nameless:
        row["name"] = None
    for row in long:
        branches = " a ".join(f"prevádzka {rng.choice(STREET_NUMBERS)}" for _ in range(22))
        row["name"] = f"{row['name']} ({branches})"

    copies = [*doubled, doubled[0]]
    merged = [_company(world, firms[id(row)]) for row in copies]
    for original, copy in zip(copies, merged, strict=True):
        firm = firms[id(original)]
        copy["name"] = rng.choice((firm.base, firm.name.upper(), firm.name))
        copy["email"] = f"objednavky@{firm.domain}"
        copy["segment"] = original["segment"]
        next(c for c in clusters if c[0] is original).append(copy)
    mistyped = [_company(world, firms[id(row)]) for row in fuzzy]
    for original, copy in zip(fuzzy, mistyped, strict=True):
        copy.update(
            ico=None, dic=None, email=None, web=None, name=_mistyped(world, firms[id(original)])
        )
        next(c for c in clusters if c[0] is original).append(copy)

    _number(world, clusters, first=1001, firms=firms)
    world.tables["companies"] = sorted((r for c in clusters for r in c), key=lambda r: r["id"])
    world.clean_companies, world.shared_companies, world.merged_companies = base, shared, merged
    assert len(world.tables["companies"]) == COMPANIES

    for original, copy in zip(copies, merged, strict=True):
        of = {"table": "companies", "key": str(original["id"])}
        truth.plant("duplicate_exact_companies", "companies", copy["id"], of=of, ico=copy["ico"])
    for original, copy in zip(fuzzy, mistyped, strict=True):
        of = {"table": "companies", "key": str(original["id"])}
        truth.plant("duplicate_fuzzy_companies", "companies", copy["id"], of=of)
    for row in deleted:
        truth.plant("deleted", "companies", row["id"], column="deleted")
    for row in nameless:
        truth.plant("required_missing", "companies", row["id"], column="name")
    for row in long:
        truth.plant("too_long", "companies", row["id"], column="name", length=len(row["name"]))
    for row in idle:
        row["owner_id"] = rng.choice(world.gone)
        truth.plant("owner_inactive", "companies", row["id"], owner=row["owner_id"])
    _add_families(world, plain, circle)


STREET_NUMBERS = tuple(f"č. {n}" for n in range(1, 60))


def _number(world: World, clusters: list[list[Row]], first: int, firms: dict[int, Firm]) -> None:
    """Give ids in random order, but the earliest row of a cluster gets its lowest id."""
    ids = list(range(first, first + sum(map(len, clusters))))
    world.rng.shuffle(ids)
    for cluster in clusters:
        own = sorted(ids.pop() for _ in cluster)
        for row, number in zip(cluster, own, strict=True):
            row["id"] = number
        world.firms.update({row["id"]: firms[id(cluster[0])] for row in cluster})


def _add_families(world: World, plain: list[Row], circle: list[Row]) -> None:
    """Fifteen families of two or three levels, two children of merged rows, and the circle."""
    pool = list(plain)
    for number in range(15):
        root = pool.pop()
        children = [pool.pop() for _ in range(world.rng.randrange(2, 5))]
        for child in children:
            child["parent_id"] = root["id"]
        if number % 2 == 0:
            for _ in range(2):
                pool.pop()["parent_id"] = children[0]["id"]
    for merged in world.merged_companies[-2:]:
        child = pool.pop()
        child["parent_id"] = merged["id"]
        world.truth.plant(
            "follows_merge", "companies", child["id"], column="parent_id", parent=str(merged["id"])
        )
    for row, parent in zip(circle, [*circle[1:], circle[0]], strict=True):
        row["parent_id"] = parent["id"]
        world.truth.plant("parent_cycle", "companies", row["id"], parent=str(parent["id"]))


def _contact(world: World, company: Row, person: Person | None = None) -> Row:
    person = person or world.inventor.person()
    firm = world.firms[company["id"]]
    mobile = world.inventor.mobile(firm.country)
    # The table has no country: a Czech number without its +420 would be anybody's guess.
    styles = range(5) if firm.country == "SK" else (0, 1, 4)
    return {
        "id": 0,
        "first_name": person.first,
        "last_name": person.last,
        "company_id": company["id"],
        "email": f"{person.slug}@{firm.domain}" if world.maybe(0.9) else None,
        "phone": world.inventor.landline(firm).written(0) if world.maybe(0.4) else None,
        "mobile": mobile.written(world.rng.choice(styles)) if world.maybe(0.85) else None,
        "newsletter_consent": world.rng.choice((1, 1, 0, 0, None)),
        "do_not_call": int(world.maybe(0.08)),
        "created": stamp(world.moment(OPENED)),
        "person": person,
    }


def add_contacts(world: World) -> None:
    """Nine hundred contacts: at least one at every company, doubles, orphans, bad e-mails."""
    rng, truth = world.rng, world.truth
    companies = world.clean_companies
    base = [_contact(world, company) for company in companies]
    base += [_contact(world, rng.choice(companies)) for _ in range(831 - len(base))]
    following = [_contact(world, company) for company in world.merged_companies[:8]]
    shared = [c for c in base[:60] if c["email"]][:24]  # the first sixty work at shared companies
    pool = [c for c in base[60:] if c["email"]]
    rng.shuffle(pool)
    doubled, fuzzy = pool[:25], pool[25:37]
    fresh = [_contact(world, rng.choice(companies)) for _ in range(24)]
    orphans, nameless, invalid, typos = fresh[:5], fresh[5:11], fresh[11:20], fresh[20:]

    clusters = [[row] for row in (*base, *following, *fresh)]
    for original in (*doubled, *fuzzy):
        company = {"id": original["company_id"]}
        copy = _contact(world, company, original["person"])
        next(c for c in clusters if c[0] is original).append(copy)
    copies = {id(c[0]): c[1] for c in clusters if len(c) == 2}
    for number, original in enumerate(doubled):
        copy = copies[id(original)]
        email = original["email"]
        copy["email"] = (email.upper(), email, email.title())[number % 3]
        copy["newsletter_consent"] = original["newsletter_consent"]
        copy["do_not_call"] = original["do_not_call"]
    for number, original in enumerate(fuzzy):
        first, last = original["first_name"], original["last_name"]
        name = (
            (last, first),
            (without_accents(first), without_accents(last) + "a"),
            (first[:-1] + first[-1] * 2, last),
        )[number % 3]
        copies[id(original)].update(email=None, first_name=name[0], last_name=name[1])
    for row in orphans:
        row["company_id"] = 9000 + rng.randrange(900)
        row["email"] = f"{row['person'].slug}@example.org"
    for row in nameless:
        row["last_name"] = None
    for number, row in enumerate(invalid):
        slug, domain = row["person"].slug, world.firms[row["company_id"]].domain
        row["email"] = (
            f"{slug}.{domain}",
            f"{slug}@@{domain}",
            f"{slug.replace('.', ' ')}@{domain}",
        )[number % 3]
    for row in typos:
        row["email"] = f"{row['person'].slug}@example.con"

    ids = list(range(1, CONTACTS + 1))
    rng.shuffle(ids)
    for cluster in clusters:
        for row, number in zip(cluster, sorted(ids.pop() for _ in cluster), strict=True):
            row["id"] = number
    assert not ids

    for number, original in enumerate(doubled):
        copy = copies[id(original)]
        of = {"table": "contacts", "key": str(original["id"])}
        truth.plant(
            "duplicate_exact_contacts", "contacts", copy["id"], of=of, email=original["email"]
        )
        if number < 8:
            values = (1, 0) if number % 2 else (0, 1)
            original["newsletter_consent"], copy["newsletter_consent"] = values
            truth.plant("consent_conflict", "contacts", copy["id"], of=of,
                        column="newsletter_consent", keep="0")  # fmt: skip
        elif number < 12:
            original["do_not_call"], copy["do_not_call"] = (1, 0) if number % 2 else (0, 1)
            truth.plant("consent_conflict", "contacts", copy["id"], of=of,
                        column="do_not_call", keep="1")  # fmt: skip
    for original in fuzzy:
        of = {"table": "contacts", "key": str(original["id"])}
        truth.plant("duplicate_fuzzy_contacts", "contacts", copies[id(original)]["id"], of=of)
    for row in orphans:
        truth.plant(
            "orphan", "contacts", row["id"], column="company_id", parent=str(row["company_id"])
        )
    for row in nameless:
        truth.plant("required_missing", "contacts", row["id"], column="last_name")
    for row in invalid:
        truth.plant("email_invalid", "contacts", row["id"], column="email", value=row["email"])
    for row in typos:
        truth.plant("email_typo", "contacts", row["id"], column="email", value=row["email"])
    for row in following:
        truth.plant("follows_merge", "contacts", row["id"], column="company_id",
                    parent=str(row["company_id"]))  # fmt: skip

    rows = sorted((row for cluster in clusters for row in cluster), key=lambda r: r["id"])
    world.people = {row["id"]: row.pop("person") for row in rows}
    world.tables["contacts"] = rows
    used = {id(row) for row in (*shared, *doubled, *fuzzy)}
    world.plain_contacts = [row for row in base if id(row) not in used]
    world.shared_contacts = shared
    world.merged_contacts = [copies[id(original)] for original in doubled]
