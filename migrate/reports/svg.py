"""How do a few figures look as bars: readable in print, without colour, and without a script?

Every bar carries its figure as text; colours only help. They keep apart for colour-blind readers
(after Okabe and Ito), and neighbours are divided by a white line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from migrate.reports.summary import read_number

WIDTH = 760
PALETTE = ("#0B5FA5", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#C8401A", "#8A939C", "#F0E442")
DISPOSITION_COLOURS = {
    "created": "#0B5FA5", "updated": "#56B4E9", "unchanged": "#C3DBEC", "merged": "#009E73",
    "excluded": "#6B7785", "quarantined": "#E69F00", "failed": "#C8401A", "pending": "#CC79A7",
}  # fmt: skip
MAX_BARS = 40

_NEGATIVE = "#C8401A"
_INK, _QUIET, _RULE, _TRACK = "#1F2933", "#52606D", "#9AA8B5", "#EEF2F6"
_CHARACTER = 7.2  # width of an average character at 12px
_ROW, _BAR, _LEGEND = 26.0, 17.0, 20.0
_LONGEST_LABEL = 30


@dataclass(frozen=True)
class Bar:
    """One line of a chart: a label, a figure for each series (None: no figure), and their texts."""

    label: str
    values: tuple[float | None, ...]
    texts: tuple[str, ...]
    note: str = ""


def draw_bars(
    bars: Sequence[Bar], series: Sequence[str], *, title: str, colours: Sequence[str] = PALETTE
) -> str:
    """Draw horizontal bars, one for each series under each label, from a common zero.

    >>> drawing = draw_bars([Bar("Contact", (7.0,), ("7",))], ["rows"], title="Rows")
    >>> drawing.startswith("<svg"), ">Contact</text>" in drawing
    (True, True)
    """
    colours = _enough(colours, len(series))
    numbers = [value for bar in bars for value in bar.values if value is not None]
    low, high = min([0.0, *numbers]), max([0.0, *numbers])
    left, right = _margins([bar.label for bar in bars], [t for bar in bars for t in bar.texts])
    room = WIDTH - left - right
    scale = room / ((high - low) or 1.0)
    zero = left - low * scale
    height = _BAR if len(series) == 1 else 13.0
    parts, y = _legend(series, colours) if len(series) > 1 else ([], 4.0)
    top = y
    for bar in bars:
        middle = y + height * len(series) / 2
        parts.append(_label(bar.label, left, middle))
        for position, (value, text) in enumerate(zip(bar.values, bar.texts, strict=True)):
            bar_y = y + position * height
            if value is not None:
                size = max(abs(value) * scale, 1.0 if value else 0.0)
                x = zero if value >= 0 else zero - size
                is_loss = value < 0 and len(series) == 1
                colour = _NEGATIVE if is_loss else colours[position]
                tip = f"{bar.label}: {series[position]} {text}"
                parts.append(_rect(x, bar_y, size, height - 1, colour, tip))
            parts.append(_text(WIDTH - 2, bar_y + height / 2, text, anchor="end"))
        y += height * len(series) + (_ROW - _BAR)
    parts.append(_line(zero, top - 3, y - 5))
    return _svg(parts, y, title, _described(bars, series))


def draw_stacked(
    bars: Sequence[Bar],
    series: Sequence[str],
    *,
    title: str,
    colours: Sequence[str] = PALETTE,
    is_share: bool = False,
) -> str:
    """Draw one bar per label from the figures of all series; ``is_share`` makes all equally long.

    A figure that is not zero is never too thin to be seen. Negative figures stand left of zero.

    >>> bar = Bar("Contact", (3.0, 1.0), ("3", "1"), note="4")
    >>> draw_stacked([bar], ["created", "failed"], title="x", is_share=True).count("<rect")
    5
    """
    colours = _enough(colours, len(series))
    left, right = _margins([bar.label for bar in bars], [bar.note for bar in bars])
    room = WIDTH - left - right
    most = max([_sum(bar, positive=True) for bar in bars], default=0.0)
    least = max([_sum(bar, positive=False) for bar in bars], default=0.0)
    scale = room / ((most + least) or 1.0)
    zero = left + least * scale
    parts, y = _legend(series, colours)
    top = y
    for bar in bars:
        parts.append(_label(bar.label, left, y + _BAR / 2))
        if is_share:
            parts.append(_rect(left, y, room, _BAR, _TRACK, ""))
        full = room if is_share else (most + least) * scale
        sizes = _sizes(bar, room / (_sum(bar, positive=True) or 1.0) if is_share else scale, full)
        ends = {True: left if is_share else zero, False: zero}
        for position, size in enumerate(sizes):
            value, text = bar.values[position], bar.texts[position]
            if not value:
                continue
            x = ends[True] if value > 0 else ends[False] - size
            ends[value > 0] = x + size if value > 0 else x
            tip = f"{bar.label}: {series[position]} {text}"
            parts.append(_rect(x, y, size, _BAR, colours[position], tip, is_divided=True))
            if size >= len(text) * _CHARACTER + 8:
                ink = _ink_on(colours[position])
                parts.append(_text(x + size / 2, y + _BAR / 2, text, anchor="middle", ink=ink))
        parts.append(_text(WIDTH - 2, y + _BAR / 2, bar.note, anchor="end"))
        y += _ROW
    if least:
        parts.append(_line(zero, top - 3, y - 6))
    return _svg(parts, y, title, _described(bars, series))


def draw_heat(cells: Sequence[tuple[str, float, str]], *, title: str) -> str:
    """Draw one field per cell (label, share from 0 to 1, its text): the darker, the fuller.

    An empty field is crossed out, so that it shows without colour, too.

    >>> draw_heat([("a", 1.0, "100 %"), ("b", 0.0, "0 %")], title="Filled").count("<rect")
    2
    """
    size, gap, high = min(56.0, WIDTH / max(len(cells), 1)), 1.5, 26.0
    per_line = max(1, int(WIDTH // size))
    parts: list[str] = []
    for number, (label, part, text) in enumerate(cells):
        x, y = (number % per_line) * size, 2 + (number // per_line) * (high + gap)
        tip = f"{label}: {text}"
        parts.append(_rect(x, y, size - gap, high, _shade(part), tip))
        if part <= 0:
            parts.append(
                f'<line x1="{x:.1f}" y1="{y + high:.1f}" x2="{x + size - gap:.1f}" y2="{y:.1f}"'
                f' stroke="{_RULE}"/>'
            )
        elif size >= 40:
            ink = _ink_on(_shade(part))
            parts.append(_text(x + (size - gap) / 2, y + high / 2, text, anchor="middle", ink=ink))
    lines = (len(cells) + per_line - 1) // per_line
    said = "; ".join(f"{label}: {text}" for label, _, text in cells)
    return _svg(parts, lines * (high + gap) + 4, title, said)


def _shade(part: float) -> str:
    """A blue between nearly white and dark."""
    part = min(max(part, 0.0), 1.0)
    light, dark = (0xF3, 0xF6, 0xF9), (0x0B, 0x4F, 0x8A)
    return "#" + "".join(
        f"{round(low + (high - low) * part):02X}" for low, high in zip(light, dark, strict=True)
    )


def draw_table(table: Sequence[Sequence[str]], kind: str, *, title: str) -> str:
    """Draw a table of texts (header first; label, then figures); "" where it holds no figures.

    >>> draw_table([("year", "net"), ("0", "-10"), ("1", "25")], "bars", title="Cash").count("<rect")
    2
    >>> draw_table([("year", "net"), ("0", "unknown")], "bars", title="Cash")
    ''
    """
    header, *rows = table
    columns = [
        i
        for i in range(1, len(header))
        if any(i < len(row) and read_number(row[i]) is not None for row in rows)
    ]
    if not columns:
        return ""
    bars = []
    for row in rows[:MAX_BARS]:
        texts = tuple(row[i] if i < len(row) else "" for i in columns)
        values = tuple(read_number(text) for text in texts)
        bars.append(Bar(row[0] if row else "", values, texts))
    series = [header[i] for i in columns]
    if kind == "stacked":
        return draw_stacked(bars, series, title=title)
    return draw_bars(bars, series, title=title)


def _sizes(bar: Bar, scale: float, room: float) -> list[float]:
    """Give every figure at least three pixels, and take them from the longest."""
    sizes = [max(abs(value) * scale, 3.0) if value else 0.0 for value in bar.values]
    excess = sum(sizes) - room
    if excess > 0 and sizes:
        longest = max(range(len(sizes)), key=sizes.__getitem__)
        sizes[longest] = max(sizes[longest] - excess, 3.0)
    return sizes


def _sum(bar: Bar, *, positive: bool) -> float:
    return sum(abs(value) for value in bar.values if value and (value > 0) == positive)


def _enough(colours: Sequence[str], count: int) -> list[str]:
    return [colours[i % len(colours)] for i in range(count)]


def _margins(labels: Sequence[str], notes: Sequence[str]) -> tuple[float, float]:
    left = min(max(map(len, labels), default=0), _LONGEST_LABEL) * _CHARACTER + 12
    right = max(map(len, notes), default=0) * _CHARACTER + 12
    return left, right


def _legend(series: Sequence[str], colours: Sequence[str]) -> tuple[list[str], float]:
    parts, x, y = [], 0.0, 12.0
    for name, colour in zip(series, colours, strict=True):
        size = 18 + len(name) * _CHARACTER + 14
        if x + size > WIDTH and x:
            x, y = 0.0, y + _LEGEND
        parts.append(_rect(x, y - 6, 12, 12, colour, ""))
        parts.append(_text(x + 18, y, name, ink=_QUIET))
        x += size
    return parts, y + _LEGEND


def _label(text: str, left: float, middle: float) -> str:
    short = text if len(text) <= _LONGEST_LABEL else text[: _LONGEST_LABEL - 1] + "…"
    return _text(left - 8, middle, short, anchor="end")


def _text(x: float, y: float, text: str, *, anchor: str = "start", ink: str = _INK) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" dy=".35em" text-anchor="{anchor}" fill="{ink}">'
        f"{escape(text)}</text>"
    )


def _rect(
    x: float,
    y: float,
    width: float,
    height: float,
    colour: str,
    tip: str,
    *,
    is_divided: bool = False,
) -> str:
    line = ' stroke="#fff" stroke-width="1"' if is_divided else ""
    title = f"<title>{escape(tip)}</title>" if tip else ""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
        f' fill="{colour}"{line}>{title}</rect>'
    )


def _line(x: float, top: float, bottom: float) -> str:
    return f'<line x1="{x:.1f}" y1="{top:.1f}" x2="{x:.1f}" y2="{bottom:.1f}" stroke="{_RULE}"/>'


def _described(bars: Sequence[Bar], series: Sequence[str]) -> str:
    """What a screen reader says instead of the drawing."""
    lines = []
    for bar in bars:
        figures = (
            f"{name} {text}"
            for name, text, value in zip(series, bar.texts, bar.values, strict=True)
            if value
        )
        lines.append(f"{bar.label}: {', '.join(figures) or 'none'}")
    return "; ".join(lines)


def _svg(parts: Sequence[str], height: float, title: str, description: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" xmlns="http://www.w3.org/2000/svg"'
        f' aria-label="{escape(title)}: {escape(description)}" font-size="12">'
        + "".join(parts)
        + "</svg>"
    )


def _ink_on(colour: str) -> str:
    """Choose the text colour with more contrast on this background."""
    background = _luminance(colour)
    on_white = 1.05 / (background + 0.05)
    on_ink = (background + 0.05) / (_luminance(_INK) + 0.05)
    return "#FFFFFF" if on_white >= on_ink else _INK


def _luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
