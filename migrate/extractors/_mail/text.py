"""What does a header or a body of a message say, once its encodings are taken off?

Headers carry encoded words (RFC 2047), raw 8-bit letters, or both; charsets are labelled wrongly.
Each is read as what it says, else as UTF-8, else as the code page whose letters it has.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_tz
from html import unescape
from html.parser import HTMLParser

from migrate.extractors._byte_lines import LIKELY_PAGES, known_encoding
from migrate.extractors._contacts.vcard_values import unbased
from migrate.languages.alphabets import page_score

_WORD = re.compile(r"=\?([^?\s*]+)(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=")
_BETWEEN = re.compile(r"(=\?[^?\s]+\?[bBqQ]\?[^?]*\?=)\s+(?==\?[^?\s]+\?[bBqQ]\?[^?]*\?=)")
# Labels that mean a larger charset in practice (WHATWG Encoding, its table of labels).
_LARGER = {
    "iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030",
    "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "iso8859-11": "cp874",
}  # fmt: skip
_MOST_HTML = 2_000_000


def decode_text(content: bytes, charset: str) -> tuple[str, bool]:
    """Read bytes that claim a charset; the flag says that the claim is wrong.

    >>> decode_text("Žilina".encode("cp1250"), "utf-8")
    ('Žilina', True)
    >>> decode_text("Žilina".encode("utf-8"), "us-ascii")
    ('Žilina', True)
    """
    if content.isascii() and not charset.lower().startswith(("iso-2022", "utf-7", "utf-16", "hz")):
        return content.decode("ascii"), False
    name = known_encoding(charset) if charset else ""
    if name and name != "ascii":
        try:
            return content.decode(_LARGER.get(name, name)), False
        except UnicodeError:
            pass
    try:
        return content.decode("utf-8"), bool(charset)
    except UnicodeDecodeError:
        best = max(LIKELY_PAGES, key=lambda page: page_score(content[:20_000], page))
        return content.decode(best, "surrogateescape"), bool(charset)


def header_text(raw: bytes) -> str:
    """Read a header, folded or not, with or without encoded words.

    >>> header_text(b"=?UTF-8?Q?=C5=BDilina?= =?windows-1250?B?9fg=?=\\r\\n a b")
    'Žilinaőř a b'
    """
    text = decode_text(raw, "")[0]
    text = re.sub(r"\r?\n|\r", "", re.sub(r"(\r?\n|\r)[ \t]+", " ", text)).strip()
    return words_decoded(text)


def words_decoded(text: str) -> str:
    """Decode the encoded words of a text; white space between two of them goes.

    >>> words_decoded("=?iso-8859-1?q?caf=E9?= au lait"), words_decoded("=?x?b?broken")
    ('café au lait', '=?x?b?broken')
    """
    if "=?" not in text:
        return text
    pieces: list[str] = []
    pending, charset, end = b"", "", 0
    joined = _BETWEEN.sub(r"\1", text)
    for found in _WORD.finditer(joined):
        between = joined[end : found.start()]
        content = _word(found[2], found[3])
        if pending and (between or found[1].lower() != charset):
            pieces.append(decode_text(pending, charset)[0])
            pending = b""
        pieces.append(between)
        # A character may be cut between two words: bytes of one charset are read together.
        pending, charset, end = pending + content, found[1].lower(), found.end()
    pieces += [decode_text(pending, charset)[0], joined[end:]]
    return "".join(pieces)


def _word(encoding: str, text: str) -> bytes:
    raw = text.encode("utf-8", "surrogateescape")
    if encoding in "bB":
        return unbased(raw)
    return binascii.a2b_qp(raw, header=True)


def addresses(text: str) -> Iterator[tuple[str, str]]:
    """Give (name, address) of everybody in a list of recipients.

    >>> list(addresses('"Novák, Ján" <jan@example.com>, eva@example.com (Eva); undisclosed:;'))
    [('Novák, Ján', 'jan@example.com'), ('Eva', 'eva@example.com')]
    """
    for entry in _entries(text):
        found = re.fullmatch(r"(.*?)<([^<>]*)>[^<>]*", entry, re.DOTALL)
        if found:
            name, address = found[1], found[2]
        elif "@" in entry or "/o=" in entry.lower():
            comment = re.search(r"\(([^()]*)\)", entry)
            name = comment[1] if comment else ""
            address = re.sub(r"\([^()]*\)", "", entry)
        else:
            name, address = entry, ""
        name = words_decoded(_unquoted(name))
        address = re.sub(r"^(mailto|smtp):", "", address.strip(), flags=re.IGNORECASE)
        if name or address:
            yield name, address


def _entries(text: str) -> Iterator[str]:
    """Divide at commas and semicolons outside of quotes, brackets and comments."""
    start, is_quoted, depth, is_inside = 0, False, 0, False
    index = 0
    while index < len(text):
        character = text[index]
        if character == "\\" and (is_quoted or depth):
            index += 1
        elif character == '"' and not depth:
            is_quoted = not is_quoted
        elif is_quoted:
            pass
        elif character == "(":
            depth += 1
        elif character == ")":
            depth = max(depth - 1, 0)
        elif character == "<":
            is_inside = True
        elif character == ">":
            is_inside = False
        elif character == ":" and not is_inside and not depth and _is_group(text, start, index):
            start = index + 1
        elif character in ",;" and not depth and not (is_inside and character == ","):
            if text[start:index].strip():
                yield text[start:index].strip()
            start, is_inside = index + 1, False
        index += 1
    if text[start:].strip():
        yield text[start:].strip()


def _is_group(text: str, start: int, colon: int) -> bool:
    """Tell the name of a group ("undisclosed-recipients:;") from an address with a scheme."""
    return re.fullmatch(r"[\w .'-]+", text[start:colon].strip()) is not None and text[
        start:colon
    ].strip().lower() not in ("mailto", "smtp")


def _unquoted(name: str) -> str:
    plain = name.strip()
    if len(plain) >= 2 and plain[0] == plain[-1] and plain[0] in "\"'":
        plain = plain[1:-1]
    return re.sub(r"\\(.)", r"\1", plain).strip()


def moment(text: str) -> str:
    """Read a date of a header as ISO 8601 with its offset; "" for none.

    >>> moment("Fri, 1 Mar 2019 10:05:00 +0100 (CET)"), moment("Fri, 1 Mar 19 10:05 GMT")
    ('2019-03-01T10:05:00+01:00', '2019-03-01T10:05:00+00:00')
    >>> moment("Fri Mar  1 10:05:00 2019"), moment("yesterday")
    ('2019-03-01T10:05:00', '')
    """
    try:
        found = parsedate_tz(text[:200])
        if not found or found[0] < 1970:
            return ""
        plain = datetime(*found[:6])
        if found[9] is None or not _HAS_ZONE.search(text):
            return plain.isoformat()
        return plain.replace(tzinfo=timezone(timedelta(seconds=found[9]))).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError, KeyError, AttributeError):
        return ""


_HAS_ZONE = re.compile(r"[-+]\d{4}|\b[A-Z]{1,4}\b\)?\s*$|\bGMT\b|\bUTC\b|\bUT\b", re.IGNORECASE)


class _Text(HTMLParser):
    """Gathers what a browser would show."""

    _HIDDEN = frozenset({"script", "style", "head", "title", "template"})
    _LINES = frozenset(
        {"p", "div", "br", "tr", "li", "ul", "ol", "table", "blockquote", "hr", "pre",
         "h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "header", "footer"}
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._HIDDEN:
            self._hidden.append(tag)
        elif tag == "body":
            self._hidden.clear()  # a head that nobody closed
        elif tag in self._LINES:
            self.pieces.append("\n")
        elif tag in ("td", "th"):
            self.pieces.append("\t")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._hidden:
            del self._hidden[self._hidden.index(tag) :]
        elif tag in self._LINES and tag != "br":
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(re.sub(r"\s+", " ", data))


def text_of_html(html: str) -> str:
    """Give the text of a web page or an HTML message, with its lines and nothing hidden.

    >>> text_of_html("<style>p{}</style><p>Dobrý deň,<br>pán&nbsp;Novák</p><script>x()</script>")
    'Dobrý deň,\\npán Novák'
    """
    parser = _Text()
    try:
        parser.feed(html[:_MOST_HTML])
        parser.close()
        text = "".join(parser.pieces)
    except (AssertionError, ValueError, IndexError):
        text = unescape(re.sub(r"<[^<>]*>", " ", html[:_MOST_HTML]))
    text = text.replace("\u00a0", " ") + html[_MOST_HTML:]
    lines = (re.sub(r"[ \t\f\v]+", " ", line).strip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
