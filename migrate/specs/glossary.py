"""What do people call things? The glossaries of ``mappings/glossary``, and the index made of them.

``concepts.yaml`` lists the meanings; ``<language>.yaml`` the words for them. Reading twenty such
files takes seconds, so that ``index.tsv`` beside them, made by ``make docs``, is what is read; a
test keeps it true. A migration may have glossaries of its own in ``<folder>/mappings/glossary``:
these are read as they stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from migrate.languages.words import heading_words
from migrate.registry import data_folder, did_you_mean
from migrate.specs.problems import raise_errors
from migrate.specs.reader import Reader
from migrate.specs.yamlfile import Node, read_yaml
from migrate.values import Issue

EntryKind = Literal["word", "qualifier", "subject", "ignore", "value", "language"]
_CONCEPTS = "concepts"


@dataclass(frozen=True)
class Meaning:
    """What a column or a field means: a concept, which one of several, and whose it is.

    >>> str(Meaning.read("phone:mobile@person")), str(Meaning("city", frozenset({"billing"})))
    ('phone:mobile@person', 'city:billing')
    """

    concept: str = ""
    qualifiers: frozenset[str] = frozenset()
    subject: str = ""

    @classmethod
    def read(cls, text: str) -> Meaning:
        """Take ``concept:qualifier,qualifier@subject`` apart."""
        rest, _, subject = text.partition("@")
        concept, _, qualifiers = rest.partition(":")
        return cls(concept, frozenset(q for q in qualifiers.split(",") if q), subject)

    def __str__(self) -> str:
        qualifiers = ":" + ",".join(sorted(self.qualifiers)) if self.qualifiers else ""
        return f"{self.concept}{qualifiers}" + (f"@{self.subject}" if self.subject else "")


@dataclass(frozen=True)
class Concept:
    """One line of ``concepts.yaml``: see there."""

    name: str
    label: str
    subjects: tuple[str, ...] = ()
    within: str = ""
    values: tuple[str, ...] = ()
    is_generic: bool = False
    skip: str = ""


@dataclass(frozen=True)
class Entry:
    """One phrase of one language: ``kind`` says what ``meaning`` holds.

    word: a Meaning as text; qualifier and subject: its name; value: ``group.value``;
    language: the label of the language, ``weight`` 1 when a native speaker has reviewed it.
    """

    words: tuple[str, ...]
    kind: EntryKind
    meaning: str
    weight: float
    language: str


@dataclass(frozen=True, eq=False)
class Glossary:
    """All meanings and all words.

    ``lines``: a phrase -> its entries as they stand in the index, taken apart when asked for;
    ``same_as``: a meaning as text -> the meaning that it stands for; ``near``: "first > second" ->
    how well the one goes into the other; ``alternatives``: the same for each set of qualifiers.
    """

    concepts: Mapping[str, Concept]
    subjects: Mapping[str, str]
    qualifiers: Mapping[str, str]
    value_groups: Mapping[str, tuple[str, ...]]
    same_as: Mapping[str, Meaning]
    near: Mapping[str, float]
    alternatives: Mapping[str, Mapping[str, float]]
    lines: Mapping[str, str]
    languages: Mapping[str, str]
    reviewed: frozenset[str] = frozenset()

    def entries(self, words: tuple[str, ...]) -> tuple[Entry, ...]:
        """Give what a phrase means in every language, values of picklists included."""
        text = " ".join(words)
        return _entries(text, self.lines[text]) if text in self.lines else ()

    def wider(self, concept: str) -> tuple[str, ...]:
        """Give the concepts that a concept is part of, the nearest first.

        >>> read_glossary().wider("po_box")
        ('street', 'address')
        """
        found: list[str] = []
        while concept in self.concepts and (concept := self.concepts[concept].within):
            found.append(concept)
        return tuple(found)

    def canonical(self, meaning: Meaning) -> Meaning:
        """Say a meaning by its own concept, where a generic one says the same.

        >>> str(read_glossary().canonical(Meaning.read("name@company")))
        'company'
        """
        for key in (meaning, Meaning(meaning.concept, meaning.qualifiers)):
            found = self.same_as.get(str(key))
            if found:
                return found
        without = self.same_as.get(str(Meaning(meaning.concept, subject=meaning.subject)))
        if without and meaning.qualifiers:
            return Meaning(
                without.concept, without.qualifiers | meaning.qualifiers, without.subject
            )
        return meaning

    def label(self, meaning: Meaning) -> str:
        """Say a meaning in English words.

        >>> read_glossary().label(Meaning.read("phone:mobile"))
        'mobile phone'
        """
        parts = [self.qualifiers.get(q, q) for q in sorted(meaning.qualifiers)]
        concept = self.concepts.get(meaning.concept)
        parts.append(concept.label if concept else meaning.concept)
        if meaning.subject:
            parts.append(f"of the {self.subjects.get(meaning.subject, meaning.subject)}")
        return " ".join(part for part in parts if part)


@cache
def read_glossary(folder: Path | None = None) -> Glossary:
    """Read the meanings and the words of every language, and those of a migration's ``folder``.

    Raises MappingError with everything that is wrong in a glossary of the migration.

    >>> glossary = read_glossary()
    >>> [entry.meaning for entry in glossary.entries(("prenom",)) if entry.language == "fr"]
    ['first_name']
    """
    home = data_folder("mappings") / "glossary"
    written = (home / "index.tsv").read_text(encoding="utf-8").splitlines()
    own = folder / "mappings" / "glossary" if folder else None
    lines: dict[str, str] = {}
    for line in [*written, *(index_lines(glossary_entries(own)) if own else ())]:
        words, _, rest = line.partition("\t")
        lines[words] = f"{lines[words]}\t{rest}" if words in lines else rest
    meanings = _meanings(home / f"{_CONCEPTS}.yaml")
    told = _entries("", lines.pop("", ""))
    return Glossary(
        concepts=meanings.concepts,
        subjects=meanings.subjects,
        qualifiers=meanings.qualifiers,
        value_groups=meanings.value_groups,
        same_as=meanings.same_as,
        near=meanings.near,
        alternatives=meanings.alternatives,
        lines=lines,
        languages={entry.language: entry.meaning for entry in told},
        reviewed=frozenset(entry.language for entry in told if entry.weight),
    )


def glossary_entries(folder: Path) -> Iterator[Entry]:
    """Read every ``<language>.yaml`` of a folder.

    Raises MappingError with everything that is wrong in one of them.
    """
    meanings = _meanings(data_folder("mappings") / "glossary" / f"{_CONCEPTS}.yaml")
    for path in sorted(folder.glob("*.yaml")):
        if path.stem != _CONCEPTS:
            yield from _language(path, meanings)


def index_lines(entries: Iterable[Entry]) -> list[str]:
    """Write entries as the lines of ``index.tsv``, one for each phrase, sorted."""
    found: dict[str, list[str]] = {}
    for e in entries:
        text = f"{e.kind}|{e.meaning}|{e.weight:g}|{e.language}"
        found.setdefault(" ".join(e.words), []).append(text)
    return ["\t".join((words, *sorted(texts))) for words, texts in sorted(found.items())]


@cache
def languages_of(line: str) -> frozenset[str]:
    """Say in which languages a line of the index means something, values of picklists left out.

    >>> sorted(languages_of("word|city|1|fr\\tvalue|yes_no.no|1|de"))
    ['fr']
    """
    texts = (text for text in line.split("\t") if not text.startswith("value|"))
    return frozenset(text.rpartition("|")[2] for text in texts)


@cache
def _entries(words: str, rest: str) -> tuple[Entry, ...]:
    parts = (text.split("|") for text in rest.split("\t") if text)
    phrase = tuple(words.split())
    return tuple(Entry(phrase, k, m, float(w), lang) for k, m, w, lang in parts)  # type: ignore[arg-type]


def unknown_in(text: str) -> Iterator[tuple[str, str]]:
    """Give the names in ``concept:qualifier,qualifier@subject`` that no glossary knows, with a hint.

    >>> [name for name, _ in unknown_in("phone:mobil@person")], list(unknown_in("phone:mobile"))
    (['mobil'], [])
    """
    return _unknown_in(text, _meanings(data_folder("mappings") / "glossary" / f"{_CONCEPTS}.yaml"))


def _unknown_in(text: str, meanings: _Meanings) -> Iterator[tuple[str, str]]:
    meaning = Meaning.read(text)
    known = (
        (meaning.concept, meanings.concepts),
        *((qualifier, meanings.qualifiers) for qualifier in sorted(meaning.qualifiers)),
        *(((meaning.subject, meanings.subjects),) if meaning.subject else ()),
    )
    yield from ((name, did_you_mean(name, names)) for name, names in known if name not in names)


@dataclass(frozen=True)
class _Meanings:
    concepts: Mapping[str, Concept]
    subjects: Mapping[str, str]
    qualifiers: Mapping[str, str]
    value_groups: Mapping[str, tuple[str, ...]]
    same_as: Mapping[str, Meaning]
    near: Mapping[str, float]
    alternatives: Mapping[str, Mapping[str, float]]


@cache
def _meanings(path: Path) -> _Meanings:
    label = f"glossary/{path.name}"
    issues: list[Issue] = []
    reader = Reader(read_yaml(path, label=label), label, issues)
    groups = reader.mapping("values")
    same = reader.mapping("same_as")
    result = _Meanings(
        concepts={n: _concept(r, n) for n, r in reader.children("concepts", "concept")},
        subjects={n: _labelled(r, n) for n, r in reader.children("subjects", "subject")},
        qualifiers={n: _labelled(r, n) for n, r in reader.children("qualifiers", "qualifier")},
        value_groups={name: groups.texts(name) for name in groups.names},
        same_as={name: Meaning.read(same.text(name)) for name in same.names},
        near=_degrees(reader.mapping("near")),
        alternatives={n: _degrees(r) for n, r in reader.children("alternatives", "alternatives")},
    )
    for part in (reader, groups, same):
        part.done()
    raise_errors(issues)
    return result


def _degrees(reader: Reader) -> dict[str, float]:
    found = {}
    for name in reader.names:
        try:
            found[name] = float(reader.text(name))
        except ValueError:
            reader.refuse("wrong_type", "must be a number from 0 to 1", key=name)
    reader.done()
    return found


def _labelled(reader: Reader, name: str) -> str:
    label = reader.text("label", name)
    reader.done()
    return label


def _concept(reader: Reader, name: str) -> Concept:
    concept = Concept(
        name=name,
        label=reader.text("label", name),
        subjects=reader.texts("of"),
        within=reader.text("within"),
        values=reader.texts("values"),
        is_generic=reader.flag("generic"),
        skip=reader.text("skip"),
    )
    reader.done()
    return concept


def _language(path: Path, meanings: _Meanings) -> Iterator[Entry]:
    label = f"glossary/{path.name}"
    issues: list[Issue] = []
    reader = Reader(read_yaml(path, label=label), label, issues)
    language = reader.text("language", required=True)
    name = reader.text("label", language)
    entries = [
        Entry((), "language", name, float(reader.flag("reviewed")), language),
        *_words(reader.mapping("words"), language, meanings),
        *_plain(reader.mapping("qualifiers"), "qualifier", language, meanings.qualifiers),
        *_plain(reader.mapping("subjects"), "subject", language, meanings.subjects),
        *(Entry(heading_words(w), "ignore", "", 1.0, language) for w in reader.texts("ignore")),
        *_values(reader.mapping("values"), language, meanings),
    ]
    reader.done()
    raise_errors(issues)
    yield from dict.fromkeys(e for e in entries if e.words or e.kind == "language")


def _words(reader: Reader, language: str, meanings: _Meanings) -> Iterator[Entry]:
    for text in reader.names:
        for name, hint in _unknown_in(text, meanings):
            reader.refuse("unknown_meaning", f"{name!r} is no meaning", key=text, hint=hint)
        for words, weight in _weighted(reader, text):
            yield Entry(words, "word", text, weight, language)


def _weighted(reader: Reader, key: str) -> Iterator[tuple[tuple[str, ...], float]]:
    node = reader.node(key)
    items = () if node is None else node.items if node.kind == "list" else (node,)
    for item in items:
        entries = item.entries if item.kind == "mapping" else {"word": item}
        weight = entries.get("weight", Node("text", "", "1")).text
        try:
            yield heading_words(entries["word"].text), float(weight)
        except (KeyError, ValueError):
            reader.refuse("wrong_type", "must be a word, or {word: ..., weight: 0.5}", key=key)


def _plain(
    reader: Reader, kind: EntryKind, language: str, known: Mapping[str, str]
) -> Iterator[Entry]:
    for name in reader.names:
        if name not in known:
            hint = did_you_mean(name, known)
            reader.refuse("unknown_meaning", f"{name!r} is no {kind}", key=name, hint=hint)
        for words, weight in _weighted(reader, name):
            yield Entry(words, kind, name, weight, language)


def _values(reader: Reader, language: str, meanings: _Meanings) -> Iterator[Entry]:
    for group in reader.names:
        values = reader.mapping(group)
        known = meanings.value_groups.get(group, ())
        for name in values.names:
            if name not in known:
                hint = did_you_mean(name, known)
                values.refuse("unknown_meaning", f"{name!r} is no value", key=name, hint=hint)
            for words, weight in _weighted(values, name):
                yield Entry(words, "value", f"{group}.{name}", weight, language)
