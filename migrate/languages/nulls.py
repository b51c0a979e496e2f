"""Which texts mean that there is nothing? As databases, programs and people write it.

Such a text is counted and shown, never blanked unasked: "NA" is also Namibia, and "-" may be an
answer.
"""

from __future__ import annotations

_WORDS = """
    NULL Null null (null) (NULL) <null> <NULL> \\N \\\\N nil Nil NIL None none NaN nan NAN #N/A #N/A!
    #NULL! N/A n/a N/A. n/a. N.A. n.a. NA n.a n.v.t. k.A. k.a. - -- --- – — . .. ... ? ?? ??? x xx xxx
    XXX 0000-00-00 0000-00-00T00:00:00 00.00.0000 00/00/0000 1900-01-01 1899-12-30 1899-12-31
    9999-12-31 9999-99-99 01.01.1900 31.12.9999 1/1/1900 12/31/9999 #REF! #VALUE! #DIV/0! #NAME?
    unknown Unknown UNKNOWN undefined neznáme neznámy neznámé nezadané nezadáno brak nieznany
    unbekannt inconnu desconocido sconosciuto desconhecido неизвестно нет άγνωστο 无 未知
"""

NULL_SPELLINGS = frozenset(_WORDS.split()) | {
    "0000-00-00 00:00:00",
    "1900-01-01 00:00:00",
    "1/0/00",
    "0/0/00",
    "not available",
    "no data",
}
