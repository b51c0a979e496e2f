"""What does a column mean: an e-mail, a family name, a price? And is it personal data?

Values and heading are two witnesses. A value can prove a kind (an e-mail, an IBAN), or only not
speak against it (any word can be a family name); a heading can say anything. Both are weighed for
every kind; where they disagree the confidence is low and ``runner_up`` names the other opinion.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from migrate.profiling._headings import promised
from migrate.profiling._value_forms import COULD, SURELY, Test, is_birth_number
from migrate.profiling.names import words

SEMANTIC_TYPES = (
    "email", "phone", "person_name", "first_name", "last_name", "company", "street", "postcode",
    "city", "subdivision", "country", "language", "money", "percent", "date", "datetime", "url",
    "tax_id", "bank_account", "boolean", "integer", "decimal", "identifier", "category",
    "long_text", "text", "empty",
)  # fmt: skip

Personal = Literal["", "identifying", "contact", "financial", "sensitive"]


@dataclass(frozen=True)
class Semantic:
    """``share`` of the filled values conform to ``type``; ``confidence`` is from 0 to 1.

    ``runner_up`` is the next likely type, empty when nothing else is. ``personal`` says which kind
    of personal data the column holds, empty when none is to be seen.
    """

    type: str
    share: float
    confidence: float
    runner_up: str
    personal: Personal


# How sure a value that passes the strict test makes a type (1 would be beyond doubt), and the
# share of such values that is already enough: three names in ten that carry a legal form, and
# the rest of the column are companies too.
_PROOF = {
    "email": (0.98, 0.9), "url": (0.97, 0.9), "phone": (0.85, 0.8), "date": (0.96, 0.9),
    "datetime": (0.965, 0.6), "percent": (0.95, 0.8), "money": (0.93, 0.7), "boolean": (0.85, 1.0),
    "integer": (0.5, 1.0), "decimal": (0.49, 1.0), "identifier": (0.75, 0.9),
    "postcode": (0.72, 0.9), "country": (0.93, 0.8), "language": (0.85, 0.8),
    "subdivision": (0.72, 0.7), "city": (0.82, 0.5), "street": (0.85, 0.7), "company": (0.85, 0.3),
    "first_name": (0.82, 0.6), "last_name": (0.55, 0.5), "person_name": (0.86, 0.5),
    "tax_id": (0.95, 0.8), "bank_account": (0.96, 0.8),
}  # fmt: skip
_HEADING = 0.88  # how sure a heading alone makes a type that no value speaks against
_PERSONAL: dict[str, Personal] = {
    "email": "contact", "phone": "contact", "street": "contact", "person_name": "identifying",
    "first_name": "identifying", "last_name": "identifying", "bank_account": "financial",
}  # fmt: skip
_SENSITIVE = re.compile(
    r"\b(religio\w*|confession|vierovyzn\w*|vyznani|konfession|health|zdravot\w*|diagnos\w*|allerg\w*|"
    r"disabilit\w*|handicap|ethnic\w*|race|narodnost|trade union|gewerkschaft|political|sexual\w*|"
    r"ssn|social security|national id|government id\w*|rodne cislo|rc|birth number|pesel|"
    r"passport\w*|reisepass|personalausweis|cislo op|id card|obciansky\w*|снилс|паспорт|"
    r"n securite sociale|codice fiscale|dni|cpf|personnummer|bsn|dog tag|religia|wyznanie|blood\w*)\b"
)
_BIRTH = re.compile(
    r"birth|born|\bdob\b|naroden|narozen|geburt|\bgeb\b|urodz|naissance|nacimiento|nascita|nascimento|"
    r"szulet|geboorte|fodsel|fodt|syntym|рожд|\bдр\b|народж|γεννη|dogum|生日|생년월일|gender|\bsex\b|pohlav|"
    r"geschlecht|plec|sexe|\bpol\b|marital|spouse|children|nickname|user ?name|login|ip address|skype|skайп|скайп"
)
_SALARY = re.compile(
    r"salary|wage|mzda|\bplat\b|gehalt|lohn|wynagrodz|salaire|sueldo|stipendio|зарплат|credit card|iban|bank"
)
_REACHED = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}|\+[0-9][0-9 ()/-]{7,}[0-9]", re.IGNORECASE)
# What is also true of a column says nothing against what it was taken for.
_KIN = {
    "date": ("datetime",), "datetime": ("date",), "integer": ("decimal", "identifier"),
    "decimal": ("integer",), "money": ("decimal", "integer"), "percent": ("decimal", "integer"),
    "long_text": ("text", "category"), "category": ("text", "identifier"), "text": ("category",),
    "identifier": ("integer",), "postcode": ("integer", "identifier"),
    "tax_id": ("integer", "identifier"), "boolean": ("integer", "category"),
    "bank_account": ("integer", "decimal", "identifier"),
}  # fmt: skip
_NOTHING_WORDS = """
null n/a na n.a. #n/a none nil - -- --- . ? ?? xxx tbd unknown #ref! #value! #name? #div/0!
0000-00-00 0/0/00
"""
_NOTHING = frozenset(_NOTHING_WORDS.split())
_MOST = 2_000  # distinct values looked at; beyond that the answer does not change


def semantic_type(
    name: str, values: Sequence[str], counts: Sequence[int] = (), *, region: str = ""
) -> Semantic:
    """Decide what a column holds from its heading and a sample of its values.

    ``values`` are distinct texts or a plain sample; ``counts`` say how often each occurs (in the
    same order; empty: once each). ``region`` ("SK") is where the data come from, if known: digits
    that are a postcode there count as one. Nothing is raised, whatever the values are.

    >>> semantic_type("Kontakt", ["jan@example.com", "eva@example.com"]).type
    'email'
    >>> semantic_type("Priezvisko", ["Kováč", "Horváthová"])
    Semantic(type='last_name', share=1.0, confidence=0.95, runner_up='text', personal='identifying')
    >>> semantic_type("X", ["", " "]).type
    'empty'
    """
    seen = _weighted(values, counts)
    if not seen:
        return Semantic("empty", 1.0, 1.0, "", "")
    real = [(text, count) for text, count in seen if text.casefold() not in _NOTHING] or seen
    said = promised(name)
    total = sum(count for _, count in real)
    could = {kind: _share(real, test, total) for kind, test in COULD.items()}
    surely = {kind: _share(real, test, total) for kind, test in SURELY.items()}
    surely = _corrected(surely, could, real, region)
    scores = {
        kind: _score(kind, could[kind], surely.get(kind, 0.0), said.get(kind, 0.0))
        for kind in COULD
    }
    _add_shapes(scores, real, said)
    ranked = sorted(scores, key=lambda kind: (-scores[kind], SEMANTIC_TYPES.index(kind)))
    best, second = ranked[0], ranked[1]
    rival = next(kind for kind in ranked[1:] if kind not in _KIN.get(best, ()))
    margin = scores[best] - scores[rival]
    confidence = round(min(scores[best], 0.5 + margin) if margin < 0.25 else scores[best], 2)
    share = sum(count for text, count in seen if COULD[best](text)) / sum(c for _, c in seen)
    return Semantic(
        type=best,
        share=round(share, 4),
        confidence=confidence,
        runner_up=second if scores[second] >= 0.2 else "",
        personal=_personal(name, best, real),
    )


def value_scores(
    values: Sequence[str], counts: Sequence[int] = (), *, region: str = ""
) -> dict[str, tuple[float, float]]:
    """Say of each kind which share of the filled values could be of it, and how surely they are.

    The heading is not asked. Empty when nothing is filled.

    >>> scores = value_scores(["jan@example.com", "eva@example.com"])
    >>> scores["email"], scores["phone"]
    ((1.0, 1.0), (0.0, 0.0))
    """
    seen = _weighted(values, counts)
    if not seen:
        return {}
    real = [(text, count) for text, count in seen if text.casefold() not in _NOTHING] or seen
    total = sum(count for _, count in real)
    could = {kind: _share(real, test, total) for kind, test in COULD.items()}
    surely = {kind: _share(real, test, total) for kind, test in SURELY.items()}
    surely = _corrected(surely, could, real, region)
    return {kind: (could[kind], min(1.0, surely.get(kind, 0.0))) for kind in COULD}


def _weighted(values: Sequence[str], counts: Sequence[int]) -> list[tuple[str, int]]:
    """The filled values, trimmed, each once with how often it occurs; an even sample of many."""
    found: dict[str, int] = {}
    step = max(1, len(values) // _MOST)
    for index in range(0, len(values), step):
        value = values[index]
        text = " ".join(value.split())[:500] if isinstance(value, str) else ""
        if text:
            found[text] = found.get(text, 0) + (counts[index] if index < len(counts) else 1)
    return list(found.items())


def _share(values: list[tuple[str, int]], test: Test, total: int) -> float:
    return sum(count for text, count in values if test(text)) / total if total else 0.0


def _score(kind: str, could: float, surely: float, said: float) -> float:
    """Weigh both witnesses: either alone may convince, both together convince more."""
    strength, enough = _PROOF.get(kind, (0.0, 1.0))
    by_values = strength * min(1.0, surely / enough)
    by_heading = _HEADING * said * max(0.0, (could - 0.3) / 0.7 if could < 1 else 1.0)
    return 1 - (1 - by_values) * (1 - by_heading)


def _corrected(
    surely: dict[str, float], could: dict[str, float], values: list[tuple[str, int]], region: str
) -> dict[str, float]:
    """Correct what the single values cannot know: what the column as a whole is like."""
    result = dict(surely)
    distinct = {text.casefold() for text, _ in values}
    if could["boolean"] == 1 and len(distinct) <= 3:
        numeric = distinct <= {"0", "1", "-1"}
        result["boolean"] = (0.85 if len(distinct) > 1 else 0.5) if numeric else 1.0
        if len(distinct) == 1 and not numeric and max(map(len, distinct)) <= 2:
            result["boolean"] = 0.6
    elif len(distinct) > 4:
        result["boolean"] = 0.0
    if surely["datetime"] >= 0.1:  # midnight is written without its hours here and there
        result["datetime"] = surely["datetime"] + surely["date"]
        result["date"] = 0.0
    result["integer"] = surely["integer"] ** 4
    if len(distinct) < 3:  # OK is a state, too
        result["subdivision"] = surely["subdivision"] * 0.3
    if surely["subdivision"] >= 0.9:  # DE and CA are states of the US as well
        result["country"] = min(surely["country"], 0.3)
    elif could["country"] >= 0.9 and len(distinct) >= 2:
        result["country"] = max(surely["country"], 0.55)
    if surely["company"] >= 0.15:
        result["person_name"] = surely["person_name"] * 0.3
        result["street"] = surely["street"] * 0.3
    if surely["person_name"] > 0.2:
        result["first_name"] = surely["first_name"] * 0.5
    for kind in ("percent", "money", "date", "phone"):
        if surely[kind] >= 0.5:
            result["identifier"] = result["decimal"] = result["integer"] = 0.0
    if _checks_out(values):
        result["tax_id"] = max(surely["tax_id"], 0.75)
        result["phone"] = result["identifier"] = 0.0
    if region.upper() in _POSTCODE_DIGITS and could["postcode"] >= 0.95:
        digits = _POSTCODE_DIGITS[region.upper()]
        fits = _share(values, lambda t: t.isdigit() and len(t) == digits, sum(c for _, c in values))
        result["postcode"] = max(result["postcode"], 0.6 * fits if len(distinct) > 2 else 0.0)
    return result


_POSTCODE_DIGITS = {
    "SK": 5, "CZ": 5, "DE": 5, "FR": 5, "IT": 5, "ES": 5, "US": 5, "SE": 5, "FI": 5, "GR": 5, "EE": 5,
    "HR": 5, "TR": 5, "UA": 5, "PL": 5, "RU": 6, "CN": 6, "IN": 6, "RO": 6, "JP": 7,
}  # fmt: skip
_CHECKED_FROM = 10  # distinct values: one in ten fits a check digit by chance


def _checks_out(values: list[tuple[str, int]]) -> bool:
    """Tell whether the check digit of one country's company numbers fits them all."""
    from stdnum.cz import dic as cz_dic
    from stdnum.fr import siren, siret
    from stdnum.it import iva
    from stdnum.pl import nip
    from stdnum.ru import inn

    distinct = [text for text, _ in values if text.replace("-", "").replace(" ", "").isdigit()]
    if len(distinct) < max(_CHECKED_FROM, 0.95 * len(values)):
        return False
    sample = distinct[:200]
    checks = (nip.is_valid, inn.is_valid, siret.is_valid, siren.is_valid, iva.is_valid,
              lambda text: len(text) == 8 and cz_dic.is_valid(text))  # fmt: skip
    return any(sum(map(check, sample)) >= 0.95 * len(sample) for check in checks)


def _add_shapes(
    scores: dict[str, float], values: list[tuple[str, int]], said: dict[str, float]
) -> None:
    """Score what no single value shows: few texts again and again, or long ones."""
    total = sum(count for _, count in values)
    length = sum(len(text) * count for text, count in values) / total
    spoken = sum((text.count(" ") + 1) * count for text, count in values) / total
    repeats = total / len(values)
    is_few = len(values) <= 50 and repeats >= 1.25 and length <= 40
    base = (0.5 if repeats >= 4 else 0.36) if is_few and scores["decimal"] < 0.4 else 0.0
    scores["category"] = 1 - (1 - base) * (1 - scores["category"])
    if repeats > 20 * len(values) or len(values) > 500:
        scores["category"] *= 1.0 if len(values) <= 500 else 0.4
    base = 0.6 if length > 60 or spoken >= 8 else 0.42 if length > 25 and spoken >= 4 else 0.0
    scores["long_text"] = 1 - (1 - base) * (1 - scores["long_text"])
    if spoken < 1.5 and length < 15:
        scores["long_text"] *= 0.6
    scores["text"] = 1 - (1 - 0.3) * (1 - 0.6 * said.get("text", 0.0))


def _personal(name: str, kind: str, values: list[tuple[str, int]]) -> Personal:
    said = words(name)
    if _SENSITIVE.search(said) and kind not in ("boolean", "empty", "company"):
        return "sensitive"
    if kind in ("identifier", "integer", "text", "tax_id", "category", "phone"):
        total = sum(count for _, count in values)
        if _share(values, is_birth_number, total) >= 0.5:
            return "sensitive"
    if _SALARY.search(said) and kind in ("money", "decimal", "integer", "bank_account"):
        return "financial"
    if kind in _PERSONAL:
        return _PERSONAL[kind]
    if _BIRTH.search(said) and kind not in ("empty", "company"):
        return "identifying"
    if kind in ("long_text", "text"):
        reached = sum(count for text, count in values if _REACHED.search(text))
        if reached >= 0.01 * sum(count for _, count in values):
            return "contact"
    return ""
