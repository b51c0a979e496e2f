"""Does this value say yes or no, and is that sure?"""

from __future__ import annotations

import pandas as pd

from migrate.cleaners._distinct import Reading, read_distinct
from migrate.cleaners.text import tidy
from migrate.values import UNREADABLE, Cleaned, Decision, Evidence

_TRUE_WORDS = (
    "1 -1 1.0 -1.0 true t yes y on x a áno ano j ja jo да д oui sí si sì tak так igen sim da ναι evet"
    " jah kyllä taip jā 是 oo ✓ ✔ ☑ ✅ pravda wahr vrai vero verdadero prawda はい 예 네 نعم כן हाँ हां"
    " ใช่ có ya waar checked"
)
_FALSE_WORDS = (
    "0 0.0 -0 -0.0 false f no n off nie ne nein нет н non não ні nem όχι οχι hayır ei nej nee nu nē"
    " 否 hindi ✗ ✘ ❌ ☐ nepravda falsch faux falso fałsz hayir いいえ 아니오 아니요 لا לא नहीं ไม่ใช่ không"
    " tidak onwaar unchecked"
)
_TRUE = frozenset(_TRUE_WORDS.split())
_FALSE = frozenset(_FALSE_WORDS.split())
# One letter may be a grade, a status or a size; it says yes only where the column holds no other.
_LETTER_PAIRS = (("s", "n"), ("o", "n"), ("v", "f"))


def clean_boolean(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Read yes and no in many languages as "true" and "false"; anything unknown is unreadable.

    Decision: ``true`` and ``false`` are lists of further spellings, ``unsure`` a list of spellings
    that this column must not read at all (all three default to none).

    >>> cleaned = clean_boolean(pd.Series(["Áno", "N", "maybe"]), companions=None, decision={})
    >>> cleaned.columns["value"].tolist(), cleaned.status.tolist()
    (['true', 'false', 'maybe'], ['changed', 'changed', 'unreadable'])
    """
    further = {key: _spellings(decision.get(key)) for key in ("true", "false", "unsure")}

    def read(text: str) -> Reading:
        key = tidy(text).casefold()
        says_true, says_false = key in further["true"], key in further["false"]
        if says_true != says_false:
            return Reading("true" if says_true else "false", "boolean_spelling")
        if says_true or key in further["unsure"]:
            return Reading(text, "unsure_boolean", UNREADABLE)
        if key in _TRUE:
            return Reading("true", "boolean_spelling")
        if key in _FALSE:
            return Reading("false", "boolean_spelling")
        return Reading(text, "not_a_boolean", UNREADABLE)

    return read_distinct(values, read)


def decide_boolean(evidence: Evidence) -> Decision:
    """Look whether single letters are a pair (S/N) or the letters of something else (A, B, C).

    >>> decide_boolean(Evidence(["A", "B", "C"], [5, 3, 1]))["unsure"]
    ['a']
    >>> decide_boolean(Evidence(["S", "N"], [5, 3]))["true"]
    ['s']
    """
    options = evidence.options
    true = sorted(_spellings(options.get("true")))
    false = sorted(_spellings(options.get("false")))
    keys = {tidy(value).casefold() for value in evidence.values} - {""}
    letters = {key for key in keys if len(key) == 1 and key.isalpha()}
    for yes, no in _LETTER_PAIRS:
        if letters == {yes, no} and yes not in {*true, *false}:
            true.append(yes)
    strange = letters - _TRUE - _FALSE - {*true, *false}
    unsure = sorted((letters & _TRUE) - {*true, *false}) if strange else []
    return {"true": true, "false": false, "unsure": unsure}


def _spellings(given: object) -> frozenset[str]:
    listed = given if isinstance(given, list | tuple | set | frozenset) else [given]
    return frozenset(tidy(str(one)).casefold() for one in listed if one is not None) - {""}
