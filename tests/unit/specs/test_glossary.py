"""Do the glossaries say what the meanings allow, and is their index what they say?"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from docs.generator import glossary_index
from migrate.errors import MappingError
from migrate.specs.glossary import Entry, Meaning, glossary_entries, index_lines, read_glossary

PROMISED = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "cs", "sk", "hu", "ro", "el", "ru", "uk",
            "tr", "zh", "ja", "tl", "id")  # fmt: skip


def test_the_index_is_what_the_files_say() -> None:
    """Mended by: make docs."""
    written = "\n".join(index_lines(all_entries())) + "\n"
    assert glossary_index.INDEX.read_text(encoding="utf-8") == written


@cache
def all_entries() -> tuple[Entry, ...]:
    return tuple(glossary_entries(glossary_index.FOLDER))


@pytest.mark.parametrize("language", PROMISED)
def test_every_promised_language_is_there_and_broad(language: str) -> None:
    entries = [e for e in all_entries() if e.language == language]
    concepts = {Meaning.read(e.meaning).concept for e in entries if e.kind == "word"}
    known = read_glossary().concepts
    missing = [name for name in known if name not in concepts]
    assert len(missing) <= 0.12 * len(known), missing
    assert sum(e.kind == "word" for e in entries) >= 600
    assert {e.kind for e in entries} >= {"word", "qualifier", "subject", "ignore", "value"}


def test_no_language_claims_a_review_that_nobody_made() -> None:
    assert read_glossary().reviewed == set()


def test_every_near_and_every_alternative_names_what_there_is() -> None:
    glossary = read_glossary()
    for pair in glossary.near:
        assert set(pair.split(" > ")) <= set(glossary.concepts), pair
    for degrees in glossary.alternatives.values():
        for pair in degrees:
            assert set(pair.split(" > ")) <= {"-", *glossary.qualifiers}, pair
    for text, meaning in glossary.same_as.items():
        for part in (Meaning.read(text), meaning):
            assert part.concept in glossary.concepts
            assert part.qualifiers <= set(glossary.qualifiers)


def test_a_migration_adds_words_of_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "mappings" / "glossary"
    folder.mkdir(parents=True)
    (folder / "own.yaml").write_text(
        "language: en\nlabel: English\nwords: {customer_number: [Debinr]}\n", encoding="utf-8"
    )
    assert [e.meaning for e in read_glossary(tmp_path).entries(("debinr",))] == ["customer_number"]
    assert read_glossary().entries(("debinr",)) == ()


def test_a_misspelt_meaning_is_refused_with_its_line(tmp_path: Path) -> None:
    folder = tmp_path / "mappings" / "glossary"
    folder.mkdir(parents=True)
    (folder / "own.yaml").write_text(
        "language: en\nwords:\n  phone: [a]\n  fist_name: [b]\n", encoding="utf-8"
    )
    with pytest.raises(MappingError) as caught:
        read_glossary(tmp_path)
    assert "glossary/own.yaml:4" in str(caught.value.where)
    assert "first_name" in caught.value.hint


def test_the_lines_of_the_index_hold_every_entry() -> None:
    entries = all_entries()
    assert sum(line.count("\t") for line in index_lines(entries)) == len(set(entries))
