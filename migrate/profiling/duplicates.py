"""How many rows of a table repeat another one, and how many hold nothing or somebody's trials?

Whole rows are compared by a 64-bit hash. Rows that are probably the same person or company are
estimated by keys that survive a change of spelling; nobody has looked at them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from migrate.profiling._kinds import listed
from migrate.profiling.assessment import ColumnProfile, Duplicates, Likeness
from migrate.profiling.scratch import Stored, figure
from migrate.store.duck import Connection

_MOST_ALIKE = 20  # rows: what more of them share is a switchboard or a shared mailbox
_LEAST_DISTINCT = 0.5  # of an e-mail column: below, it tells whose an activity is
_FEWEST_COLUMNS = 3
_MOST_TRIALS = 1_000
_NAMED = ("person_name", "first_name", "last_name", "company")
_TRIAL = (
    r"te[sz]t(ing|er|ovac[ií]|ovan[iý]|ov[aá]|[0-9]*)?( (te[sz]t|account|user|company|firma|kontakt|klient|"
    r"contact|customer|lead|person|osoba)[0-9]*)?|asdf\w*|qwert[yz]\w*|dummy.*|foo|foo ?bar|"
    r"sk[uú][sš]ka|skuska.*|pokus|pr[oó]ba|xyz|abc|te[sz]t[0-9]*@.*|.*@te[sz]t\.\w+|тест.*|проба"
)


@dataclass(frozen=True)
class _Method:
    name: str
    columns: tuple[str, ...]
    key: str


def find_duplicates(
    connection: Connection, stored: Stored, columns: Sequence[ColumnProfile], key: Sequence[str]
) -> Duplicates:
    """Count rows that repeat an earlier one: exactly, in all but the key, and by their likeness."""
    if stored.rows < 2:
        return Duplicates()
    used = [column for column in columns if column.filled]
    unique = {column.name for column in used if column.distinct == column.filled == stored.rows}
    exact = _repeated(connection, stored, [column.name for column in used], unique)
    others = [
        column.name
        for column in used
        if column.name not in key
        and not (column.distinct == stored.rows and column.meaning.type == "identifier")
    ]
    but_key = 0
    if key and len(others) >= _FEWEST_COLUMNS:
        but_key = _repeated(connection, stored, others, unique)
    likenesses, estimated = _alike(connection, stored, columns)
    return Duplicates(exact, but_key, tuple(likenesses), estimated)


def _repeated(
    connection: Connection, stored: Stored, names: Sequence[str], unique: Set[str]
) -> int:
    """Count the rows beyond the first of each kind; rows that hold nothing are not counted."""
    if not names or not unique.isdisjoint(names):
        return 0
    listed = ", ".join(stored.listed(names))
    return figure(
        connection,
        f"SELECT count(*) - count(DISTINCT h) FROM (SELECT hash({listed}) AS h FROM {stored.view}"
        f" WHERE coalesce({listed}) IS NOT NULL)",
    )


def _alike(
    connection: Connection, stored: Stored, columns: Sequence[ColumnProfile]
) -> tuple[list[Likeness], int]:
    """Count by each method the groups of rows alike and their rows beyond the first, and the rows
    that any method finds. The keys are read once, and kept as hashes."""
    first: dict[str, ColumnProfile] = {}
    for column in sorted(columns, key=lambda column: -column.filled):
        if column.filled:
            first.setdefault(column.meaning.type, column)
    name_columns, name = _name(stored, first)
    methods = list(_methods(stored, first, name_columns)) if name else []
    if not methods:
        return [], 0
    keys = ", ".join(
        f"CASE WHEN {method.key} IS NOT NULL THEN hash({method.key}) END AS k{number}"
        for number, method in enumerate(methods)
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE keys AS SELECT i, {keys} FROM"
        f" (SELECT *, CASE WHEN length({name}) >= 5 THEN"
        f" hash(list_sort(string_split({name}, ' '))) END AS named FROM {stored.view})"
    )
    likenesses = []
    connection.execute("CREATE OR REPLACE TEMP TABLE repeats (i BIGINT)")
    for number, method in enumerate(methods):
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE firsts AS SELECT k{number} AS h, min(i) AS i, count(*) AS n"
            f" FROM keys WHERE k{number} IS NOT NULL GROUP BY 1"
            f" HAVING count(*) BETWEEN 2 AND {_MOST_ALIKE}"
        )
        connection.execute(
            f"INSERT INTO repeats SELECT keys.i FROM keys JOIN firsts ON keys.k{number} = firsts.h"
            " WHERE keys.i > firsts.i"
        )
        groups, rows = connection.execute(
            "SELECT count(*), coalesce(sum(n) - count(*), 0) FROM firsts"
        ).fetchall()[0]
        if rows:
            likenesses.append(Likeness(method.name, method.columns, int(groups), int(rows)))
    return likenesses, figure(connection, "SELECT count(DISTINCT i) FROM repeats")


def _methods(
    stored: Stored, first: Mapping[str, ColumnProfile], name_columns: tuple[str, ...]
) -> Iterator[_Method]:
    """Yield what tells that two rows of people or companies mean the same; ``named`` is the name."""
    email = first.get("email")
    if email and email.distinct >= _LEAST_DISTINCT * email.filled:
        text = f"lower(trim({stored.columns[email.name]}))"
        yield _Method("same e-mail address", (email.name,),
                      f"CASE WHEN {text} LIKE '%_@_%._%' THEN {text} END")  # fmt: skip
    if phone := first.get("phone"):
        digits = f"regexp_replace({stored.columns[phone.name]}, '[^0-9]', '', 'g')"
        number = f"CASE WHEN length({digits}) >= 7 THEN right({digits}, 9) END"
        yield _Method("same telephone number and name", (phone.name, *name_columns),
                      f"({number} || '|' || named)")  # fmt: skip
    is_company = name_columns == tuple(c.name for c in (first.get("company"),) if c)
    if is_company and (tax := first.get("tax_id")):
        text = f"regexp_replace(upper({stored.columns[tax.name]}), '[^A-Z0-9]', '', 'g')"
        yield _Method("same tax id", (tax.name,), f"CASE WHEN length({text}) >= 6 THEN {text} END")
    if place := first.get("city") or first.get("postcode"):
        yield _Method("same name and place", (*name_columns, place.name),
                      f"(named || '|' || {_folded(stored.columns[place.name])})")  # fmt: skip


def _name(stored: Stored, first: Mapping[str, ColumnProfile]) -> tuple[tuple[str, ...], str]:
    """The columns that name the row's person or company, and the expression for the name in small
    letters, without accents, titles and legal forms (what is written with dots, and the frequent)."""
    if "last_name" in first and "first_name" in first:
        chosen: tuple[ColumnProfile, ...] = (first["first_name"], first["last_name"])
    else:  # the few names of those who sell do not name the rows
        chosen = tuple(
            column
            for column in (first.get("person_name"), first.get("company"))
            if column and column.distinct >= _LEAST_DISTINCT * column.filled
        )[:1]
    if not chosen:
        return (), ""
    written = " || ' ' || ".join(stored.columns[column.name] for column in chosen)
    dropped = (
        r"([^ .,]{2,}\.|[a-z]\.[a-z]\.([a-z]\.)*)( |,|$)|"
        r"\b(gmbh|kft|llc|inc|ltd|sro|ag|kg|phd|mba|dr|ing)\b|[,\s]+"
    )
    plain = f"regexp_replace(lower(strip_accents({written})), '{dropped}', ' ', 'g')"
    return (
        tuple(column.name for column in chosen),
        f"trim(regexp_replace({plain}, ' +', ' ', 'g'))",
    )


def _folded(column: str) -> str:
    return f"regexp_replace(lower(strip_accents({column})), '[^\\p{{L}}\\p{{N}}]', '', 'g')"


def blank_rows(connection: Connection, stored: Stored, columns: Sequence[ColumnProfile]) -> int:
    """Count the rows in which every column is missing or white space."""
    if any(column.filled - column.blank == stored.rows for column in columns):
        return 0
    nothing = " AND ".join(
        f"coalesce(trim({stored.columns[column.name]}), '') = ''" for column in columns
    )
    return figure(connection, f"SELECT count(*) FROM {stored.view} WHERE {nothing}")


def trial_values(connection: Connection, column: ColumnProfile) -> tuple[str, ...]:
    """List the values of the column last profiled that people type to try a program out."""
    if column.meaning.type not in (*_NAMED, "email"):
        return ()
    # RE2 knows no back references: three of one letter are written out.
    thrice = "|".join(f"{letter}{{3,}}" for letter in "abcdefghijklmnopqrstuvwxyz0123456789")
    rows = connection.execute(
        f"SELECT v FROM one WHERE regexp_full_match(trim(v), '(?i)({_TRIAL}|{thrice})')"
        f" ORDER BY n DESC, v LIMIT {_MOST_TRIALS}"
    ).fetchall()
    return tuple(str(value) for (value,) in rows)


def test_rows(connection: Connection, stored: Stored, trials: Mapping[str, Sequence[str]]) -> int:
    """Count the rows in which one of the columns has one of its trial values."""
    if not trials:
        return 0
    tried = " OR ".join(
        f"{stored.columns[name]} IN {listed(tuple(values))}" for name, values in trials.items()
    )
    return figure(connection, f"SELECT count(*) FROM {stored.view} WHERE {tried}")
