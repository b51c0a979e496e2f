"""Which lines of a contact file belong to which card?

One broken line must not lose a card, and one broken card must not lose its neighbours: a card ends
at its END, at the next BEGIN, or at the end of the file, and lines outside of all cards are told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from migrate.extractors._byte_lines import byte_lines

_BEGIN = re.compile(rb"(\s*)(?:[\w-]+\.)?BEGIN\s*:\s*VCARD\s*$", re.IGNORECASE)
_END = re.compile(rb"\s*(?:[\w-]+\.)?END\s*:\s*VCARD\s*$", re.IGNORECASE)
_AGENT = re.compile(rb"\s*AGENT\b[^:]*:\s*$", re.IGNORECASE)
_VERSION = re.compile(rb"\s*VERSION[^:]*:\s*([\d.]+)", re.IGNORECASE)
_QUOTED_PRINTABLE = re.compile(rb"[^:]*;(ENCODING=)?\"?QUOTED-PRINTABLE\"?\s*[;:]", re.IGNORECASE)
_BASE64 = re.compile(rb"[^:]*;(ENCODING=)?\"?(BASE64|B)\"?\s*[;:]", re.IGNORECASE)
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/]+={0,2}\s*")
_MOST_NESTED = 10
_MOST_OUTSIDE_LINES = 1000


@dataclass(frozen=True)
class RawCard:
    """The lines of a card as they stand in the file, without BEGIN and END.

    ``problem`` is "", "not_closed" or "not_opened"; ``agent_of`` the line of the card it is in.
    """

    line: int
    lines: list[tuple[int, bytes]] = field(default_factory=list)
    problem: str = ""
    agent_of: int = 0

    @property
    def version(self) -> str:
        found = (_VERSION.match(text) for _, text in self.lines)
        return next((match[1].decode() for match in found if match), "")


@dataclass(frozen=True)
class Outside:
    """Lines that belong to no card."""

    line: int
    text: bytes


def raw_cards(path: Path) -> Iterator[RawCard | Outside]:
    """Cut a file into cards; an agent's card comes out of the card it is in, behind it."""
    opened: list[tuple[RawCard, bytes]] = []  # with the white space that BEGIN stands behind
    inside: list[RawCard] = []  # agents of a card that goes on
    outside: list[tuple[int, bytes]] = []
    for number, line in byte_lines(path):
        begin = _BEGIN.match(line)
        if begin and not (opened and line[:1].isspace() and begin[1] != opened[-1][1]):
            if outside:
                yield from _flushed(outside)
            is_agent = bool(opened) and _ends_with_agent(opened[-1][0])
            if opened and not (is_agent and len(opened) < _MOST_NESTED):
                yield from _unclosed(opened, inside)
            parent = opened[-1][0].line if opened else 0
            opened.append((RawCard(number, agent_of=parent), begin[1]))
        elif _END.match(line):
            if opened:
                inside.append(opened.pop()[0])
                if not opened:
                    yield from reversed(inside)
                    inside.clear()
            elif any(b":" in text for _, text in outside):
                yield RawCard(outside[0][0], list(outside), "not_opened")
                outside.clear()
            else:
                yield from _flushed([*outside, (number, line)])
                outside.clear()
        elif opened:
            card, indent = opened[-1]
            card.lines.append((number, line.removeprefix(indent)))
        elif line.strip(b" \t\0\x1a"):
            outside.append((number, line))
            if len(outside) >= _MOST_OUTSIDE_LINES:
                yield from _flushed(outside)
    yield from _flushed(outside)
    yield from _unclosed(opened, inside)


def _ends_with_agent(card: RawCard) -> bool:
    last = next((text for _, text in reversed(card.lines) if text.strip()), b"")
    return _AGENT.match(last) is not None


def _unclosed(opened: list[tuple[RawCard, bytes]], inside: list[RawCard]) -> Iterator[RawCard]:
    inside += [replace(card, problem="not_closed") for card, _ in reversed(opened)]
    yield from reversed(inside)
    opened.clear()
    inside.clear()


def _flushed(outside: list[tuple[int, bytes]]) -> Iterator[Outside]:
    if outside:
        yield Outside(outside[0][0], b"\n".join(text for _, text in outside))
        outside.clear()


def count_cards(path: Path) -> int:
    """Count the cards by their BEGIN and END lines alone."""
    count = 0
    depth, is_agent, has_content, indent = 0, False, False, b""
    waiting = 0
    for _, line in byte_lines(path):
        begin = _BEGIN.match(line)
        if begin and not (depth and line[:1].isspace() and begin[1] != indent):
            count += 1
            depth = depth + 1 if is_agent and depth < _MOST_NESTED else 1
            indent, has_content, is_agent, waiting = begin[1], False, False, 0
        elif _END.match(line):
            count += depth == 0 and has_content
            depth, has_content, is_agent, waiting = max(depth - 1, 0), False, False, 0
        elif depth:
            is_agent = _AGENT.match(line) is not None if line.strip() else is_agent
        elif line.strip(b" \t\0\x1a"):
            waiting += 1
            has_content = has_content or b":" in line
            if waiting >= _MOST_OUTSIDE_LINES:
                waiting, has_content = 0, False
    return count


def unfolded(card: RawCard) -> Iterator[tuple[int, bytes]]:
    """Join the folded lines of a card: each property with the number of its first line.

    vCard 2.1 folds where a space is and keeps it; 3.0 and 4.0 put one space in, which goes again
    (RFC 2426 section 2.6, RFC 6350 section 3.2). A quoted-printable value goes on behind "=".
    Base64 goes on in lines without a space where a writer forgot it.
    """
    keeps_space = card.version == "2.1"
    start, pieces = 0, list[bytes]()
    is_quoted = is_base64 = False
    for number, line in card.lines:
        if pieces and is_quoted and pieces[-1].endswith(b"="):
            pieces[-1] = pieces[-1][:-1]
            pieces.append(line.rstrip())
        elif not line.strip():
            continue
        elif pieces and line[:1] in b" \t":
            pieces.append(line if keeps_space and not (is_base64 or is_quoted) else line[1:])
        elif pieces and is_base64 and _BASE64_LINE.fullmatch(line):
            pieces.append(line)
        else:
            if pieces:
                yield start, b"".join(pieces)
            start, pieces = number, [line]
            is_quoted = _QUOTED_PRINTABLE.match(line) is not None
            is_base64 = not is_quoted and _BASE64.match(line) is not None
            if is_quoted:
                pieces = [line.rstrip()]
    if pieces:
        yield start, b"".join(pieces)
