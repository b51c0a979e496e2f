"""What do the parts of an .xlsx say beside the cells: sheets, calendar, styles, comments?

The parts are small and read whole; the sheets themselves are scanned by :mod:`._workbook_scan`.
Names are compared without their namespace, so that strict and transitional files read alike.
"""

from __future__ import annotations

import colorsys
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree

_ZEROS = re.compile(r'[0 \\"-]*0[0 \\"-]*')
_DATE_LETTERS = re.compile(r"[ymdhs]", re.IGNORECASE)
_NOT_FORMAT = re.compile(r'"[^"]*"|\\.|_.|\[[^\]]*\]')
_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_LARGEST_PART = 64 << 20
# the fixed palette of old files, from index 8 on
_PALETTE = [
    "000000",
    "FFFFFF",
    "FF0000",
    "00FF00",
    "0000FF",
    "FFFF00",
    "FF00FF",
    "00FFFF",
    "800000",
    "008000",
    "000080",
    "808000",
    "800080",
    "008080",
    "C0C0C0",
    "808080",
    "9999FF",
    "993366",
    "FFFFCC",
    "CCFFFF",
    "660066",
    "FF8080",
    "0066CC",
    "CCCCFF",
    "000080",
    "FF00FF",
    "FFFF00",
    "00FFFF",
    "800080",
    "800000",
    "008080",
    "0000FF",
    "00CCFF",
    "CCFFFF",
    "CCFFCC",
    "FFFF99",
    "99CCFF",
    "FF99CC",
    "CC99FF",
    "FFCC99",
    "3366FF",
    "33CCCC",
    "99CC00",
    "FFCC00",
    "FF9900",
    "FF6600",
    "666699",
    "969696",
    "003366",
    "339966",
    "003300",
    "333300",
    "993300",
    "993366",
    "333399",
    "333333",
]
_THEME_ORDER = (1, 0, 3, 2, 4, 5, 6, 7, 8, 9, 10, 11)  # light and dark are swapped in the file


class XmlRefused(ValueError):
    """The XML declares entities, which no workbook does."""


@dataclass(frozen=True)
class Styles:
    """What the cell styles (by their index) show that values do not."""

    zeros: Mapping[int, int] = field(default_factory=dict)  # digits that the format shows
    fills: Mapping[int, str] = field(default_factory=dict)
    strikes: frozenset[int] = frozenset()
    days: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Part:
    """One sheet's place in the file, and its comments."""

    path: str
    comments: str = ""


@dataclass(frozen=True)
class Package:
    """The parts of an .xlsx."""

    parts: Mapping[str, Part]
    date_system: str = "1900"
    styles: Styles = Styles()
    defined: Mapping[str, str] = field(default_factory=dict)


def package_of(archive: zipfile.ZipFile) -> Package:
    """Read the small parts. Raises XmlRefused, ParseError or KeyError where they are damaged."""
    base = _main_part(archive)
    book = parsed(archive, base)
    folder = posixpath.dirname(base)
    related = relations(archive, base)
    parts: dict[str, Part] = {}
    for sheet in _all(book, "sheet"):
        target = related.get(_attribute(sheet, "id"), ("", ""))[1]
        if target:
            path = _joined(folder, target)
            comments = [
                _joined(posixpath.dirname(path), goal)
                for kind, goal in relations(archive, path).values()
                if kind == "comments"
            ]
            parts[sheet.get("name", "")] = Part(path, comments[0] if comments else "")
    flags = [_attribute(item, "date1904") for item in _all(book, "workbookPr")]
    styles = [goal for kind, goal in related.values() if kind == "styles"]
    themes = [goal for kind, goal in related.values() if kind == "theme"]
    theme = _theme(archive, _joined(folder, themes[0])) if themes else ()
    return Package(
        parts,
        "1904" if flags and flags[0] in ("1", "true", "on") else "1900",
        _styles(parsed(archive, _joined(folder, styles[0])), theme) if styles else Styles(),
        {item.get("name", ""): item.text or "" for item in _all(book, "definedName")},
    )


def parsed(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    """Parse a part; one that declares entities is refused, for it may unfold without end."""
    if archive.getinfo(name).file_size > _LARGEST_PART:
        raise XmlRefused(f"{name} is too large")
    data = archive.read(name)
    plain = data.replace(b"\0", b"")
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise XmlRefused(f"{name} declares entities")
    return ElementTree.fromstring(data)


def relations(archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Give what a part refers to: id -> (last word of the kind, target)."""
    folder, name = posixpath.split(part)
    path = posixpath.join(folder, "_rels", f"{name}.rels")
    if path not in archive.namelist():
        return {}
    return {
        item.get("Id", ""): (item.get("Type", "").rpartition("/")[2], item.get("Target", ""))
        for item in _all(parsed(archive, path), "Relationship")
        if item.get("TargetMode") != "External"
    }


def comments_of(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[str, str]]:
    """Give a sheet's comments: the cell's name, the text without its author's name."""
    for comment in _all(parsed(archive, part), "comment"):
        text = "".join(item.text or "" for item in _all(comment, "t"))
        yield comment.get("ref", ""), re.sub(r"^[^\n:]{1,60}:\s*\n", "", text).strip()


def _main_part(archive: zipfile.ZipFile) -> str:
    goals = [goal for kind, goal in relations(archive, "").values() if kind == "officeDocument"]
    return goals[0].lstrip("/") if goals else "xl/workbook.xml"


def _joined(folder: str, target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(
        posixpath.join(folder, target)
    )  # fmt: skip


def local(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition("}")[2]


def _all(element: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [item for item in element.iter() if local(str(item.tag)) == name]


def _one(element: ElementTree.Element, name: str) -> ElementTree.Element | None:
    return next((item for item in element if local(str(item.tag)) == name), None)


def _attribute(element: ElementTree.Element, name: str) -> str:
    return next((text for key, text in element.attrib.items() if local(key) == name), "")


# -- styles -----------------------------------------------------------------------------------


def digits_of(number_format: str) -> int:
    """How many digits a format shows at least, where it shows nothing but digits; else 0.

    >>> digits_of("00000"), digits_of("000 00"), digits_of("0.00"), digits_of("0"), digits_of("General")
    (5, 5, 0, 0, 0)
    """
    zeros = number_format.count("0")
    return zeros if zeros >= 2 and _ZEROS.fullmatch(number_format) else 0


def is_day_format(number_format: str) -> bool:
    """Tell whether a number format shows days.

    >>> is_day_format("d. mmmm yyyy"), is_day_format('0.00 "day"'), is_day_format("[Red]0"), is_day_format("@")
    (True, False, False, False)
    """
    plain = _NOT_FORMAT.sub("", number_format)
    return _DATE_LETTERS.search(plain.replace("General", "")) is not None


def _styles(root: ElementTree.Element, theme: tuple[str, ...]) -> Styles:
    formats = {
        _number(item.get("numFmtId")): item.get("formatCode", "") for item in _all(root, "numFmt")
    }
    fills, fonts = _one(root, "fills"), _one(root, "fonts")
    palette = _own_palette(root)
    colours = [_fill(item, theme, palette) for item in (fills if fills is not None else ())]
    struck = [_is_struck(item) for item in (fonts if fonts is not None else ())]
    cells = _one(root, "cellXfs")
    zeros: dict[int, int] = {}
    filled: dict[int, str] = {}
    strikes: set[int] = set()
    days: set[int] = set()
    for index, style in enumerate(cells if cells is not None else ()):
        number = _number(style.get("numFmtId"))
        shown = formats.get(number, "")
        if digits_of(shown):
            zeros[index] = digits_of(shown)
        if (number in _DATE_FORMATS and number not in formats) or is_day_format(shown):
            days.add(index)
        fill, font = _number(style.get("fillId")), _number(style.get("fontId"))
        if fill < len(colours) and colours[fill]:
            filled[index] = colours[fill]
        if font < len(struck) and struck[font]:
            strikes.add(index)
    return Styles(zeros, filled, frozenset(strikes), frozenset(days))


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0


def _is_struck(font: ElementTree.Element) -> bool:
    strike = _one(font, "strike")
    return strike is not None and strike.get("val", "1") not in ("0", "false")


def _own_palette(root: ElementTree.Element) -> list[str]:
    own = [item.get("rgb", "")[-6:].upper() for item in _all(root, "rgbColor")]
    return own[8:] if len(own) > 8 else list(_PALETTE)


def _fill(fill: ElementTree.Element, theme: tuple[str, ...], palette: list[str]) -> str:
    """The colour of a fill, "" for none and for white."""
    pattern = _one(fill, "patternFill")
    if pattern is None or pattern.get("patternType", "none") in ("none", "gray125"):
        return ""
    colour = _one(pattern, "fgColor")
    if colour is None:
        return ""
    found = ""
    if colour.get("rgb"):
        found = colour.get("rgb", "")[-6:].upper()
    elif colour.get("theme") is not None:
        index = _number(colour.get("theme"))
        if index < len(theme):
            found = _tinted(theme[index], colour.get("tint", "0"))
    elif colour.get("indexed") is not None:
        index = _number(colour.get("indexed")) % 64
        index = index - 8 if index >= 8 else index
        found = palette[index] if index < len(palette) else ""
    return "" if found == "FFFFFF" or not re.fullmatch("[0-9A-F]{6}", found) else found


def _tinted(colour: str, tint: str) -> str:
    """A theme's colour, lighter or darker by its tint."""
    try:
        amount = float(tint)
    except ValueError:
        amount = 0.0
    if not re.fullmatch("[0-9A-Fa-f]{6}", colour):
        return ""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4))
    hue, light, saturation = colorsys.rgb_to_hls(red, green, blue)
    light = light * (1 + amount) if amount < 0 else light * (1 - amount) + amount
    parts = colorsys.hls_to_rgb(hue, min(max(light, 0.0), 1.0), saturation)
    return "".join(f"{round(part * 255):02X}" for part in parts)


def _theme(archive: zipfile.ZipFile, name: str) -> tuple[str, ...]:
    if name not in archive.namelist():
        return ()
    for scheme in _all(parsed(archive, name), "clrScheme"):
        colours = []
        for item in scheme:
            shown = next(iter(item), None)
            if shown is not None:
                colours.append((shown.get("lastClr") or shown.get("val") or "").upper())
        if len(colours) == len(_THEME_ORDER):
            return tuple(colours[index] for index in _THEME_ORDER)
    return ()
