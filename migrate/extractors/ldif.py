"""What people, groups and units does an LDIF file hold (Thunderbird, Active Directory, OpenLDAP)?

Entries of one kind make one table. An attribute with a few values has numbered columns, one with
many a child table beside the first value: a group has thousands of members.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from migrate.errors import SourceError
from migrate.extractors._byte_lines import PageSample, checked_encoding, decoded
from migrate.extractors._contacts.ldif_entries import (
    FILES,
    Attribute,
    Entry,
    attribute,
    count_entries,
    entries,
    is_text,
    shown,
)
from migrate.extractors._contacts.vcard_values import named_by_content
from migrate.extractors._derived import Cell, Note, Row, Shape, derived_table
from migrate.extractors._manifest.attachments import Attachment, limits_of, manifest_table, sized
from migrate.extractors._text import check_options, chosen, existing_file, slug, table_options
from migrate.values import ForeignKey, Issue, Severity, Table

FILE_OPTIONS = ("encoding", "max_attachment_bytes")
ATTACHMENTS = "attachments"
_DN = "dn"
_MOST_COLUMNS = 3
_TEXT_SHOWN = 2000
# The first that fits: a computer of Active Directory is a user and a person too.
_KINDS: tuple[tuple[str, frozenset[str]], ...] = (
    ("computers", frozenset({"computer", "device"})),
    ("groups", frozenset({
        "group", "groupofnames", "groupofuniquenames", "posixgroup", "groupofurls",
        "msexchdynamicdistributionlist",
    })),
    ("persons", frozenset({
        "person", "organizationalperson", "inetorgperson", "user", "contact", "residentialperson",
        "mozillaabpersonalpha", "mozillaabpersonobsolete", "evolutionperson", "officeperson",
        "posixaccount", "account",
    })),
    ("organizational_units", frozenset({"organizationalunit"})),
    ("organizations", frozenset({"organization"})),
)  # fmt: skip
_OTHERS = "entries"


@dataclass
class _Kind:
    """What the entries of one table hold: attribute -> its spelling and most values in an entry."""

    names: dict[str, str] = field(default_factory=dict)
    most: Counter[str] = field(default_factory=Counter)
    dns: set[int] = field(default_factory=set)
    rows: int = 0

    @property
    def key(self) -> tuple[str, ...]:
        """The dn, where each has one of its own."""
        return (_DN,) if len(self.dns) == self.rows else ()

    def is_long(self, key: str) -> bool:
        return self.most[key] > _MOST_COLUMNS and key != "objectclass"


@dataclass
class _Survey:
    kinds: dict[str, _Kind] = field(default_factory=dict)
    files: int = 0
    changes: int = 0
    unnamed: int = 0


def read_tables(
    place: str | Path,
    *,
    tables: Mapping[str, Mapping[str, Any]] | None = None,
    only: Sequence[str] | None = None,
    **options: Any,
) -> list[Table]:
    """Give a table for each kind of entry, and one for each attribute with more than three values.

    ``encoding`` is that of values that are not UTF-8; ``max_attachment_bytes`` the size from which
    a photo is listed as oversized. Raises SourceError where there is no entry.
    """
    path = existing_file(Path(place))
    check_options(options, FILE_OPTIONS, str(path))
    table_options(tables or {}, FILE_OPTIONS, str(path))
    sample = PageSample(_encoding(options, path))
    survey = _surveyed(path, sample)
    page = sample.page()
    shapes = {shape.name: shape for shape in _shapes(survey)}
    names = [*shapes, *([ATTACHMENTS] if survey.files else [])]
    chosen(names, list(tables or {}), str(path))  # refuses options for a table that is not there
    made: list[Table] = []
    for name in chosen(names, only, str(path)):
        own = {**options, **(tables or {}).get(name, {})}
        encoding = _encoding(own, path) or page.name
        evidence = {"encoding": page.evidence, "encoding_runner_up": page.runner_up}
        reading = {"encoding": encoding, "evidence": evidence}
        source = _Source(path, survey, encoding)
        if name == ATTACHMENTS:
            made.append(
                manifest_table(
                    source.attachments, str(path), limits=limits_of(own, str(path)), reading=reading
                )
            )
            continue
        is_first = name == next(iter(survey.kinds))
        made.append(
            derived_table(
                shapes[name],
                source.rows,
                str(path),
                count=source.count if is_first else None,
                reading=reading,
            )
        )
    return made


def _encoding(options: Mapping[str, Any], path: Path) -> str:
    given = str(options.get("encoding") or "")
    return checked_encoding(given, str(path)) if given else ""


def _attributes(entry: Entry) -> Iterator[Attribute]:
    for line, text in entry.lines:
        found = attribute(line, text)
        if found and found.name.lower() not in ("changetype", "control"):
            yield found


def _kind_of(found: Sequence[Attribute]) -> str:
    classes = {
        decoded(one.content, "latin-1").strip().lower()
        for one in found
        if one.name.lower() == "objectclass"
    }
    return next((name for name, members in _KINDS if classes & members), _OTHERS)


def _surveyed(path: Path, sample: PageSample) -> _Survey:
    survey = _Survey()
    for entry in entries(path):
        if not entry.has_dn:
            survey.unnamed += 1
            continue
        if entry.change:
            survey.changes += 1
            continue
        found = list(_attributes(entry))
        kind = survey.kinds.setdefault(_kind_of(found), _Kind())
        kind.rows += 1
        kind.dns.add(hash(found[0].content))
        values: Counter[str] = Counter()
        for one in found:
            content = one.content
            if _is_file(one, content):
                survey.files += 1
                continue
            if is_text(content):
                sample.add(content)
            key = one.label.lower()
            kind.names.setdefault(key, one.label)
            values[key] += 1
        for key, number in values.items():
            kind.most[key] = max(kind.most[key], number)
    if not survey.kinds:
        what = "only change records" if survey.changes else "no entry with a dn"
        raise SourceError(
            f"holds {what}",
            hint="export the entries themselves: ldapsearch -LLL, ldifde -f, or Thunderbird's"
            " address book as LDIF",
            where=str(path),
        )
    return survey


def _is_file(found: Attribute, content: bytes) -> bool:
    return found.name.lower() in FILES and found.kind == ":" and bool(content)


def _shapes(survey: _Survey) -> Iterator[Shape]:
    for table, kind in survey.kinds.items():
        cells = [Cell((_DN, 1), _DN)]
        for key, label in kind.names.items():
            if key == _DN:
                continue
            many = 1 if kind.is_long(key) or key == "objectclass" else kind.most[key]
            cells += [
                Cell((key, number), label if number == 1 else f"{label}_{number}")
                for number in range(1, many + 1)
            ]
        yield Shape(table, tuple(cells), key=kind.key)
        for key, label in kind.names.items():
            if kind.is_long(key):
                yield Shape(
                    _child(table, label),
                    (
                        Cell(_DN, _DN),
                        Cell("position", "position", "integer"),
                        Cell("value", slug(label)),
                    ),
                    key=(*kind.key, "position") if kind.key else (),
                    foreign_keys=(ForeignKey((_DN,), table, (_DN,)),),
                )


def _child(table: str, label: str) -> str:
    return f"{table}_{slug(label)}"


@dataclass
class _Source:
    """The entries of a file, and how they are read."""

    path: Path
    survey: _Survey
    page: str

    def count(self) -> int:
        """Count the entries of the first table, and what cannot be placed in any."""
        others = list(self.survey.kinds.values())[1:]
        return count_entries(self.path) - sum(kind.rows for kind in others)

    def rows(self, note: Note) -> Iterator[Row]:
        """Give each entry, then its values that stand in child tables."""
        first = next(iter(self.survey.kinds))
        met: Counter[str] = Counter()
        seen: set[int] = set()
        for entry in entries(self.path):
            if not entry.has_dn or entry.change:
                note(self._not_placed(entry, first))
                continue
            found = list(_attributes(entry))
            table = _kind_of(found)
            kind = self.survey.kinds[table]
            dn = shown(found[0], self.page)
            self._note(entry, found, table, note, met)
            met["repeated"] += hash(dn) in seen
            seen.add(hash(dn))
            cells: dict[Any, str | None] = {(_DN, 1): dn}
            numbers: Counter[str] = Counter()
            for one in found[1:]:
                if _is_file(one, one.content):
                    continue
                key = one.label.lower()
                numbers[key] += 1
                text = shown(one, self.page)
                if key == "objectclass" and numbers[key] > 1:
                    text = f"{cells[(key, 1)]};{text}"
                    cells[(key, 1)] = text
                elif not kind.is_long(key) or numbers[key] == 1:
                    cells[(key, numbers[key])] = text
                if kind.is_long(key):
                    position = str(numbers[key])
                    child = {_DN: dn, "position": position, "value": text}
                    yield Row(_child(table, one.label), entry.line, child)
            yield Row(table, entry.line, cells)
        self._tell(first, note, met)

    def _not_placed(self, entry: Entry, table: str) -> Issue:
        said = f'a change record ("{entry.change}")' if entry.has_dn else "lines without a dn"
        return Issue(
            "row_not_placed", "error", f"{said} cannot be placed: it is no entry", entity=table,
            place=f"{self.path}:{entry.line}",
            value=decoded(b"\n".join(text for _, text in entry.lines), self.page)[:10_000],
            hint="export the entries themselves, not their changes",
        )  # fmt: skip

    def _note(
        self, entry: Entry, found: Sequence[Attribute], table: str, note: Note, met: Counter[str]
    ) -> None:
        for line, text in entry.lines:
            if attribute(line, text) is None and text.strip() != b"-":
                broken = Issue(
                    "broken_line", "warning", "a line that is no attribute was not read",
                    entity=table, place=f"{self.path}:{line}",
                    value=decoded(text, self.page)[:_TEXT_SHOWN],
                    hint="put it where it belongs: often the rest of the line above",
                )  # fmt: skip
                note(broken)
        for one in found:
            if one.kind == "<":
                url = Issue(
                    "url_not_fetched", "warning", "a value stands elsewhere; its URL was kept",
                    entity=table, column=one.label, place=f"{self.path}:{one.line}",
                    value=decoded(one.raw, self.page)[:_TEXT_SHOWN],
                    hint="put the file into the place of the URL yourself",
                )  # fmt: skip
                note(url)
            if one.is_range:
                met["ranges"] += 1
            if one.kind == ":" and not _is_file(one, one.content):
                content = one.content
                met["binary"] += not is_text(content) and not one.is_damaged
                met["damaged"] += one.is_damaged

    def _tell(self, table: str, note: Note, met: Counter[str]) -> None:
        def make(code: str, severity: Severity, message: str, hint: str, what: str) -> None:
            if met[what]:
                note(Issue(code, severity, f"{met[what]} {message}", entity=table,
                           place=str(self.path), hint=hint))  # fmt: skip

        make("values_in_ranges", "warning", "attributes hold only the first of their values",
             "export with all of them: ldapsearch fetches ranges, ldifde does not", "ranges")  # fmt: skip
        make("binary_value", "warning", "values are binary; they are shown as GUID, SID or bytes",
             "map none of them but the GUID", "binary")  # fmt: skip
        make("damaged_base64", "warning", "values are damaged base64; they stand as they are",
             "export them again", "damaged")  # fmt: skip
        make("repeated_dn", "warning", "entries have the dn of an earlier one",
             "let matching merge them", "repeated")  # fmt: skip

    def attachments(self) -> Iterator[Attachment]:
        """Give photos and certificates."""
        for entry in entries(self.path):
            if not entry.has_dn or entry.change:
                continue
            found = list(_attributes(entry))
            for one in found:
                content = one.content
                if not _is_file(one, content):
                    continue
                name = one.name.lower()
                said = "application/pkix-cert" if "cert" in name else ""
                file = named_by_content(content, said)
                size, sha256 = sized(content)
                yield Attachment(
                    _kind_of(found), shown(found[0], self.page), f"{name}.{file.extension}",
                    f"{self.path}:{one.line}", file.media_type,
                    size=size, sha256=sha256, source_row=entry.line,
                )  # fmt: skip
