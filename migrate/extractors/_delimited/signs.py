"""Are a file's bytes beyond ASCII no letters at all, but the signs that Windows programs write?

A plain English or technical export holds a few curly quotes, dashes, degrees or a registered mark.
They say nothing about a language; read in the page of some language they become its letters.
"""

from __future__ import annotations

import re

_LETTER = rb"A-Za-z\xc0-\xff"
_SURE = re.compile(
    rb"(?<=[A-Za-z])\x92(?=[A-Za-z])"  # don't
    rb"|(?<![%(letter)s])[\x84\x8b\x91\x93\xab](?=[\w(])"  # quotes open ...
    rb"|(?<=[\w.,!?)%%])[\x92\x93\x94\x9b\xbb](?![%(letter)s])"  # ... and close
    rb"|(?<=\s)[\x96\x97](?=\s)|(?<=\d)[\x96\x97](?=\d)"  # dashes
    rb"|(?<![%(letter)s])\x95(?=\s)"  # bullets
    rb"|(?:(?<=\d)|(?<=\d\s))\x80|[\x80\xa3\xa7\xb1](?=\s?\d)"  # money, paragraphs, tolerances
    rb"|(?<=\d)\xa0(?=\d)"  # a space between thousands
    rb"|(?<![%(letter)s])\xa9(?![%(letter)s])|(?<=[\w)])\xae(?![%(letter)s])"
    rb"|(?:(?<=[\dNn])|(?<=\d\s))\xb0(?![a-z\xc0-\xff])"  # degrees, numbers
    rb"|(?<![%(letter)s])\xb5(?=[mlgsAFVW])|(?<=[mM])[\xb2\xb3](?![%(letter)s])"  # units
    rb"|(?<![%(letter)s])[\xbc-\xbe](?![%(letter)s])|(?:(?<=\d)|(?<=\d\s))\xd7(?=\s?\d)"
    % {b"letter": _LETTER}
)
# In a DOS page these may well be letters at the end of a word: they count where others are sure.
_LIKELY = re.compile(
    rb"(?<=\w)[\x85\x99](?![%(letter)s])|(?<![%(letter)s])\xa0|\xa0(?![%(letter)s])"
    % {b"letter": _LETTER}
)
_OPENING = re.compile(rb"(?<![%(letter)s])[\x84\x93](?=[\w(])" % {b"letter": _LETTER})
_CLOSING = re.compile(rb"(?<=[\w.,!?)%%])[\x93\x94](?![%(letter)s])" % {b"letter": _LETTER})


def holds_only_signs(sample: bytes) -> bool:
    """Tell a text whose bytes beyond ASCII are Windows' signs, each where such a sign stands.

    >>> [holds_only_signs(t) for t in (b"don\\x92t", b"5 \\x96 7, 20\\xb0C", b"Ren\\xe9", b"Malm\\x94")]
    [True, True, False, False]
    """
    rest, count = _SURE.subn(b"", sample)
    if not count or not _is_balanced(sample):
        return False
    return rest.isascii() or _LIKELY.sub(b"", _SURE.sub(b".", sample)).isascii()


def _is_balanced(sample: bytes) -> bool:
    """Tell that quotes close which were opened: in DOS, the closing one is the letter o umlaut."""
    return len(_OPENING.findall(sample)) >= len(_CLOSING.findall(sample))
