"""What does the name of a table or column say that it holds, in the languages of legacy systems?"""

from __future__ import annotations

import difflib
import re
import unicodedata
from functools import lru_cache

_PHONE = re.compile(r"phone|tel|mobil|fax|handy|gsm|тел|τηλ|电话|手机")
_CREATED = re.compile(
    r"creat|vytvor|zaloz|erstellt|angelegt|utworz|letrehoz|созда|δημιουργ|inserted"
)
_MOMENT = re.compile(r"date|datum|data|day|den|dna|dat$|when|dne|дата|ημερομην|日期")
_OTHER_MOMENT = re.compile(
    r"birth|naroz|naroden|geboren|geburt|modif|update|chang|zmen|upraven|рожд"
)
_TOUCHED = re.compile(
    r"modif|updat|chang|zmen|uprav|geander|aktualis|modyfik|aktual|modos|измен|обнов|τροποπ|bijgewerkt"
)
_ACTIVITY = re.compile(
    r"last (contact|activity|call|visit|order|login|seen|purchase)|letzter|posledn|ostatni|dernier|"
    r"ultim|utolso|laatste|последн|останн"
)
_USERS = re.compile(
    r"^(users?|employees?|owners?|sales ?(reps?|persons?|people|men)|staff|agents?|pouzivatel\w*|"
    r"uzivatel\w*|zamestnan\w*|obchodni\w*|benutzer|mitarbeiter|uzytkownic\w*|uzytkownik\w*|"
    r"pracowni\w*|пользовател\w*|сотрудник\w*|менеджер\w*)$"
)
_ACTIVE = re.compile(r"\b(is )?(active|enabled|aktiv\w*|aktyw\w*|актив\w*)\b|^status$|^stav$")
_GONE = re.compile(
    r"inactive|disabled|neaktiv|deactiv|deleted|blocked|locked|zablok|terminat|\bleft\b|left at|"
    r"odis|ukonc|end date|ended|leaving|уволен"
)
_CALLED_GONE = re.compile(
    r"\b(deleted|inactive|disabled|deactivated|terminated|former|neaktivn\w*|zrusen\w*|vymazan\w*|"
    r"byval\w*|ehemalig\w*|geloscht\w*|inaktiv\w*|usuniet\w*|nieaktywn\w*|уволен\w*|удален\w*)\b"
)
_SELF = re.compile(
    r"parent|reports|manager|superior|superv|\bboss\b|nadriad|nadrizen|matersk|mutter|vorgesetz|head"
)
_OWNER = re.compile(
    r"owner|user|assigned|salesperson|sales rep|vlastnik|obchodnik|zodpoved|besitzer|account manager|"
    r"responsab|betreuer|handlowiec|opiekun|ответственн|υπευθυν"
)
_KEY_WORDS = frozenset(("id", "key", "no", "nr", "number", "num", "code", "kod", "cislo", "ref", "fk",
                        "pk", "uid", "guid"))  # fmt: skip


@lru_cache(maxsize=4096)
def words(name: str) -> str:
    """Give a name as plain words in small letters.

    >>> words("ReportsTo"), words("company_ID"), words("Dátum založenia")
    ('reports to', 'company id', 'datum zalozenia')
    """
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    folded = unicodedata.normalize("NFKD", split.lower())
    plain = "".join(c for c in folded if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+", plain))


@lru_cache(maxsize=4096)
def subject(name: str) -> str:
    """Give what a key column or a table is about.

    >>> subject("CustomerID"), subject("Customers"), subject("companies"), subject("id")
    ('customer', 'customer', 'company', '')
    """
    kept = [word for word in words(name).split() if word not in _KEY_WORDS]
    text = " ".join(kept)
    if text.endswith("ies"):
        return text[:-3] + "y"
    return text[:-1] if text.endswith("s") and not text.endswith("ss") else text


def refers_score(column: str, table: str, key: str) -> float:
    """Say from 0 to 1 how much a column's name speaks of a table and its key.

    >>> refers_score("CustomerID", "Customers", "CustomerID")
    1.0
    >>> refers_score("company_id", "companies", "id")
    1.0
    >>> refers_score("city", "companies", "id")
    0.0
    """
    table = bare(table)
    about, target = subject(column), subject(table)
    if about and (about == target or (words(column) == words(key) and subject(key))):
        return 1.0
    ratio = difflib.SequenceMatcher(None, about, target).ratio() if about else 0.0
    if is_users(table) and _OWNER.search(words(column)):
        return max(ratio, 0.9)
    return ratio if ratio >= 0.8 else 0.0


def bare(table: str) -> str:
    """A table's name without its source's.

    >>> bare("erp.companies"), bare("companies")
    ('companies', 'companies')
    """
    return table.rpartition(".")[2]


def says_owner(column: str) -> bool:
    """Tell whether the name says who looks after a row: "Account Owner", "Obchodník"."""
    return bool(_OWNER.search(words(column)))


def says_gone(text: str) -> bool:
    """Tell whether a person's name itself says that nobody works there under it any more.

    >>> says_gone("DELETED USER"), says_gone("Jana (neaktívna)"), says_gone("Jana")
    (True, True, False)
    """
    return bool(_CALLED_GONE.search(words(text)))


def refers_to_itself(column: str) -> bool:
    """Tell whether the name says that a row refers to another row of its own table."""
    return bool(_SELF.search(words(column)))


def key_score(column: str, table: str) -> float:
    """Say how much a column's name sounds like the key of its table."""
    named = words(column).split()
    if not named or not (_KEY_WORDS & set(named)):
        return 0.0
    return 1.0 if subject(column) in ("", subject(bare(table))) else 0.5


def is_users(table: str) -> bool:
    """Tell whether the table's name says that it holds the people who work there."""
    return bool(_USERS.match(words(bare(table))))


def says_phone(column: str) -> bool:
    """Tell whether the name says phone."""
    return bool(_PHONE.search(words(column)))


def created_score(column: str) -> int:
    """Say how much a date column's name means "when the record was made".

    >>> [created_score(c) for c in ("CreatedAt", "OrderDate", "ShippedOn", "BirthDate")]
    [3, 2, 1, 0]
    """
    text = words(column)
    if _OTHER_MOMENT.search(text):
        return 0
    return 3 if _CREATED.search(text) else 2 if _MOMENT.search(text) else 1


def touched_score(column: str) -> int:
    """Say how much a date column's name means "when the record was last touched".

    >>> [touched_score(c) for c in ("ModifiedDate", "letzter Kontakt", "CreatedAt", "BirthDate")]
    [3, 2, 1, 0]
    """
    text = words(column)
    if _TOUCHED.search(text):
        return 3
    if _ACTIVITY.search(text):
        return 2
    return 1 if created_score(column) >= 2 else 0


def active_flag(column: str) -> str:
    """Tell what a column of a users table says of a person: "active", "gone" or ""."""
    text = words(column)
    return "gone" if _GONE.search(text) else "active" if _ACTIVE.search(text) else ""
