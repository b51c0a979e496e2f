"""The values that flow between the stages, and the protocol that every loader speaks.

All frames hold text (pandas ``str``, missing as NaN): sources are read as text, and a *canonical*
value is the one text form of a typed value (see :mod:`migrate.transform.canonical`). Three columns
are ours and begin with an underscore; no source column may carry their names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import pandas as pd

BATCH_ROWS = 50_000
MULTIPLE = ";"  # what stands between the values of a field that holds several

RECORD_ID = "_record_id"  # int64, given by the ledger; same source key, same id, in every run
RECORD_KEY = "_record_key"  # text, the stable key within the table
SOURCE_ROW = "_source_row"  # int64, line or row number in the source: provenance, never identity
ENTITY_ID = "_entity_id"  # int64, after matching: the record meant for the target
KEY_PROBLEM = "_key_problem"  # text, "" or why the key cannot be trusted (in the run folder only)
# what a unit is, beside the columns of its row and the fields it is mapped to
PART, KEY, EXTERNAL_ID = "_part", "_key", "_external_id"
ROLE, REASON, RULE = "_role", "_reason", "_rule"
POSITION, ROW_HASH = "_position", "_hash"  # while rows are registered: their order, their content
UNIT_COLUMNS = (PART, KEY, EXTERNAL_ID, ROLE, REASON, RULE)
RESERVED_COLUMNS = frozenset(
    {RECORD_ID, RECORD_KEY, SOURCE_ROW, ENTITY_ID, KEY_PROBLEM, POSITION, ROW_HASH, *UNIT_COLUMNS}
)

Severity = Literal["info", "warning", "error"]
Disposition = Literal[
    "created", "updated", "unchanged", "merged", "excluded", "quarantined", "failed", "pending"
]
DISPOSITIONS: tuple[Disposition, ...] = (
    "created", "updated", "unchanged", "merged", "excluded", "quarantined", "failed", "pending",
)  # fmt: skip


@dataclass(frozen=True)
class Issue:
    """One problem with the data, or with a plan: what, where, and what to do next.

    ``entity`` is the table or object, ``record`` the record's key, ``place`` where to look
    (``customers.xlsx!Zákazníci:14``, ``mappings/crm.yaml:12``). ``value`` may be personal data:
    reports mask it.
    """

    code: str
    severity: Severity
    message: str
    entity: str = ""
    column: str = ""
    record: str = ""
    place: str = ""
    value: str = ""
    hint: str = ""


ISSUE_FIELDS = (
    "code", "severity", "entity", "column", "record", "place", "value", "message", "hint",
)  # fmt: skip


@dataclass(frozen=True)
class Column:
    """A source column: its name and the type the source declares ("text" where it declares none).

    ``means`` is what a source profile knows it to mean, as the glossaries write: "phone:mobile".
    """

    name: str
    type: str = "text"
    means: str = ""


@dataclass(frozen=True)
class ForeignKey:
    """``columns`` of this table refer to ``target_columns`` of ``target_table``."""

    columns: tuple[str, ...]
    target_table: str
    target_columns: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """One table of a source. Nothing is read until :meth:`batches` or :meth:`count` is called.

    ``batches(rows)`` yields frames of at most that many rows: every column as text plus
    ``_source_row`` (int64). ``count()`` is the source's *own* count of its data rows, taken
    another way than by reading batches wherever the format allows. ``key`` is the primary key
    that the source declares, empty when it declares none. ``issues()`` are the problems met while
    reading; they are complete once the batches have been consumed. ``control_totals`` are figures
    that the source itself states (a totals row of a sheet): column -> text. A view (``is_view``)
    shows rows of other tables: it is a source of its own only where a mapping reads it.
    """

    name: str
    columns: tuple[Column, ...]
    origin: str
    read: Callable[[int], Iterator[pd.DataFrame]] = field(repr=False)
    count: Callable[[], int] = field(repr=False)
    key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    reading: Mapping[str, Any] = field(default_factory=dict)
    issues: Callable[[], Sequence[Issue]] = field(default=tuple, repr=False)
    control_totals: Mapping[str, str] = field(default_factory=dict)
    is_view: bool = False

    def batches(self, rows: int = BATCH_ROWS) -> Iterator[pd.DataFrame]:
        """Yield the table's rows in order, at most ``rows`` a frame."""
        return self.read(rows)

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


# -- cleaning ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Evidence:
    """What a cleaner may look at before it decides how to read a column.

    ``values`` are distinct non-missing texts (at most 10,000 of them), ``counts`` how often each
    occurs (same order). ``locale`` ("sk_SK") and ``region`` ("SK") come from migration.yaml, empty
    when it does not say. ``options`` (``{"order": "dmy"}``) are the field's own: they beat evidence.
    """

    values: Sequence[str]
    counts: Sequence[int]
    locale: str = ""
    region: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


Decision = Mapping[str, Any]
"""How one column is read; plain JSON values, written to the run folder and editable there."""

SAME, CHANGED, UNREADABLE, SUGGESTED = "same", "changed", "unreadable", "suggested"


@dataclass(frozen=True)
class Cleaned:
    """What a cleaner returns: same length, order and index as its input.

    ``columns`` is a frame of text with the column "value" and any further parts (a phone has
    "extension"); an unreadable value keeps its original text in "value". ``status`` holds one of
    same, changed, unreadable, suggested for each value (missing stays missing and is "same");
    ``rule`` the name of the rule that changed or refused the value, NaN where nothing happened.
    """

    columns: pd.DataFrame
    status: pd.Series
    rule: pd.Series


class Cleaner(Protocol):
    """A pure function: idempotent, input untouched, never raises on a value."""

    def __call__(
        self, values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
    ) -> Cleaned: ...


# -- loading ----------------------------------------------------------------------------------

FieldType = Literal[
    "text", "long_text", "integer", "decimal", "boolean", "date", "datetime", "email", "phone",
    "url", "picklist", "reference", "currency",
]  # fmt: skip


@dataclass(frozen=True)
class TargetField:
    """A field of a CRM object.

    ``labels`` are its labels in further languages. ``means`` is what it holds, in the notation of
    ``mappings/glossary/concepts.yaml`` ("phone:work", "company"); a subject is said only where it
    is not the object's. ``precision`` counts all digits, ``scale`` those after the point.
    ``is_multiple``: one record may have several values in it. ``is_custom``: the customer made it.
    ``picklist_labels`` says what users see for a value that is a code. ``references`` names the
    objects a reference may point to (several: polymorphic, and then ``type_field`` names the field
    that holds which). ``is_consent`` marks a permission or opt-out flag, which a merge may only
    tighten: ``strict_value`` is the value that forbids. ``depends_on`` names a field of the object
    whose value decides which this one may have: ``allowed``, and none with any other value.
    """

    name: str
    type: FieldType = "text"
    label: str = ""
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    means: str = ""
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    is_required: bool = False
    is_unique: bool = False
    is_read_only: bool = False
    is_multiple: bool = False
    is_custom: bool = False
    picklist: tuple[str, ...] = ()
    picklist_labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    references: tuple[str, ...] = ()
    type_field: str = ""
    is_consent: bool = False
    strict_value: str = ""
    depends_on: str = ""
    allowed: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    where: str = ""


@dataclass(frozen=True)
class TargetObject:
    """A CRM object; ``table`` is what the protocol calls it, ``id_field`` its surrogate key.

    ``about`` is the subject that its records are of (company, person, deal: the subjects of
    ``mappings/glossary/concepts.yaml``), empty where none fits. ``external_id`` is the field that carries our key. ``version_field`` is the token that changes
    whenever anybody edits the record, empty when the target has none (then the loader hashes the
    read-back image).
    """

    name: str
    fields: tuple[TargetField, ...]
    table: str = ""
    label: str = ""
    about: str = ""
    id_field: str = "id"
    external_id: str = "external_id"
    version_field: str = ""
    is_user: bool = False
    can_create: bool = True
    where: str = ""

    def field(self, name: str) -> TargetField | None:
        return next((f for f in self.fields if f.name == name), None)

    @property
    def references(self) -> tuple[TargetField, ...]:
        return tuple(f for f in self.fields if f.type == "reference")


@dataclass(frozen=True)
class Capabilities:
    """What a target can do, as data.

    ``lookup``: "exact" (a committed record is found at once by its external id), "settles" (after
    ``settles_after_seconds``) or "none". ``is_atomic``: a batch is written whole or not at all.
    ``has_journal``: the batch id is committed with the batch (``migrate_batch``). ``discloses_all_
    constraints`` is False where the target refuses things its schema call does not show.
    """

    batch_rows: int = 200
    is_atomic: bool = False
    has_journal: bool = False
    has_upsert: bool = False
    lookup: Literal["exact", "settles", "none"] = "exact"
    settles_after_seconds: float = 0.0
    can_delete: bool = True
    keeps_history_dates: bool = True
    discloses_all_constraints: bool = True


@dataclass(frozen=True)
class TargetSchema:
    """The objects of one target, as the catalogue or the live system describes them.

    ``source`` says where the description comes from and what of it is recalled only, ``limits``
    what the editions allow, each with how well it is known. ``undescribed`` are the objects that
    references point to and that the description leaves out.
    """

    name: str
    objects: tuple[TargetObject, ...]
    family: str = "sql"
    label: str = ""
    verified: str = ""
    source: str = ""
    limits: tuple[str, ...] = ()
    undescribed: tuple[str, ...] = ()
    capabilities: Capabilities = Capabilities()
    where: str = ""

    def object(self, name: str) -> TargetObject | None:
        return next((o for o in self.objects if o.name == name), None)


@dataclass(frozen=True)
class Identity:
    """Who a target is: ``fingerprint`` never changes for one organisation or database.

    ``migration`` and ``environment`` are the marks an earlier load left there, empty when none did.
    """

    fingerprint: str
    label: str = ""
    migration: str = ""
    environment: str = ""


@dataclass(frozen=True)
class Batch:
    """One intent, committed to the ledger before it is sent.

    ``op`` "create": ``frame`` has ``_entity_id`` (int64), the external id under the object's
    ``external_id`` field name, and one column of canonical text per mapped field (NaN: not sent);
    reference fields hold target ids, and a polymorphic one has its ``type_field`` beside it.
    ``op`` "update" (also: second pass, and restoring before-images): ``_entity_id``, ``target_id``
    and ``changes``, a JSON object field -> canonical text or null, only the fields to write.
    ``op`` "delete": ``_entity_id`` and ``target_id``.
    """

    batch_id: str
    object: str
    op: Literal["create", "update", "delete"]
    frame: pd.DataFrame = field(repr=False)


WRITTEN_COLUMNS = (ENTITY_ID, "ok", "target_id", "version", "code", "message", "is_retryable")
"""What ``Loader.write`` answers, one row per record of the batch, correlated by ``_entity_id``:
``ok`` bool, ``target_id`` and ``version`` text, ``code`` and ``message`` text where refused."""


class Loader(Protocol):
    """What every loader offers. Opened by :func:`migrate.registry.open_loader`."""

    capabilities: Capabilities

    def describe(self) -> TargetSchema:
        """The live schema, as far as the target tells it. Raises TargetError when unreachable."""
        ...

    def identity(self) -> Identity: ...

    def claim(self, *, migration: str, environment: str) -> None:
        """Leave our mark, and create the journal where the target can hold one. Idempotent."""
        ...

    def lock(self) -> AbstractContextManager[None]:
        """One writer at a time; TargetError at once when another process holds it. Freed by death."""
        ...

    def probe(self, object: str, external_ids: Sequence[str]) -> pd.DataFrame:
        """Which exist: columns ``external_id, target_id, version`` (text), one row per record found
        (two rows with one external id mean that the target holds a double)."""
        ...

    def read(
        self, object: str, *, target_ids: Sequence[str] | None = None
    ) -> Iterator[pd.DataFrame]:
        """All records, or those named: ``target_id, external_id, version`` and every readable
        field as canonical text (references as target ids)."""
        ...

    def count(self, object: str) -> int:
        """The target's own count of the object's records (not by reading them)."""
        ...

    def write(self, batch: Batch) -> pd.DataFrame:
        """Send one batch; the answer has WRITTEN_COLUMNS. Raises AnswerLost when the outcome is
        unknown, TargetError when nothing of the batch was written."""
        ...

    def settled(self, batch_id: str) -> bool | None:
        """Was this batch committed? True, False, or None when the target keeps no journal."""
        ...

    def children(self, object: str, target_ids: Sequence[str]) -> pd.DataFrame:
        """Records that refer to these: columns ``target_id, object, child_id`` (text)."""
        ...

    def close(self) -> None: ...


# -- the report -------------------------------------------------------------------------------


@dataclass(frozen=True)
class ObjectCount:
    """One line of the accounting table: the units of an object in a wave, by disposition."""

    object: str
    wave: str
    rows: int
    splits: int
    dispositions: Mapping[str, int]
    incomplete: int = 0

    @property
    def extracted(self) -> int:
        return self.rows + self.splits

    @property
    def is_balanced(self) -> bool:
        """The accounting identity: what was extracted is what the dispositions add up to."""
        return self.extracted == sum(self.dispositions.values())


@dataclass(frozen=True)
class Section:
    """A part of a report: a heading, sentences, and tables (header row first), all plain text.

    ``chart`` draws the section's first table: "bars" (label, number columns), "stacked" or "" none.
    ``private`` names the tables' columns that may hold personal data; they are masked by default.
    """

    title: str
    text: tuple[str, ...] = ()
    tables: tuple[tuple[tuple[str, ...], ...], ...] = ()
    chart: Literal["", "bars", "stacked"] = ""
    private: tuple[str, ...] = ()
    status: Literal["", "met", "not met", "waived", "no evidence"] = ""


@dataclass(frozen=True)
class RunReport:
    """What a stage did, as one value; terminal, JSON, HTML and XLSX are views of it.

    ``figures`` are the stage's own numbers for ``--json`` (plain JSON values without personal data).
    """

    command: str
    migration: str
    environment: str
    run_id: str
    title: str
    objects: tuple[ObjectCount, ...] = ()
    issues: tuple[Issue, ...] = ()
    issue_counts: Mapping[str, int] = field(default_factory=dict)
    sections: tuple[Section, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    verdict: Literal["", "met", "not met"] = ""

    @property
    def identity_holds(self) -> bool:
        return all(count.is_balanced for count in self.objects)


Progress = Callable[[str, int, int], None]
"""``progress(label, done, total)``; total 0 when unknown. Never writes to stdout."""


def silent(label: str, done: int, total: int) -> None:
    """The progress of a call that nobody watches."""
