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
from migrate.profiling._value_forms import COULD, SURELY
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
_SALARY = re.compile(r"salary|wage|mzda|\bplat\b|gehalt|lohn|wynagrodz|salaire|sueldo|stipendio|зарплат|credit card|iban|bank")
_REACHED = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}|\+[0-9][0-9 ()/-]{7,}[0-9]", re.IGNORECASE)
_NOTHING = frozenset(
    """null n/a na n.a. #n/a none nil - -- --- . ? ?? xxx tbd unknown #ref! #value! #name? #div/0!
    0000-00-00 0/0/00""".split()
)
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
    margin = scores[best] - scores[second]
    confidence = round(min(scores[best], 0.5 + margin) if margin < 0.25 else scores[best], 2)
    share = sum(count for text, count in seen if COULD[best](text)) / sum(c for _, c in seen)
    return Semantic(
        type=best,
        share=round(share, 4),
        confidence=confidence,
        runner_up=second if scores[second] >= 0.2 else "",
        personal=_personal(name, best, real),
    )


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


def _share(values: list[tuple[str, int]], test: object, total: int) -> float:
    assert callable(test)
    return sum(count for text, count in values if test(text)) / total if total else 0.0


def _score(kind: str, could: float, surely: float, said: float) -> float:
    """Weigh both witnesses: either alone may convince, both together convince more."""
    strength, enough = _PROOF.get(kind, (0.0, 1.0))
    by_values = strength * min(1.0, surely / enough)
    by_heading = _HEADING * said * max(0.0, (could - 0.3) / 0.7 if could < 1 else 1.0)
    return 1 - (1 - by_values) * (1 - by_heading)
