"""How is this company's name written, and what of it is left for comparing?"""

from __future__ import annotations

import re
from functools import lru_cache

import pandas as pd

from migrate.cleaners._distinct import Reading, read_distinct
from migrate.cleaners._legal_forms import FORMS, GLUED, IN_FRONT, LENGTHS, WEAK
from migrate.cleaners.text import decide_mojibake, fold, reader_of, tidy
from migrate.values import Cleaned, Decision, Evidence

# "s. r. o.": single letters (or two, as in S.p.A.) with dots, with blanks that nobody needs.
_SPACED = re.compile(r"(?<![\w.])(?:[^\W\d_]\.\s+)+[^\W\d_]\.(?!\w)")
_DOTTED_FORMS = frozenset(
    ["sro", "as", "ks", "vos", "zs", "oz", "no", "sp", "ops", "oo", "ro", "doo", "dd", "sa", "sl",
     "bv", "nv", "spa", "srl", "αε", "επε", "οε", "εε", "ικε", "ad", "sas", "mbh"]
)  # fmt: skip
_DROPPED = re.compile(r"[.'’`´]")
_BORDER = re.compile(r"[^\w&/]+|(?<![a-z])/|/(?![a-z])")
_GLUED_SIGN = re.compile("|".join(re.escape(form) for form in GLUED))
_PARTS = ("core", "legal_form")


def clean_company(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Clean company names; ``core``, for match keys only, is folded and without the legal form.

    Decision: ``legal_form`` is "spacing" (default: blanks inside "s. r. o." go), "keep", or
    "standard" (written as its country writes it: "spol. s r.o." becomes "s.r.o."); the part
    ``legal_form`` always has the standard spelling. ``mojibake`` as for ``text``.

    >>> names = pd.Series(["  Novák  & syn, s. r. o.", "Łódź GmbH & Co. KG"])
    >>> clean_company(names, companions=None, decision={}).columns.values.tolist()
    [['Novák & syn, s.r.o.', 'novak & syn', 's.r.o.'], ['Łódź GmbH & Co. KG', 'lodz', 'GmbH & Co. KG']]
    """
    understood = reader_of(decision)
    policy = str(decision.get("legal_form") or "spacing")

    def read(text: str) -> Reading:
        typed = understood(text)
        name, rule = typed.text, typed.rule
        closed = _SPACED.sub(_closed_up, name) if ". " in name else name
        if policy != "keep" and closed != name:
            name, rule = closed, rule or "legal_form_spacing"
        core, form = _core_and_form(_words(closed), name)
        if policy == "standard" and form:
            written = _standardized(name, form)
            if written != name and tidy(written) == written:
                name, rule = written, "legal_form_standard"
        return Reading(name, rule, "", (core, form))

    return read_distinct(values, read, parts=_PARTS)


def decide_company(evidence: Evidence) -> Decision:
    """Find whether the column was read in a wrong encoding; the legal form is the mapping's."""
    policy = str(evidence.options.get("legal_form") or "spacing")
    return {
        **decide_mojibake(evidence),
        "legal_form": policy if policy in {"keep", "standard"} else "spacing",
    }


def company_core(name: str) -> str:
    """The name folded, without punctuation and legal form: for comparing, never for storing.

    >>> [company_core(n) for n in ("ACME, spol. s r.o.", "Acme a.s.", "ООО Ромашка", "AE Smith")]
    ['acme', 'acme', 'ромашка', 'ae smith']
    """
    typed = tidy(name)
    words = _words(_SPACED.sub(_closed_up, typed) if ". " in typed else typed)
    return _core_and_form(words, typed)[0]


def _core_and_form(words: list[str], name: str) -> tuple[str, str]:
    """What is left without the legal form, and the form's standard spelling, empty without one."""
    kept, form = words, ""
    while (length := _form_length(kept)) and length < len(kept):
        form = form or FORMS[tuple(kept[-length:])]
        kept = kept[:-length]
        while kept and kept[-1] in {"&", "und"}:
            kept = kept[:-1]
    if len(kept) > 1 and kept[0] in IN_FRONT:
        form = form or FORMS[(kept[0],)]
        kept = kept[1:]
    core = " ".join(kept or words)
    if not core.isascii() and _GLUED_SIGN.search(name):
        form = form or next((f for f in GLUED if name.endswith(f) or name.startswith(f)), "")
        for sign in GLUED:
            bare = core.removesuffix(sign).removeprefix(sign).strip()
            core = bare or core
    return core, form


def _standardized(name: str, form: str) -> str:
    """The name with its legal form, at the end, in the standard spelling."""
    pieces = name.split(" ")
    for start in range(1, len(pieces)):
        tail = _words(" ".join(pieces[start:]))
        if tail and FORMS.get(tuple(tail)) == form:
            return " ".join([*pieces[:start], form])
    return name


@lru_cache(maxsize=65_536)
def looks_like_company(name: str) -> bool:
    """Whether a name ends (or, in Russian, begins) with a legal form that no person bears.

    >>> [looks_like_company(n) for n in ("Acme s.r.o.", "Siemens AG", "Ján Novák", "Bob Co")]
    [True, True, False, False]
    """
    if not name.isascii() and _GLUED_SIGN.search(name):
        return True
    typed = tidy(name)
    words = _words(_SPACED.sub(_closed_up, typed) if ". " in typed else typed)
    if len(words) < 2:
        return False
    if words[0] in IN_FRONT - WEAK:
        return True
    length = _form_length(words)
    if not length or length == len(words):
        return False
    form = "".join(words[-length:])
    if form not in WEAK:
        return True
    last = name.split()[-1].strip("(),")
    if last.count(".") >= 2:
        return True
    return form in {"ag", "kg", "bv", "nv"} and last.isupper() and not name.isupper()


def _words(closed: str) -> list[str]:
    """The words of a name whose spaced legal form is closed up, folded and without dots."""
    words: list[str] = []
    for token in closed.split():
        words += _words_of_token(token)
    return words


@lru_cache(maxsize=100_000)
def _words_of_token(token: str) -> tuple[str, ...]:
    folded = fold(token)
    return (folded,) if folded.isalpha() else tuple(
        _BORDER.sub(" ", _DROPPED.sub("", folded)).split()
    )  # fmt: skip


def _form_length(words: list[str]) -> int:
    """How many words at the end are a legal form."""
    for length in LENGTHS.get(words[-1], ()) if words else ():
        if tuple(words[-length:]) in FORMS:
            return length
    return 0


def _closed_up(spaced: re.Match[str]) -> str:
    closed = "".join(spaced[0].split())
    return closed if fold(closed).replace(".", "") in _DOTTED_FORMS else spaced[0]
