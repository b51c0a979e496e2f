"""Which cleaner reads which column of a table, decided how, and with the help of which other column?

What a column means is told by its heading and values; the kind of record (``--as``) says which
meanings make sense in it. What a reading file says goes before both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from migrate.cleaners import CLEANERS, COMPANIONS
from migrate.errors import MappingError, UsageError
from migrate.pipeline.column_readings import ColumnSample, decide_column, meaning
from migrate.profiling.names import words
from migrate.profiling.semantics import Semantic
from migrate.registry import did_you_mean
from migrate.values import Decision

CLEANER_OF: Mapping[str, str] = {
    "email": "email", "phone": "phone", "person_name": "person_name", "first_name": "name_part",
    "last_name": "name_part", "company": "company", "street": "street", "postcode": "postcode",
    "city": "text", "subdivision": "subdivision", "country": "country", "language": "language",
    "money": "decimal", "percent": "percent", "date": "date", "datetime": "datetime",
    "url": "url", "tax_id": "tax_id", "bank_account": "bank_account", "boolean": "boolean",
    "integer": "integer", "decimal": "decimal", "identifier": "code", "category": "text",
    "long_text": "long_text", "text": "text",
}  # fmt: skip
"""Meaning of a column -> its cleaner; an empty column has none."""

_PERSONS = frozenset({"person_name", "first_name", "last_name"})
_PLACES = frozenset({"street", "postcode", "city", "subdivision"})
_NOT_IN: Mapping[str, frozenset[str]] = {
    "contact": frozenset(),
    "lead": frozenset(),
    "user": frozenset(),
    "account": frozenset(),
    "deal": frozenset(),
    "activity": frozenset(),
    "product": _PERSONS | _PLACES | {"phone", "bank_account", "tax_id", "company"},
    "order": frozenset(),
    "ticket": frozenset(),
    "campaign": _PERSONS,
    "record": frozenset(),
}
KINDS = tuple(_NOT_IN)
_ALSO = {
    "person": "contact", "people": "contact", "customer": "account", "client": "account",
    "company": "account", "companies": "account", "organisation": "account",
    "organization": "account", "supplier": "account", "vendor": "account", "prospect": "lead",
    "opportunity": "deal", "opportunities": "deal", "task": "activity", "event": "activity",
    "call": "activity", "meeting": "activity", "note": "activity", "activities": "activity",
    "employee": "user", "owner": "user", "item": "product", "article": "product",
    "invoice": "order", "quote": "order", "case": "ticket", "any": "record",
}  # fmt: skip
# In an account "name" is a company's, whatever its words look like; likewise elsewhere.
_OWN_NAME = {"account": "company", "deal": "text", "product": "text", "campaign": "text",
             "ticket": "text", "activity": "text"}  # fmt: skip
_NAME_WORDS = """
    name names title subject nazov nazev meno jmeno bezeichnung betreff titel nom nombre nome
    nazwa temat nev megnevezes название наименование тема ονομα 名称 名前
"""
_NAME_HEADINGS = frozenset(_NAME_WORDS.split())
_ADDRESSES = re.compile(
    r"(?:[^@\n]{0,60}?[<\s,;]?[\w.+%-]+@[\w.-]+\.\w{2,}[>\s,;)]*){1,9}[^@]{0,20}"
)
_LEAST_ADDRESSES = 0.3
_LEAST_SHARE = 0.5  # of the values must be what the column is taken for
_LEAST_CONFIDENCE = 0.3


@dataclass(frozen=True)
class ColumnPlan:
    """How one column is cleaned; without a ``cleaner`` it stays as it is.

    ``companions`` are the cleaner's names for other columns of the table that it looks at.
    """

    name: str
    semantic: Semantic
    cleaner: str = ""
    decision: Decision = field(default_factory=dict)
    companions: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_personal(self) -> bool:
        return bool(self.semantic.personal) or self.cleaner in _PERSONAL_CLEANERS


_PERSONAL_CLEANERS = frozenset(
    {"person_name", "name_part", "email", "phone", "street", "long_text", "bank_account"}
)


def kind_named(word: str) -> str:
    """The kind of record that a word means. Raises UsageError with the nearest right one.

    >>> kind_named("Contacts"), kind_named("opportunity")
    ('contact', 'deal')
    """
    name = word.strip().casefold()
    for form in (name, name.removesuffix("s")):
        if form in _NOT_IN:
            return form
        if form in _ALSO:
            return _ALSO[form]
    raise UsageError(f"there is no kind of record {word!r}", hint=did_you_mean(name, KINDS))


def plan_columns(
    samples: Mapping[str, ColumnSample],
    kind: str,
    *,
    locale: str = "",
    region: str = "",
    given: Mapping[str, Decision] | None = None,
    reading: Mapping[str, Any] | None = None,
) -> list[ColumnPlan]:
    """Plan every column of a table; ``given`` are the decisions of a reading file, by column.

    ``reading`` is what the source told and was guessed while the table was read.

    Raises MappingError where the reading names a cleaner or a companion that is not there.
    """
    said = given or {}
    names = list(samples)
    meanings = {name: meaning(name, samples[name], region) for name in names}
    cleaners = {
        name: _cleaner(name, meanings[name], kind, said.get(name), samples[name]) for name in names
    }
    plans = []
    for name in names:
        own = dict(said.get(name, {}))
        cleaner = cleaners[name]
        companions = _companions(name, cleaner, own.pop("companions", None), cleaners)
        own["clean"] = cleaner
        decided = decide_column(
            samples[name], meanings[name], column=name, reading=reading, locale=locale, region=region,
            given=own,
        )  # fmt: skip
        plans.append(ColumnPlan(name, meanings[name], cleaner, decided, companions))
    return plans


def _cleaner(
    name: str, semantic: Semantic, kind: str, said: Decision | None, sample: ColumnSample
) -> str:
    if said is not None and "clean" in said:
        cleaner = str(said["clean"] or "")
        if cleaner in {"", "no", "none", "None", "False"}:
            return ""
        if cleaner not in CLEANERS:
            raise MappingError(
                f"the reading asks for a cleaner {cleaner!r} of the column {name!r},"
                " which is not there",
                hint=did_you_mean(cleaner, CLEANERS),
            )
        return cleaner
    found = semantic.type
    is_name = found in _PERSONS | {"text", "category"} and _is_own_name(name)
    if is_name and kind in _OWN_NAME:
        found = _OWN_NAME[kind]
    if (
        found in {"text", "long_text", "category"}
        and _share_of_addresses(sample) >= _LEAST_ADDRESSES
    ):
        found = "email"  # lists of addresses, and addresses with their names, are no e-mail to see
        return CLEANER_OF[found]
    if found in _NOT_IN[kind]:
        found = semantic.runner_up if semantic.runner_up not in _NOT_IN[kind] else "text"
    if semantic.share < _LEAST_SHARE or semantic.confidence < _LEAST_CONFIDENCE:
        found = "text" if found != "empty" else found
    return CLEANER_OF.get(found, "text" if found != "empty" else "")


def _share_of_addresses(sample: ColumnSample) -> float:
    """How many of the distinct values hold an e-mail address and little else."""
    values = list(sample.counts)[:1_000]
    return sum(1 for text in values if _ADDRESSES.fullmatch(text)) / max(1, len(values))


def _is_own_name(heading: str) -> bool:
    return words(heading) in _NAME_HEADINGS


def _companions(
    name: str, cleaner: str, said: object, cleaners: Mapping[str, str]
) -> dict[str, str]:
    """The columns beside: those that the reading names, else the nearest country column."""
    labels = COMPANIONS.get(cleaner, ())
    if isinstance(said, Mapping):
        for label, column in said.items():
            known = labels if label not in labels else tuple(cleaners)
            wanted = label if label not in labels else column
            if wanted not in known:
                raise MappingError(
                    f"the reading gives the column {name!r} a companion {wanted!r} that is not there",
                    hint=did_you_mean(str(wanted), known),
                )
        return {str(label): str(column) for label, column in said.items()}
    countries = [other for other, clean in cleaners.items() if clean == "country"]
    wanted_labels = [label for label in labels if label in {"country", "region"}]
    if not countries or not wanted_labels:
        return {}
    order = list(cleaners)
    best = max(
        countries,
        key=lambda other: (_common(name, other), -abs(order.index(other) - order.index(name))),
    )
    return dict.fromkeys(wanted_labels, best)


def _common(name: str, other: str) -> int:
    """How many words the headings share at their beginning: "billing zip", "billing country"."""
    shared = 0
    for mine, theirs in zip(words(name).split(), words(other).split(), strict=False):
        if mine != theirs:
            break
        shared += 1
    return shared


def in_cleaning_order(plans: Sequence[ColumnPlan]) -> list[ColumnPlan]:
    """The columns that others look at come first."""
    return sorted(plans, key=lambda plan: plan.cleaner != "country")
