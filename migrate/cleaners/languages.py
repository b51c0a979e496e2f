"""Which language, as a BCP 47 tag, does a name or code in any common language mean?"""

from __future__ import annotations

import re
from functools import cache, lru_cache

import pandas as pd

from migrate.cleaners._distinct import Reading, read_distinct
from migrate.cleaners.text import fold, tidy
from migrate.values import UNREADABLE, Cleaned, Decision, Evidence

_NAMED_IN = (
    "en sk cs de fr es it pl hu ru uk ro bg hr sl sr nl pt da sv nb fi et lv lt el tr sq mk ca ga "
    "eu gl be he ar fa hi th vi id zh zh_Hant ja ko"
)
# Written for the language by people who think of the country; none of them is an ISO 639 code.
_COUNTRY_CODES = {
    "cz": "cs", "gr": "el", "dk": "da", "jp": "ja", "cn": "zh", "ua": "uk", "gb": "en-GB",
    "us": "en-US", "usa": "en-US", "at": "de-AT", "tw": "zh-TW", "mx": "es-MX", "vn": "vi",
    "eng": "en", "ger": "de", "svk": "sk", "cze": "cs", "rus": "ru", "esp": "es", "ital": "it",
    "angl": "en", "nem": "de", "fran": "fr", "deu": "de", "ned": "nl", "port": "pt",
}  # fmt: skip
_ALIASES = {
    "anglicky": "en", "nemecky": "de", "německy": "de", "slovensky": "sk", "česky": "cs",
    "cesky": "cs", "madarsky": "hu", "polsky": "pl", "rusky": "ru", "francuzsky": "fr",
    "spanielsky": "es", "taliansky": "it", "ukrajinsky": "uk", "mandarin": "zh", "cantonese": "yue",
    "farsi": "fa", "flemish": "nl-BE", "vlaams": "nl-BE", "castellano": "es", "castilian": "es",
    "brazilian": "pt-BR", "american": "en-US", "british": "en-GB", "american english": "en-US",
    "british english": "en-GB", "uk english": "en-GB", "us english": "en-US",
    "schweizerdeutsch": "gsw", "norwegian": "no", "norsk": "no", "norwegisch": "no",
    "norcina": "no", "norstina": "no", "bokmal": "nb", "simplified chinese": "zh-Hans",
    "traditional chinese": "zh-Hant", "chinese (simplified)": "zh-Hans",
    "chinese (traditional)": "zh-Hant", "简体中文": "zh-Hans", "繁體中文": "zh-Hant", "中文": "zh",
    "汉语": "zh", "日本語": "ja", "한국어": "ko", "gaelic": "ga", "moldovan": "ro", "hebrejsky": "he",
}  # fmt: skip
_TAG = re.compile(
    r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|[0-9]{3}))?(?:\.[\w-]+)?"
)
_SEPARATOR = re.compile(r"\s*[;,/|+&\n]\s*|\s+(?:and|und|et|a|i|y|e|и)\s+")
_LISTED = re.compile(r"[,;/|?&+]")
_NOISE = re.compile(r"[^\w()]+")
_LANGUAGE_WORD = re.compile(
    r"\s+(?:language|jazyk|jezyk|nyelv|язык|мова|sprache)$|^(?:jazyk|jezyk|lingua|langue|lengua)\s+"
)


@lru_cache(maxsize=4096)
def language_tag(text: str) -> str:
    """The BCP 47 tag of a language's name or code, empty when it is not sure.

    >>> [language_tag(name) for name in ("Slovenčina", "ger", "EN_us", "CZ", "Klingonese")]
    ['sk', 'de', 'en-US', 'cs', '']
    """
    name = tidy(text)
    key = _NOISE.sub(" ", fold(name)).strip()
    alias = _ALIASES.get(key) or _ALIASES.get(name.casefold()) or _COUNTRY_CODES.get(key)
    if alias:
        return alias
    codes, names = _index()
    found = _TAG.fullmatch(name)
    if found and (code := codes.get(found[1].lower())):
        return "-".join(
            part for part in (code, (found[2] or "").title(), (found[3] or "").upper()) if part
        )
    if (len(key) < 4 and key.isascii()) or _LISTED.search(name):
        return ""
    bare = _LANGUAGE_WORD.sub("", key)
    return names.get(key) or names.get(bare) or _ALIASES.get(bare, "")


def clean_language(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Read languages as BCP 47 tags: names in many languages, codes of two and three letters.

    Of several languages the first is the value, the others are in the part ``others``. Decision:
    ``aliases`` is a map spelling -> tag that goes before everything else (default: empty).

    >>> cleaned = clean_language(
    ...     pd.Series(["Deutsch", "EN / slovensky", "?"]), companions=None, decision={}
    ... )
    >>> cleaned.columns.values.tolist(), cleaned.rule.tolist()
    ([['de', nan], ['en', 'sk'], ['?', nan]], ['language_name', 'first_of_list', 'unknown_language'])
    """
    given = decision.get("aliases")
    pairs = given.items() if isinstance(given, dict) else ()
    aliases = {tidy(str(name)).casefold(): str(tag) for name, tag in pairs if tag}

    def tag(text: str) -> str:
        return aliases.get(tidy(text).casefold()) or language_tag(text)

    def read(text: str) -> Reading:
        found = tag(text)
        if found:
            return Reading(found, "language_name")
        tags = [tag(piece) for piece in _SEPARATOR.split(tidy(text)) if piece]
        if len(tags) < 2 or not all(tags):
            return Reading(text, "unknown_language", UNREADABLE)
        return Reading(tags[0], "first_of_list", "", ("; ".join(tags[1:]),))

    return read_distinct(values, read, parts=("others",))


def decide_language(evidence: Evidence) -> Decision:
    """Take ``aliases`` from the mapping; nothing else is to decide."""
    given = evidence.options.get("aliases")
    pairs = given.items() if isinstance(given, dict) else ()
    return {"aliases": {str(name): str(tag) for name, tag in pairs}}


@cache
def _index() -> tuple[dict[str, str], dict[str, str]]:
    """Codes of two and three letters and folded names, each with its shortest tag."""
    from babel import Locale
    from babel.core import get_global

    english = {tag: name for tag, name in Locale.parse("en").languages.items() if len(tag) <= 3}
    codes = {tag: tag for tag in english if tag not in {"mul", "und", "zxx", "mis"}}
    aliases = get_global("language_aliases").items()
    codes |= {a: tag for a, tag in aliases if len(a) == 3 and a.isalpha() and tag in english}
    found: dict[str, set[str]] = {}
    for language in _NAMED_IN.split():
        for tag, name in Locale.parse(language).languages.items():
            if tag in codes:
                found.setdefault(_NOISE.sub(" ", fold(name)).strip(), set()).add(tag)
    names = {name: min(tags) for name, tags in found.items() if len(tags) == 1 and len(name) > 1}
    names.update({_NOISE.sub(" ", fold(name)).strip(): tag for tag, name in english.items()
                  if tag in codes})  # fmt: skip
    return codes, names
