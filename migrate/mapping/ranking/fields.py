"""What does each field of a target mean, by its description or, where that is silent, its label?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from migrate.errors import UsageError
from migrate.mapping.reading.headings import read_heading
from migrate.mapping.reading.vocabulary import Vocabulary
from migrate.registry import did_you_mean
from migrate.specs.glossary import Meaning
from migrate.values import TargetField, TargetObject, TargetSchema

_BY_LABEL = 0.5  # a label is believed from here on


@dataclass(frozen=True)
class KnownField:
    """One field that a column could go into.

    ``about`` is whose it is (``object_about``, unless the field says another); ``position``
    counts the fields of all objects.
    """

    object: str
    name: str
    about: str
    meaning: Meaning
    spec: TargetField
    position: int
    object_about: str = ""

    @property
    def is_read_only(self) -> bool:
        return self.spec.is_read_only

    @property
    def is_multiple(self) -> bool:
        return self.spec.is_multiple

    def __str__(self) -> str:
        return f"{self.object}.{self.name}"


def known_fields(
    schema: TargetSchema, vocabulary: Vocabulary, *, objects: Sequence[str] = ()
) -> list[KnownField]:
    """List the fields of a target, or of some of its objects.

    Raises UsageError for an object that the target does not have.

    >>> from migrate.mapping.reading.vocabulary import vocabulary_of
    >>> from migrate.specs.catalogue import read_target
    >>> from migrate.specs.glossary import read_glossary
    >>> vocabulary = vocabulary_of(read_glossary())
    >>> found = known_fields(read_target("reference"), vocabulary, objects=["Contact"])
    >>> [str(f.meaning) for f in found if f.name == "mobile"]
    ['phone:mobile']
    """
    found: list[KnownField] = []
    chosen = _chosen(schema, objects)
    is_annotated = any(spec.means for target in chosen for spec in target.fields)
    for target in chosen:
        for spec in target.fields:
            is_silent = is_annotated and not spec.is_custom
            meaning = _meaning(spec, vocabulary, by_label=not is_silent)
            found.append(
                KnownField(
                    object=target.name,
                    name=spec.name,
                    about=meaning.subject or target.about,
                    meaning=replace(meaning, subject=""),
                    spec=spec,
                    position=len(found),
                    object_about=target.about,
                )
            )
    return found


def _chosen(schema: TargetSchema, objects: Sequence[str]) -> list[TargetObject]:
    names = [target.name for target in schema.objects]
    for name in objects:
        if name not in names:
            raise UsageError(
                f"{schema.label or schema.name} has no object {name!r}",
                hint=did_you_mean(name, names) or f"it has: {', '.join(names)}",
            )
    return [t for t in schema.objects if t.name in objects or (not objects and not t.is_user)]


def _meaning(spec: TargetField, vocabulary: Vocabulary, *, by_label: bool) -> Meaning:
    """What the description says; a customer's own field is known by its label alone."""
    if spec.means:
        return vocabulary.glossary.canonical(Meaning.read(spec.means))
    if not by_label:
        return Meaning()
    for text in (spec.label, *spec.labels.values(), spec.name):
        readings = read_heading(text, vocabulary)
        if readings and readings[0].weight >= _BY_LABEL:
            return readings[0].meaning
    return Meaning()
