"""Which kinds of values could one text be, and which is it for certain?

For every kind two tests: ``could`` (nothing speaks against it) and ``surely`` (few other kinds look
like this). Cheap tests only: they run over a sample of the distinct values of every column.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from stdnum import iban, luhn
from stdnum.eu import vat
from stdnum.exceptions import ValidationError
from stdnum.pl import pesel

from migrate.cleaners.companies import looks_like_company
from migrate.cleaners.countries import country_code
from migrate.profiling._known_names import REGIONS, folded, is_city, is_given_name, is_language

Test = Callable[[str], bool]

_EMAIL = re.compile(r"(?:mailto:)?[^@\s<>;,]+@[^@\s<>;,]+\.[^@\s<>;,.]{2,}", re.IGNORECASE)
_MAILBOX = re.compile(
    r"[^@<>]*<[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+>|[^@\s;,]+@[^@\s;,]+\.\w+(?:\s*[;,/]\s*[^@\s;,]+@[^@\s;,]+\.\w+)+"
)
_URL = re.compile(r"(?:https?|ftp)://\S+|www\.\S+\.\S+", re.IGNORECASE)
_DOMAIN = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,10}(?:/\S*)?", re.IGNORECASE)
_PHONE = re.compile(
    r"(?:tel\.?:?|fax:?|mob\.?:?)?\s*[+(/]?\s*[0-9(](?:[0-9\s()/.\-–\u00a0]|\(0\)){4,26}[0-9]"
    r"(?:\s*(?:ext?\.?|x|kl\.?|klapka|linka|доб\.?|dw\.?|wew\.?|poste|int\.?|#)\s*[0-9]{1,6})?",
    re.IGNORECASE,
)
_GROUPED_PHONE = re.compile(
    r"(?:\+|00)[1-9][0-9\s()/.\-]{7,}|\(0?[0-9]{1,5}\)\s?[0-9]{2,4}[\s\-.][0-9\s\-.]{3,}|"
    r"[0-9]{3}[-.][0-9]{3}[-.][0-9]{4}|0[0-9]{1,4}[ /\-][0-9][0-9 \-]{4,}|"
    r"8 ?[(\- ]?[0-9]{3}[)\- ]{1,2}[0-9]{3}[\- ][0-9]{2}[\- ]?[0-9]{2}|[0-9]{3} [0-9]{3} [0-9]{3}|"
    r"0[0-9](?: [0-9]{2}){4}|[0-9]{2} [0-9]{3} [0-9]{2} [0-9]{2}"
)
_DAY = r"(?:[0-9]{4}[-/. ][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}(?:\. ?|/|-)[0-9]{1,2}(?:\. ?|/|-)(?:[0-9]{4}|[0-9]{2})\.?)"
_DATE = re.compile(rf"{_DAY}(?:[ T]0?0:00(?::00(?:[.,]0+)?)?)?(?:Z| ?UTC)?")
_CLOCK = r"[ ,T]+[0-9]{1,2}[:.][0-9]{2}(?:[:.][0-9]{2}(?:[.,][0-9]+)?)?(?: ?[AaPp]\.?[Mm]\.?)?(?: ?(?:Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{0,2}))?"
_DATETIME = re.compile(_DAY + _CLOCK)
_WORDY_DATE = re.compile(
    r"(?:[0-9]{1,2}(?:st|nd|rd|th|\.)? (?:de |of )?[^\W\d_]{3,12}\.?,? (?:de )?[0-9]{2,4}|"
    r"[0-9]{1,2}-[^\W\d_]{3}-[0-9]{2,4}|[^\W\d_]{3,12}\.? [0-9]{1,2},? [0-9]{4})(?: г\.?)?"
    rf"(?:{_CLOCK})?"
)
_ASIAN_DATE = re.compile(r"[0-9]{2,4} ?[年년] ?[0-9]{1,2} ?[月월] ?[0-9]{1,2} ?[日일].*")
_COMPACT_DATE = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_SERIAL = re.compile(r"[2-5][0-9]{4}(?:[.,][0-9]+)?")
_INTEGER = re.compile(r"[-+−]?(?:0|[1-9][0-9]{0,17})(?:[.,]0+)?")
_DECIMAL = re.compile(
    r"[-+−(]?(?:0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:[ .,'’\u00a0\u202f][0-9]{3})+|(?=[.,]))(?:[.,][0-9]+)?"
    r"(?:[eE][+-]?[0-9]+)?[-)]?"
)
_PERCENT = re.compile(
    r"[-+]?[0-9]{1,4}(?:[.,][0-9]+)?\s*(?:%|percent|pct|процент\w*)", re.IGNORECASE
)
_CURRENCY = (
    r"(?:€|\$|£|¥|₽|zł|zl|pln|kč|kc|czk|eur|usd|gbp|chf|huf|ft|sk|skk|rub|руб\.?|р\.|грн\.?|uah|lei|"
    r"ron|kr\.?|sek|nok|dkk|cad|aud|jpy|cny|inr|₹|tl|try|bgn|лв\.?|hrk|kn|rsd|din|元|円|원|r\$|t€|k€|us\$|₱|php|₫|฿|₦|₸|₼|₾|₡|₲|rm|rp|s\$|hk\$|nt\$|nz\$|mx\$)"
)
_MONEY = re.compile(
    rf"(?:(?:€|\$|£|¥|₽|₹|₱|₫|฿|₦|₸|₡|₲|[a-z]{{3}}(?<=eur|usd|gbp|chf|czk|pln|huf|rub|uah|php)|us\$|r\$|s\$|rm|rp)\s*[-−(]?[0-9][0-9 .,'’\u00a0\u202f]*\)?|"
    rf"[-−(]?[0-9][0-9 .,'’\u00a0\u202f]*\)?(?:,-|,--)?\s*(?:mio|mil|tis|tsd|mld|тыс|млн)?\.?\s*{_CURRENCY})",
    re.IGNORECASE,
)
_LOOSE_MONEY = re.compile(r"[-−(]?[0-9][0-9 .,'’\u00a0\u202f]*(?:,-)?\s*[^\W\d_]{0,5}\.?")
_UUID = re.compile(r"\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?", re.IGNORECASE)
_SALESFORCE = re.compile(r"(?=.*[0-9])(?=.*[A-Z])[a-zA-Z0-9]{15}(?:[A-Z0-5]{3})?")
_CODE = re.compile(r"(?=.*[0-9])[A-Za-zА-Я]{0,6}[-_./#]?[0-9A-Za-z]*[-_./]?[0-9]+[-_./0-9A-Za-z]*")
_LEADING_ZERO = re.compile(r"0[0-9]+")
_PLAIN_CODE = re.compile(r"\S{1,40}")
_STRICT_POSTCODE = re.compile(
    r"(?:[A-Z]{1,2}-)?(?:[0-9]{3} [0-9]{2}|[0-9]{2}-[0-9]{3}|[0-9]{5}-[0-9]{4}|[0-9]{4}-[0-9]{3}|"
    r"[0-9]{4} ?[A-Z]{2}|[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}|[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]|"
    r"〒?[0-9]{3}-[0-9]{4})",
    re.IGNORECASE,
)
_LOOSE_POSTCODE = re.compile(r"(?:[A-Z]{1,3}-)?[0-9]{3,7}(?:[.,]0)?", re.IGNORECASE)
_HOUSE = re.compile(
    r"(?:[^\W\d_].*?\s(?:č\. ?|nr\.? ?|no\.? ?|д\. ?)?[0-9]{1,5}(?:[/\-][0-9]{1,5})*\s?[A-Za-zА-я]?|"
    r"[0-9]{1,5}[A-Za-z]?(?:[/\-][0-9]+)?(?: bis| ter)?,? [^\W\d_].{2,})"
)
_STREET_WORDS = re.compile(
    r"\b(?:ul|ulica|ulice|ulici|nám|namestie|nábr|třída|trida|str|strasse|straße|weg|platz|allee|gasse|"
    r"street|st|avenue|ave|road|rd|boulevard|blvd|drive|dr|lane|ln|court|ct|way|square|sq|suite|ste|"
    r"floor|bldg|apt|unit|rue|place|impasse|quai|chemin|zi|bp|via|viale|piazza|corso|calle|avda|"
    r"avenida|plaza|rua|praça|travessa|utca|út|útja|tér|krt|straat|laan|plein|gracht|vej|gade|gatan|"
    r"gata|vägen|katu|tie|al|aleja|os|osiedle|pl|rynek|po box|pf|postfach|p\.o\.|ул|улица|пр|"
    r"проспект|пер|наб|ш|бульвар|б-р|вул|οδός|λεωφ|sok|sokak|cad|cadde|mah)\b\.?|"
    r"(?:strasse|straße|str\.|gasse|platz|weg|allee|straat|laan|gatan|vägen|katu|tie|utca|vej|gade|gata|ring)\b|"
    r"[路街道巷弄号號区區]|丁目|番地|[로길동] ?[0-9]",
    re.IGNORECASE,
)
_LETTERS_ONLY = re.compile(r"[^\W\d_][^\W\d_.'’`´\-– ]*(?:[.'’`´\-–, ]+[^\W\d_]+)*\.?")
_INITIALS = re.compile(
    r"(?:[^\W\d_]\.[- ]?)+ ?[^\W\d_]{2,}(?:-[^\W\d_]+)?|[^\W\d_]{2,}(?:-[^\W\d_]+)?,? (?:[^\W\d_]\. ?)+"
)
_SURNAME_END = re.compile(
    r".{2,}(?:ová|ova|ov|ev|ev[aá]|sk[iíýa]|ck[iíýa]|ská|ová|enko|vić|vic|wicz|czyk|son|sen|sson|ez|"
    r"mann|berg|stein|ák|ek|ík|ец|ов|ова|ев|ева|ин|ина|ский|ская|енко|ук|юк|πουλος|ίδης|άκης|οπούλου|oğlu|dze|yan)",
    re.IGNORECASE,
)
_CITY_SHAPE = re.compile(r"[^\W\d_][^\d@_]*(?: [0-9]{1,2})?")
_REGION_WORDS = re.compile(
    r"\b(?:kraj|okres|župa|county|region|région|province|provincia|state|land|kanton|canton|oblast|обл|"
    r"область|край|респ|республика|округ|область|woj|województwo|powiat|megye|voivodeship|département|"
    r"judet|județ|županija|län|fylke|prefecture|省|市|县|県|都|도)\b\.?|(?:skie|ckie|ský|ský kraj)$",
    re.IGNORECASE,
)


def _digits(text: str) -> int:
    return sum(character.isdigit() for character in text)


def _could_be_phone(text: str) -> bool:
    return bool(_PHONE.fullmatch(text)) and 6 <= _digits(text) <= 18 and not _is_date(text)


def _surely_phone(text: str) -> bool:
    return (
        bool(_GROUPED_PHONE.match(text))
        and _could_be_phone(text)
        and 7 <= _digits(text) <= 18
        and not _VATLIKE.fullmatch(text)
    )


_VATLIKE = re.compile(r"[0-9]{3}-[0-9]{3}-[0-9]{2}-[0-9]{2}")


def _is_date(text: str) -> bool:
    return bool(
        _DATE.fullmatch(text)
        or (_WORDY_DATE.fullmatch(text) and not _STREET_WORDS.search(text))
        or _ASIAN_DATE.fullmatch(text)
    )


def _could_be_date(text: str) -> bool:
    return bool(
        _is_date(text)
        or _DATETIME.fullmatch(text)
        or _COMPACT_DATE.fullmatch(text)
        or _SERIAL.fullmatch(text)
        or re.fullmatch(r"[0-9]{1,2}[./][0-9]{4}|0/0/00", text)
    )


@lru_cache(maxsize=65536)
def _is_vat(text: str) -> bool:
    try:
        vat.validate(text)
    except ValidationError:
        return bool(re.fullmatch(r"CHE-?[0-9]{3}\.?[0-9]{3}\.?[0-9]{3}( (MWST|TVA|IVA))?", text))
    return not text[:1].isdigit()


def _could_be_tax_id(text: str) -> bool:
    return 6 <= _digits(text) <= 18 and bool(
        re.fullmatch(r"(?:[A-Za-z]{2,3}[- ]?)?[A-Za-z]?[0-9][0-9A-Za-z .\-/]{4,20}(?: MWST)?", text)
    )


def _is_iban(text: str) -> bool:
    return len(text) > 14 and text[:2].isalpha() and iban.is_valid(text)


def _is_card(text: str) -> bool:
    digits = re.sub(r"[ -]", "", text)
    return (
        digits.isdigit()
        and len(digits) in (15, 16)
        and digits[0] in "3456"
        and luhn.is_valid(digits)
    )


_LOCAL_ACCOUNT = re.compile(r"(?:[0-9]{1,6}-)?[0-9]{2,10}/[0-9]{4}")


def is_birth_number(text: str) -> bool:
    """Tell whether a text is a number that a state gives to a person at birth.

    Czech and Slovak birth numbers, Polish PESEL and the written form of a US social security number.

    >>> [is_birth_number(text) for text in ("710319/2745", "44051401359", "536-90-4399", "2016")]
    [True, True, True, False]
    """
    if re.fullmatch(r"[0-9]{6}/[0-9]{3,4}", text):
        return 1 <= int(text[2:4]) % 50 % 20 <= 12 and 1 <= int(text[4:6]) <= 31
    if re.fullmatch(r"[0-9]{11}", text):
        return pesel.is_valid(text)
    return bool(re.fullmatch(r"(?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}", text))


def _could_be_account(text: str) -> bool:
    return _is_iban(text) or bool(
        re.fullmatch(r"[A-Za-z]{0,4}[0-9][0-9A-Za-z /\-]{4,40}", text) and _digits(text) >= 5
    )


def _words_of(text: str) -> list[str]:
    return re.split(r"[\s,]+", text.strip(" ,"))


def _could_be_name(text: str) -> bool:
    return bool(_LETTERS_ONLY.fullmatch(text) or _INITIALS.fullmatch(text)) and (
        len(text) <= 60 and len(text.split()) <= 6 and not looks_like_company(text)
    )


def _surely_person(text: str) -> bool:
    spoken = _words_of(text)
    if _INITIALS.fullmatch(text):
        return True
    return (
        2 <= len(spoken) <= 5
        and _could_be_name(text)
        and any(is_given_name(word) for word in spoken)
        and all(word[:1].isupper() or len(word) <= 3 for word in spoken)
    )


def _surely_first_name(text: str) -> bool:
    spoken = _words_of(text)
    return (
        len(spoken) <= 2
        and any(map(is_given_name, spoken))
        and all(is_given_name(word) or len(word.strip(".")) == 1 for word in spoken)
    )


def _could_be_one_name(text: str) -> bool:
    return _could_be_name(text) and len(text.split()) <= 3


def _surely_last_name(text: str) -> bool:
    return (
        len(text.split()) == 1
        and text[:1].isupper()
        and _could_be_name(text)
        and not is_given_name(text)
        and bool(_SURNAME_END.fullmatch(text))
    )


def _could_be_street(text: str) -> bool:
    return any(character.isalpha() for character in text) and len(text) <= 200 and "@" not in text


def _surely_street(text: str) -> bool:
    if not _could_be_street(text) or len(text) < 5 or _is_date(text) or len(text.split()) > 12:
        return False
    has_word = bool(_STREET_WORDS.search(text))
    if has_word:
        return bool(_HOUSE.match(text))
    ends_in_year = re.search(r"(?<![0-9])(?:19|20)[0-9]{2}$", text)
    return bool(_HOUSE.fullmatch(text)) and len(text) > 7 and not ends_in_year


def _surely_country(text: str) -> bool:
    return len(text) > 3 and bool(country_code(text))


def _could_be_region(text: str) -> bool:
    return _CITY_SHAPE.fullmatch(text) is not None and len(text.split()) <= 4


def _surely_region(text: str) -> bool:
    return folded(text) in REGIONS or bool(_REGION_WORDS.search(text) and _could_be_region(text))


def _is_code(text: str) -> bool:
    if _UUID.fullmatch(text) or _LEADING_ZERO.fullmatch(text) or _SALESFORCE.fullmatch(text):
        return True
    return bool(
        _CODE.fullmatch(text)
        and any(c.isalpha() for c in text)
        and sum(map(str.isalpha, text)) <= 8
        and not _DECIMAL.fullmatch(text)
        and " " not in text
    )


def _is_money(text: str) -> bool:
    return bool(_MONEY.fullmatch(text))


_YES_NO_WORDS = """
true false yes no y n t f áno nie ano ne ja nein tak oui non sí si sim não да нет є ні так
igen nem ναι όχι evet hayır on off checked unchecked wahr falsch vrai faux prawda fałsz 是 否 x
✓ ✔ j jo active inactive enabled disabled aktívny neaktívny aktivní neaktivní aktiv inaktiv 0
1 -1 + d dup はい いいえ 예 네 아니오 아니요 نعم لا כן לא हाँ हां नहीं ใช่ ไม่ใช่ có không ya tidak oo hindi waar onwaar
"""
_YES_NO = frozenset(_YES_NO_WORDS.split())
# Letters and short words that are many other things as well.
_UNSURE_YES_NO = "x + 0 1 -1 d dup f t on j si tak ne n y"
_SURE_YES_NO = _YES_NO - frozenset(_UNSURE_YES_NO.split())

COULD: dict[str, Test] = {
    "email": lambda text: bool(_EMAIL.fullmatch(text) or _MAILBOX.fullmatch(text)),
    "url": lambda text: bool(_URL.fullmatch(text) or _DOMAIN.fullmatch(text)),
    "phone": _could_be_phone,
    "date": _could_be_date,
    "datetime": lambda text: _could_be_date(text) or _ASIAN_DATE.match(text) is not None,
    "percent": lambda text: bool(_PERCENT.fullmatch(text) or _DECIMAL.fullmatch(text)),
    "money": lambda text: bool(_is_money(text) or _DECIMAL.fullmatch(text) or _LOOSE_MONEY.fullmatch(text)),
    "boolean": lambda text: text.casefold() in _YES_NO,
    "integer": lambda text: bool(_INTEGER.fullmatch(text)),
    "decimal": lambda text: bool(_DECIMAL.fullmatch(text)),
    "identifier": lambda text: bool(_PLAIN_CODE.fullmatch(text)) and "@" not in text,
    "postcode": lambda text: bool(_STRICT_POSTCODE.fullmatch(text) or _LOOSE_POSTCODE.fullmatch(text)),
    "country": lambda text: bool(country_code(text)),
    "language": is_language,
    "subdivision": _could_be_region,
    "city": lambda text: bool(_CITY_SHAPE.fullmatch(text)) and len(text.split()) <= 6,
    "street": _could_be_street,
    "company": lambda text: any(map(str.isalpha, text)) and len(text) <= 160 and "@" not in text,
    "first_name": _could_be_one_name,
    "last_name": _could_be_one_name,
    "person_name": _could_be_name,
    "tax_id": _could_be_tax_id,
    "bank_account": _could_be_account,
    "category": lambda text: len(text) <= 60,
    "long_text": lambda text: any(map(str.isalpha, text)),
    "text": lambda text: True,
}  # fmt: skip
"""Nothing in the value speaks against its being of the kind."""

SURELY: dict[str, Test] = {
    "email": COULD["email"],
    "url": lambda text: bool(_URL.fullmatch(text)),
    "phone": _surely_phone,
    "date": lambda text: _is_date(text) and not _DATETIME.fullmatch(text),
    "datetime": lambda text: bool(_DATETIME.fullmatch(text) and not _DATE.fullmatch(text)),
    "percent": lambda text: bool(_PERCENT.fullmatch(text)),
    "money": _is_money,
    "boolean": lambda text: text.casefold() in _SURE_YES_NO,
    "integer": COULD["integer"],
    "decimal": lambda text: bool(_DECIMAL.fullmatch(text)),
    "identifier": _is_code,
    "postcode": lambda text: bool(_STRICT_POSTCODE.fullmatch(text)),
    "country": _surely_country,
    "language": lambda text: len(text) > 3 and is_language(text),
    "subdivision": _surely_region,
    "city": is_city,
    "street": _surely_street,
    "company": looks_like_company,
    "first_name": _surely_first_name,
    "last_name": _surely_last_name,
    "person_name": _surely_person,
    "tax_id": _is_vat,
    "bank_account": lambda text: _is_iban(text) or _is_card(text) or (
        bool(_LOCAL_ACCOUNT.fullmatch(text)) and not is_birth_number(text)),
}  # fmt: skip
"""Few other kinds of values look like this."""
