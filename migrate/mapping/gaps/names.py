"""What would a new field be called in each CRM? Its own rules for names, as data.

The rules come from fact sheets of the CRMs; ``known`` says how well each is known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from migrate.languages.words import heading_words, is_unspaced

Style = Literal["snake", "capitals", "camel", "pascal", "words"]
Known = Literal["documented", "inferred", "recalled", "unknown"]


@dataclass(frozen=True)
class NameRules:
    """How the API names of a CRM's own fields are made.

    ``words`` are the words as they are with ``_`` between them, the first letter large; ``longest``
    counts prefix and suffix.
    """

    style: Style
    prefix: str = ""
    suffix: str = ""
    longest: int = 60
    known: Known = "recalled"


RULES: Mapping[str, NameRules] = {
    "salesforce": NameRules("words", suffix="__c", longest=43),
    "dynamics365": NameRules("pascal", prefix="new_", longest=50),
    "hubspot": NameRules("snake", longest=100),
    "zoho": NameRules("words", longest=50),
    "pipedrive": NameRules("snake", longest=60, known="documented"),
    "odoo": NameRules("snake", prefix="x_", longest=60),
    "bitrix24": NameRules("capitals", prefix="UF_CRM_", longest=50),
    "amocrm": NameRules("capitals", longest=60),
    "espocrm": NameRules("camel", prefix="c", longest=60),
    "suitecrm": NameRules("snake", suffix="_c", longest=60, known="documented"),
    "creatio": NameRules("pascal", prefix="Usr", longest=60),
    "twenty": NameRules("camel", longest=60),
    "frappe_crm": NameRules("snake", longest=60),
    "django_crm": NameRules("snake", longest=60, known="documented"),
}
_SQL = NameRules("snake", longest=60, known="documented")
_CAUTIOUS = NameRules("snake", longest=40, known="unknown")

_LETTERS = str.maketrans(
    dict(
        zip("абвгдезийклмнопрстуфхыэіґαβγδεζηικλμνξοπρσςτυφω",
            "abvgdeziyklmnoprstufhyeigavgdeziiklmnxoprsstyfo", strict=True)
    )
    | {"ж": "zh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya", "ё": "yo",
       "ъ": "", "ь": "", "ї": "yi", "є": "ye", "θ": "th", "χ": "ch", "ψ": "ps",
       "ß": "ss", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i",
       "№": "number", "%": "percent", "#": "number", "€": "eur", "$": "usd", "£": "gbp"}
)  # fmt: skip


def rules_of(target: str, family: str = "") -> NameRules:
    """The rules of a target; those of SQL databases, or cautious ones, where it has none of its own.

    >>> rules_of("salesforce").suffix, rules_of("reference", "sql").style
    ('__c', 'snake')
    """
    return RULES.get(target) or (_SQL if family == "sql" else _CAUTIOUS)


def api_name(heading: str, rules: NameRules, taken: Collection[str], *, instead: str = "") -> str:
    """The API name for a column: ASCII letters and digits, begun with a letter, never taken.

    ``instead`` stands in where the heading has no letters that can be written so.

    >>> api_name("Obrat 2024 (€)", rules_of("salesforce"), [])
    'Obrat_2024_eur__c'
    >>> api_name("ИНН клиента", rules_of("bitrix24"), ["UF_CRM_INN_KLIENTA"])
    'UF_CRM_INN_KLIENTA_2'
    >>> api_name("電話", rules_of("odoo"), [], instead="phone")
    'x_phone'
    """
    words = _ascii_words(heading) or _ascii_words(instead) or [f"field_{_short(heading)}"]
    known = {name.casefold() for name in taken}
    number = 1
    while True:
        tail = f"_{number}" if number > 1 else ""
        room = rules.longest - len(rules.prefix) - len(rules.suffix) - len(tail)
        name = rules.prefix + _cut(_styled(words, rules), room) + tail + rules.suffix
        if name.casefold() not in known:
            return name
        number += 1


def _styled(words: list[str], rules: NameRules) -> str:
    if rules.style == "snake":
        text = "_".join(words)
    elif rules.style == "capitals":
        text = "_".join(words).upper()
    elif rules.style == "words":
        text = "_".join(words)
        text = text[0].upper() + text[1:]
    else:
        text = "".join(word[0].upper() + word[1:] for word in "_".join(words).split("_"))
        if rules.style == "camel" and not rules.prefix:
            text = text[0].lower() + text[1:]
    # no CRM lets a name begin with a digit; a prefix does already
    return text if rules.prefix or text[0].isalpha() else f"{'F' if text.isupper() else 'f'}_{text}"


def _cut(text: str, room: int) -> str:
    return text[:room].rstrip("_")


def _ascii_words(text: str) -> list[str]:
    found = []
    for word in heading_words(text):
        if is_unspaced(word):
            return []
        plain = "".join(c for c in word.translate(_LETTERS) if c.isascii() and c.isalnum())
        if plain:
            found.append(plain)
    return found


def _short(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=3).hexdigest()
