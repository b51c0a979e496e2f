"""Which value of the target's picklist does each old value become?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from migrate.languages.words import heading_words
from migrate.mapping.ranking.agreement import GROUPS
from migrate.mapping.reading.similarity import name_likeness
from migrate.specs.glossary import Glossary
from migrate.values import TargetField

_ALIKE = 0.84
_BY_MEANING, _BY_LIKENESS = 0.9, 0.75
_TRUTHS = {"true": "yes", "false": "no"}


@dataclass(frozen=True)
class ValueChoice:
    """What one old value becomes: ``target`` None where nothing fits; ``reason`` says how it was found."""

    source: str
    count: int
    target: str | None
    confidence: float
    reason: str


def suggest_values(
    values: Mapping[str, int], field: TargetField, concept: str, glossary: Glossary
) -> list[ValueChoice]:
    """Find the picklist value for each old value: as written, by its meaning, or nearly alike.

    ``values`` are the distinct old values with how often each occurs; ``concept`` is what the
    column means. The most frequent comes first.

    >>> from migrate.specs.glossary import read_glossary
    >>> field = TargetField("stage", type="picklist", picklist=("Closed Won", "Closed Lost"))
    >>> [(c.source, c.target) for c in suggest_values({"Gagné": 3}, field, "stage", read_glossary())]
    [('Gagné', 'Closed Won')]
    """
    options = _options(field)
    known = {option: _meanings(text, concept, glossary) for option, text in options.items()}
    return [
        _choice(value, values[value], options, known, concept, glossary)
        for value in sorted(values, key=lambda v: (-values[v], v))
        if value.strip()
    ]


def _options(field: TargetField) -> dict[str, str]:
    """Picklist value -> the text that users see."""
    if field.type == "boolean":
        return dict(_TRUTHS)
    return {value: field.picklist_labels.get(value, value) for value in field.picklist}


def _choice(
    value: str,
    count: int,
    options: Mapping[str, str],
    known: Mapping[str, frozenset[str]],
    concept: str,
    glossary: Glossary,
) -> ValueChoice:
    words = heading_words(value)
    for option, label in options.items():
        if words in (heading_words(option), heading_words(label)):
            return ValueChoice(value, count, option, 1.0, "the same word")
    meant = _meanings(value, concept, glossary)
    same = [option for option, meanings in known.items() if meant & meanings]
    if same:
        told = ", ".join(sorted(m.partition(".")[2].replace("_", " ") for m in meant))
        sure = _BY_MEANING if len(same) == 1 else _BY_MEANING / len(same)
        return ValueChoice(value, count, same[0], round(sure, 2), f"means: {told}")
    text = " ".join(words)
    alike = {
        option: max(name_likeness(text, " ".join(heading_words(t))) for t in (option, label))
        for option, label in options.items()
    }
    best = max(alike, key=lambda option: alike[option], default=None)
    if best is not None and alike[best] >= _ALIKE:
        return ValueChoice(value, count, best, round(_BY_LIKENESS * alike[best], 2), "nearly alike")
    return ValueChoice(value, count, None, 0.0, "nothing in the picklist is like it")


def _meanings(text: str, concept: str, glossary: Glossary) -> frozenset[str]:
    """What a value can mean; of the concept's own group alone where it has one."""
    entries = glossary.entries(heading_words(text))
    found = {entry.meaning for entry in entries if entry.kind == "value"}
    group = GROUPS.get(concept, "")
    ours = {meaning for meaning in found if meaning.partition(".")[0] == group}
    return frozenset(ours or (found if not group else ()))
