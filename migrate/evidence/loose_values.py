"""What does a raw text say, read here a second time, loosely and without the cleaners?

The readings are SQL macros, so that a million values cost seconds. They know much less than the
cleaners: where a text is beyond them they answer NULL, and the value is then not compared. What
they do read must agree with the target, or a rule turns red.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from babel.numbers import list_currencies

from migrate.specs.mapping import Block, FieldMap
from migrate.store import sets
from migrate.store.sets import literal
from migrate.values import TargetField

_INVISIBLE = r"[\x{0000}-\x{0008}\x{000E}-\x{001F}\x{007F}-\x{009F}\x{00AD}\x{200B}-\x{200F}\x{2060}\x{FEFF}]"
_BLANK = r"[\s\x{000B}\x{001C}-\x{001F}\x{0085}\x{00A0}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}]"
_MINUS = r"[\x{2212}\x{2010}-\x{2014}]"
# What may stand beside an amount: the signs that the cleaner of decimals knows, for one more or less
# would be told as a value that differs. The cleaners are not imported here; a test holds the lists
# against each other.
CURRENCY_SIGNS = frozenset(
    """$ ¢ £ ¥ € ₡ ₦ ₩ ₪ ₫ ₱ ₲ ₴ ₵ ₸ ₹ ₺ ₼ ₽ ₾ ฿ đ a$ c$ hk$ mx$ nt$ nz$ r$ s$ us$ czk eur euro fr ft
    gbp huf kr kč kčs lei pln rm rp sfr sk skk usd zł грн лв руб 人民币 元 円 원""".split()  # noqa: SIM905
)
_SIGNS = "|".join(  # the longest first, or "r$" would leave its "r"
    re.escape(sign) + (rf"(\.{_BLANK}*$)?" if sign.isalpha() else "")
    for sign in sorted(CURRENCY_SIGNS, key=lambda sign: (-len(sign), sign))
)
_NOISE = rf"({_BLANK}|[''’%]|{_SIGNS})"
_CODES = "|".join(sorted(list_currencies()))  # in capitals only: "5 all" is not five lek

_MACROS = (
    f"outer_trim(t) AS regexp_replace(t, '^{_BLANK}+|{_BLANK}+$', '', 'g')",
    f"seen(t) AS regexp_replace(nfc_normalize(t), '{_INVISIBLE}', '', 'g')",
    f"one_line(t) AS nullif(trim(regexp_replace(seen(t), '{_BLANK}+', ' ', 'g')), '')",
    "loose_text(t) AS lower(one_line(t))",
    "loose_compact(t) AS nullif(replace(loose_text(t), ' ', ''), '')",
    r"loose_words(t) AS nullif(trim(regexp_replace(replace(loose_text(t), '.', ''), '[^\pL\pN]+', "
    "' ', 'g')), '')",
    r"loose_email(t) AS nullif(lower(regexp_extract(seen(t), '[^\s<>;,|:()\x22]+@[^\s<>;,|:()\x22]+')), '')",
    r"first_phone(t) AS regexp_extract(regexp_replace(loose_text(t), '[.,]0+$', ''), "
    r"'\+?[\d(][\d\s()./-]*')",
    r"loose_phone(t) AS nullif(ltrim(regexp_replace(first_phone(t), '\D', '', 'g'), '0'), '')",
    "loose_code(t) AS nullif(ltrim(regexp_replace(loose_text(t), "
    r"'[\s\x{2013}\x{2014}-]|[.,]0+$', '', 'g'), '0'), '')",
    "loose_url(t) AS nullif(rtrim(regexp_replace(loose_text(t), '^(https?|ftp)://', ''), '/'), '')",
    # a number: the sign is in front, behind, or stands for brackets
    f"bare_number(t) AS regexp_replace(regexp_replace(lower(regexp_replace(seen(t), "
    f"'{_CODES}', '', 'g')), '{_NOISE}', '', 'g'), '{_MINUS}', '-', 'g')",
    r"signed_number(t) AS CASE WHEN regexp_full_match(t, '\(.*\)|.*-') AND NOT starts_with(t, '-') "
    "THEN '-' || trim(t, '()-') ELSE ltrim(t, '+') END",
    r"grouped(t, s, g) AS CASE WHEN regexp_full_match(t, '-?(\d+|\d{1,3}([' || g || ']\d{3})+)?' "
    r"|| '([' || s || ']\d*)?(e[+-]?\d{1,2})?') AND regexp_matches(t, '\d') THEN "
    "try_cast(replace(replace(t, g, ''), s, '.') AS DECIMAL(38, 10)) END",
    "number_in(t, s) AS CASE WHEN s = ',' THEN coalesce(grouped(t, ',', '.'), grouped(t, '.', ',')) "
    "ELSE coalesce(grouped(t, '.', ','), grouped(t, ',', '.')) END",
    # a lambda over a list of one names a value, which is then computed once
    "loose_decimal(t, s) AS list_transform([bare_number(t)], lambda bare: "
    "list_transform([signed_number(bare)], lambda number: number_in(number, s))[1])[1]",
    "day_text(y, m, d) AS try_cast(try_cast(lpad(y, 4, '0') || '-' || lpad(m, 2, '0') || '-' || "
    "lpad(d, 2, '0') AS DATE) AS VARCHAR)",
    "long_year(y) AS CASE WHEN length(y) = 2 THEN CASE WHEN y <= '49' THEN '20' ELSE '19' END || y "
    "ELSE y END",
    r"year_first(t) AS regexp_extract(t, '^(\d{4})[-./ ] ?(\d{1,2})[-./ ] ?(\d{1,2})\.?([T ,]|$)', "
    "['y', 'm', 'd'])",
    r"year_last(t) AS regexp_extract(t, '^(\d{1,2}) ?([-./ ]) ?(\d{1,2}) ?[-./ ] ?(\d{4}|\d{2})\.?"
    r"([T ,]|$)', ['a', 's', 'b', 'y'])",
    "swapped_day(p, o) AS o = 'mdy' AND try_cast(p.a AS INT) <= 12 OR o <> 'dmy' AND p.s <> '.' "
    "AND try_cast(p.a AS INT) <= 12 AND try_cast(p.b AS INT) > 12",
    "is_sure(p, o) AS o IN ('dmy', 'mdy') OR p.s = '.' OR p.a = p.b OR try_cast(p.a AS INT) > 12 OR try_cast(p.b AS INT) > 12",
    "day_in_order(p, o) AS CASE WHEN NOT is_sure(p, o) THEN NULL WHEN swapped_day(p, o) THEN "
    "day_text(long_year(p.y), p.a, p.b) ELSE day_text(long_year(p.y), p.b, p.a) END",
    r"serial_day(t, s) AS CASE WHEN s <> 'no' AND regexp_full_match(t, '[2-5]\d{4}([.,]\d+)?') THEN "
    "try_cast((CASE WHEN s = '1904' THEN DATE '1904-01-01' ELSE DATE '1899-12-30' END "
    "+ try_cast(left(t, 5) AS INT)) AS VARCHAR) END",
    "some_day(t, f, l, o, s) AS CASE WHEN f.y <> '' THEN day_text(f.y, f.m, f.d) "
    "WHEN l.y <> '' THEN day_in_order(l, o) "
    r"WHEN regexp_full_match(t, '(18|19|20|21)\d{6}') THEN day_text(left(t, 4), substr(t, 5, 2), "
    "right(t, 2)) ELSE serial_day(t, s) END",
    "real_day(d) AS CASE WHEN d NOT IN ('1753-01-01', '1899-12-30', '1899-12-31', '1900-01-01', "
    "'2999-12-31', '9999-12-31') AND d BETWEEN '1800-01-01' AND '2199-12-31' THEN d END",
    # an instant with a zone is another day in UTC: not compared here
    r"has_zone(t) AS regexp_matches(t, ':\d\d.*(z|utc|gmt|[+-]\d\d:?(\d\d)?)$')",
    "date_in(t, o, s) AS list_transform([{'t': t, 'f': year_first(t), 'l': year_last(t)}], "
    "lambda seen_as: list_transform([some_day(seen_as.t, seen_as.f, seen_as.l, o, s)], "
    "lambda day: real_day(day))[1])[1]",
    "loose_date(t, o, s) AS list_transform([upper(one_line(t))], lambda line: date_in(line, o, s))[1]",
    r"clock(t) AS CASE WHEN regexp_matches(t, '\d{1,2}[:.]\d\d.*[ap]\.?m') THEN NULL "
    r"WHEN regexp_matches(t, '[t ]\d{1,2}:\d\d') THEN lpad(regexp_extract(t, "
    r"'[t ](\d{1,2}):\d\d', 1), 2, '0') || ':' || regexp_extract(t, '[t ]\d{1,2}:(\d\d)', 1) "
    r"WHEN regexp_matches(t, ':|\d[.,]\d+$') AND NOT regexp_matches(t, '\d[.]\s?\d+[.]') THEN NULL "
    "ELSE '00:00' END",
    "moment_in(t, o, s) AS CASE WHEN NOT has_zone(t) THEN date_in(upper(t), o, s) || 'T' || clock(t) "
    "END",
    "loose_moment(t, o, s) AS list_transform([loose_text(t)], lambda line: moment_in(line, o, s))[1]",
    "same_phone(x, y) AS x = y OR (length(x) >= 6 AND ends_with(y, x)) OR (length(x) >= 9 AND "
    "length(y) >= 9 AND right(x, 9) = right(y, 9))",
    "same_words(x, y) AS list_has_all(string_split(x, ' '), string_split(y, ' '))",
)  # fmt: skip

_TRUE = [
    "1",
    "-1",
    "1.0",
    "true",
    "t",
    "yes",
    "y",
    "on",
    "x",
    "a",
    "áno",
    "ano",
    "j",
    "ja",
    "да",
    "oui",
    "sí",
    "si",
    "tak",
    "igen",
    "da",
    "pravda",
    "wahr",
    "vrai",
]
_FALSE = [
    "0",
    "0.0",
    "-0",
    "false",
    "f",
    "no",
    "n",
    "off",
    "nie",
    "ne",
    "nein",
    "нет",
    "non",
    "não",
    "nem",
    "ei",
    "nej",
    "nepravda",
    "falsch",
    "faux",
]


@dataclass(frozen=True)
class Kind:
    """How one kind of value is brought to a comparable form: SQL with ``{}`` for the text.

    ``same`` compares ``{x}`` (raw) with ``{y}`` (target). A kind without ``raw`` is *opaque*: only
    the plan's own value can be held against the target.
    """

    name: str
    raw: str = ""
    target: str = ""
    same: str = "{x} = {y}"

    @property
    def is_opaque(self) -> bool:
        return not self.raw


def create_macros(connection: sets.Connection) -> None:
    """Define the readings in the scratch database, unless it has them."""
    last = _MACROS[-1].partition("(")[0]
    if sets.run(connection, "SELECT 1 FROM duckdb_functions() WHERE function_name = ?", [last]):
        return
    for macro in _MACROS:
        sets.run(connection, f"CREATE OR REPLACE MACRO {macro}")


def kind_of(
    block: Block, field_map: FieldMap, field: TargetField, given: Mapping[str, Any], locale: str
) -> Kind:
    """How this mapped field is read here; ``given`` are the options that people declared."""
    cleaner = field_map.clean
    if field_map.lookup:
        return Kind("reference", "{}", "{}")
    if field_map.is_made:
        return MADE
    if field_map.combinations:
        return _TEXT
    if field_map.part != "value":
        is_name = cleaner == "person_name" and field_map.part in {"first_name", "last_name"}
        return _WORDS if is_name else _OPAQUE
    if field_map.values:
        return Kind("picklist", _translated(field_map), "{}")
    name = cleaner or (field.type if field_map.kind == "columns" else "")
    if name in {"decimal", "integer"}:
        sign = str(given.get("decimal") or _locale_sign(locale))
        amount = f"loose_decimal({{}}, {literal(sign)})::VARCHAR"
        return Kind("decimal", amount, "loose_decimal({}, '.')::VARCHAR")
    if name in {"date", "datetime"}:
        order = str(given.get("order") or _locale_order(locale))
        if form := str(given.get("format") or ""):
            order = _format_order(form)
            if not order:
                return _OPAQUE
        arguments = f"{literal(order)}, {literal(str(given.get('serials') or '1900'))}"
        if field.type == "datetime":
            return Kind("datetime", f"loose_moment({{}}, {arguments})", "left({}, 16)")
        return Kind("date", f"loose_date({{}}, {arguments})", "left({}, 10)")
    if name == "boolean":
        return Kind("boolean", _truth(given), "lower({})")
    return _BY_NAME.get(name, _OPAQUE if cleaner else _TEXT)


def difference(kind: Kind, x: str, y: str) -> str:
    """SQL that is true where raw and target disagree; both missing agree.

    >>> difference(Kind("text", "{}", "{}"), "x", "y")
    'CASE WHEN x IS NULL OR y IS NULL THEN x IS DISTINCT FROM y ELSE NOT (x = y) END'
    """
    same = kind.same.format(x=x, y=y)
    return (
        f"CASE WHEN {x} IS NULL OR {y} IS NULL THEN {x} IS DISTINCT FROM {y} ELSE NOT ({same}) END"
    )


_TEXT = Kind("text", "loose_text({})", "loose_text({})")
_WORDS = Kind("words", "loose_words({})", "loose_words({})", "same_words({x}, {y})")
_OPAQUE = Kind("opaque")
MADE = Kind("made")
"""A computed value: no text of the source says it, not even whether there is one."""

_PHONE = Kind("phone", "loose_phone({})", "loose_phone({})", "same_phone({x}, {y})")
_COMPACT = Kind("compact", "loose_compact({})", "loose_compact({})")
_CODE = Kind("code", "loose_code({})", "loose_code({})")
_BY_NAME: Mapping[str, Kind] = {
    "text": _TEXT, "long_text": _TEXT, "street": _TEXT, "picklist": _TEXT, "currency": _TEXT,
    "code": _CODE, "postcode": _CODE, "company": _COMPACT, "person_name": _WORDS, "phone": _PHONE,
    "email": Kind("email", "loose_email({})", "lower({})"),
    "url": Kind("url", "loose_url({})", "loose_url({})"),
}  # fmt: skip


def _format_order(form: str) -> str:
    """The order of day and month in a format that is read here; "" for any other format."""
    day = re.split(r"[T ]", form)[0]
    if re.fullmatch(r"%d([-./])%m\1%[yY]", day):
        return "dmy"
    if re.fullmatch(r"%m([-/])%d\1%[yY]", day):
        return "mdy"
    return "ymd" if re.fullmatch(r"%Y([-./])%m\1%d|%Y%m%d", day) else ""


def _translated(field_map: FieldMap) -> str:
    """The declared value map as SQL; a value that already is a target's stays."""
    pairs = {old.strip().casefold(): new for old, new in field_map.values.items()}
    keys = _listed(pairs)
    news = _listed(pairs.values())
    kept = "one_line({})" if field_map.unmapped == "keep" else "NULL"

    return (
        f"coalesce(list_transform([loose_text({{}})], lambda word: nullif({news}[list_position({keys}, "
        f"word)], ''))[1], CASE WHEN {{}} IN {_tuple(field_map.values.values())} THEN {{}} "
        f"ELSE {kept} END)"
    )


def _truth(given: Mapping[str, Any]) -> str:
    def words(key: str, own: Sequence[str]) -> str:
        more = given.get(key) or []
        listed = more if isinstance(more, list | tuple) else [more]
        return _tuple([*own, *(str(word).strip().casefold() for word in listed)])

    return (
        f"CASE WHEN loose_text({{}}) IN {words('true', _TRUE)} THEN 'true' "
        f"WHEN loose_text({{}}) IN {words('false', _FALSE)} THEN 'false' END"
    )


def _listed(values: Any) -> str:
    return "[" + ", ".join(literal(value) for value in values) + "]"


def _tuple(values: Any) -> str:
    return "(" + ", ".join(dict.fromkeys(literal(value) for value in values)) + ")"


def _locale_sign(locale: str) -> str:
    return "." if not locale or locale[:2] in {"en", "zh", "ja", "ko", "th", "he"} else ","


def _locale_order(locale: str) -> str:
    if not locale:
        return ""
    return "mdy" if locale.replace("-", "_") in {"en_US", "en"} else "dmy"
