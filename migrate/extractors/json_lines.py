"""What tables does a JSON file hold: an array, arrays in a wrapper, or an object on each line?

Rows are read one after the other, however large the file. Objects inside of rows become columns,
arrays of objects tables of their own that refer to their row; numbers keep every digit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from migrate.errors import SourceError
from migrate.extractors._byte_lines import byte_lines, checked_encoding
from migrate.extractors._derived import Note, Row, derived_table
from migrate.extractors._json.count import count_values
from migrate.extractors._json.layout import (
    DOCUMENT,
    Broken,
    Keys,
    Layout,
    Walk,
    elements,
    find_layout,
)
from migrate.extractors._json.rows import Keys as IdNames
from migrate.extractors._json.rows import Node, Plan, RowMaker, json_text, plan_of
from migrate.extractors._json.stream import file_page
from migrate.extractors._text import (
    check_options,
    chosen,
    existing_file,
    slug,
    table_options,
    unique_names,
)
from migrate.values import Issue, Table

FILE_OPTIONS = ("encoding", "layout", "list_separator")

# What a wrapper says of itself, and what is not a record: paging, counts, states.
_ABOUT = frozenset(
    ["page", "pages", "per_page", "page_size", "pagesize", "limit", "offset", "start", "total", "count", "size", "total_count", "totalcount", "total_pages", "totalpages", "next", "previous", "prev", "first", "last", "links", "_links", "paging", "pagination", "meta", "cursor", "next_page", "nextpage", "has_more", "hasmore", "more", "success", "status", "ok", "error", "errors", "message", "code", "time", "type", "version", "@odata.context", "@odata.count", "@odata.nextlink", "__count", "__next", "totalsize", "done", "nextrecordsurl", "next_cursor", "exported_at", "generated_at", "schema", "$schema", "object", "url", "query_locator"]
)  # fmt: skip
_NEXT = frozenset(
    [
        "next",
        "next_page",
        "nextpage",
        "@odata.nextlink",
        "__next",
        "nextrecordsurl",
        "next_cursor",
        "has_more",
        "hasmore",
        "more",
        "after",
    ]
)


def read_tables(
    place: str | Path,
    *,
    tables: Mapping[str, Mapping[str, Any]] | None = None,
    only: Sequence[str] | None = None,
    **options: Any,
) -> list[Table]:
    """Give a table for every array of objects, and for those inside of rows.

    ``layout`` is lines, values (one behind the other), array or document; ``list_separator`` stands
    between the entries of a plain array; ``encoding`` is that of a file that is not UTF-8. Raises
    SourceError, with line and column, where the text is no JSON; on lines only their line is lost.
    """
    path = existing_file(Path(place))
    check_options(options, FILE_OPTIONS, str(path))
    table_options(tables or {}, FILE_OPTIONS, str(path))
    shared = {**options, **_agreed(tables or {})}
    given = str(shared.get("encoding") or "")
    page, why, second = file_page(path, checked_encoding(given, str(path)) if given else "")
    layout = find_layout(path, page, str(shared.get("layout") or ""))
    found = _survey(path, page, layout)
    plans = [plan for section in found.values() for plan in section.plan.all()]
    names = [plan.name for plan in plans]
    chosen(names, list(tables or {}), str(path))  # refuses options for a table that is not there
    kept = set(chosen(names, only, str(path)))
    made: list[Table] = []
    for section in found.values():
        for plan in section.plan.all():
            if plan.name not in kept:
                continue
            own = {**options, **(tables or {}).get(plan.name, {})}
            separator = str(own.get("list_separator") or ";")
            reading = {
                "encoding": page,
                "layout": layout.kind,
                "list_separator": separator,
                "evidence": {
                    "encoding": why, "encoding_runner_up": second, "layout": layout.evidence,
                },
            }  # fmt: skip
            source = _Source(path, page, layout, section, plan.name, separator)
            made.append(
                derived_table(
                    plan.shape(),
                    source.rows,
                    str(path),
                    count=source.count if plan.parent is None else None,
                    reading=reading,
                    opening=_opening(plan, section, path),
                )
            )
    return made


def _agreed(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Give the options that are the whole file's: a file has one encoding and one layout."""
    return {
        name: own[name]
        for own in tables.values()
        for name in ("encoding", "layout")
        if own.get(name)
    }


@dataclass
class _Section:
    """The rows of one place in the file, as a first look found them."""

    keys: Keys
    node: Node = field(default_factory=Node)
    ids: IdNames = field(default_factory=IdNames)
    header: list[str] | None = None
    lists: int = 0
    rows: int = 0
    is_keyed: bool = False
    plan: Plan = field(default_factory=lambda: Plan("", [], ()))
    issues: list[Issue] = field(default_factory=list)


def _survey(path: Path, page: str, layout: Layout) -> dict[Keys, _Section]:
    walk = Walk()
    found: dict[Keys, _Section] = {}
    broken = 0
    try:
        for element in elements(path, page, layout, walk):
            section = found.setdefault(element.section, _Section(element.section))
            if isinstance(element, Broken):
                broken += 1
                continue
            _look_at(section, element.value, is_keyed=element.key is not None)
    except OSError as problem:
        raise SourceError(
            f"cannot be read ({problem.strerror})", hint="check that you may read it",
            where=str(path),
        ) from problem  # fmt: skip
    if not found and not walk.rest and not walk.is_cut:
        raise SourceError(
            "holds no rows: neither objects nor arrays of them",
            hint="export it again, or name another file",
            where=str(path),
        )
    outside = _document(found, walk, path)
    for section, name in zip(found.values(), _names(found, slug(path.stem)), strict=True):
        key = section.ids.best if not section.lists else ""
        section.plan = plan_of(
            name, section.node, key, header=section.header, is_keyed=section.is_keyed
        )
    if found:
        first = next((s for s in found.values() if s.keys != DOCUMENT), next(iter(found.values())))
        _tell(first, path, walk, outside)
    if broken and sum(section.rows for section in found.values()) == 0:
        raise SourceError(
            "is no valid JSON: none of its values can be read",
            hint="export it again, or look at its first lines",
            where=str(path),
        )
    return found


def _look_at(section: _Section, value: Any, *, is_keyed: bool) -> None:
    section.rows += 1
    section.is_keyed = section.is_keyed or is_keyed
    if isinstance(value, list):
        section.lists += 1
        section.ids.give_up()
        if section.rows == 1 and _is_header(value):
            section.header = value
        section.node.look_at_list(value)
        return
    section.node.look_at(value)
    if isinstance(value, dict):
        section.ids.look_at(value)
    else:
        section.ids.give_up()


def _is_header(value: list[Any]) -> bool:
    """Tell names from a row: texts, no numbers, none blank, each once."""
    texts = [one for one in value if type(one) is str and one.strip()]
    return len(texts) == len(value) > 0 and len(set(texts)) == len(texts)


def _document(found: dict[Keys, _Section], walk: Walk, path: Path) -> dict[str, Any]:
    """Make a row of what stands beside the sections, unless it is about them."""
    rest = walk.rest
    if not rest:
        return {}
    if found and _is_about(rest):
        return rest
    section = _Section(DOCUMENT)
    _look_at(section, rest, is_keyed=False)
    found[DOCUMENT] = section
    return {}


def _is_about(rest: Mapping[str, Any]) -> bool:
    """Tell paging, counts and states from data."""
    return all(
        str(name).lower() in _ABOUT or (isinstance(value, dict) and _is_about(value))
        for name, value in rest.items()
    )


def _names(found: Mapping[Keys, _Section], stem: str) -> list[str]:
    """Name the tables: the file's name where there is one, else the names of their arrays."""
    rows = [keys for keys in found if keys != DOCUMENT]
    names = []
    for keys in found:
        if keys == DOCUMENT:
            names.append(stem if not rows else f"{stem}_document")
        elif len(rows) == 1 or not keys:
            names.append(stem)
        else:
            same = [other for other in rows if other and slug(other[-1]) == slug(keys[-1])]
            names.append(slug(keys[-1] if len(same) == 1 else "_".join(keys)))
    return unique_names(names)


def _tell(section: _Section, path: Path, walk: Walk, outside: dict[str, Any]) -> None:
    """Note what is wrong with the file as a whole."""
    table = section.plan.name
    if walk.is_cut:
        section.issues.append(
            Issue(
                "file_cut_short",
                "error",
                "the file ends before its last bracket; what followed is missing",
                entity=table,
                place=walk.is_cut,
                hint="export it again",
            )
        )
    if walk.odd.duplicate_keys:
        section.issues.append(
            Issue(
                "duplicate_key",
                "warning",
                f"{walk.odd.duplicate_keys} objects have a name twice; the later got a number",
                entity=table,
                column=walk.odd.duplicate_sample,
                place=str(path),
                hint="see which of the two the old system meant",
            )
        )
    if walk.odd.not_numbers:
        section.issues.append(
            Issue(
                "not_a_number",
                "warning",
                f"{walk.odd.not_numbers} values are NaN or Infinity, which JSON has not",
                entity=table,
                place=str(path),
                hint="name them in `nulls` to leave them out",
            )
        )
    if outside:
        more = _more_pages(outside)
        if more:
            section.issues.append(
                Issue(
                    "more_pages",
                    "warning",
                    f'the file is one page of several: "{more}" says that more rows follow',
                    entity=table,
                    place=str(path),
                    hint="export the other pages too",
                )
            )
        section.issues.append(
            Issue(
                "outside_rows",
                "info",
                f"beside the rows stands {', '.join(map(str, outside))[:200]}",
                entity=table,
                place=str(path),
                value=json_text(outside)[:10_000],
            )
        )


def _more_pages(outside: Mapping[str, Any], at: str = "") -> str:
    """Name what says that this is one page of several, or ""."""
    for key, value in outside.items():
        if isinstance(value, dict):
            inner = _more_pages(value, f"{at}{key}.")
            if inner:
                return inner
            if str(key).lower() in _NEXT and value:
                return at + str(key)
        elif str(key).lower() in _NEXT and value and value not in ("false", "null", "0"):
            return at + str(key)
    return ""


def _opening(plan: Plan, section: _Section, path: Path) -> list[Issue]:
    issues = list(section.issues) if plan is section.plan else []
    issues += [
        Issue(
            "mixed_types",
            "warning",
            f"one name holds different things: {plain} times a plain value or one object,"
            f" {other} times objects",
            entity=plan.name,
            column=name,
            place=str(path),
            hint="both were kept, each in its own column or table",
        )
        for name, plain, other in plan.mixed
    ]
    return issues


@dataclass
class _Source:
    """One table's rows."""

    path: Path
    page: str
    layout: Layout
    section: _Section
    table: str
    separator: str

    def rows(self, note: Note) -> Iterator[Row]:
        """Read the file and give the rows of this section."""
        maker = RowMaker(self.table, self.separator)
        plan = self.section.plan
        walk = Walk()
        has_header = self.section.header is not None
        for element in elements(self.path, self.page, self.layout, walk):
            if element.section != self.section.keys:
                continue
            if isinstance(element, Broken):
                note(
                    Issue(
                        "row_not_placed",
                        "error",
                        element.message,
                        entity=plan.name,
                        place=element.place,
                        value=element.raw,
                        hint="correct it in the file, or export it again",
                    )
                )
            elif has_header:
                has_header = False
            else:
                yield from maker.rows(plan, element.value, element.row, element.key)
        if self.section.keys == DOCUMENT:
            yield from maker.rows(plan, walk.rest, 1)
        for table, number in maker.lists_as_json.items():
            note(
                Issue(
                    "list_as_json",
                    "info",
                    f"{number} arrays are written as JSON: they hold arrays, or the separator"
                    f' "{self.separator}"',
                    entity=table,
                    place=str(self.path),
                    hint="choose a `list_separator` that no entry holds",
                )
            )

    def count(self) -> int:
        """Count the rows another way: the lines of JSON Lines, or the brackets."""
        heading = self.section.header is not None
        if self.section.keys == DOCUMENT:
            return 1
        if self.layout.kind == "lines":
            lines = byte_lines(self.path)
            return sum(1 for _, line in lines if line.strip(b" \t\0\x1a\x1e\xef\xbb\xbf")) - heading
        return (
            count_values(
                self.path, self.page, self.section.keys, is_stream=self.layout.kind == "values"
            )
            - heading
        )
