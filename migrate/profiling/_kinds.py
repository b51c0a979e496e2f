"""Which type do the texts of a column have? As expressions for DuckDB over a column ``v``."""

from __future__ import annotations

from migrate.profiling.assessment import Kind

_TEXT = "trim(v)"
_ISO = r"[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}"
_LOCAL = r"[0-9]{1,2}(\. ?|/|-)[0-9]{1,2}(\. ?|/|-)[0-9]{4}"
_MIDNIGHT = r"([ T]0?0:00(:00([.,]0+)?)?)?"
_CLOCK = r"([ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?( ?(Z|UTC|[+-][0-9:]{2,6}))?)?"
_HOURS = r"(?:[ T]+([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?))?"
_PHONE = r"[+(]?[0-9(][0-9 ()/.\x{A0}-]{5,22}[0-9]"
_TRUE = ("true", "yes", "y", "t", "1", "-1", "on", "x", "áno", "ano", "a", "ja", "j", "tak", "да",
         "active", "aktívny", "aktivny", "aktívna", "enabled", "igen", "oui", "ναι", "是")  # fmt: skip
_FALSE = ("false", "no", "n", "f", "0", "off", "nie", "ne", "nein", "нет", "inactive", "neaktívny",
          "neaktivny", "neaktívna", "disabled", "nem", "non", "gone", "left", "όχι", "否")  # fmt: skip
SENTINELS = (
    "null", "\\n", "n/a", "na", "n.a.", "#n/a", "none", "nil", "-", "--", "---", ".", "?", "??",
    "x", "xx", "xxx", "tbd", "unknown", "neznámy", "neznáme", "unbekannt", "nieznany", "неизвестно",
    "0000-00-00", "0000-00-00 00:00:00", "1899-12-30", "1900-01-01", "1900-01-01 00:00:00",
    "1.1.1900", "01.01.1900", "9999-12-31", "31.12.9999", "#ref!", "#value!", "#name?", "#div/0!",
)  # fmt: skip
# UTF-8 read as a Western, Central European or Cyrillic code page, and what no code page could read.
_SIGNS = "€‚„…†‡‰Š‹ŚŤŽŹ‘’“”•–—™š›śťžź\u00a0ˇ˘Ł¤Ą¦§¨©Ş«¬®Ż°±˛ł´µ¶·¸ąş»Ľ˝ľż"
_CYRILLIC = "ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—™љ›њќћџ\u00a0ЎўЈ¤Ґ¦§Ё©Є«¬®Ї°±Ііґµ¶·ё№є»јЅѕї"
MOJIBAKE = (
    rf"[ÃÂ][\x{{80}}-\x{{BF}}]|[ÄÅĂĹ][\x{{80}}-\x{{BF}}{_SIGNS}]|â€|Ð[\x{{80}}-\x{{BF}}]|\x{{FFFD}}|"
    rf"([РС][{_CYRILLIC}]){{2}}"
)

ORDER: tuple[Kind, ...] = (
    "boolean", "integer", "decimal", "date", "datetime", "email", "url", "phone",
)  # fmt: skip


def listed(values: tuple[str, ...]) -> str:
    """Write texts as a list for SQL."""
    return "(" + ", ".join("'" + value.replace("'", "''") + "'" for value in values) + ")"


def _full(pattern: str) -> str:
    quoted = pattern.replace("'", "''")
    return f"regexp_full_match({_TEXT}, '{quoted}')"


def is_placeholder() -> str:
    """Write the condition that a value stands for nothing."""
    longest = max(map(len, SENTINELS)) + 10
    return f"CASE WHEN strlen(v) <= {longest} THEN lower({_TEXT}) IN {listed(SENTINELS)} ELSE false END"


def conforms(kind: Kind, *, says_phone: bool = False) -> str:
    """Write the condition that a value is of a kind.

    A number with leading zeros is a code, not a number; digits alone are a phone number only where
    the column's name says so.
    """
    if kind == "boolean":
        return f"lower({_TEXT}) IN {listed(_TRUE + _FALSE)}"
    if kind == "integer":
        return _full(r"-?(0|[1-9][0-9]{0,17})")
    if kind == "decimal":
        return _full(
            r"-?(0|[1-9][0-9]*)([.,][0-9]+)?|-?[1-9][0-9]{0,2}([ .,'\x{A0}\x{202F}][0-9]{3})+([.,][0-9]{1,4})?"
        )
    if kind == "date":
        return _full(rf"({_ISO}|{_LOCAL}){_MIDNIGHT}")
    if kind == "datetime":
        return _full(rf"({_ISO}|{_LOCAL}){_CLOCK}")
    if kind == "email":
        return _full(r"[^@\s<>;,]+@[^@\s<>;,]+\.[^@\s<>;,]+")
    if kind == "url":
        return _full(r"(?i)(https?://|www\.)\S+")
    if kind == "phone":
        digits = f"length(regexp_replace({_TEXT}, '[^0-9]', '', 'g'))"
        start = "true" if says_phone else f"left({_TEXT}, 1) IN ('+', '0', '(')"
        return (
            f"{_full(_PHONE)} AND {digits} BETWEEN 7 AND 15 AND {start} AND NOT {conforms('date')}"
        )
    return "true"


def sort_key(kind: Kind, *, month_first: bool = False) -> str:
    """Write the expression by which the values of a kind are compared."""
    if kind == "integer":
        return f"TRY_CAST({_TEXT} AS HUGEINT)"
    if kind == "decimal":
        return f"""TRY_CAST(CASE
            WHEN strpos({_TEXT}, ',') > strpos({_TEXT}, '.')
            THEN replace(regexp_replace({_TEXT}, '[^0-9,-]', '', 'g'), ',', '.')
            ELSE regexp_replace({_TEXT}, '[^0-9.-]', '', 'g') END AS DOUBLE)"""
    if kind in ("date", "datetime"):
        return moment(month_first=month_first)
    return "v"


def moment(*, month_first: bool = False) -> str:
    """Write the expression that reads a date, with its time where it has one."""
    # What begins with its year is read by a cast alone; the others are turned round first.
    iso = f"TRY_CAST(left({_TEXT}, 19) AS TIMESTAMP)"
    sign = r"(?:\. ?|/|-)"
    local = rf"^([0-9]{{1,2}}){sign}([0-9]{{1,2}}){sign}([0-9]{{4}}){_HOURS}.*$"
    year_first = rf"^([0-9]{{4}})[-/.]([0-9]{{1,2}})[-/.]([0-9]{{1,2}}){_HOURS}.*$"
    orders = (r"\3-\1-\2 \4", r"\3-\2-\1 \4")
    readings = [
        f"TRY_CAST(trim(regexp_replace({_TEXT}, '{local}', '{order}')) AS TIMESTAMP)"
        for order in (orders if month_first else orders[::-1])
    ]
    turned = rf"regexp_replace({_TEXT}, '{year_first}', '\1-\2-\3 \4')"
    last = f"TRY_CAST(trim({turned}) AS TIMESTAMP)"
    return f"coalesce({iso}, {', '.join(readings)}, {last})"


def is_true() -> str:
    """Write the condition that a value says yes."""
    return f"lower({_TEXT}) IN {listed(_TRUE)}"


def is_false() -> str:
    """Write the condition that a value says no."""
    return f"lower({_TEXT}) IN {listed(_FALSE)}"
