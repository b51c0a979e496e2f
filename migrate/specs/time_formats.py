"""Can a date or a moment be read by this format, in the notation of ``strptime``?"""

from __future__ import annotations

import re
from datetime import datetime

DIRECTIVES = "dmyYHIpMSfjbBaAz"
"""What may stand after a percent sign; names of months and days are the English ones."""

DEFAULT_PIVOT = 49
"""Two-digit years up to this one are 20yy, the others 19yy; the same as in today's Excel."""

_DIRECTIVE = re.compile(r"%(.?)", re.DOTALL)


def format_problem(text: str) -> str:
    """What is wrong with a format, in words; empty when nothing is.

    >>> format_problem("%d.%m.%Y"), format_problem("%d.%m.%Q")
    ('', 'there is no %Q')
    >>> format_problem("DD.MM.YYYY")
    'there is no %d, %m or %Y in it'
    """
    found = [name for name in _DIRECTIVE.findall(text) if name != "%"]
    for name in found:
        if not name or name not in DIRECTIVES:
            return f"there is no %{name}"
        if found.count(name) > 1:
            return f"%{name} is given twice"
    if not found:
        return "there is no %d, %m or %Y in it"
    if not {"y", "Y"} & set(found):
        return "it has no year, %Y or %y"
    if not ({"d", "j"} & set(found)) or not ({"m", "b", "B", "j"} & set(found)):
        return "it has no day and month, %d and %m"
    return ""


def read_moment(text: str, form: str, pivot: int = DEFAULT_PIVOT) -> datetime | None:
    """The moment that a text says in a format without a problem; None when it is none.

    Years of two digits up to ``pivot`` are 20yy, the others 19yy.

    >>> read_moment(" 1.3.2019", "%d.%m.%Y")
    datetime.datetime(2019, 3, 1, 0, 0)
    >>> read_moment("31.2.2019", "%d.%m.%Y")
    >>> read_moment("1.3.55", "%d.%m.%y").year
    1955
    """
    try:
        when = datetime.strptime(text.strip(), form)
        if "%y" in form.replace("%%", ""):
            short = when.year % 100
            when = when.replace(year=short + (2000 if short <= pivot else 1900))
    except (ValueError, OverflowError):
        return None
    return when
