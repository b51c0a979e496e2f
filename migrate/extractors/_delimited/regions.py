"""Which tables stand in a text, one below the other, and where does each begin and end?

What is no row is told apart and listed: titles above a header, the header once more where exports
were put together, notes below the last row. A further table begins where a record that looks like
a header is followed by rows of its own width, or, after a blank line, by rows that it heads.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, takewhile

from migrate.extractors._delimited.fields import Dialect
from migrate.extractors._delimited.header_words import are_header_words
from migrate.extractors._delimited.headers import (
    Header,
    find_header,
    is_like_header,
    is_like_row,
    mended_names,
    table_among,
)
from migrate.extractors._delimited.lines import Stripped, TextFile
from migrate.extractors._delimited.records import Record
from migrate.extractors._delimited.rows import Block, Part, read_rows
from migrate.extractors._delimited.shapes import is_typed, shape_of

LOOKED_THROUGH = 64_000_000  # bytes in which further tables and notes are looked for
_KEPT_FIRST, _KEPT_LAST, _KEPT_AFTER = 400, 60, 6
_REPEATED = 0.8
WIDTH_SAMPLE = 300
_FEW_TITLES, _MOST_TITLES = 4, 20
_MOST_NOTES, _MOST_NOTE_ROWS = 50, 10
_NOTE_WORDS = 7
_NOTE = re.compile(
    r"^[*†‡©(]|[.:!?]$|: |.{60}|^\d+ (rows?|records?)\b|"
    r"^(source|note|notes|total|totals|subtotal|sum|page|printed|generated|exported|end of|zdroj|"
    r"pozn|spolu|celkom|celkem|strana|quelle|summe|gesamt|seite|stand|hinweis|źródło|uwaga|razem|"
    r"forrás|megjegyzés|összesen|remarque|fuente|nota|fonte|источник|итого|всего|примечание|"
    r"σύνολο|πηγή|合计|总计)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Region:
    """One table: its header, the lines its rows are on (``last`` 0: to the end), its width.

    ``notes`` are the records below the rows that are none; ``repeats`` the lines of the header
    where it comes again; ``copy_of`` the first line of the table whose rows it repeats, or 0.
    """

    header: Header
    first: int
    last: int
    width: int
    notes: tuple[Record, ...] = ()
    repeats: tuple[int, ...] = ()
    copy_of: int = 0
    sample: tuple[Record, ...] = ()


@dataclass
class _Entry:
    """A record, or a block of many; ``record`` only where it may tell something."""

    line: int
    last_line: int
    width: int
    filled: int
    count: int = 1
    record: Record | None = None
    raw: int = 0


@dataclass
class _Walk:
    entries: list[_Entry] = field(default_factory=list)
    is_complete: bool = True


def find_regions(
    file: TextFile, dialect: Dialect, width: int, top: Sequence[Record]
) -> list[Region]:
    """Find the tables of a file; none where it holds no filled record.

    ``top`` are the first records of the file, as far as they were already read.
    """
    walk = _walked(file, dialect, width, top)
    filled = [entry for entry in walk.entries if entry.filled]
    if not filled:
        return []
    begins = _beginnings(walk.entries, width)
    regions: list[Region] = []
    for place, begin in enumerate(begins):
        end = begins[place + 1] if place + 1 < len(begins) else len(walk.entries)
        is_last = place + 1 == len(begins)
        made = _region(walk, begin, end, width, dialect, is_last=is_last)
        if made is not None:
            regions.extend(made)
    return regions


def _walked(file: TextFile, dialect: Dialect, width: int, top: Sequence[Record]) -> _Walk:
    walk = _Walk()
    held: deque[_Entry] = deque(maxlen=_KEPT_LAST)
    first = top[-1].last_line + 1 if top else dialect.skip_lines + 1
    names = max(top, key=lambda record: record.filled, default=None)
    headings = frozenset({_texts(names)}) if names and is_like_header(names) else frozenset()
    part = Part(file, dialect, width, first, headings=headings)
    size = after = 0
    last_width = -1
    for item in chain(top, read_rows(part, Stripped(), one=True)):
        if isinstance(item, Block):
            entry = _Entry(int(item.lines[0]), int(item.lines[1]), width, width,
                           item.table.num_rows)  # fmt: skip
            size += item.size
            after, last_width = _KEPT_AFTER, width
        else:
            filled = item.filled
            entry = _Entry(item.line, item.last_line, len(item.fields), filled,
                           record=item, raw=hash(_texts(item)) if filled else 0)  # fmt: skip
            size += len(item.raw)
            after = _KEPT_AFTER if not filled or len(item.fields) != last_width else after - 1
            last_width = len(item.fields)
            if len(held) == _KEPT_LAST:
                held[0].record = None
            if len(walk.entries) >= _KEPT_FIRST and after <= 0 and not part.is_heading(item.fields):
                held.append(entry)
        walk.entries.append(entry)
        if size > LOOKED_THROUGH:
            walk.is_complete = False
            break
    return walk


def _beginnings(entries: Sequence[_Entry], width: int) -> list[int]:
    """The indexes at which a table begins: the first one, and every further header."""
    begins = [0]
    current = width
    is_after_blank = True
    seen_rows = 0
    first_width = 0
    for index, entry in enumerate(entries):
        record = entry.record
        if not entry.filled:
            is_after_blank = True
            continue
        if record is None or entry.count > 1:
            seen_rows += entry.count
            is_after_blank = False
            continue
        if seen_rows >= 2 and _begins_table(entries, index, current, is_after_blank):
            start = _with_titles(entries, index, begins[-1])
            begins.append(start)
            current, seen_rows = entry.width, 0
        elif seen_rows < _FEW_TITLES and not first_width and entry.filled > 1:
            first_width = current = _usual(entries[index : index + 12], entry.width)
            seen_rows = 1
        else:
            seen_rows += 1
        is_after_blank = False
    return _without_preamble(entries, begins)


def _usual(entries: Sequence[_Entry], otherwise: int) -> int:
    widths = Counter(entry.width for entry in entries if entry.filled)
    return max(widths.items(), key=lambda pair: pair[1])[0] if widths else otherwise


def _begins_table(
    entries: Sequence[_Entry], index: int, current: int, is_after_blank: bool
) -> bool:
    entry, record = entries[index], entries[index].record
    if record is None or entry.width < 2 or not is_like_header(record):
        return False
    following = [one for one in entries[index + 1 : index + 7] if one.filled][:5]
    alike = sum(one.width == entry.width for one in following)
    if entry.width != current:
        return len(following) > 0 and alike * 2 > len(following) and alike >= min(2, len(following))
    if not is_after_blank or alike * 2 <= len(following) or not following:
        return False
    return _heads(record, [one.record for one in following if one.record is not None])


def _heads(record: Record, rows: Sequence[Record]) -> bool:
    """Whether some column has figures, dates or codes below the name in this record."""
    rows = [row for row in rows if len(row.fields) == len(record.fields)]
    if not rows:
        return False
    return any(
        all(is_typed(shape_of(row.fields[index])) for row in rows)
        for index in range(len(record.fields))
    )


def _with_titles(entries: Sequence[_Entry], index: int, least: int) -> int:
    """Go back over the titles of a table: records above its header with one field filled."""
    start = index
    while (
        start - 1 > least + 1 and entries[start - 1].filled <= 1 and entries[start - 1].count == 1
    ):
        start -= 1
    blank = next((i for i in range(start, index) if not entries[i].filled), None)
    return start if blank is None or entries[start].filled else blank


def _without_preamble(entries: Sequence[_Entry], begins: list[int]) -> list[int]:
    """A few lines of two fields above a broader table are its title, not a table."""
    if len(begins) < 2:
        return begins
    first = [entry for entry in entries[begins[0] : begins[1]] if entry.filled]
    rows = sum(entry.count for entry in first)
    second = [entry for entry in entries[begins[1] : begins[1] + 20] if entry.filled]
    broad = _usual(second, 2)
    narrow = _usual(first, 2)
    head = next((entry.record for entry in second if entry.width == broad and entry.record), None)
    if head is not None and table_among([one.record for one in first if one.record], head) >= 0:
        return begins
    if narrow < broad and (rows < 4 or (narrow == 2 and rows < 12)):
        return [begins[0], *begins[2:]]
    return begins


def _region(
    walk: _Walk, begin: int, end: int, width: int, dialect: Dialect, *, is_last: bool
) -> list[Region] | None:
    entries = [entry for entry in walk.entries[begin:end] if entry.filled]
    if not entries:
        return None
    own = _region_width(entries, width)
    head = _records_at_top(entries)
    if own == 1 and _is_below_titles(head, width) and len(head) == len(entries):
        own = width
    header = find_header(head, own)
    if not header.rows and header.before:
        above = header.before[-1]
        is_above = above.last_line + 1 == head[len(header.before)].line
        if is_above and mended_names(above, dialect, own):
            header = Header(
                (above,), header.before[:-1], "the names above the first row",
                is_doubtful=above.filled * 2 < own and is_like_row(above, head),
            )  # fmt: skip
    top = header.rows[-1].last_line + 1 if header.rows else head[len(header.before)].line
    rows = [entry for entry in entries if entry.line >= top]
    notes = _notes(rows, own) if (is_last and walk.is_complete) or not is_last else []
    rows = rows[: len(rows) - len(notes)]
    named = len(header.rows[-1].fields) if header.rows else 0
    own = _region_width(rows, width, named) if rows else named
    stops = not is_last or notes
    last = rows[-1].last_line if rows and stops else top - 1 if stops else 0
    names = _texts(header.rows[-1]) if header.rows else ()
    repeats = [entry for entry in rows if names and entry.record is not None
               and _texts(entry.record) == names]  # fmt: skip
    sample = tuple(entry.record for entry in rows[:_KEPT_FIRST] if entry.record is not None)
    whole = Region(header, top, last, own, tuple(note.record for note in notes if note.record),
                   tuple(entry.line for entry in repeats), 0, sample)  # fmt: skip
    return _without_copies(whole, rows, repeats)


def _is_below_titles(records: Sequence[Record], width: int) -> bool:
    """Whether lines of one field stand above a table that has fewer rows than they are."""
    titles = list(takewhile(lambda record: len(record.fields) == 1, records))
    table = records[len(titles) :]
    return (
        len(titles) <= _MOST_TITLES
        and len(table) >= 3
        and all(len(record.fields) == width for record in table)
        and are_header_words(table[0].fields, 0.5)
    )


def _texts(record: Record) -> tuple[str, ...]:
    return tuple(text.strip() for text in record.fields)


def _region_width(entries: Sequence[_Entry], width: int, named: int = 0) -> int:
    if any(entry.record is None for entry in entries[:2]):
        return width
    return usual_width([entry.record for entry in entries[:WIDTH_SAMPLE] if entry.record], named)


def usual_width(records: Sequence[Record], named: int = 0) -> int:
    """The number of fields that most records have; of two, what the header names, or the greater."""
    widths = Counter(len(record.fields) for record in records)
    if not widths:
        return named or 1
    return max(widths, key=lambda width: (widths[width], width == named, width))


def _records_at_top(entries: Sequence[_Entry]) -> list[Record]:
    found = []
    for entry in entries[:_KEPT_FIRST]:
        if entry.record is None:
            break
        found.append(entry.record)
    return found


def _notes(rows: Sequence[_Entry], width: int) -> list[_Entry]:
    """The records at the end that are no rows: one or two fields filled where rows have many.

    A record may be a customer of whom only the name is known: it must stand below a blank line,
    repeat itself, or read like a note.
    """
    if width < 3 or len(rows) < 3:
        return []
    most = max(1, width // 4)
    notes: list[_Entry] = []
    for entry in reversed(rows):
        if entry.count > 1 or entry.filled > most or entry.record is None:
            break
        if not entry.record.is_strict and entry.width > 1:
            break
        notes.insert(0, entry)
    texts = Counter(entry.raw for entry in notes)
    first = 0
    ends = [row.last_line for row in rows[: len(rows) - len(notes)][-1:]]
    ends += [entry.last_line for entry in notes]
    while first < len(notes) and _may_be_row(notes[first], texts, ends[first]):
        first += 1
    notes = notes[first:]
    others = rows[: len(rows) - len(notes)]
    if not notes or len(notes) > _MOST_NOTES or len(others) < 2:
        return []
    if sum(entry.width > 1 for entry in notes) > _MOST_NOTE_ROWS:
        return []
    thin = sum(entry.count for entry in others if entry.filled <= most)
    return [] if thin * 20 > sum(entry.count for entry in others) else notes


def _may_be_row(entry: _Entry, texts: Counter[int], end: int) -> bool:
    if entry.record is None or texts[entry.raw] > 1 or entry.line > end + 1:
        return False
    return not any(
        _NOTE.search(text) or (entry.width == 1 and len(text.split()) >= _NOTE_WORDS)
        for text in _texts(entry.record)
        if text
    )


def _without_copies(
    whole: Region, rows: Sequence[_Entry], repeats: Sequence[_Entry]
) -> list[Region]:
    """Set the part after a repeated header apart where its rows are those before it once more."""
    if not repeats:
        return [whole]
    regions: list[Region] = []
    seen: set[int] = set()
    starts = [0, *(next(i for i, row in enumerate(rows) if row is one) for one in repeats)]
    kept: list[tuple[int, int, bool]] = []
    for place, start in enumerate(starts):
        end = starts[place + 1] if place + 1 < len(starts) else len(rows)
        texts = [row.raw for row in rows[start + bool(place) : end] if row.raw]
        known = sum(text in seen for text in texts)
        kept.append((start, end, len(texts) >= 5 and known >= len(texts) * _REPEATED))
        seen.update(texts)
    if not any(is_copy for _, _, is_copy in kept):
        return [whole]
    for start, end, is_copy in kept:
        if regions and bool(regions[-1].copy_of) == is_copy:
            regions[-1] = _extended(regions[-1], rows[end - 1].last_line, rows[start].line)
            continue
        first = rows[start]
        header = whole.header
        top = whole.first
        if regions and first.record is not None:
            header = Header((first.record,), (), "the header once more, and the same rows")
            top = first.last_line + 1
        regions.append(Region(header, top, rows[end - 1].last_line, whole.width,
                              (), (), whole.first if is_copy else 0,
                              whole.sample))  # fmt: skip
    last = regions[-1]
    regions[-1] = Region(last.header, last.first, whole.last, last.width, whole.notes, last.repeats,
                         last.copy_of, last.sample)  # fmt: skip
    return regions


def _extended(region: Region, last: int, repeat: int) -> Region:
    return Region(region.header, region.first, last, region.width, region.notes,
                  (*region.repeats, repeat), region.copy_of, region.sample)  # fmt: skip
