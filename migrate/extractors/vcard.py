"""What contacts does a vCard file hold (2.1, 3.0 and 4.0, one card or many)?

Cards come from phones, Outlook, Apple and Google, each with its own faults. A broken line costs that
line, never its card; a broken card never its neighbours; both are issues with their raw text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from migrate.errors import SourceError
from migrate.extractors._byte_lines import Page, PageSample, checked_encoding, decoded
from migrate.extractors._contacts.vcard_lines import Outside, RawCard, count_cards, raw_cards
from migrate.extractors._contacts.vcard_rows import (
    ATTACHMENTS,
    CHILD_COLUMNS,
    CONTACTS,
    KEY,
    Card,
    CardRows,
    Survey,
    card_of,
    is_whole_date,
)
from migrate.extractors._contacts.vcard_values import content, has_wrong_charset
from migrate.extractors._derived import Note, Row, Shape, cells_of, derived_table
from migrate.extractors._manifest.attachments import Attachment, limits_of, manifest_table
from migrate.extractors._text import check_options, chosen, existing_file, table_options
from migrate.values import ForeignKey, Issue, Table

FILE_OPTIONS = ("encoding", "max_attachment_bytes")
# These come first; the rest as the cards have them.
_FIRST = (
    KEY, "file", "kind", "full_name", "last_name", "first_name", "middle_name", "name_prefix",
    "name_suffix", "nickname", "organization", "department", "title", "role", "email", "email_2",
    "email_3", "phone", "phone_mobile", "phone_work", "phone_home",
)  # fmt: skip
_TEXT_SHOWN = 2000


def read_tables(
    place: str | Path,
    *,
    tables: Mapping[str, Mapping[str, Any]] | None = None,
    only: Sequence[str] | None = None,
    **options: Any,
) -> list[Table]:
    """Give ``contacts`` and the tables of what a contact has several of.

    ``encoding`` is that of the values that name none and are not UTF-8; ``max_attachment_bytes``
    the size from which a photo is listed as oversized. Raises SourceError where there is no card.
    """
    path = existing_file(Path(place))
    return read_cards([path], str(path), tables=tables, only=only, **options)


def read_cards(
    paths: Sequence[Path],
    origin: str,
    *,
    tables: Mapping[str, Mapping[str, Any]] | None = None,
    only: Sequence[str] | None = None,
    **options: Any,
) -> list[Table]:
    """Read many files as one: phones write one for each card. ``file`` then says which."""
    check_options(options, FILE_OPTIONS, origin)
    table_options(tables or {}, FILE_OPTIONS, origin)
    survey, page = _surveyed(paths, origin, str(options.get("encoding") or ""))
    shapes = {shape.name: shape for shape in _shapes(survey)}
    names = [*shapes, *([ATTACHMENTS] if survey.embedded_files else [])]
    chosen(names, list(tables or {}), origin)  # refuses options for a table that is not there
    made: list[Table] = []
    for name in chosen(names, only, origin):
        own = {**options, **(tables or {}).get(name, {})}
        used = page
        if own.get("encoding") and own["encoding"] != page.name:
            used = Page(checked_encoding(str(own["encoding"]), origin), "given")
        reading = {
            "encoding": used.name,
            "evidence": {"encoding": used.evidence, "encoding_runner_up": used.runner_up},
        }
        if name == ATTACHMENTS:
            made.append(
                manifest_table(
                    partial(_attachments, paths, survey, used.name),
                    origin,
                    limits=limits_of(own, origin),
                    parent_key=(CONTACTS, KEY),
                    reading=reading,
                )
            )
        else:
            made.append(
                derived_table(
                    shapes[name],
                    partial(_rows, paths, survey, used.name, name),
                    origin,
                    count=partial(_count, paths) if name == CONTACTS else None,
                    reading=reading,
                )
            )
    return made


def _surveyed(paths: Sequence[Path], origin: str, given: str) -> tuple[Survey, Page]:
    survey, cards = Survey(), 0
    sample = PageSample(checked_encoding(given, origin) if given else "")
    for path in paths:
        for raw in raw_cards(path):
            if isinstance(raw, Outside):
                continue
            cards += 1
            card = card_of(raw)
            survey.look_at(card)
            for prop in card.properties:
                if prop.encoding != "base64" and (not prop.charset or has_wrong_charset(prop)):
                    sample.add(content(prop))
    if not cards:
        raise SourceError(
            "holds no contact card: no line BEGIN:VCARD",
            hint="export the contacts again as vCard (.vcf)",
            where=origin,
        )
    seen: dict[str, None] = {}
    rows = CardRows(survey, "utf-8")
    for _, card, number in _cards(paths):
        if card.raw.agent_of:
            seen["agent_of"] = None
        for row in rows.of(card, number, {"file": "x"} if len(paths) > 1 else {}):
            if row.table == CONTACTS:
                seen.update(dict.fromkeys(name for name, text in row.cells.items() if text))
    survey.columns = dict.fromkeys([*(n for n in _FIRST if n in seen), *seen])
    return survey, sample.page()


def _shapes(survey: Survey) -> Iterator[Shape]:
    yield Shape(CONTACTS, cells_of(survey.columns), key=(KEY,))
    for name, columns in CHILD_COLUMNS.items():
        if name in survey.children:
            yield Shape(
                name,
                cells_of(columns, {"position": "integer", "preference": "integer"}),
                key=(KEY, "position"),
                foreign_keys=(ForeignKey((KEY,), CONTACTS, (KEY,)),),
            )


def _cards(paths: Sequence[Path]) -> Iterator[tuple[Path, Card, int]]:
    """Give every card with its row: its line in one file, its ordinal in many."""
    ordinal = 0
    for path in paths:
        for raw in raw_cards(path):
            if isinstance(raw, RawCard):
                ordinal += 1
                yield path, card_of(raw), raw.line if len(paths) == 1 else ordinal


def _count(paths: Sequence[Path]) -> int:
    return sum(count_cards(path) for path in paths)


def _attachments(paths: Sequence[Path], survey: Survey, page: str) -> Iterator[Attachment]:
    rows = CardRows(survey, page)
    for path, card, number in _cards(paths):
        yield from rows.attachments(card, number, str(path))


def _rows(
    paths: Sequence[Path], survey: Survey, page: str, wanted: str, note: Note
) -> Iterator[Row]:
    rows = CardRows(survey, page, wanted)
    counts: Counter[str] = Counter()
    above: dict[int, str] = {}  # line of a card -> its id, for the agents in it
    ordinal = 0
    for path in paths:
        for raw in raw_cards(path):
            if isinstance(raw, Outside):
                note(_outside(raw, path, page))
                continue
            ordinal += 1
            card = card_of(raw)
            _note_card(card, path, page, note, counts)
            extra = {"file": path.name} if len(paths) > 1 else {}
            if raw.agent_of:
                extra["agent_of"] = above.get(raw.agent_of, "")
            else:
                above.clear()
            for row in rows.of(card, raw.line if len(paths) == 1 else ordinal, extra):
                if row.table == CONTACTS:
                    _count_contact(row, counts)
                    above[raw.line] = row.cells[KEY] or ""
                yield row
    for issue in _summary(counts, rows.repeated_uids, str(paths[0].parent)):
        note(issue)


def _outside(found: Outside, path: Path, page: str) -> Issue:
    return Issue(
        "line_outside_card", "warning", "lines that stand in no card were not read",
        entity=CONTACTS, place=f"{path}:{found.line}",
        value=decoded(found.text, page)[:_TEXT_SHOWN],
        hint="a BEGIN:VCARD may be missing above them",
    )  # fmt: skip


def _note_card(card: Card, path: Path, page: str, note: Note, counts: Counter[str]) -> None:
    for line, text in card.broken:
        note(
            Issue(
                "broken_line",
                "warning",
                "a line that is no property was not read; its card was",
                entity=CONTACTS,
                place=f"{path}:{line}",
                value=decoded(text, page)[:_TEXT_SHOWN],
                hint="put it where it belongs: often the rest of the line above",
            )
        )
    if card.raw.problem:
        lost = "END" if card.raw.problem == "not_closed" else "BEGIN"
        note(
            Issue(
                "card_not_closed",
                "warning",
                f"a card has no {lost}:VCARD; it was read as far as it goes",
                entity=CONTACTS,
                place=f"{path}:{card.raw.line}",
                hint="see whether the file was cut short",
            )
        )
    for prop in card.properties:
        if prop.charset and has_wrong_charset(prop):
            note(
                Issue(
                    "wrong_charset",
                    "warning",
                    f'a value does not have the charset that it names, "{prop.charset[:40]}"',
                    entity=CONTACTS,
                    column=prop.name,
                    place=f"{path}:{prop.line}",
                )
            )


def _count_contact(row: Row, counts: Counter[str]) -> None:
    cells = row.cells
    counts["nameless"] += not any(
        cells.get(name) for name in ("full_name", "last_name", "first_name", "organization")
    )
    counts["groups"] += (cells.get("kind") or "").lower() == "group"
    for column in ("birthday", "anniversary"):
        text = cells.get(column)
        counts["partial"] += bool(text) and not is_whole_date(text or "")


def _summary(counts: Counter[str], repeated_uids: int, origin: str) -> Iterator[Issue]:
    if counts["nameless"]:
        yield Issue(
            "card_without_name", "warning",
            f"{counts['nameless']} cards have neither a name nor an organization",
            entity=CONTACTS, place=origin,
        )  # fmt: skip
    if counts["groups"]:
        yield Issue(
            "group_cards", "info", f"{counts['groups']} cards are groups, not people",
            entity=CONTACTS, column="kind", place=origin,
            hint="exclude them by the column `kind`, or map them to lists",
        )  # fmt: skip
    if counts["partial"]:
        yield Issue(
            "incomplete_date", "info",
            f"{counts['partial']} birthdays or anniversaries have no year, month or day",
            entity=CONTACTS, column="birthday", place=origin,
            hint="a field for dates takes none of these; map them to a text",
        )  # fmt: skip
    if repeated_uids:
        yield Issue(
            "repeated_uid", "warning",
            f"{repeated_uids} cards have the UID of an earlier one; #2, #3 … was put behind it",
            entity=CONTACTS, column=KEY, place=origin,
            hint="the same contact was exported twice; let matching merge them",
        )  # fmt: skip
