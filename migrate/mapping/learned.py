"""Which field did people choose for a heading before? Kept as data, and used first next time.

A decision is a folded heading and a field (or that it is not mapped), nothing else: no values, no
names of customers. This customer's are in ``<folder>/mappings/learned.yaml``; what somebody chose to
keep for everyone is in a file of the user's own configuration folder.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from migrate.languages.words import heading_words
from migrate.mapping.ranking.fields import KnownField
from migrate.mapping.ranking.scoring import ColumnScores, Scored
from migrate.mapping.reading.facts import ColumnFacts
from migrate.mapping.reading.headings import Reading
from migrate.specs.glossary import Meaning
from migrate.specs.problems import raise_errors
from migrate.specs.projectfile import LEARNED_FILE
from migrate.specs.reader import Reader
from migrate.specs.source_profile import profile_files, read_profile
from migrate.specs.yamlfile import read_yaml
from migrate.store.runfolder import private_folder, write_private_text
from migrate.values import Issue

CONFIG_VARIABLE = "CRM_MIGRATE_CONFIG"
_SURE, _ONCE = 0.97, 0.9
_AGAIN = 2  # seen so often, a decision of others is as good as an own one
_HEADER = """\
# What was decided about headings before; suggestions use it first. Headings are folded: small
# letters, no accents. Delete a line to forget it. No values of any source are in this file.
"""


@dataclass(frozen=True)
class Decided:
    """What was decided about a heading: ``field`` ("Account.name") of ``target``, or "" for none.

    ``means`` is what the field holds and whose it is, as a glossary says it: by that a decision
    helps for other CRMs. ``times`` counts how often it was seen; ``is_own`` says that this customer
    decided it, ``is_shared`` that it was given to everyone already.
    """

    heading: str
    target: str = ""
    field: str = ""
    means: str = ""
    language: str = ""
    times: int = 1
    is_own: bool = True
    is_shared: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        return self.heading, self.target, self.field


def folded(heading: str) -> str:
    """A heading as it is kept and compared.

    >>> folded("Tel. kom."), folded("E-Mail 2")
    ('tel kom', 'e mail 2')
    """
    return " ".join(heading_words(heading))


# -- the files ----------------------------------------------------------------------------------


def customers_file(folder: Path) -> Path:
    """Where the decisions of a migration's customer are kept."""
    return folder / "mappings" / LEARNED_FILE


def everyones_file() -> Path:
    """Where decisions for everyone are kept: in the user's configuration folder."""
    if given := os.environ.get(CONFIG_VARIABLE):
        return Path(given) / LEARNED_FILE
    if sys.platform == "win32" and (home := os.environ.get("APPDATA")):
        return Path(home) / "crm-migrate" / LEARNED_FILE
    home = os.environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "crm-migrate" / LEARNED_FILE


def known_decisions(folder: Path | None = None) -> list[Decided]:
    """This customer's decisions, then everyone's; files that are not there hold none.

    Raises MappingError with everything that is wrong in one of them.
    """
    own = read_decided(customers_file(folder)) if folder else []
    return own + [replace(one, is_own=False) for one in read_decided(everyones_file())]


def read_decided(path: Path) -> list[Decided]:
    """The decisions of one file. Raises MappingError with everything that is wrong in it."""
    if not path.is_file():
        return []
    issues: list[Issue] = []
    reader = Reader(read_yaml(path, label=path.name), path.name, issues)
    found = [_decided(one) for one in reader.items("learned", "decision")]
    reader.done()
    raise_errors(issues)
    return found


def _decided(reader: Reader) -> Decided:
    is_left = reader.flag("do_not_map")
    found = Decided(
        heading=folded(reader.text("heading", required=True)),
        target=reader.text("target", required=not is_left),
        field=reader.text("field", required=not is_left),
        means=reader.text("means"),
        language=reader.text("language"),
        times=max(reader.number("times", 1), 1),
        is_shared=reader.flag("shared"),
    )
    if is_left and found.field:
        reader.refuse("wrong_value", "a heading is either mapped to a field or not", key="field")
    reader.done()
    return found


def write_decided(path: Path, decisions: Iterable[Decided]) -> None:
    """Write a file of decisions, sorted, readable by its owner alone."""
    private_folder(path.parent)
    lines = [_line(one) for one in sorted(decisions, key=lambda d: d.key)]
    body = "\n".join(["learned:", *lines]) if lines else "learned: []"
    write_private_text(path, f"{_HEADER}{body}\n")


def _line(one: Decided) -> str:
    parts: dict[str, str] = {"heading": one.heading}
    if one.field:
        parts |= {"target": one.target, "field": one.field}
    for key, text in (("means", one.means), ("language", one.language)):
        if text:
            parts[key] = text
    texts = [f"{key}: {json.dumps(text, ensure_ascii=False)}" for key, text in parts.items()]
    texts += [] if one.field else ["do_not_map: true"]
    texts += [f"times: {one.times}"] + (["shared: true"] if one.is_shared else [])
    return f"  - {{{', '.join(texts)}}}"


# -- keeping --------------------------------------------------------------------------------------


def remember(before: Sequence[Decided], now: Sequence[Decided]) -> list[Decided]:
    """This customer's decisions, brought up to date: what is said of a heading now goes for it.

    >>> old = [Decided("kod", "x", "A.code"), Decided("fax", "x", "A.fax")]
    >>> [d.field for d in remember(old, [Decided("kod", "x", "A.number")])]
    ['A.fax', 'A.number']
    """
    said = {one.heading for one in now}
    shared = {one.key for one in before if one.is_shared}
    kept = [one for one in before if one.heading not in said]
    return kept + [replace(one, is_shared=one.key in shared) for one in now]


def share(everyones: Sequence[Decided], own: Sequence[Decided]) -> list[Decided]:
    """Everyone's decisions with those of a customer that were not given to them yet."""
    found = {one.key: one for one in everyones}
    for one in own:
        if not one.is_shared:
            before = found.get(one.key)
            times = before.times + 1 if before else 1
            found[one.key] = replace(one, times=times, is_own=True, is_shared=False)
    return list(found.values())


# -- using ----------------------------------------------------------------------------------------


def with_decisions(
    scores: Sequence[ColumnScores],
    fields: Sequence[KnownField],
    known: Sequence[Decided],
    target: str,
) -> tuple[list[ColumnScores], dict[str, tuple[float, str]]]:
    """Put what was decided before first; column -> how sure, and the reason in words.

    This customer's decisions go before everyone's. Where a heading was given several fields, the one
    that suits this table best is taken; where it was mapped and also left alone, the more frequent.
    """
    by_heading: dict[str, list[Decided]] = {}
    for one in known:
        by_heading.setdefault(one.heading, []).append(one)
    told: dict[str, tuple[float, str]] = {}
    found = []
    for column in scores:
        decisions = by_heading.get(folded(column.facts.name), [])
        own = [one for one in decisions if one.is_own]
        for ours in (own, [one for one in decisions if not one.is_own]):
            chosen = _chosen(column, fields, ours, target) if ours else None
            if chosen is not None:
                column, sure, why = chosen
                told[column.facts.name] = sure, why
                break
        found.append(column)
    return found, told


def _chosen(
    column: ColumnScores, fields: Sequence[KnownField], decisions: Sequence[Decided], target: str
) -> tuple[ColumnScores, float, str] | None:
    left = sum(one.times for one in decisions if not one.field)
    options = [(one, known) for one in decisions for known in _fields_of(one, fields, target)]
    mapped = sum(one.times for one in {one.key: one for one, _ in options}.values())
    who = "by this customer" if decisions[0].is_own else "by others"
    is_sure = decisions[0].is_own or left + mapped >= _AGAIN
    base = _SURE if is_sure else _ONCE
    if left > mapped:
        why = f"decided before: do not map, {_times(left)} {who}"
        return replace(column, skip=why), round(base * left / (left + mapped), 4), why
    if not options:
        return None
    ranks = {(s.field.object, s.field.name): n for n, s in enumerate(column.ranked)}
    one, field = min(
        options,
        key=lambda o: (ranks.get((o[1].object, o[1].name), len(ranks)), -o[0].times, o[1].position),
    )
    why = f"decided before: {field}, {_times(one.times)} {who}"
    if one.target != target:
        why += f" (for {one.target}: {one.field})"
    rest = tuple(s for s in column.ranked if s.field != field)
    first = next((s for s in column.ranked if s.field == field), None)
    best = _scored(column.facts, field, first)
    sure = round(base * mapped / (left + mapped), 4)
    return replace(column, ranked=(best, *rest), skip=""), sure, why


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _fields_of(one: Decided, fields: Sequence[KnownField], target: str) -> list[KnownField]:
    """The fields that a decision names here: by name for its own CRM, for others by meaning."""
    if not one.field:
        return []
    if one.target == target:
        return [known for known in fields if str(known) == one.field]
    if not one.means:
        return []
    meaning = Meaning.read(one.means)
    plain = replace(meaning, subject="")
    return [
        known
        for known in fields
        if known.meaning == plain and meaning.subject == known.about and not known.is_read_only
    ]


def _scored(facts: ColumnFacts, field: KnownField, first: Scored | None) -> Scored:
    """A field that nothing speaks against, because somebody decided it."""
    reading = first.reading if first else Reading(field.meaning, 1.0, "", (repr(facts.name),))
    return Scored(
        field=field, reading=replace(reading, weight=1.0), meaning=1.0, subject=1.0,
        values=1.0, surely=first.surely if first else 0.0, writable=1.0,
    )  # fmt: skip


@cache
def profile_headings(profile: str) -> frozenset[str]:
    """The headings that a source profile knows, folded; of all its tables.

    >>> "first name" in profile_headings("hubspot"), profile_headings("nobody")
    (True, frozenset())
    """
    if profile not in profile_files():
        return frozenset()
    names: set[str] = set()
    for table in read_profile(profile).tables:
        names |= {*table.signature, *table.key, *table.references, *table.id_columns}
        for columns in table.headers.values():
            names |= set(columns)
        names |= {part.column for part in table.parts} | {one.column for one in table.lists}
    return frozenset(folded(name) for name in names)
