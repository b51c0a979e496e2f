"""Are headings understood, in many languages and as carelessly as people write them?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.mapping.reading.headings import Reading, language_priors, read_heading
from migrate.mapping.reading.vocabulary import Vocabulary, vocabulary_of
from migrate.specs.glossary import read_glossary


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return vocabulary_of(read_glossary())


def read(heading: str, vocabulary: Vocabulary, language: str = "") -> list[Reading]:
    priors = None
    if language:
        priors = {
            code: 1.0 if code in (language, "en") else 0.5 for code in vocabulary.glossary.languages
        }
    return list(read_heading(heading, vocabulary, priors=priors))


@pytest.mark.parametrize(
    ("language", "heading", "meaning"),
    [
        ("en", "First Name", "first_name"), ("en", "LName ", "last_name"), ("en", "Fname", "first_name"),
        ("en", "email_address", "email"), ("en", "primaryPhone", "phone:primary"),
        ("en", "Home Phone", "phone:home"), ("en", "Company Name", "company"),
        ("de", "Vorname", "first_name"), ("de", "Straße", "street"), ("de", "PLZ", "postcode"),
        ("de", "Handy", "phone:mobile"), ("de", "Umsatz p.a.", "annual_revenue"),
        ("fr", "Courriel perso", "email:home"), ("fr", "Société", "company"),
        ("es", "Apellidos", "last_name"), ("es", "Código postal", "postcode"),
        ("it", "Ragione sociale", "company"), ("it", "P.IVA", "vat_id"),
        ("pt", "Sobrenome", "last_name"), ("nl", "Achternaam", "last_name"),
        ("pl", "Tel. kom.", "phone:mobile"), ("pl", "Adres dostawy", "address:shipping"),
        ("cs", "Příjmení", "last_name"), ("sk", "Priezvisko", "last_name"), ("hu", "Vezetéknév", "last_name"),
        ("ro", "Prenume", "first_name"), ("el", "Επώνυμο", "last_name"), ("ru", "Моб. тел.", "phone:mobile"),
        ("uk", "Прізвище", "last_name"), ("tr", "Soyadı", "last_name"), ("zh", "手机号码", "phone:mobile"),
        ("ja", "電話番号", "phone"), ("id", "Nama Depan", "first_name"), ("tl", "Apelyido", "last_name"),
    ],
)  # fmt: skip
def test_each_language_is_read(
    language: str, heading: str, meaning: str, vocabulary: Vocabulary
) -> None:
    found = read(heading, vocabulary, language)
    assert str(found[0].meaning) == meaning, found
    assert found[0].weight >= 0.75


@pytest.mark.parametrize(
    ("heading", "meaning"),
    [
        ("Compnay", "company"), ("Emial addr", "email"), ("Indstry", "industry"),
        ("phonenumber", "phone"), ("postalcode", "postcode"), ("dealname", "deal"),
    ],
)  # fmt: skip
def test_typing_errors_and_words_written_as_one(
    heading: str, meaning: str, vocabulary: Vocabulary
) -> None:
    found = read(heading, vocabulary, "en")
    assert str(found[0].meaning) == meaning, found


def test_words_cut_short_are_read_as_the_phrase_that_they_begin(vocabulary: Vocabulary) -> None:
    found = read("Sett.merceologico", vocabulary, "it")
    assert found[0].meaning.concept == "industry"


def test_what_was_read_as_something_else_is_said(vocabulary: Vocabulary) -> None:
    found = read("Compnay", vocabulary, "en")
    assert found[0].because == ("'compnay' for 'company'",)


def test_a_number_behind_says_which_of_several(vocabulary: Vocabulary) -> None:
    assert str(read("Email 2", vocabulary, "en")[0].meaning) == "email:secondary"


def test_whose_it_is_goes_with_it(vocabulary: Vocabulary) -> None:
    found = read("Telefon firmy", vocabulary, "pl")
    assert found[0].meaning.concept == "phone"
    assert found[0].meaning.subject == "company" or "work" in found[0].meaning.qualifiers


def test_the_language_of_a_table_is_told_by_all_its_headings(vocabulary: Vocabulary) -> None:
    priors = language_priors(["Nazwa firmy", "Ulica", "Kod pocztowy", "Miejscowość"], vocabulary)
    assert max(priors, key=lambda code: priors[code]) == "pl"
    assert priors["en"] >= 0.85


def test_a_word_of_two_languages_is_read_in_that_of_its_table(vocabulary: Vocabulary) -> None:
    """Land is a country in German and a piece of ground in English; Ort is a place, not a direction."""
    headings = ["Straße", "PLZ", "Ort", "Land", "Ansprechpartner"]
    priors = language_priors(headings, vocabulary)
    found = read_heading("Land", vocabulary, priors=priors)
    assert str(found[0].meaning) == "country"


@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    vocabulary = vocabulary_of(read_glossary())
    for reading in read_heading(text, vocabulary):
        assert 0 < reading.weight <= 1
        assert reading.meaning.concept in vocabulary.glossary.concepts


@given(st.sampled_from(["Tel. kom.", "E-mail biuro", "Kd.-Nr.", "Zip+4", "Ulica"]), st.booleans())
def test_case_and_space_around_say_nothing(heading: str, is_upper: bool) -> None:
    vocabulary = vocabulary_of(read_glossary())
    other = f"  {heading.upper() if is_upper else heading} "
    meanings = [str(r.meaning) for r in read_heading(heading, vocabulary)]
    assert [str(r.meaning) for r in read_heading(other, vocabulary)] == meanings
