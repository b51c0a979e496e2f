"""Which places of the mapping files change by a decision? Texts go in, texts come out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from migrate.specs.mapping import MappingSpec
from migrate.specs.yamledit import Lines, append, as_mapping, has, plain_at, put, rename, take

DECIDED_FILE = "mappings/decisions.yaml"
PROJECT_FILE = "migration.yaml"
HEADING = "# Decided in the decision workbook: crm-migrate map import\n"

Steps = tuple[str | int, ...]


@dataclass(frozen=True)
class Edit:
    """One change of the mapping: at ``path`` of whichever file holds the block, object or table.

    "put" writes ``value``, "take" removes, "rename" gives the key ``value``; "drop" leaves the
    column ``value["column"]`` of a table behind, "undrop" does not any more,
    "redrop" changes why and who signed.
    """

    op: Literal["put", "take", "rename", "drop", "undrop", "redrop"]
    path: Steps = ()
    value: Any = None
    table: str = ""
    object: str = ""


def apply_edits(
    texts: Mapping[str, str], edits: Sequence[Edit], mapping: MappingSpec
) -> dict[str, str]:
    """Make the changes in the texts of the files (by name), one after the other.

    A block, rule or drop that no file holds yet is written beside its table or object, and into
    ``decisions.yaml`` where nothing is known of it. Raises MappingError for a place that cannot be
    changed alone.
    """
    made = _Texts(dict(texts), mapping)
    order = {"take": 0, "undrop": 0, "rename": 1, "drop": 3, "redrop": 3}
    for edit in sorted(_in_two_steps(edits), key=lambda e: order.get(e.op, 2)):
        made.apply(edit)
    return made.texts


def _in_two_steps(edits: Sequence[Edit]) -> Iterable[Edit]:
    """Two fields may change their places: each is renamed to a name that nobody has, first."""
    renames = [edit for edit in edits if edit.op == "rename"]
    away = [Edit("rename", edit.path, f"__renamed_{number}") for number, edit in enumerate(renames)]
    there = [
        Edit("rename", (*edit.path[:-1], f"__renamed_{number}"), edit.value)
        for number, edit in enumerate(renames)
    ]
    return [*away, *there, *(edit for edit in edits if edit.op != "rename")]


@dataclass
class _Texts:
    """The files while they are changed."""

    texts: dict[str, str]
    mapping: MappingSpec

    def apply(self, edit: Edit) -> None:
        if edit.op == "undrop":
            self._undrop(edit.table, str(edit.value["column"]))
            return
        if edit.op == "drop":
            self._drop(edit)
            return
        if edit.op == "redrop":
            self._redrop(edit)
            return
        name = self._home(edit)
        text = self.texts.get(name, HEADING)
        if edit.op == "take":
            text = take(text, edit.path)
        elif edit.op == "rename":
            text = rename(text, edit.path, str(edit.value))
        else:
            if len(edit.path) > 4 and edit.path[0] == "blocks":
                text = as_mapping(text, edit.path[:4], "from")
            text = put(text, edit.path, edit.value)
        self.texts[name] = text

    def _home(self, edit: Edit) -> str:
        """The file that holds the place, or the one where it belongs."""
        if edit.path[0] == "environments":
            return PROJECT_FILE
        found = self._with(edit.path[:2])
        if not found and edit.object:
            blocks = [block.name for block in self.mapping.blocks if block.object == edit.object]
            found = self._with(("blocks", blocks[0])) if blocks else ""
        return found or DECIDED_FILE

    def _with(self, path: Steps) -> str:
        own = [name for name in self.texts if name != PROJECT_FILE]
        return next((name for name in own if has(self.texts[name], path)), "")

    def _drop(self, edit: Edit) -> None:
        table, column = edit.table, edit.value["column"]
        reason, signed = edit.value["reason"], edit.value["signed_off_by"]
        for name, number, item in self._drops():
            if (item.table, item.reason, item.signed_off_by) == (table, reason, signed):
                path = ("drop", number, "columns")
                columns = [*item.columns, column]
                text = self.texts[name]
                is_list = has(text, (*path, 0))
                self.texts[name] = (
                    append(text, path, column) if is_list else put(text, path, columns)
                )
                return
        blocks = [block.name for block in self.mapping.blocks if block.table == table]
        name = (self._with(("blocks", blocks[0])) if blocks else "") or DECIDED_FILE
        item_value = {
            "table": table,
            "columns": [column],
            "reason": reason,
            "signed_off_by": signed,
        }
        self.texts[name] = append(self.texts.get(name, HEADING), ("drop",), item_value)

    def _redrop(self, edit: Edit) -> None:
        """In place where the column stands alone; otherwise it gets an entry of its own."""
        for name, number, item in self._drops():
            if item.table == edit.table and item.columns == (edit.value["column"],):
                for key in ("reason", "signed_off_by"):
                    if getattr(item, key) != edit.value[key]:
                        path = ("drop", number, key)
                        self.texts[name] = put(self.texts[name], path, edit.value[key])
                return
        self._undrop(edit.table, str(edit.value["column"]))
        self._drop(edit)

    def _undrop(self, table: str, column: str) -> None:
        for name, number, item in reversed(self._drops()):
            if item.table != table or column not in item.columns:
                continue
            text, path = self.texts[name], ("drop", number)
            if len(item.columns) > 1:
                at = item.columns.index(column)
                text = take(text, (*path, "columns", at))
            elif has(text, ("drop", 1)):
                text = take(text, path)
            else:
                text = take(text, ("drop",))
            self.texts[name] = text

    def _drops(self) -> list[tuple[str, int, _Dropped]]:
        """What is left behind, with file and number; read anew, because numbers move."""
        found = []
        for name, text in self.texts.items():
            if name != PROJECT_FILE:
                found += [(name, number, item) for number, item in enumerate(_read_drops(text))]
        return found


@dataclass(frozen=True)
class _Dropped:
    table: str
    reason: str
    signed_off_by: str
    columns: tuple[str, ...]


def _read_drops(text: str) -> list[_Dropped]:
    items = plain_at(text, ("drop",))
    found = []
    for item in items if isinstance(items, list) else []:
        columns = item.get("columns", [])
        listed = columns if isinstance(columns, list) else [columns]
        found.append(
            _Dropped(
                str(item.get("table", "")), str(item.get("reason", "")),
                str(item.get("signed_off_by", "")), tuple(map(str, listed)),
            )
        )  # fmt: skip
    return found


def new_block(table: str, object: str, fields: Mapping[str, Mapping[str, Any]]) -> Lines:
    """Make a block of a table that no block reads yet, a field a line.

    >>> from migrate.specs.yamledit import render
    >>> print(render(new_block("crm.people", "Contact", {"phone": {"from": "Tel"}})))
    <BLANKLINE>
      from: crm.people
      to: Contact
      fields:
        phone: {from: Tel}
    """
    lines = Lines((name, dict(value)) for name, value in fields.items())
    return Lines([("from", table), ("to", object), ("fields", lines)])
