"""Which cleaners are there, and where does each one live? Names only: nothing is imported here.

A cleaner is ``clean(values, *, companions, decision) -> Cleaned``; its decider is
``decide(evidence) -> Decision``. A decision can also be written by hand: every key has a default,
``{}`` always works. Laws of every cleaner: the input is untouched, index and order are kept,
missing stays missing, a value that is nothing but blanks becomes missing (rule ``blank``), no text
makes it raise, and cleaning its output again changes nothing. Some decisions say how the *source*
writes (a decimal comma, the surname first); the output no longer is written so, and ``CANONICAL``
holds the keys of the decision under which such an output is read again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MODULES: Mapping[str, str] = {
    "text": "text",
    "long_text": "text",
    "code": "text",
    "person_name": "names",
    "name_part": "names",
    "company": "companies",
    "email": "emails",
    "phone": "phones",
    "date": "dates",
    "datetime": "dates",
    "decimal": "numbers",
    "integer": "numbers",
    "percent": "numbers",
    "boolean": "booleans",
    "country": "countries",
    "subdivision": "subdivisions",
    "language": "languages",
    "postcode": "postcodes",
    "street": "addresses",
    "address": "addresses",
    "picklist": "picklists",
    "url": "urls",
    "tax_id": "tax_ids",
    "bank_account": "bank_accounts",
}

CLEANERS: Mapping[str, str] = {
    name: f"migrate.cleaners.{module}:clean_{name}" for name, module in _MODULES.items()
}
DECIDERS: Mapping[str, str] = {
    name: f"migrate.cleaners.{module}:decide_{name}" for name, module in _MODULES.items()
}

_TYPED: Mapping[str, Any] = {"mojibake": ""}
CANONICAL: Mapping[str, Mapping[str, Any]] = {
    "text": _TYPED,
    "long_text": _TYPED,
    "street": _TYPED,
    "address": _TYPED,
    "company": _TYPED,
    "name_part": _TYPED,
    "person_name": {"order": "first_last", **_TYPED},
    "date": {"format": ""},
    "datetime": {"format": ""},
    "decimal": {"decimal": "."},
    "integer": {"decimal": "."},
    "percent": {"decimal": ".", "scale": "percent"},
    "country": {"aliases": {}},
    "language": {"aliases": {}},
}

COMPANIONS: Mapping[str, tuple[str, ...]] = {
    "phone": ("region",),
    "postcode": ("country",),
    "address": ("country",),
    "subdivision": ("country",),
    "tax_id": ("country",),
    "bank_account": ("country",),
}
"""The companion columns that a cleaner looks at when it is given them."""

PARTS: Mapping[str, tuple[str, ...]] = {
    "text": ("rest",),
    "long_text": ("rest",),
    "person_name": ("first_name", "last_name", "title", "suffix"),
    "company": ("core", "legal_form"),
    "email": ("display_name", "others", "suggestion", "role"),
    "phone": ("extension", "others"),
    "decimal": ("currency",),
    "integer": ("currency",),
    "language": ("others",),
    "postcode": ("city",),
    "street": ("street_name", "house_number", "unit", "po_box"),
    "address": ("street", "house_number", "unit", "po_box", "postcode", "city", "country"),
    "url": ("others",),
    "tax_id": ("kind", "country"),
    "bank_account": ("iban",),
}
"""The columns beside ``value`` that a cleaner returns."""

_LENGTH: Mapping[str, tuple[str, ...]] = {
    "mojibake": (),
    "max_length": (),
    "overflow": ("refuse", "cut", "note"),
}
_DATE: Mapping[str, tuple[str, ...]] = {
    "order": ("dmy", "mdy", "ymd"),
    "pivot": (),
    "serials": ("1900", "1904", "no"),
    "era": ("gregorian", "buddhist", "roc"),
    "format": (),
}
OPTIONS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "text": _LENGTH,
    "long_text": _LENGTH,
    "code": {"digits": ()},
    "person_name": {"order": ("auto", "first_last", "last_first", "mixed"), "mojibake": ()},
    "company": {"mojibake": (), "legal_form": ("spacing", "keep", "standard")},
    "name_part": {"mojibake": ()},
    "street": {"mojibake": ()},
    "address": {"mojibake": (), "country": (), "parser": ("own", "libpostal")},
    "phone": {"region": ()},
    "date": _DATE,
    "datetime": {**_DATE, "time_zone": (), "write": ("local", "utc")},
    "decimal": {"decimal": (".", ",")},
    "integer": {"decimal": (".", ",")},
    "percent": {"decimal": (".", ","), "scale": ("percent", "fraction")},
    "boolean": {"true": (), "false": ()},
    "country": {"aliases": ()},
    "subdivision": {"country": ()},
    "language": {"aliases": ()},
    "postcode": {"country": ()},
    "tax_id": {"country": ()},
    "bank_account": {"country": ()},
    "picklist": {"values": ()},
}
"""The options a mapping may give: key -> allowed values, an empty tuple where they are free."""
