"""Which delimiter, quotation mark and escape was a text written with?

Every delimiter that occurs is tried on the first lines: the right one cuts nearly all records into
the same number of fields (:func:`_judged`), and those fields look like values. Signs that prose is
full of (a blank, a colon, a comma before a blank) must do better than signs that nobody writes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from math import log2

from migrate.extractors._delimited.fields import (
    BACKSLASH,
    NO_DELIMITER,
    Broken,
    Dialect,
    parser_of,
    split_plain,
)
from migrate.extractors._delimited.header_words import are_header_words
from migrate.extractors._delimited.records import Record, read_records
from migrate.extractors._delimited.shapes import TYPED, is_typed, shape_of

_USUAL = (";", ",", "\t", "|")
_RARE = ("^", "~", "§", "¦", "¬", "!", "#", "*", "$", "@", "%", "&", "/", "_", "=", "+", "-", "\x1f",
         "\x1e", "\x01", "\x02", "\x07", "\\t", "\xb6", "\xa4", "\x14", "þ")  # fmt: skip
_TRUST = {";": 1.0, "\t": 1.0, ",": 0.98, "|": 0.98, ":": 0.5, " ": 0.45, "-": 0.3, "/": 0.3, "_": 0.35,
          "=": 0.4, "+": 0.4, "@": 0.3, "$": 0.4, "%": 0.4, "&": 0.5, "*": 0.5, ".": 0.2}  # fmt: skip
_QUOTES = ('"', "'", "`")
_MOST_LINES, _MOST_RECORDS = 1_500, 600
_TIME_OR_ADDRESS = re.compile(r"\d{1,2}:\d{2}(:\d{2})?|\w+://|[A-Za-z]:\\")
_RUNS = re.compile(r"[^\w\s\"'`.\-(),;:/\\]+|\t+|;+|,+|:+|\|+")


@dataclass(frozen=True)
class Guess:
    """The dialect found, why each sign, and what came second."""

    dialect: Dialect
    width: int
    evidence: dict[str, str]


@dataclass(frozen=True)
class _Trial:
    dialect: Dialect
    score: float
    share: float
    width: int
    strays: int


def find_dialect(
    lines: Sequence[str], *, delimiter: str = "", quote: str = "", escape: str = ""
) -> Guess:
    """Find how the lines are written; what is given is taken as it is ("none": no such sign).

    >>> found = find_dialect(["id;suma\\n", "1;1,50\\n", "2;2,75\\n"])
    >>> found.dialect.delimiter, found.width, found.evidence["delimiter_runner_up"]
    (';', 2, "',' 0.25 against 0.97")
    """
    lines = [line for line in islice(lines, _MOST_LINES) if line]
    said, skip = _said(lines)
    lines = lines[skip:]
    marks = _quotes(quote)
    delimiter = NO_DELIMITER if delimiter == "none" else delimiter
    signs = [delimiter] if delimiter else [said] if said else _delimiters(lines)
    trials = sorted(
        (_best_quotes(lines, sign, marks, escape) for sign in signs),
        key=lambda trial: -trial.score,
    )
    best = trials[0] if trials else None
    if best is not None and not delimiter and not said:
        best = _below_titles(lines, best, trials[1:])
    if best is None or (best.score <= 0 and not delimiter and not said):
        best, why, second = _best_quotes(lines, NO_DELIMITER, marks, escape), "one column", ""
    else:
        why = f"{best.share:.0%} of the first records have {best.width} fields"
        second = _second(best, [trial for trial in trials if trial is not best])
    if delimiter or said:
        why, second = ("given" if delimiter else "the line sep="), ""
    dialect = replace(best.dialect, skip_lines=skip)
    evidence = {"delimiter": why, "delimiter_runner_up": second}
    evidence |= _quote_evidence(lines, dialect, quote, escape)
    return Guess(dialect, best.width, evidence)


def _below_titles(lines: Sequence[str], best: _Trial, others: Sequence[_Trial]) -> _Trial:
    """Prefer a usual delimiter that cuts all last lines alike where the best cuts only titles.

    A few customers below many lines of "Filter: value" are the table.
    """
    if best.dialect.delimiter.strip() not in ("", ":") or best.dialect.delimiter == "\t":
        return best
    filled = [line for line in lines if line.strip()]
    for other in others:
        sign = other.dialect.delimiter
        often = filled[-1].count(sign) if sign in _USUAL else 0
        if not often:
            continue
        first = len(filled)
        while first and filled[first - 1].count(sign) == often:
            first -= 1
        table, titles = filled[first:], filled[:first]
        is_apart = not any(sign in line for line in titles)
        is_cut = any(best.dialect.delimiter in line for line in table)
        names = table[0].rstrip("\r\n").split(sign)
        if len(table) >= 3 and is_apart and not is_cut and are_header_words(names, 0.5):
            return other
    return best


def _said(lines: Sequence[str]) -> tuple[str, int]:
    """Read the line `sep=;` that Excel understands."""
    first = lines[0].strip("\r\n\ufeff ") if lines else ""
    found = re.fullmatch(r'"?sep=(.{1,3}?)"?', first, re.IGNORECASE) if first else None
    if found is None and first.lower() == "sep=" and lines[0].rstrip("\r\n").endswith("\t"):
        return "\t", 1
    return (found[1], 1) if found else ("", 0)


def _quotes(given: str) -> tuple[str, ...]:
    if given == "none":
        return ("",)
    return (given,) if given else _QUOTES


def _delimiters(lines: Sequence[str]) -> list[str]:
    """The signs that may be delimiters: the usual ones, and runs of signs that recur in each line."""
    text = "".join(lines[:400])
    signs = [sign for sign in (*_USUAL, ":", " ", *_RARE) if sign in text]
    filled = [line for line in lines[:40] if line.strip()]
    if _is_one_column(filled):
        signs = [sign for sign in signs if sign in filled[0] and sign in _USUAL]
    signs += [sign * 2 for sign in _USUAL if sign * 2 in text]
    if len(filled) >= 2:
        first, *others = (Counter(_RUNS.findall(line)) for line in filled)
        for run, count in first.items():
            recurs = sum(other[run] == count for other in others) >= len(others) * 0.8
            if recurs and run not in signs and len(run) <= 8 and run.strip("\r\n"):
                signs.append(run)
    for sign in (",", ";", "|", ":"):
        # ", " where nearly every comma between fields is followed by a blank
        if sign in signs and _followed_by_blank(filled, sign):
            signs.append(sign + " ")
    return signs


def _is_one_column(lines: Sequence[str]) -> bool:
    """Whether each whole line but the first is one date, amount, telephone or address."""
    values = [line.strip() for line in lines[1:]]
    return bool(values) and sum(shape_of(text) in TYPED for text in values) >= len(values) * 0.9


def _followed_by_blank(lines: Sequence[str], sign: str) -> bool:
    total = sum(line.count(sign) for line in lines)
    blank = sum(line.count(sign + " ") + line.rstrip("\r\n").endswith(sign) for line in lines)
    return total > 0 and blank >= total * 0.6 and all(sign + " " in line for line in lines[:1])


def _best_quotes(
    lines: Sequence[str], delimiter: str, marks: tuple[str, ...], escape: str
) -> _Trial:
    """Try the quotes that this delimiter may stand with; the plain double quote where none do."""
    text = "".join(lines)
    trials = []
    for mark in _likely_marks(lines, delimiter, marks):
        escapes = [BACKSLASH] if escape == BACKSLASH else [""]
        if not escape and _has_escapes(text, delimiter, mark):
            escapes.append(BACKSLASH)
        trials += [_judged(lines, Dialect(delimiter, mark, sign)) for sign in escapes]
    # Of two that cut alike, the one that leaves fewer marks out of place, then the simpler one.
    return max(trials, key=lambda trial: (round(trial.score, 3), -trial.strays))


def _likely_marks(lines: Sequence[str], delimiter: str, marks: tuple[str, ...]) -> tuple[str, ...]:
    if len(marks) == 1:
        return marks
    wraps = Counter({mark: _wrapped(lines, delimiter, mark) for mark in marks})
    most, often = max(wraps.items(), key=lambda pair: (pair[1], pair[0] == '"'))
    if most != '"' and often < 2:
        return ('"',)
    opened = sum(delimiter + '"' in line or line.startswith('"') for line in lines)
    if not often and opened >= 3:
        return ('"', "")
    return ('"', most) if most != '"' else ('"',)


def _wrapped(lines: Sequence[str], delimiter: str, mark: str) -> int:
    """Count the fields that a mark both begins and ends."""
    if not any(mark in line for line in lines):
        return 0
    sign, quote = re.escape(delimiter), re.escape(mark)
    field = re.compile(rf"(?:(?<={sign})|^){quote}[^\r\n]*?{quote}(?={sign}|$)")
    return sum(len(field.findall(line.rstrip("\r\n"))) for line in lines[:400] if mark in line)


def _has_escapes(text: str, delimiter: str, mark: str) -> bool:
    if BACKSLASH not in text or BACKSLASH in delimiter:
        return False
    protected = [BACKSLASH + delimiter[0], BACKSLASH + "\n", BACKSLASH + "\r"]
    if mark:
        protected.append(BACKSLASH + mark)
    return any(sign in text for sign in protected)


def _judged(lines: Sequence[str], dialect: Dialect) -> _Trial:
    """Score a dialect by how many records it cuts alike, into how many fields, and into what."""
    records = [
        record
        for record in islice(read_records(lines, dialect), _MOST_RECORDS)
        if not record.is_blank
    ]
    if not records:
        return _Trial(dialect, 0.0, 0.0, 1, 0)
    widths = Counter(len(record.fields) for record in records)
    strays = sum(not record.is_strict for record in records)
    width, often = max(widths.items(), key=lambda pair: (pair[1] * (pair[0] > 1), pair[0]))
    share = often / len(records)
    if width < 2:
        return _Trial(dialect, 0.0, share, width, strays)
    # Tables one below the other have a width each: then neighbours are alike.
    alike = sum(1 < len(one.fields) == len(two.fields) for one, two in pairwise(records)) / max(
        len(records) - 1, 1
    )
    share = max(share, alike * 0.9)
    score = share**2 * (1.0 - 0.5 * strays / len(records)) * min(log2(width), 6.0)
    score *= 0.6 + 0.4 * _sense(records, width)
    if _is_half_of_a_sign(records, width):
        score *= 0.3
    if len(records[0].fields) == 1:
        score *= 0.6  # the names are not cut, the values are: a sign inside the values
    return _Trial(dialect, score * _trust(dialect, records, width, share), share, width, strays)


def _is_half_of_a_sign(records: Sequence[Record], width: int) -> bool:
    """Whether every other field is one and the same sign in all records, in the header too.

    Then the delimiter is longer: two tabs, or `|~|`.
    """
    if width < 3 or width % 2 == 0 or len(records) < 2:
        return False
    between = {text for record in records if len(record.fields) == width
               for text in record.fields[1::2]}  # fmt: skip
    return len(between) == 1 and not any(map(str.isalnum, next(iter(between))))


def _sense(records: Sequence[Record], width: int) -> float:
    """The share of cells that look like a value rather than a piece of one."""
    cells = [
        text for record in records[:200] if len(record.fields) == width for text in record.fields
    ]
    good = sum(1.0 if is_typed(shape) or not shape else 0.8 if text == text.strip() else 0.4
               for text in cells for shape in (shape_of(text),))  # fmt: skip
    return good / len(cells) if cells else 0.0


def _trust(dialect: Dialect, records: Sequence[Record], width: int, share: float) -> float:
    """How much a sign is trusted: one that prose, times and paths are full of needs more."""
    sign = dialect.delimiter
    if sign in _USUAL:
        return _TRUST[sign]
    if len(sign) > 1 and sign.strip() in _USUAL:
        return 1.1 if sign.endswith(" ") else 1.02
    if sign == "\\t" or (set(sign) == {sign[0]} and len(sign) > 1):
        return 1.02
    trust = _TRUST.get(sign, 0.8)
    if trust >= 0.7:
        return trust if share >= 0.7 else 0.0
    heads = any(len(record.fields) == width for record in records[:1])
    if share < 0.9 or not heads or (width == 2 and len(records) < 3):
        return 0.0
    if sign == ":" and all(_TIME_OR_ADDRESS.search(record.text) for record in records[1:20]):
        text = [_TIME_OR_ADDRESS.sub("", record.text) for record in records[:200]]
        if Counter(line.count(":") for line in text).most_common(1)[0][0] != width - 1:
            return 0.0
    # Words one after another are prose: some column must hold figures, dates or codes throughout.
    rows = [record.fields for record in records[1:200] if len(record.fields) == width]
    typed = sum(
        bool(rows) and sum(is_typed(shape_of(row[index])) for row in rows) >= 0.9 * len(rows)
        for index in range(min(width, 50))
    )
    is_quoted = bool(dialect.quote) and any(
        dialect.quote in record.raw and record.is_strict for record in records
    )
    if not typed or (width < 3 and not is_quoted and typed < 2):
        return 0.0
    return trust


def _second(best: _Trial, others: Sequence[_Trial]) -> str:
    other = next((trial for trial in others if trial.score > 0), None)
    if other is None:
        return ""
    return f"{other.dialect.delimiter!r} {other.score:.2f} against {best.score:.2f}"


def _quote_evidence(
    lines: Sequence[str], dialect: Dialect, quote: str, escape: str
) -> dict[str, str]:
    text = "".join(lines)
    wrapped = _wrapped(lines, dialect.delimiter, dialect.quote) if dialect.quote else 0
    if quote:
        why = "given"
    elif not dialect.quote:
        why = "the marks at the beginning of fields are never closed"
    else:
        why = f"{wrapped} fields begin and end with it" if wrapped else "no field is in quotes"
    others = {
        mark: _wrapped(lines, dialect.delimiter, mark) for mark in _QUOTES if mark != dialect.quote
    }
    mark, often = max(others.items(), key=lambda pair: pair[1])
    doubled = text.count(dialect.quote * 2) if dialect.quote else 0
    escaped = text.count(BACKSLASH + dialect.quote) if dialect.quote else text.count(BACKSLASH)
    if escape:
        how = "given"
    elif dialect.escape:
        how = f"{escaped} signs after a backslash, and the records are then of one width"
    else:
        how = f"{doubled} doubled quotes" if doubled else "nothing is escaped"
    return {
        "quote": why,
        "quote_runner_up": f"{mark} around {often} fields" if often and not quote else "",
        "escape": how,
        "escape_runner_up": (
            f"doubled quotes, {doubled}" if dialect.escape
            else f"backslash, {escaped}" if escaped and not escape else ""
        ),
    }  # fmt: skip


def fields_of(text: str, dialect: Dialect) -> list[str]:
    """Read one text as fields whether its quotes are in order or not."""
    found = parser_of(dialect)(text)
    return split_plain(text, dialect) if isinstance(found, Broken) else found


def sample_records(lines: Sequence[str], dialect: Dialect, width: int) -> Iterator[Record]:
    """Yield the records of the first lines, numbered as in the file."""
    yield from read_records(
        lines[dialect.skip_lines :], dialect, width, first_line=dialect.skip_lines + 1
    )
