"""Which rows does a contact card make: one contact, and what a person has several of?

``contacts`` holds what most people have one of, ready to be mapped: the parts of the name, the
first number of each kind, work and home address. What somebody has several of stands whole in a
child table, and every property that is known to nobody in a column of its own.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from migrate.extractors._contacts.vcard_lines import RawCard, unfolded
from migrate.extractors._contacts.vcard_values import (
    FILE_PROPERTIES,
    Property,
    embedded,
    items,
    label_of,
    parsed,
    parts,
    slot_of,
    text_value,
    without_scheme,
)
from migrate.extractors._derived import Row
from migrate.extractors._manifest.attachments import Attachment, sized
from migrate.extractors._text import slug

CONTACTS, PHONES, EMAILS, ADDRESSES, MEMBERS, PROPERTIES, ATTACHMENTS = (
    "contacts", "contact_phones", "contact_emails", "contact_addresses", "contact_members",
    "contact_properties", "attachments",
)  # fmt: skip
KEY = "contact_id"

_NAME_PARTS = ("last_name", "first_name", "middle_name", "name_prefix", "name_suffix")
_ADDRESS_PARTS = ("po_box", "extended", "street", "city", "region", "postcode", "country")
_MOST_EMAILS = 3
# property -> its column in contacts; lists are joined
_COLUMNS = {
    "FN": "full_name", "NICKNAME": "nickname", "TITLE": "title", "ROLE": "role",
    "CATEGORIES": "categories", "BDAY": "birthday", "ANNIVERSARY": "anniversary", "NOTE": "note",
    "URL": "website", "IMPP": "messaging", "UID": "uid", "KIND": "kind", "REV": "revised_at",
    "PRODID": "product", "TZ": "time_zone", "GENDER": "gender", "LANG": "language",
    "CLASS": "access_class", "X-ADDRESSBOOKSERVER-KIND": "kind", "RELATED": "related",
}  # fmt: skip
_JOINED = {"NOTE": "\n\n", "CATEGORIES": ";", "NICKNAME": ";"}
_DATES = frozenset({"BDAY", "ANNIVERSARY", "X-ANNIVERSARY", "X-ABDATE", "DEATHDATE"})
_MEMBERS = frozenset({"MEMBER", "X-ADDRESSBOOKSERVER-MEMBER"})
_LABELS = frozenset({"X-ABLABEL", "X-ABADR"})
_STRUCTURED = frozenset({"N", "ADR", "ORG", *_LABELS, "VERSION"})
# types that say nothing beyond what the property's name says
_SILENT_TYPES = frozenset({"internet", "voice", "x-internet", "pref", "msg", "other"})

CHILD_COLUMNS: dict[str, tuple[str, ...]] = {
    PHONES: (KEY, "position", "number", "type", "label", "preference"),
    EMAILS: (KEY, "position", "address", "type", "label", "preference"),
    ADDRESSES: (
        KEY, "position", "type", "label", *_ADDRESS_PARTS, "country_code", "formatted", "preference",
    ),
    MEMBERS: (KEY, "position", "member"),
    PROPERTIES: (KEY, "position", "property", "type", "label", "value"),
}  # fmt: skip


@dataclass(frozen=True)
class Card:
    """A card, its properties split but not yet decoded, and the lines that could not be."""

    raw: RawCard
    properties: tuple[Property, ...]
    broken: tuple[tuple[int, bytes], ...] = ()


def card_of(raw: RawCard) -> Card:
    """Split a card's lines into properties."""
    version = raw.version
    found: list[Property] = []
    broken: list[tuple[int, bytes]] = []
    for line, text in unfolded(raw):
        prop = parsed(line, text, version)
        if prop:
            found.append(prop)
        else:
            broken.append((line, text))
    return Card(raw, tuple(found), tuple(broken))


@dataclass
class Survey:
    """What a first look at every card shows: which columns and child tables there are."""

    columns: dict[str, None] = field(default_factory=dict)
    children: set[str] = field(default_factory=set)
    listed: set[str] = field(default_factory=set)
    organization_parts: int = 1
    embedded_files: int = 0

    def look_at(self, card: Card) -> None:
        """Find out what the card has several of, and what a column cannot show."""
        names = Counter(prop.name for prop in card.properties)
        labels = _labels(card, "utf-8")
        for prop in card.properties:
            table = {"TEL": PHONES, "EMAIL": EMAILS, "ADR": ADDRESSES}.get(prop.name)
            is_labelled = "X-ABLABEL" in labels.get(prop.group, {})
            if table and (names[prop.name] > 1 or is_labelled):
                self.children.add(table)
            elif prop.name in _MEMBERS:
                self.children.add(MEMBERS)
            elif prop.name in FILE_PROPERTIES and embedded(prop):
                self.embedded_files += 1
            elif (not table and prop.name not in _STRUCTURED and prop.name not in _JOINED) or (
                prop.name in ("N", "ORG")
            ):
                is_typed = bool(set(prop.types) - _SILENT_TYPES) and prop.name != "LABEL"
                if names[prop.name] > 1 or is_labelled or is_typed:
                    self.listed.add(prop.name)
                    self.children.add(PROPERTIES)


def _labels(card: Card, page: str) -> dict[str, dict[str, str]]:
    """Give the labels that Apple puts on a group: group -> property -> text."""
    found: dict[str, dict[str, str]] = {}
    for prop in card.properties:
        if prop.group and prop.name in _LABELS:
            found.setdefault(prop.group, {})[prop.name] = label_of(text_value(prop, page))
    return found


class CardRows:
    """Makes the rows of one card after the other; the same id never twice."""

    def __init__(self, survey: Survey, page: str, wanted: str = CONTACTS) -> None:
        self._survey, self._page, self._wanted = survey, page, wanted
        self._ids: Counter[str] = Counter()
        self.repeated_uids = 0

    def of(self, card: Card, source_row: int, extra: dict[str, str]) -> Iterator[Row]:
        """Give the contact, or its rows of the child table that is wanted."""
        key = self._key(card)
        labels = _labels(card, self._page)
        if self._wanted == CONTACTS:
            cells: dict[str, str | None] = {KEY: key, **extra}
            self._fill(cells, card, labels)
            yield Row(CONTACTS, source_row, cells)
            return
        for table, rows in self._children(card, labels):
            for position, row in enumerate(rows, start=1):
                yield Row(table, source_row, {KEY: key, "position": str(position), **row})

    def attachments(self, card: Card, source_row: int, origin: str) -> Iterator[Attachment]:
        """Give the files in a card; to be called for every card, in the file's order."""
        key = self._key(card)
        for prop in card.properties:
            file = embedded(prop)
            if file:
                size, sha256 = sized(file.content)
                yield Attachment(
                    CONTACTS, key, f"{prop.name.lower()}.{file.extension}",
                    f"{origin}:{prop.line}", file.media_type,
                    size=size, sha256=sha256, source_row=source_row,
                )  # fmt: skip

    def _key(self, card: Card) -> str:
        uid = next((p for p in card.properties if p.name == "UID"), None)
        text = text_value(uid, self._page).strip() if uid else ""
        if not text:
            lines = b"\n".join(line.strip() for _, line in card.raw.lines)
            text = "card-" + hashlib.blake2b(lines, digest_size=8).hexdigest()
        self._ids[text] += 1
        if self._ids[text] == 1:
            return text
        if uid:
            self.repeated_uids += 1
        return f"{text}#{self._ids[text]}"

    def _fill(
        self, cells: dict[str, str | None], card: Card, labels: dict[str, dict[str, str]]
    ) -> None:
        for prop in preferred_first(card.properties):
            label = labels.get(prop.group, {}).get("X-ABLABEL", "")
            if prop.name == "N":
                found = parts(prop, self._page)
                named = len(_NAME_PARTS)
                surplus = ";".join(found[named:])
                for part, text in zip(
                    (*_NAME_PARTS, "name_rest"), (*found[:named], surplus), strict=False
                ):
                    cells.setdefault(part, text)
            elif prop.name == "ORG":
                if "organization" not in cells:
                    name, *units = parts(prop, self._page)
                    cells["organization"] = name
                    for number, unit in enumerate(units, start=1):
                        cells["department" if number == 1 else f"department_{number}"] = unit
            elif prop.name == "TEL":
                cells.setdefault("phone" + slot_of(prop.types, label), self._phone(prop))
            elif prop.name == "EMAIL":
                address = without_scheme(text_value(prop, self._page), "mailto")
                for number in range(1, _MOST_EMAILS + 1):
                    column = "email" if number == 1 else f"email_{number}"
                    if column not in cells:
                        cells[column] = address
                        break
            elif prop.name == "ADR":
                self._fill_address(cells, prop, labels)
            elif prop.name not in _STRUCTURED and prop.name not in _MEMBERS:
                self._fill_other(cells, prop)

    def _fill_address(
        self, cells: dict[str, str | None], prop: Property, labels: dict[str, dict[str, str]]
    ) -> None:
        address = self._address(prop, labels)
        kind = address_slot(prop, labels.get(prop.group, {}).get("X-ABLABEL", ""))
        if f"{kind}street" in cells or f"{kind}city" in cells:
            return
        for part in (*_ADDRESS_PARTS, "country_code", "formatted"):
            if part in ("street", "city") or address.get(part):
                cells[kind + part] = address.get(part)

    def _fill_other(self, cells: dict[str, str | None], prop: Property) -> None:
        if prop.name in FILE_PROPERTIES and embedded(prop):
            return
        column = column_of(prop)
        if prop.name in _JOINED:
            text = ";".join(items(prop, self._page)) if prop.name != "NOTE" else ""
            text = text or text_value(prop, self._page)
            before = cells.get(column)
            cells[column] = f"{before}{_JOINED[prop.name]}{text}" if before else text
        elif prop.name not in self._survey.listed or prop.name in (*_COLUMNS, "LABEL"):
            cells.setdefault(column, self._value(prop))

    def _children(
        self, card: Card, labels: dict[str, dict[str, str]]
    ) -> Iterator[tuple[str, Iterable[dict[str, str | None]]]]:
        def of(names: Iterable[str]) -> list[Property]:
            return [prop for prop in card.properties if prop.name in names]

        def kind(prop: Property) -> dict[str, str | None]:
            label = labels.get(prop.group, {}).get("X-ABLABEL", "")
            preference = str(prop.preference) if prop.preference < 101 else ""
            return {"type": ";".join(prop.types), "label": label, "preference": preference}

        yield PHONES, [{"number": self._phone(p), **kind(p)} for p in of(["TEL"])]
        yield (
            EMAILS,
            [
                {"address": without_scheme(text_value(p, self._page), "mailto"), **kind(p)}
                for p in of(["EMAIL"])
            ],
        )
        yield ADDRESSES, [{**self._address(p, labels), **kind(p)} for p in of(["ADR"])]
        yield MEMBERS, [{"member": text_value(p, self._page)} for p in of(_MEMBERS)]
        yield (
            PROPERTIES,
            [
                {"property": p.name, "value": self._value(p), **kind(p)}
                for p in of(self._survey.listed)
                if not embedded(p)
            ],
        )

    def _address(self, prop: Property, labels: dict[str, dict[str, str]]) -> dict[str, str | None]:
        found = parts(prop, self._page)
        cells: dict[str, str | None] = dict(zip(_ADDRESS_PARTS, found, strict=False))
        surplus = [text for text in found[len(_ADDRESS_PARTS) :] if text]
        if surplus:  # a semicolon that nobody escaped: nothing of it may go
            cells["country"] = ";".join([cells.get("country") or "", *surplus])
        cells["country_code"] = labels.get(prop.group, {}).get("X-ABADR", "")
        cells["formatted"] = ",".join(prop.params.get("LABEL", ())).replace("\\n", "\n")
        return cells

    def _phone(self, prop: Property) -> str:
        return without_scheme(text_value(prop, self._page), "tel").strip()

    def _value(self, prop: Property) -> str:
        if prop.name in ("N", "ORG"):
            return ";".join(parts(prop, self._page))
        text = text_value(prop, self._page)
        return date_text(prop, text) if prop.name in _DATES else text


def preferred_first(properties: Iterable[Property]) -> list[Property]:
    """Order properties as they are preferred; those of one preference stay as they stand."""
    return sorted(properties, key=lambda prop: prop.preference)


def address_slot(prop: Property, label: str) -> str:
    """Tell which address this is: the beginning of its columns' names."""
    said = {*prop.types, label.lower()}
    return "work_" if said & {"work", "business"} else "home_" if "home" in said else "address_"


def column_of(prop: Property) -> str:
    """Name the column of a property that is not in parts."""
    if prop.name == "LABEL":  # 2.1 and 3.0: the address as it is printed
        return address_slot(prop, "") + "formatted"
    return _COLUMNS.get(prop.name) or slug(prop.name)


def date_text(prop: Property, text: str) -> str:
    """Write a whole date as ISO 8601; one without year or day stays, in its long form.

    >>> bday = parsed(1, b"BDAY:x", "4.0")
    >>> [date_text(bday, t) for t in ("19850415", "--0415", "1985", "1985-04-15T00:00:00Z")]
    ['1985-04-15', '--04-15', '1985', '1985-04-15T00:00:00Z']
    """
    plain = text.strip()
    no_year = next(iter(prop.params.get("X-APPLE-OMIT-YEAR", ())), "")
    if no_year and plain.startswith(no_year + "-"):
        return "-" + plain[len(no_year) :]
    found = re.fullmatch(r"(\d{4}|--)(\d\d)-?(\d\d)", plain, flags=re.ASCII)
    if not found:
        return text
    return f"{found[1]}-{found[2]}-{found[3]}" if found[1] != "--" else f"--{found[2]}-{found[3]}"


def is_whole_date(text: str) -> bool:
    """Tell whether a date has its year, month and day."""
    return re.match(r"\s*\d{4}-\d\d-\d\d", text) is not None
