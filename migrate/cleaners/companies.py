"""How is this company's name written, and what of it is left for comparing?"""

from __future__ import annotations

import re

import pandas as pd

from migrate.cleaners._distinct import Reading, read_distinct
from migrate.cleaners.text import decide_mojibake, fold, reader_of, tidy
from migrate.values import Cleaned, Decision, Evidence

# Legal forms as folded words without dots. They are cut from the end of a name, longest first.
_FORMS = """
    sro|s r o|spol s ro|spol s r o|as|a s|ks|vos|zs|oz|no|sp|se|ops|zu|akc spol
    gmbh|g m b h|ggmbh|gmbh co kg|gmbh & co kg|gmbh und co kg|co kg|& co kg|ag|ag & co kg|kg|kgaa
    ohg|gbr|ug|ug haftungsbeschrankt|ev|eg|eu|keg|og|mbh
    inc|incorporated|corp|corporation|llc|l l c|llp|lp|ltd|limited|co|company|co ltd|co inc|plc|pty
    pty ltd|pte|pte ltd|sdn bhd|pvt ltd|private limited|cic|cio
    sa|sas|sasu|sarl|eurl|sci|scop|snc|srl|srls|spa|sapa|scarl|sl|slu|sau|ltda|lda|sa de cv|sc|eireli
    bv|b v|nv|n v|vof|cv|bvba|sprl|asbl|vzw|ab|a b|hb|aps|a/s|asa|is|oy|oyj|ky|ou|as|uab|sia|mb|ik
    kft|kkt|zrt|nyrt|rt|bt|ev|nkft|sp z oo|sp z o o|spzoo|spolka z oo|sp k|sp j|sp p|psa
    doo|d o o|dd|dno|jdoo|ood|eood|ad|ead|pfa|scs|sca
    αε|α ε|επε|ε π ε|οε|ο ε|εε|ε ε|ικε|ι κ ε|ооо|оао|зао|пао|ао|ип|нко|тов|пп|прат|пат
"""
_PHRASES = frozenset(
    tuple(phrase.split()) for line in _FORMS.split("\n") for phrase in line.strip().split("|")
) - {()}
_LONGEST = max(len(phrase) for phrase in _PHRASES)
# These stand in front of the name in Russian and Ukrainian.
_IN_FRONT = frozenset({"ооо", "оао", "зао", "пао", "ао", "ип", "нко", "тов", "пп", "прат", "пат"})
_GLUED = (
    "股份有限公司",
    "有限责任公司",
    "有限公司",
    "株式会社",
    "有限会社",
    "合同会社",
    "주식회사",
)
# Too short, or a word or surname as well: no proof of a company unless it is written with dots.
_WEAK = frozenset(
    [
        "as",
        "ks",
        "zs",
        "oz",
        "no",
        "sp",
        "se",
        "zu",
        "co",
        "sa",
        "sc",
        "sl",
        "ab",
        "hb",
        "is",
        "ky",
        "ou",
        "mb",
        "ik",
        "bt",
        "rt",
        "ev",
        "eg",
        "eu",
        "og",
        "ug",
        "cv",
        "dd",
        "ad",
        "nv",
        "bv",
        "lp",
        "company",
        "limited",
        "cio",
        "cic",
        "sci",
        "sca",
        "scs",
        "oe",
        "ee",
        "ип",
        "пп",
        "ао",
        "spa",
        "aps",
        "og",
        "kg",
        "ag",
        "ops",
        "keg",
    ]
)
# "s. r. o.": single letters (or two, as in S.p.A.) with dots, with blanks that nobody needs.
_SPACED = re.compile(r"(?<![\w.])(?:[^\W\d_]\.\s+)+[^\W\d_]\.(?!\w)")
_DOTTED_FORMS = frozenset(
    ["sro", "as", "ks", "vos", "zs", "oz", "no", "sp", "ops", "oo", "ro", "doo", "dd", "sa", "sl",
     "bv", "nv", "spa", "srl", "αε", "επε", "οε", "εε", "ικε", "ad", "sas", "mbh"]
)  # fmt: skip
_DROPPED = re.compile(r"[.'’`´]")
_BORDER = re.compile(r"[^\w&/]+|(?<![a-z])/|/(?![a-z])")


def clean_company(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Clean company names; ``core``, for match keys only, is folded and without the legal form.

    Decision: ``mojibake`` as for ``text``.

    >>> names = pd.Series(["  Novák  & syn, s. r. o.", "Łódź GmbH & Co. KG"])
    >>> clean_company(names, companions=None, decision={}).columns.values.tolist()
    [['Novák & syn, s.r.o.', 'novak & syn'], ['Łódź GmbH & Co. KG', 'lodz']]
    """

    understood = reader_of(decision)

    def read(text: str) -> Reading:
        typed = understood(text)
        name = _SPACED.sub(_closed_up, typed.text)
        rule = typed.rule or "legal_form_spacing"
        return Reading(name, rule, "", (company_core(name),))

    return read_distinct(values, read, parts=("core",))


def decide_company(evidence: Evidence) -> Decision:
    """Find whether the column was read in a wrong encoding."""
    return decide_mojibake(evidence)


def company_core(name: str) -> str:
    """The name folded, without punctuation and legal form: for comparing, never for storing.

    >>> [company_core(n) for n in ("ACME, spol. s r.o.", "Acme a.s.", "ООО Ромашка", "AE Smith")]
    ['acme', 'acme', 'ромашка', 'ae smith']
    """
    words = _words(name)
    kept = words
    while (length := _form_length(kept)) and length < len(kept):
        kept = kept[:-length]
        while kept and kept[-1] in {"&", "und"}:
            kept = kept[:-1]
    if len(kept) > 1 and kept[0] in _IN_FRONT:
        kept = kept[1:]
    core = " ".join(kept or words)
    for form in _GLUED:
        bare = core.removesuffix(form).removeprefix(form).strip()
        core = bare or core
    return core


def looks_like_company(name: str) -> bool:
    """Whether a name ends (or, in Russian, begins) with a legal form that no person bears.

    >>> [looks_like_company(n) for n in ("Acme s.r.o.", "Siemens AG", "Ján Novák", "Bob Co")]
    [True, True, False, False]
    """
    if any(form in name for form in _GLUED):
        return True
    words = _words(name)
    if len(words) < 2:
        return False
    if words[0] in _IN_FRONT - _WEAK:
        return True
    length = _form_length(words)
    if not length or length == len(words):
        return False
    form = "".join(words[-length:])
    if form not in _WEAK:
        return True
    last = name.split()[-1].strip("(),")
    if last.count(".") >= 2:
        return True
    return form in {"ag", "kg", "bv", "nv"} and last.isupper() and not name.isupper()


def _words(name: str) -> list[str]:
    closed = _SPACED.sub(_closed_up, tidy(name))
    return _BORDER.sub(" ", _DROPPED.sub("", fold(closed))).split()


def _form_length(words: list[str]) -> int:
    """How many words at the end are a legal form."""
    for length in range(min(_LONGEST, len(words)), 0, -1):
        if tuple(words[-length:]) in _PHRASES:
            return length
    return 0


def _closed_up(spaced: re.Match[str]) -> str:
    closed = "".join(spaced[0].split())
    return closed if fold(closed).replace(".", "") in _DOTTED_FORMS else spaced[0]
