"""Keep what a migration's mapping decides, for this customer or for everyone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from migrate.errors import UsageError
from migrate.mapping.learned import (
    Decided,
    customers_file,
    everyones_file,
    folded,
    read_decided,
    remember,
    share,
    write_decided,
)
from migrate.mapping.ranking.fields import KnownField, known_fields
from migrate.mapping.reading.headings import language_priors, read_heading
from migrate.mapping.reading.vocabulary import Vocabulary, vocabulary_of
from migrate.mapping.uses import column_uses
from migrate.pipeline.checking import look
from migrate.pipeline.extracting import key_columns
from migrate.pipeline.setup import Setup
from migrate.specs.glossary import read_glossary
from migrate.specs.mapping import MappingSpec
from migrate.values import RunReport, Section, Table, TargetSchema

_TAKEN_AS_THEY_ARE = frozenset(("columns", "join"))


def learn(setup: Setup, *, for_everyone: bool = False, signed_only: bool = False) -> RunReport:
    """Keep every decision of the mapping: which heading goes into which field, and which into none.

    For this customer in ``mappings/learned.yaml``; ``for_everyone`` also in the user's configuration
    folder, each decision once for each migration. ``signed_only`` takes what somebody has signed for.
    Raises UsageError where the mapping decides nothing.
    """
    looked = look(setup)
    if looked.schema is None:
        raise UsageError("the target tells nothing of its fields", hint="crm-migrate check")
    keys = {name: key_columns(setup.project, table) for name, table in looked.tables.items()}
    mapping = signed(setup.mapping) if signed_only else setup.mapping
    now = decisions_of(mapping, looked.schema, looked.tables, folder=setup.folder, keys=keys)
    if not (now or signed_only):
        raise UsageError("the mapping decides nothing yet", hint="crm-migrate map suggest")
    path = customers_file(setup.folder)
    own = remember(read_decided(path), now)
    written = {"learned": str(path)}
    # a heading that no glossary reads helps nobody else, and may say who the customer is
    fresh = [one for one in own if one.language and not one.is_shared]
    if for_everyone:
        everyones = everyones_file()
        write_decided(everyones, share(read_decided(everyones), fresh))
        own = [replace(one, is_shared=True) if one in fresh else one for one in own]
        written["everyone"] = str(everyones)
    write_decided(path, own)
    left = sum(not one.field for one in own)
    text = (
        f"{len(own)} decisions are kept for this customer, {left} of them not to map a column.",
        *((f"{len(fresh)} of them are new to everyone's.",) if for_everyone else ()),
        "Headings and fields alone are kept: no values, no names.",
    )
    return RunReport(
        command="map learn", migration=setup.project.name, environment=setup.environment.name,
        run_id="", title=f"What {setup.project.name} decided", sections=(Section("Learned", text),),
        figures={"learned": len(own), "do_not_map": left, "for": "everyone" if for_everyone else "customer",
                 "new_to_everyone": len(fresh) if for_everyone else 0},
        files=written,
    )  # fmt: skip


def signed(mapping: MappingSpec) -> MappingSpec:
    """The mapping without what nobody has signed for."""
    blocks = tuple(
        replace(block, fields=tuple(field for field in block.fields if field.signed_off_by))
        for block in mapping.blocks
    )
    drops = tuple(drop for drop in mapping.drops if drop.signed_off_by)
    return replace(mapping, blocks=blocks, drops=drops)


def decisions_of(
    mapping: MappingSpec,
    schema: TargetSchema,
    tables: Mapping[str, Table],
    *,
    folder: Path | None = None,
    keys: Mapping[str, Sequence[str]],
) -> list[Decided]:
    """What a mapping says of headings, each heading and field once, with how often it says so.

    Columns that a template or an expression is made of are no decision about their heading, nor is
    the key of a table where it leads to another record of the same row. ``keys`` are by table.
    """
    vocabulary = vocabulary_of(read_glossary(folder))
    objects = [target.name for target in schema.objects]
    fields = {str(known): known for known in known_fields(schema, vocabulary, objects=objects)}
    languages = _Languages(tables, vocabulary)
    counted: Counter[Decided] = Counter(
        Decided(
            folded(column), schema.name, field, _means(fields[field]), languages.of(table, column)
        )
        for table, column, field in _mapped(mapping, keys)
        if field in fields and folded(column)
    )
    counted.update(
        Decided(folded(drop.column), language=languages.of(drop.table, drop.column))
        for drop in mapping.drops
        if folded(drop.column)
    )
    merged: dict[tuple[str, str, str], Decided] = {}
    for one, times in counted.items():
        before = merged.get(one.key)
        merged[one.key] = replace(before or one, times=times + (before.times if before else 0))
    return list(merged.values())


def _mapped(
    mapping: MappingSpec, keys: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, str, str]]:
    """Table, column and field of every column that goes into a field as it is."""
    for (table, column), used in column_uses(mapping, {}).items():
        for block, field in used.fields:
            is_type = field.lookup and column == field.lookup.type_column
            is_key = field.lookup and column in keys.get(table, ())
            if field.kind in _TAKEN_AS_THEY_ARE and not (is_type or is_key):
                yield table, column, f"{block.object}.{field.field}"


def _means(known: KnownField) -> str:
    """What a field holds and whose it is; empty where the description does not say."""
    if not known.meaning.concept:
        return ""
    return f"{known.meaning}@{known.about}" if known.about else str(known.meaning)


class _Languages:
    """The language that each table's headings are most likely in."""

    def __init__(self, tables: Mapping[str, Table], vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._tables = tables
        self._priors: dict[str, dict[str, float]] = {}

    def of(self, table: str, column: str) -> str:
        if table not in self._priors:
            found = self._tables.get(table)
            names: Sequence[str] = found.column_names if found else (column,)
            self._priors[table] = language_priors(names, self._vocabulary)
        readings = read_heading(column, self._vocabulary, priors=self._priors[table])
        return readings[0].language if readings else ""
