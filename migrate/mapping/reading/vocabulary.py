"""What could a word stand for that no glossary knows: a typing error, an abbreviation, a compound?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from migrate.languages.words import is_unspaced
from migrate.mapping.reading.similarity import nearest
from migrate.specs.glossary import Entry, Glossary, languages_of

_VOWELS = frozenset("aeiouyаеиоуыэюяіїєαεηιουω")
_TYPO, _SHORTEST_TYPO = 0.8, 4
_COMPOUND, _PREFIX, _SKELETON, _LETTERS = 0.9, 0.75, 0.8, 0.6
_SHORTEST_PART = 3
# Parts of compounds that are shorter: as ends or beginnings of a word they are common.
_SHORT_PARTS = frozenset(("id", "nr", "no", "tel", "fax", "e"))


@dataclass(frozen=True)
class Guess:
    """What a word was taken for: ``quality`` from 0 to 1."""

    entries: tuple[Entry, ...]
    quality: float
    read_as: str


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The single words of all glossaries, arranged for guessing."""

    glossary: Glossary

    def entries(self, words: tuple[str, ...]) -> tuple[Entry, ...]:
        """Give what a phrase means as it stands; written as one word counts, too."""
        return (*self.glossary.entries(words), *self._joined(words))

    def _joined(self, words: tuple[str, ...]) -> tuple[Entry, ...]:
        """first name and firstname are one phrase, whichever of them the glossary has."""
        if len(words) > 1:
            return self.glossary.entries(("".join(words),)) if len("".join(words)) > 4 else ()
        apart = self._apart.get(words[0])
        return self.glossary.entries(tuple(apart.split())) if apart else ()

    @cached_property
    def _apart(self) -> Mapping[str, str]:
        """Phrases written as one word -> as they are written in the glossary."""
        return {
            phrase.replace(" ", ""): phrase
            for phrase in self.glossary.lines
            if 1 <= phrase.count(" ") <= 3 and len(phrase) > 5
        }

    @cached_property
    def _words(self) -> Mapping[str, str]:
        """The words that can be guessed -> their lines of the index."""
        lines = self.glossary.lines
        found = {
            word: rest
            for word, rest in lines.items()
            if " " not in word and len(word) > 2 and not is_unspaced(word)
        }
        for word, phrase in self._apart.items():
            if phrase.count(" ") == 1 and not is_unspaced(word):
                found[word] = f"{found[word]}\t{lines[phrase]}" if word in found else lines[phrase]
        return found

    def _is_of(self, word: str, languages: frozenset[str]) -> bool:
        """Whether a word means something, in one of the languages (none: in any)."""
        known = languages_of(self._words[word])
        return bool(known & languages if languages else known)

    def abbreviated(
        self, words: tuple[str, ...], languages: frozenset[str]
    ) -> tuple[str, tuple[Entry, ...]] | None:
        """Find the phrase of which every word is cut short or left whole; None where none is.

        The phrase and its entries in the languages named; of several the shortest.
        """
        if len(words) < 2 or min(map(len, words)) < 2:
            return None
        begun = [line.split() for line in self._by_beginnings.get(words[0][:2], ())]
        are_long = min(map(len, words)) >= _SHORTEST_PART
        found = [
            tuple(phrase)
            for phrase in begun
            if (len(phrase) == len(words) and all(map(str.startswith, phrase, words)))
            or (are_long and len(phrase) == 1 and _holds(phrase[0], words))
        ]
        for phrase in sorted(found, key=lambda p: (sum(map(len, p)), p)):
            entries = tuple(
                e
                for e in self.glossary.entries(phrase)
                if e.kind == "word" and e.language in languages
            )
            if entries:
                return " ".join(phrase), entries
        return None

    @cached_property
    def _by_beginnings(self) -> Mapping[str, list[str]]:
        """The first two letters -> the phrases that begin so."""
        found: dict[str, list[str]] = {}
        for line in self.glossary.lines:
            found.setdefault(line[:2], []).append(line)
        return found

    @cached_property
    def _skeletons(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for word in self._words:
            if len(word) >= _SHORTEST_TYPO:
                found.setdefault(skeleton(word), []).append(word)
        return {key: tuple(words) for key, words in found.items()}

    def guess(self, word: str, languages: frozenset[str] = frozenset()) -> Guess | None:
        """Guess what an unknown word stands for; None when nothing is near.

        ``languages`` are those of its table: abbreviations are looked for in these alone.
        """
        return _guess(self, word, languages)

    def guesses(self, word: str, languages: frozenset[str]) -> list[tuple[str, float]]:
        """Give the known words that a word may stand for, each with how likely that is."""
        found: list[tuple[str, float]] = []
        if len(word) >= _SHORTEST_TYPO:
            for near, alike in nearest(word, self._of_length(len(word)), at_least=_TYPO):
                if near[0] == word[0] or alike > 0.9:
                    found.append((near, alike - 0.05))
        if len(word) >= _SHORTEST_PART:
            bones = skeleton(word)
            if len(bones) >= _SHORTEST_TYPO:
                found += [(w, _SKELETON) for w in self._skeletons.get(bones, ()) if w[0] == word[0]]
            alike_begun = self._by_letter.get(word[0], ())
            begun = [w for w in alike_begun if w.startswith(word) and len(w) > len(word)]
            begun = [w for w in sorted(begun, key=len) if self._is_of(w, languages)][:4]
            found += [(w, _PREFIX * min(1.0, 0.6 + len(word) / len(w))) for w in begun]
            found += [
                (w, _LETTERS) for w in alike_begun if w[-1] == word[-1] and _is_inside(word, w)
            ]
        return [(other, sure) for other, sure in found if self._is_of(other, languages)]

    @cached_property
    def _by_letter(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for word in self._words:
            found.setdefault(word[0], []).append(word)
        return found

    def _of_length(self, length: int) -> tuple[str, ...]:
        slack = 1 if length < 6 else 2
        return tuple(
            word
            for size in range(length - slack, length + slack + 1)
            for word in self._by_length.get(size, ())
        )

    @cached_property
    def _by_length(self) -> Mapping[int, tuple[str, ...]]:
        found: dict[int, list[str]] = {}
        for word in self._words:
            found.setdefault(len(word), []).append(word)
        return {size: tuple(words) for size, words in found.items()}

    def compound(self, word: str) -> tuple[str, ...]:
        """Cut a compound into known words; empty when it is none.

        >>> from migrate.specs.glossary import read_glossary
        >>> vocabulary_of(read_glossary()).compound("firmaulica")
        ('firma', 'ulica')
        """
        best: dict[int, tuple[str, ...]] = {0: ()}
        for end in range(2, len(word) + 1):
            for start in range(end):
                part = word[start:end]
                if start in best and self._is_part(part):
                    found = (*best[start], part)
                    if end not in best or len(found) < len(best[end]):
                        best[end] = found
        parts = best.get(len(word), ())
        return parts if 2 <= len(parts) <= 4 else ()

    def _is_part(self, part: str) -> bool:
        is_word = len(part) >= _SHORTEST_PART and part in self._words
        return (is_word and self._is_of(part, frozenset())) or part in _SHORT_PARTS

    def cut_unspaced(self, word: str) -> list[str]:
        """Cut a word of a script without spaces into the phrases that are known, and the rest."""
        lines = self.glossary.lines
        best: list[tuple[int, int, list[str]]] = [(0, 0, [])]  # known letters, -pieces, pieces
        for end in range(1, len(word) + 1):
            known, pieces, cut = best[end - 1]
            options = [(known, pieces - 1, [*cut, word[end - 1]])]
            for start in range(max(0, end - 12), end):
                if word[start:end] in lines:
                    known, pieces, cut = best[start]
                    options.append((known + end - start, pieces - 1, [*cut, word[start:end]]))
            best.append(max(options, key=lambda option: option[:2]))
        return best[-1][2]


@lru_cache(maxsize=8)
def vocabulary_of(glossary: Glossary) -> Vocabulary:
    """Arrange the words of a glossary, once."""
    return Vocabulary(glossary)


@lru_cache(maxsize=16_384)
def _guess(vocabulary: Vocabulary, word: str, languages: frozenset[str]) -> Guess | None:
    if len(word) < 3 or is_unspaced(word):
        return None
    parts = vocabulary.compound(word) if len(word) >= 6 else ()
    ranked = sorted(
        ((near, alike) for near, alike in vocabulary.guesses(word, languages)),
        key=lambda found: (-found[1], len(found[0]), found[0]),
    )
    if parts and (not ranked or ranked[0][1] < _COMPOUND):
        merged = _merged(vocabulary, parts)
        if merged:
            return Guess(merged, _COMPOUND, " ".join(parts))
    if not ranked:
        return None
    near, alike = ranked[0]
    return Guess(vocabulary.entries((near,)), alike, near)


def _merged(vocabulary: Vocabulary, parts: tuple[str, ...]) -> tuple[Entry, ...]:
    """The entries of a compound: those of its parts as one phrase, or of its last meaning part."""
    return vocabulary.glossary.entries(parts) or vocabulary.entries((parts[-1],))


@lru_cache(maxsize=65_536)
def skeleton(word: str) -> str:
    """Leave the vowels and doubled letters out.

    >>> skeleton("comments"), skeleton("cmnts")
    ('cmnts', 'cmnts')
    """
    kept = word[0]
    for character in word[1:]:
        if character not in _VOWELS and character != kept[-1]:
            kept += character
    return kept


def _holds(word: str, parts: tuple[str, ...]) -> bool:
    """Whether a compound begins with the first part and has the others in it, in their order."""
    place = len(parts[0]) if word.startswith(parts[0]) else -1
    for part in parts[1:]:
        place = word.find(part, place) + len(part) if place > 0 and part in word[place:] else -1
    return place > 0


def _is_inside(letters: str, word: str) -> bool:
    rest = iter(word)
    return len(word) <= 2.5 * len(letters) and all(letter in rest for letter in letters)
