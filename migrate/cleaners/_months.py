"""Which month does a name mean, in the languages that customers write dates in?"""

from __future__ import annotations

from functools import cache

from migrate.cleaners.text import fold

_LANGUAGES = "en sk cs de fr es it pl hu ru uk ro bg hr sl sr nl pt da sv nb fi el tr et lv lt sq mk bs ca gl eu is be id ms th vi".split()  # noqa: SIM905
_FEWEST_LETTERS = 3


def month_number(name: str, locale: str = "") -> int:
    """The month's number, 0 where the name is unknown or means two months.

    "listopad" is November in Czech and October in Croatian: the locale decides, or nobody.

    >>> month_number("marca"), month_number("Dec."), month_number("listopad")
    (3, 12, 0)
    >>> month_number("listopad", "cs_CZ")
    11
    """
    key = fold(name).strip(".")
    months = _names()
    language = locale.replace("-", "_").partition("_")[0].lower()
    own = months.get(language, {}).get(key)
    if own:
        return own
    found = {names[key] for names in months.values() if key in names}
    return found.pop() if len(found) == 1 else 0


@cache
def _names() -> dict[str, dict[str, int]]:
    from babel import Locale

    months: dict[str, dict[str, int]] = {}
    for language in _LANGUAGES:
        named = Locale.parse(language).months
        names = months.setdefault(language, {})
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in named[context][width].items():
                    key = fold(name).strip(".")
                    if len(key) >= _FEWEST_LETTERS and not any(char.isdigit() for char in key):
                        names.setdefault(key, number)
    months["en"]["sept"] = 9
    return months
