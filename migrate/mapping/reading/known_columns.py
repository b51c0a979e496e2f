"""What does a source profile say that a column means, before anybody reads its heading?"""

from __future__ import annotations

from migrate.mapping.reading.facts import ColumnFacts
from migrate.mapping.reading.headings import Reading
from migrate.specs.glossary import Glossary, Meaning


def known_readings(facts: ColumnFacts, glossary: Glossary) -> tuple[Reading, ...]:
    """Give the one reading of a column that a profile knows, none for any other column.

    It is in no language: what a profile says needs nobody who speaks the heading's.

    >>> from migrate.specs.glossary import read_glossary
    >>> facts = ColumnFacts("Mobile", heading="Мобильный", means="phone:mobile", profile="bitrix24")
    >>> [(str(r.meaning), r.weight) for r in known_readings(facts, read_glossary())]
    [('phone:mobile', 1.0)]
    """
    if not facts.means:
        return ()
    meaning = glossary.canonical(Meaning.read(facts.means))
    return (Reading(meaning, 1.0, "", (f"a column of {facts.profile}",)),)
