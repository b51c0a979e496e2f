"""How do the decisions look as a workbook that people fill in?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from migrate.mapping.decisions.model import (
    NEW,
    NOT_IMPORTED,
    Key,
    choices_of,
    field_of,
    read_target_text,
)
from migrate.mapping.decisions.state import (
    BLOCK,
    CHOSEN,
    COMMENT,
    KEYS,
    ORDER,
    SIGNED,
    USER,
    Basis,
    Decisions,
    Line,
)
from migrate.reports.sheets import MAX_CELL, Sheet, SheetColumn
from migrate.values import TargetSchema

FORMAT = "1"
FIELDS, VALUES, OWNERS, DUPLICATES = "Fields", "Values", "Owners", "Duplicates"
EXCLUSIONS, NEW_FIELDS, QUESTIONS, HOW_TO = "Exclusions", "New fields", "Open questions", "How to"
SENT_OUT = "_sent_out"
KEY = "Line id (leave as it is)"
SENT_COLUMNS = ("what", "key", "choice", "plan")
_LONG = 2_000

INPUTS: Mapping[str, tuple[str, ...]] = {
    FIELDS: (CHOSEN, BLOCK, COMMENT, SIGNED),
    VALUES: (CHOSEN,),
    OWNERS: (USER,),
    DUPLICATES: (KEYS, ORDER),
}
"""The columns of each sheet that people write into."""

NAMES: Mapping[str, tuple[str, ...]] = {
    FIELDS: ("Table", "Column"),
    VALUES: ("Table", "Column", "Field", "Value"),
    OWNERS: ("Owner",),
    DUPLICATES: ("Object",),
}
"""The columns by which a reader recognises a line."""

_HOW_TO = (
    "Fields: choose for each column the field that it goes into, or “do not import” with the reason "
    "under Comment. What the mapping says already stands under Chosen; Suggested is only a proposal.",
    "Whoever decides writes a name under “Signed off by”: a choice without a name is not taken.",
    "“constant: text” on a line without a column fills the field with the same text in every record. "
    "“new: Object.field” chooses a field that the new CRM does not have yet.",
    "Where a table becomes several kinds of records of the same object, Block says which one is meant.",
    "Values: what each old value becomes. Owners: which user of the new CRM gets the records. "
    "Duplicates: by which fields two records are the same, such as: email; first_name + last_name",
    "Write into the yellow cells only. Sort, filter, insert and delete lines as you like: each line "
    "carries its own id. A line that you leave as it is, or delete, decides nothing. "
    "Excel sorts after Review > Unprotect Sheet; there is no password.",
    "Save and close the workbook, then run: crm-migrate map import <this file>",
)


@dataclass(frozen=True)
class SentOut:
    """What the workbook was made from, so that it can be compared when it comes back.

    ``files`` are the mapping files with their hashes.
    """

    migration: str
    environment: str
    files: Mapping[str, str] = field(default_factory=dict)
    schema: str = ""


def workbook_sheets(decisions: Decisions, basis: Basis, sent: SentOut) -> list[Sheet]:
    """Make all sheets; the last one is hidden and holds what goes out."""
    new = new_fields(decisions, basis)
    shown = [
        _fields(decisions, basis),
        _values(decisions, basis.schema),
        _sheet(
            OWNERS,
            (("Owner", 24), ("Records", 10), ("Owns", 48), (USER, 30)),
            (line_texts(line) for line in decisions.owners),
            numbers={"Records": "count"},
            note="Which user of the new CRM owns the records: the text of the field by which the "
            "mapping finds its users.",
        ),
        _sheet(
            DUPLICATES,
            (("Object", 20), ("Blocks", 32), ("Suggested keys", 32), (KEYS, 36), (ORDER, 36),
             ("Alike", 40)),
            (line_texts(line) for line in decisions.duplicates),
            note="Two records are the same when all fields of any one key are filled and equal.",
        ),
        _sheet(
            EXCLUSIONS,
            (("Block", 20), ("Table", 24), ("Left out where", 44), ("Reason", 36), ("Rows", 10),
             ("Of", 10)),
            decisions.exclusions, numbers={"Rows": "count", "Of": "count"},
            note="Rows that the mapping leaves out; each rule is counted alone.",
        ),
        _sheet(
            NEW_FIELDS,
            (("Object", 20), ("Field", 26), ("Type", 12), ("Length", 9), ("Picklist", 44),
             ("From", 40), ("Filled", 9)),
            new, numbers={"Length": "count", "Filled": "percent"},
            note="Fields that are chosen and that the new CRM does not have yet: create them there.",
        ),
        _sheet(
            QUESTIONS, (("Question", 70), ("About", 40), ("Sheet", 16)),
            questions(decisions, basis, new),
            note="What is still open; the answer is given on the sheet that is named.",
        ),
        Sheet(HOW_TO, [SheetColumn("How to", 110)], [(line,) for line in _HOW_TO], is_protected=True),
    ]  # fmt: skip
    return [*shown, _sent_out(decisions, sent)]


def line_texts(line: Line) -> dict[str, str]:
    """Give what a line shows, what is chosen on it and its key, by title."""
    return {**line.shown, **line.choice.cells, KEY: line.key.text()}


def _fields(decisions: Decisions, basis: Basis) -> Sheet:
    objects = dict.fromkeys(block.object for block in basis.mapping.blocks)
    blocks = tuple(block.name for block in basis.mapping.blocks)
    return _sheet(
        FIELDS,
        (("Table", 22), ("Column", 26), ("Filled", 8), ("Samples", 34), ("Suggested", 32),
         ("Sure", 8), ("Why", 44), (CHOSEN, 36), ("Transformation", 34), (BLOCK, 18), (COMMENT, 30),
         (SIGNED, 20), ("Used otherwise", 34)),
        (line_texts(line) for line in decisions.fields),
        numbers={"Filled": "percent", "Sure": "percent"},
        choices={CHOSEN: choices_of(basis.schema, tuple(objects)), BLOCK: blocks},
        note="Choose a field for each column, or “do not import”; the sheet “How to” tells the rest.",
    )  # fmt: skip


def _values(decisions: Decisions, schema: TargetSchema) -> Sheet:
    targets = dict.fromkeys(line.shown["Field"] for line in decisions.values)
    lists = {target: _options(schema, target) for target in targets}
    return _sheet(
        VALUES,
        (("Table", 22), ("Column", 26), ("Field", 30), ("Value", 32), ("Count", 10),
         ("Suggested", 26), ("Sure", 8), ("Why", 34), (CHOSEN, 30)),
        (line_texts(line) for line in decisions.values),
        numbers={"Count": "count", "Sure": "percent"},
        choices_by={CHOSEN: ("Field", {t: values for t, values in lists.items() if values})},
        note="What each old value becomes in the new CRM.",
    )  # fmt: skip


def _options(schema: TargetSchema, target: str) -> tuple[str, ...]:
    spec = field_of(schema, target)
    if spec is None:
        return ()
    return ("true", "false") if spec.type == "boolean" else spec.picklist


def _sheet(
    name: str,
    columns: Sequence[tuple[str, int]],
    rows: Iterable[Mapping[str, str]],
    *,
    note: str,
    numbers: Mapping[str, str] | None = None,
    choices: Mapping[str, tuple[str, ...]] | None = None,
    choices_by: Mapping[str, tuple[str, Mapping[str, Sequence[str]]]] | None = None,
) -> Sheet:
    inputs = INPUTS.get(name, ())
    made = [
        SheetColumn(
            title,
            width,
            is_editable=title in inputs,
            choices=(choices or {}).get(title, ()),
            choices_by=(choices_by or {}).get(title),
            is_open=True,
            kind=(numbers or {}).get(title, "text"),  # type: ignore[arg-type]
            is_graded=title == "Sure",
        )
        for title, width in columns
    ]
    if inputs:
        made.append(SheetColumn(KEY, 10, is_hidden=True))
    titles = [column.title for column in made]
    texts = (tuple(_cut(row.get(t, ""), t, inputs) for t in titles) for row in rows)
    return Sheet(name, made, texts, note, is_protected=True)


def _cut(text: str, title: str, inputs: Sequence[str]) -> str:
    """What is only shown may be cut; what comes back may not."""
    return text if title in inputs or title == KEY or len(text) <= _LONG else text[:_LONG] + " …"


def _sent_out(decisions: Decisions, sent: SentOut) -> Sheet:
    rows = [
        ("format", FORMAT, "", ""),
        ("migration", sent.migration, sent.environment, ""),
        ("schema", sent.schema, "", ""),
        *(("file", name, digest, "") for name, digest in sorted(sent.files.items())),
        *(("line", line.key.text(), _json(line.choice.cells), _json(line.plan))
          for line in decisions.lines if len(line.key.text()) < MAX_CELL // 2),
    ]  # fmt: skip
    columns = [SheetColumn(title, 30) for title in SENT_COLUMNS]
    return Sheet(SENT_OUT, columns, rows, is_hidden=True, is_protected=True)


def _json(value: Mapping[str, object]) -> str:
    filled = {key: inner for key, inner in value.items() if inner}
    return json.dumps(filled, ensure_ascii=False, separators=(",", ":"))


# -- what is missing --------------------------------------------------------------------------


def new_fields(decisions: Decisions, basis: Basis) -> list[dict[str, str]]:
    """List the chosen fields that the target does not have, as they would have to be created."""
    facts = {(s.table, s.column): s.facts for s in basis.suggestions}
    found: dict[str, dict[str, str]] = {}
    for line in decisions.fields:
        target = read_target_text(line.choice[CHOSEN])
        if not target.startswith(NEW):
            continue
        name, _, own = target.removeprefix(NEW).partition(".")
        seen = facts.get((line.key.table, line.key.column))
        row = found.setdefault(target, {"Object": name, "Field": own, "Type": "text"})
        place = f"{line.key.table}.{line.key.column}"
        row["From"] = f"{row['From']}; {place}" if "From" in row else place
        row["Filled"] = line.shown.get("Filled", "")
        if seen is not None:
            row["Type"] = _kind(seen.could, seen.distinct, seen.filled, seen.longest)
            row["Length"] = str(seen.longest)
            if row["Type"] == "picklist":
                row["Picklist"] = "; ".join(sorted(seen.counts))
    return list(found.values())


def _kind(could: object, distinct: int, filled: int, longest: int) -> str:
    """A type for a field that has to be created, by what its values could all be."""
    for kind in ("boolean", "date", "datetime", "email", "url", "phone"):
        if callable(could) and filled and could(kind) >= 0.98:
            return kind
    if 1 < distinct <= 20 and filled >= 5 * distinct and longest <= 60:
        return "picklist"
    return "text" if longest <= 255 else "long_text"


def questions(
    decisions: Decisions, basis: Basis, new: Sequence[Mapping[str, str]]
) -> Iterator[dict[str, str]]:
    """List what nobody has decided yet."""
    said: set[tuple[str, str]] = set()

    def ask(question: str, about: str, sheet: str) -> dict[str, str] | None:
        if (question, about) in said:
            return None
        said.add((question, about))
        return {"Question": question, "About": about, "Sheet": sheet}

    asked: list[dict[str, str] | None] = []
    for line in decisions.fields:
        about = f"{line.key.table}.{line.key.column}"
        if line.key.kind == "constant" and not line.choice[CHOSEN]:
            about = f"{line.key.block}, {line.key.field}"
            asked.append(ask("A required field has no source.", about, FIELDS))
        elif not line.choice[CHOSEN] and not line.shown.get("Used otherwise"):
            asked.append(ask("Where does this column go?", about, FIELDS))
        elif line.choice[CHOSEN] == NOT_IMPORTED and not line.choice[SIGNED]:
            asked.append(ask("Who signs that this column is left behind?", about, FIELDS))
    homeless: dict[tuple[str, str], int] = {}
    for line in decisions.values:
        if not line.choice[CHOSEN]:
            place = (f"{line.key.table}.{line.key.column}", line.shown["Field"])
            homeless[place] = homeless.get(place, 0) + 1
    for (column, target), number in homeless.items():
        what = f"What do {number} values become in {target}?"
        asked.append(ask(what, column, VALUES))
    for row in new:
        what = "A field has to be created in the new CRM."
        asked.append(ask(what, f"{row['Object']}.{row['Field']}", NEW_FIELDS))
    yield from (row for row in asked if row is not None)


def key_of_line(texts: Mapping[str, str]) -> Key | None:
    """Give the key that a line of the workbook carries."""
    from migrate.mapping.decisions.model import read_key

    return read_key(texts.get(KEY, ""))
