"""What does a heading mean, in whatever language, abbreviation or spelling it is written?

A heading is cut into the longest phrases that a glossary knows; what is left is tried as a typing
error, an abbreviation or several words written as one. The phrases are then put together: a word
of company beside a word of phone means the company's phone.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from migrate.languages.words import heading_words, is_unspaced
from migrate.mapping.reading.vocabulary import Vocabulary
from migrate.specs.glossary import Entry, Glossary, Meaning

_LONGEST = 7  # words of a phrase
_MOST_READINGS = 6
LIKELY_LANGUAGE = 0.8
"""A language is one of the table's from this prior on."""
_ABBREVIATED = 0.9
_WELL = 0.8  # a reading that needs no other
_WORTH = {"word": 1.0, "qualifier": 0.95, "subject": 0.95, "ignore": 0.75}
_ORDINALS = {"1": "primary", "2": "secondary", "3": "third", "4": "fourth"}
# What a word of a subject or of a qualifier means when nothing else is said.
_ALONE = {
    "company": ("company", 1.0), "person": ("full_name", 0.9), "lead": ("full_name", 0.6),
    "deal": ("deal", 0.9), "product": ("product", 0.9), "campaign": ("campaign", 0.9),
    "user": ("owner", 0.7), "activity": ("subject", 0.5), "case": ("subject", 0.5),
    "order": ("order_number", 0.6), "mobile": ("phone:mobile", 0.9), "created": ("created_date", 0.7),
    "modified": ("modified_date", 0.7), "start": ("start_time", 0.7), "end": ("end_time", 0.7),
    "assistant": ("assistant", 0.9), "spouse": ("spouse", 0.9), "direct": ("phone:direct", 0.7),
    "main": ("phone:main", 0.4), "kind": ("type", 0.6), "code": ("code", 0.8), "id": ("id", 0.8),
}  # fmt: skip
# Concepts that beside another one only say whose it is, or which one.
_AS_SUBJECT = {
    "company": "company", "full_name": "person", "contact_person": "person", "deal": "deal",
    "product": "product", "campaign": "campaign", "owner": "user",
}  # fmt: skip
_AS_QUALIFIER = {"assistant": "assistant", "spouse": "spouse", "parent_company": "parent"}
# An e-mail address is no address: beside another concept these say nothing of their own.
_GIVES_WAY = frozenset(("address", "record_id", "website", "regarding"))
# What a generic word adds to a concept: a qualifier, or nothing; and how well the two go together.
_BESIDE = {
    "name": ("", 1.0), "number": ("", 1.0), "value": ("", 0.95), "date": ("", 0.9),
    "time": ("", 0.85), "year": ("", 0.7), "title": ("", 0.8), "flag": ("", 0.9),
    "percent": ("", 0.8), "status": ("kind", 0.6), "code": ("code", 1.0), "id": ("id", 1.0),
    "type": ("kind", 1.0), "category": ("kind", 1.0), "level": ("kind", 0.8),
}  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """One way to read a heading: ``weight`` from 0 to 1 says how sure, ``rest`` was not understood.

    ``language`` is the code of the glossary that most of it comes from, ``because`` the phrases as
    they were found, each with what it was taken for when it was not written like that.
    """

    meaning: Meaning
    weight: float
    language: str
    because: tuple[str, ...]
    rest: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Piece:
    """Some words of a heading and what they may mean; ``quality`` 1 for words found as they are."""

    words: tuple[str, ...]
    entries: tuple[Entry, ...]
    quality: float = 1.0
    read_as: str = ""

    @property
    def said(self) -> str:
        text = " ".join(self.words)
        return f"{text!r} for {self.read_as!r}" if self.read_as else repr(text)


def read_heading(
    text: str, vocabulary: Vocabulary, *, priors: Mapping[str, float] | None = None
) -> tuple[Reading, ...]:
    """Give the likely readings of a heading, the likeliest first.

    ``priors`` say how likely each language is, from 0 to 1; none: all alike.

    >>> from migrate.specs.glossary import read_glossary
    >>> from migrate.mapping.reading.vocabulary import vocabulary_of
    >>> vocabulary = vocabulary_of(read_glossary())
    >>> [str(r.meaning) for r in read_heading("Tel. kom.", vocabulary)][0]
    'phone:mobile'
    >>> read_heading("", vocabulary)
    ()
    """
    tokens = _tokens(text, vocabulary)
    if not tokens:
        return ()
    pieces = _cut(tokens, vocabulary, priors or {})
    readings = [
        reading
        for chosen in _choices(pieces, priors or {})
        if (reading := _together(chosen, vocabulary, priors or {})) is not None
    ]
    best: dict[Meaning, Reading] = {}
    for reading in sorted(readings, key=lambda r: -r.weight):
        best.setdefault(reading.meaning, reading)
    return _without_strangers(tuple(best.values()))[:_MOST_READINGS]


def _without_strangers(readings: tuple[Reading, ...]) -> tuple[Reading, ...]:
    """What is well understood in one language is not guessed at in another one."""
    if not readings or readings[0].weight < _WELL:
        return readings
    first = readings[0]
    return tuple(
        r for r in readings if r.language == first.language or r.weight >= 0.8 * first.weight
    )


def language_priors(headings: Iterable[str], vocabulary: Vocabulary) -> dict[str, float]:
    """Say from 0 to 1 how likely each language is, from all headings of a table together.

    English stays likely everywhere: it names columns in every country.
    """
    found: dict[str, float] = {}
    for heading in headings:
        tokens = _tokens(heading, vocabulary)
        for language, share in _covered(tuple(tokens), vocabulary).items():
            found[language] = found.get(language, 0.0) + share
    best = max(found.values(), default=0.0)
    languages = vocabulary.glossary.languages
    if not best:
        return dict.fromkeys(languages, 1.0)
    priors = {name: 0.45 + 0.55 * (found.get(name, 0.0) / best) ** 2 for name in languages}
    priors["en"] = max(priors.get("en", 0.0), 0.85)
    return priors


def _covered(tokens: tuple[str, ...], vocabulary: Vocabulary) -> dict[str, float]:
    """Which share of the words each language knows, longer phrases counting more."""
    known: dict[str, float] = {}
    for start, end in _spans(len(tokens)):
        for language in {
            e.language
            for e in vocabulary.entries(tokens[start:end])
            if e.kind in ("word", "subject", "qualifier")
        }:
            worth = (end - start) ** 1.5 / len(tokens) ** 1.5
            known[language] = max(known.get(language, 0.0), worth)
    return known


def _spans(length: int) -> Iterable[tuple[int, int]]:
    for start in range(length):
        for end in range(start + 1, min(length, start + _LONGEST) + 1):
            yield start, end


def _tokens(text: str, vocabulary: Vocabulary) -> list[str]:
    tokens: list[str] = []
    for word in heading_words(text):
        tokens += vocabulary.cut_unspaced(word) if is_unspaced(word) else [word]
    return tokens


def _cut(
    tokens: Sequence[str], vocabulary: Vocabulary, priors: Mapping[str, float]
) -> list[_Piece]:
    """Cut the words into pieces so that as much as possible is understood."""
    best: list[tuple[float, list[_Piece]]] = [(0.0, [])]
    for end in range(1, len(tokens) + 1):
        options = []
        for start in range(max(0, end - _LONGEST), end):
            piece = _piece(tuple(tokens[start:end]), vocabulary, priors)
            if piece is not None:
                score, before = best[start]
                options.append((score + _score(piece, priors), [*before, piece]))
        best.append(max(options, key=lambda option: option[0]))
    return best[-1][1]


def _piece(
    words: tuple[str, ...], vocabulary: Vocabulary, priors: Mapping[str, float]
) -> _Piece | None:
    entries = tuple(e for e in vocabulary.entries(words) if e.kind != "value")
    if entries:
        return _Piece(words, entries)
    likely = frozenset(name for name, prior in priors.items() if prior >= LIKELY_LANGUAGE)
    if len(words) > 1:
        short = vocabulary.abbreviated(words, likely) if len(words) <= 4 else None
        return _Piece(words, short[1], _ABBREVIATED, short[0]) if short else None
    word = words[0]
    if word in _ORDINALS:
        return _Piece(words, (Entry(words, "qualifier", _ORDINALS[word], 0.9, ""),))
    if word.isdigit():
        return _Piece(words, ())
    guess = vocabulary.guess(word, likely)
    if guess is None:
        return _Piece(words, ())
    entries = tuple(e for e in guess.entries if e.kind != "value")
    return _Piece(words, entries, guess.quality, guess.read_as)


def _score(piece: _Piece, priors: Mapping[str, float]) -> float:
    worth = max(
        (_WORTH[e.kind] * min(1.0, 0.5 + e.weight / 2) * priors.get(e.language, 1.0) for e in piece.entries),
        default=0.0,
    )  # fmt: skip
    return len(piece.words) * worth * piece.quality + 0.15 * (len(piece.words) - 1)


def _choices(
    pieces: Sequence[_Piece], priors: Mapping[str, float]
) -> Iterable[tuple[tuple[_Piece, Entry | None], ...]]:
    """One entry for each piece, in the likeliest combinations."""
    options: list[list[tuple[_Piece, Entry | None]]] = []
    for piece in pieces:
        ranked = sorted(
            {(e.kind, e.meaning): e for e in sorted(piece.entries, key=lambda e: e.weight * priors.get(e.language, 1.0))}.values(),
            key=lambda e: -e.weight * priors.get(e.language, 1.0),
        )  # fmt: skip
        options.append([(piece, entry) for entry in ranked[:5]] or [(piece, None)])
    return itertools.islice(itertools.product(*options), 200)


def _together(
    chosen: Sequence[tuple[_Piece, Entry | None]],
    vocabulary: Vocabulary,
    priors: Mapping[str, float],
) -> Reading | None:
    """Put the entries of all pieces together to one meaning."""
    glossary = vocabulary.glossary
    words, qualifiers, subjects = [], set[str](), list[str]()
    weight, understood, length = 1.0, 0.0, 0
    languages: dict[str, float] = {}
    because: list[str] = []
    rest: list[str] = []
    implied: list[str] = []
    for piece, entry in chosen:
        if entry is None:
            if not piece.words[0].isdigit():
                length += len(piece.words)
                rest += piece.words
            continue
        length += len(piece.words)
        sure = piece.quality * entry.weight * priors.get(entry.language, 1.0)
        understood += len(piece.words) * (piece.quality if entry.kind != "ignore" else 0.9)
        if entry.kind == "ignore":
            continue
        weight *= sure if entry.kind == "word" else 0.3 + 0.7 * sure
        because.append(piece.said)
        languages[entry.language] = languages.get(entry.language, 0.0) + len(piece.words)
        if entry.kind == "word":
            meaning = Meaning.read(entry.meaning)
            words.append(meaning)
            if not meaning.subject and "work" not in meaning.qualifiers:
                implied += _implied(piece.words, entry.language, vocabulary)
        elif entry.kind == "qualifier":
            qualifiers.add(entry.meaning)
        else:
            subjects.append(entry.meaning)
    if not length or not because:
        return None
    head, fit = _head(words, qualifiers, subjects, glossary)
    if head is None:
        return None
    if not head.subject and implied and _is_anybodys(head.concept, implied[-1], glossary):
        head = replace(head, subject=implied[-1])
    coverage = understood / length
    language = max(sorted(languages), key=lambda name: languages[name])
    return Reading(
        meaning=glossary.canonical(head),
        weight=round(weight * fit * coverage**0.7, 4),
        language=language,
        because=tuple(because),
        rest=tuple(rest),
    )


def _implied(words: tuple[str, ...], language: str, vocabulary: Vocabulary) -> list[str]:
    """The subjects that single words of a phrase speak of: account website is the company's."""
    if len(words) < 2:
        return []
    return [
        entry.meaning
        for word in words
        for entry in vocabulary.glossary.entries((word,))
        if entry.kind == "subject" and entry.language == language and entry.weight == 1
    ]


def _is_anybodys(concept: str, subject: str, glossary: Glossary) -> bool:
    """Whether both people and companies have it, so that it matters whose it is."""
    subjects = glossary.concepts[concept].subjects
    return {"person", "company"} <= set(subjects) and subject in ("person", "company")


def _head(
    words: Sequence[Meaning], qualifiers: set[str], subjects: Sequence[str], glossary: Glossary
) -> tuple[Meaning | None, float]:
    """Find what the heading is about, and what only qualifies it; with how well all go together."""
    specific = [w for w in words if not glossary.concepts[w.concept].is_generic]
    generic = [w for w in words if glossary.concepts[w.concept].is_generic]
    which = frozenset(qualifiers).union(*(w.qualifiers for w in words))
    whose = [*subjects, *(w.subject for w in words if w.subject)]
    fit = 1.0
    if not words:
        return _alone(qualifiers, subjects)
    if not specific:
        head = generic[-1]
        fit = 1.0 if len(generic) == 1 else 0.8
        subject = whose[-1] if whose else ""
        return Meaning(head.concept, which, subject), fit
    head, fit = _main(specific, glossary)
    for other in specific:
        if other.concept == head.concept:
            continue
        if other.concept in _AS_SUBJECT:
            whose.append(_AS_SUBJECT[other.concept])
        elif other.concept in _AS_QUALIFIER:
            which |= {_AS_QUALIFIER[other.concept]}
    for other in generic:
        added, suits = _BESIDE[other.concept]
        which |= {added} if added else frozenset()
        fit *= suits
    return Meaning(head.concept, which, whose[-1] if whose else ""), fit


def _alone(qualifiers: set[str], subjects: Sequence[str]) -> tuple[Meaning | None, float]:
    for name in (*qualifiers, *subjects):
        if name in _ALONE:
            text, fit = _ALONE[name]
            meaning = Meaning.read(text)
            others = frozenset(qualifiers) - {name}
            return replace(meaning, qualifiers=meaning.qualifiers | others), fit
    return None, 0.0


def _main(specific: Sequence[Meaning], glossary: Glossary) -> tuple[Meaning, float]:
    """Of several concepts the one that the heading is about, and how sure that is."""
    rest = [w for w in specific if w.concept not in _AS_SUBJECT and w.concept not in _AS_QUALIFIER]
    candidates = rest or list(specific)
    candidates = [c for c in candidates if c.concept not in _GIVES_WAY] or candidates
    head, fit = candidates[-1], 1.0
    for other in candidates:
        if other.concept == head.concept or _is_within(head.concept, other.concept, glossary):
            continue
        if _is_within(other.concept, head.concept, glossary):
            head = other
            continue
        shared = set(glossary.wider(head.concept)) & set(glossary.wider(other.concept))
        if shared:  # Skype / WhatsApp is a messenger
            head = replace(head, concept=min(shared, key=glossary.wider(head.concept).index))
        else:
            fit = 0.6
    return head, fit


def _is_within(concept: str, wider: str, glossary: Glossary) -> bool:
    return wider in glossary.wider(concept)
