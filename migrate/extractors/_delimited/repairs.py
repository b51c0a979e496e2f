"""Which fields did a row have before it was damaged? A stray quote, a delimiter too many or missing.

All ways of cutting the line at its delimiters into the usual number of fields are weighed: what
quotes have to be taken as text, what delimiters as part of a field, where one must have been
lost, and how well each field looks like its column. The best way is taken where it is plainly
better than the next; otherwise the row stays as it was cut. The text of the row is never changed:
only where its fields begin and end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from migrate.extractors._delimited.fields import Dialect, split_plain
from migrate.extractors._delimited.shapes import ColumnShape

_MOST_PIECES = 120
_SPAN = 24  # pieces that one quoted field may be made of
_STRAY, _LITERAL, _JOINED, _DROPPED, _CUT, _MISSING = 1.0, 2.0, 2.5, 1.5, 2.2, 1.6
_HALF, _HALF_END = 0.6, 1.4
_LIMIT, _MARGIN = 6.0, 0.3
_FAR = 1e9
_MOST_CUTS = 60


@dataclass(frozen=True)
class Repair:
    """The fields found, what was done to find them, and how much had to be assumed."""

    fields: list[str]
    what: str
    cost: float


@dataclass(frozen=True)
class _Way:
    cost: float
    fields: tuple[str, ...]
    steps: tuple[str, ...]


def repaired(
    text: str,
    dialect: Dialect,
    width: int,
    columns: Sequence[ColumnShape],
    *,
    pieces: list[str] | None = None,
    join: float = _JOINED,
) -> Repair | None:
    """Find the fields of a row that is not of the usual width, or whose quotes are out of place.

    None where no way of reading it is plainly the best. ``pieces`` is the text already cut;
    ``join`` what it costs to take a delimiter as part of a field without quotes.

    >>> repaired('1;"5" pipe; long";x', Dialect(";"), 3, ())
    Repair(fields=['1', '5" pipe; long', 'x'], what='quotation marks inside quotes', cost=1.1)
    >>> repaired('1;"open;x', Dialect(";"), 3, ()).fields
    ['1', '"open', 'x']
    """
    if pieces is None:
        pieces = split_plain(text, dialect)
    if len(pieces) > _MOST_PIECES or abs(len(pieces) - width) > _SPAN or width < 2:
        return None
    ways = _ways(pieces, dialect, width, columns, join, cuts=False)
    if not ways or ways[0].cost > _CUT - 0.6:
        ways = _ways(pieces, dialect, width, columns, join, cuts=True)
    if not ways:
        return None
    best = ways[0]
    if best.cost > _LIMIT or _is_doubtful(ways, width):
        return None
    return Repair(
        list(best.fields), ", ".join(dict.fromkeys(best.steps)) or "", round(best.cost, 2)
    )


def _is_doubtful(ways: list[_Way], width: int) -> bool:
    """Tell whether another way that puts other texts into the columns is about as good."""
    best = ways[0]
    for other in ways[1:]:
        if other.cost - best.cost >= _MARGIN:
            return False
        if [text.strip() for text in other.fields] != [text.strip() for text in best.fields]:
            return True
    return False


def _ways(
    pieces: list[str],
    dialect: Dialect,
    width: int,
    columns: Sequence[ColumnShape],
    join: float,
    *,
    cuts: bool,
) -> list[_Way]:
    """The cheapest ways of making ``width`` fields of the pieces, the best first."""
    count = len(pieces)
    begun: list[dict[int, list[_Way]]] = [{} for _ in range(count + 1)]
    begun[0][0] = [_Way(0.0, (), ())]

    def add(at: int, made: int, way: _Way) -> None:
        if made > width or way.cost > _LIMIT:
            return
        held = begun[at].setdefault(made, [])
        held.append(way)
        held.sort(key=lambda one: one.cost)
        del held[3:]

    def weigh(index: int, text: str) -> float:
        return columns[index].misfit(text) if index < len(columns) else 0.0

    for at in range(count):
        if not begun[at]:
            continue
        runs = _runs(pieces, at, dialect, width, join)
        for made, ways in sorted(begun[at].items()):
            left = count - at - (width - made)
            for way in ways:
                if not pieces[at].strip() and left > 0:
                    add(at + 1, made, _Way(way.cost + _DROPPED, way.fields,
                                           (*way.steps, "an empty field too many")))  # fmt: skip
                if made == width:
                    continue
                for end, readings in runs:
                    for texts, cost, step in readings:
                        if made + len(texts) > width or (len(texts) > 1 and not cuts):
                            continue
                        cost += sum(weigh(made + i, text) for i, text in enumerate(texts))
                        add(end, made + len(texts), _Way(way.cost + cost, (*way.fields, *texts),
                                                         (*way.steps, step) if step else way.steps))  # fmt: skip
    ends = []
    for made, ways in begun[count].items():
        for way in ways:
            missing = width - made
            if missing and made:
                cost = way.cost + _MISSING * missing
                cost += sum(weigh(index, "") for index in range(made, width))
                way = _Way(cost, (*way.fields, *[""] * missing), (*way.steps, "missing fields"))
            ends.append(way)
    return sorted(ends, key=lambda one: one.cost)[:8]


_Reading = tuple[tuple[str, ...], float, str]


def _runs(
    pieces: list[str], at: int, dialect: Dialect, width: int, join: float
) -> list[tuple[int, list[_Reading]]]:
    """Every run of pieces that begins here and may be one field or two, with its readings."""
    quote, first = dialect.quote, pieces[at]
    surplus = len(pieces) - width
    found = []
    for end in range(at + 1, min(at + _SPAN, len(pieces)) + 1):
        joined = end - at - 1
        if joined:
            if not quote or quote not in first:
                if joined > surplus or join * joined > _LIMIT:
                    break
            elif quote not in pieces[end - 1] and joined > max(surplus, 0):
                continue
        found.append((end, _readings(pieces[at:end], dialect, surplus, join)))
    return found


def _readings(pieces: list[str], dialect: Dialect, surplus: int, join: float) -> list[_Reading]:
    """The ways of reading adjacent pieces: as one field, or as two where a delimiter was lost.

    ``surplus`` is how many more pieces there are in the row than fields.
    """
    raw = dialect.delimiter.join(pieces)
    quote, joined = dialect.quote, len(pieces) - 1
    found: list[_Reading] = []
    if not quote or not raw.startswith(quote):
        if joined == 0:
            # Half of a pair: the other half may stand in the next piece, with the delimiter between.
            odd = raw.count(quote) % 2 if quote else 0
            found.append(((raw,), odd * (_HALF_END if raw.endswith(quote) else _HALF), ""))
        elif joined <= surplus and join * joined <= _LIMIT:
            glued = 1.5 if quote and quote in raw else 0.0
            found.append(
                ((raw,), join * joined + glued, "a delimiter inside a field without quotes")
            )
    elif len(raw) >= 2 * len(quote) and raw.endswith(quote):
        inner = raw[len(quote) : -len(quote)]
        rest = inner.replace(dialect.escape + quote if dialect.escape else quote * 2, "")
        strays = rest.count(quote)
        value = inner.replace(quote * 2, quote) if not strays or quote * 2 in inner else inner
        if strays == 0:
            found.append(((value,), 0.0, ""))
        else:
            # A quote beside a delimiter is more likely the end of a field than a part of it.
            ends = inner.count(quote + dialect.delimiter) + inner.count(dialect.delimiter + quote)
            cost = _STRAY + 0.1 * strays + 2.5 * ends
            found.append(((_unpaired(inner, quote),), cost, "quotation marks inside quotes"))
        if joined == 0 and not inner:
            found.append(((raw,), _LITERAL + 1.0, "a quotation mark that closes nothing"))
    else:
        if joined == 0:
            found.append(((raw,), _LITERAL, "a quotation mark that closes nothing"))
    found.extend(_cuts(raw, dialect, joined))
    return found


def _unpaired(inner: str, quote: str) -> str:
    """The text between the outer quotes: doubled quotes are one, single ones stay.

    A doubled one at the very end may be a sign of the text and its own closing mark: so it stays.
    """
    return inner.replace(quote * 2, quote)


def _cuts(raw: str, dialect: Dialect, joined: int) -> list[_Reading]:
    """Cut one text in two, where a delimiter may have been lost."""
    quote, what = dialect.quote, "a missing delimiter"
    found: list[_Reading] = []
    if quote:
        at = raw.find(quote, 1)
        while at > 0:
            before, after = raw[:at], raw[at:]
            if raw.startswith(quote):
                before, after = raw[: at + 1], raw[at + 1 :]
            parts = (_whole(before, dialect), _whole(after, dialect))
            if parts[0] is not None and parts[1] is not None:
                found.append(((parts[0], parts[1]), _CUT - 0.6, what))
            at = raw.find(quote, at + 1)
            if len(found) > 4:
                break
    if joined == 0 and quote not in raw[:1] and len(raw) <= 400:
        for at, further in _seams(raw):
            found.append(((raw[:at], raw[at:]), _CUT + further, what))
    return found


def _whole(text: str, dialect: Dialect) -> str | None:
    """The value of a text that is one field for certain, None where it is not."""
    quote = dialect.quote
    if not text.startswith(quote):
        return text if dialect.delimiter not in text and quote not in text else None
    if len(text) < 2 or not text.endswith(quote):
        return None
    inner = text[1:-1]
    if quote in inner.replace(quote * 2, ""):
        return None
    return inner.replace(quote * 2, quote)


_SEAM = re.compile(
    r"(?<=\d)(?=[^\W\d_])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[$€£])|(?<=[a-zà-ž])(?=[A-ZÀ-Ž])"
    r"|(?<=.)(?=https?://)"
)
_FAINT_SEAM = re.compile(r"(?<=\d)(?=\d)|(?<=\W)(?=\w)|(?<=\w)(?=\W)")


def _seams(raw: str) -> list[tuple[int, float]]:
    """Places where one value may end and the next begin, and how much less likely each is."""
    plain = {found.start(): 0.0 for found in _SEAM.finditer(raw)}
    faint = {found.start(): 0.5 for found in _FAINT_SEAM.finditer(raw)}
    return sorted({**faint, **plain}.items())[:_MOST_CUTS]
