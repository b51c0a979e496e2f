"""What do the sheets of values, owners and duplicates change, and which lines cannot be taken?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from migrate.mapping.decisions.edits import Edit
from migrate.mapping.decisions.judged import Judged, Today
from migrate.mapping.decisions.lists import keys_text, plain, read_keys, user_blocks
from migrate.mapping.decisions.model import Key, field_of
from migrate.mapping.decisions.reading import Entry, Returned
from migrate.mapping.decisions.state import CHOSEN, KEYS, ORDER, USER
from migrate.registry import did_you_mean
from migrate.specs.mapping import FieldMap
from migrate.values import Issue, TargetField


@dataclass(frozen=True)
class _States:
    """What a line said when it went out, what it says, and what the mapping says today."""

    entry: Entry
    before: str
    wanted: str
    now: str

    def is_to_be_written(self, judged: Judged, title: str) -> bool:
        """Whether the choice is new; what is wrong or known already is noted."""
        if self.wanted == self.before:
            if self.now != self.before:
                judged.issues.append(_stale(self.entry, title))
            return False
        if self.wanted == self.now:
            judged.known_already += 1
            return False
        if self.now != self.before:
            judged.issues.append(_conflict(self.entry, title))
            return False
        return True


def judge_lists(
    returned: Returned, today: Today, owners: Mapping[str, str], environment: str, judged: Judged
) -> None:
    """Add to ``judged`` what the other sheets change; the fields must have been judged before."""
    for key, entry in returned.entries.items():
        if key.kind == "value":
            _value(entry, returned, today, judged)
        elif key.kind == "owner":
            _owner(entry, returned, today, owners, environment, judged)
        elif key.kind == "match":
            _match(entry, returned, today, judged)


def _value(entry: Entry, returned: Returned, today: Today, judged: Judged) -> None:
    key = entry.key
    before, wanted = returned.before[key][CHOSEN], entry.choice[CHOSEN]
    block, name = _home(key, judged)
    known = _field_map(today, block, name, judged)
    olds = {plain(old): (old, new) for old, new in known.values.items()} if known else {}
    old, now = olds.get(plain(key.value), (key.value, ""))
    if not block and wanted == before:
        return
    if not block:
        judged.issues.append(
            entry.issue(
                "value_without_field", "error",
                f"the column does not go into {key.field}, so none of its values does",
                hint="choose the field on the sheet Fields, or empty this cell",
            )
        )  # fmt: skip
        return
    if not _States(entry, before, wanted, now).is_to_be_written(judged, CHOSEN):
        return
    target = f"{_object(today, block, key)}.{name}"
    spec = field_of(today.schema, target)
    allowed = _allowed(spec)
    if wanted and allowed and wanted not in allowed:
        judged.issues.append(
            entry.issue(
                "value_not_in_picklist", "error", f"{target} has no value {wanted!r} in its list",
                hint=did_you_mean(wanted, allowed),
            )
        )  # fmt: skip
        return
    judged.written += 1
    path = ("blocks", block, "fields", name, "values")
    if not wanted:
        is_last = known is not None and len(known.values) == 1
        judged.edits.append(Edit("take", path if is_last else (*path, old)))
    else:
        judged.edits.append(Edit("put", (*path, old), wanted))


def _home(key: Key, judged: Judged) -> tuple[str, str]:
    """The block and the field that hold the value after the fields were decided."""
    if not key.block:
        return judged.homes.get((key.table, key.column, key.field), ("", ""))
    name = judged.moved.get((key.block, key.field), key.field)
    return (key.block, name) if name else ("", "")


def _field_map(today: Today, block: str, name: str, judged: Judged) -> FieldMap | None:
    olds = [old for (b, old), new in judged.moved.items() if b == block and new == name]
    found = today.mapping.block(block)
    wanted = olds[0] if olds else name
    return next((f for f in found.fields if f.field == wanted), None) if found else None


def _object(today: Today, block: str, key: Key) -> str:
    found = today.mapping.block(block)
    return found.object if found else key.field.partition(".")[0]


def _allowed(spec: TargetField | None) -> tuple[str, ...]:
    if spec is None:
        return ()
    return ("true", "false") if spec.type == "boolean" else spec.picklist


def _owner(
    entry: Entry, returned: Returned, today: Today, owners: Mapping[str, str], environment: str,
    judged: Judged,
) -> None:  # fmt: skip
    key = entry.key
    before, wanted = returned.before[key][USER], entry.choice[USER]
    if not _States(entry, before, wanted, owners.get(key.value, "")).is_to_be_written(judged, USER):
        return
    blocks = user_blocks(today.mapping, today.schema)
    if wanted and blocks and not any(block.action == "bind" for block in blocks):
        names = ", ".join(block.name for block in blocks)
        judged.issues.append(
            entry.issue(
                "owner_not_bound", "error",
                f"the mapping makes the users itself ({names}), so nobody can be chosen for an owner",
                hint="write action: bind and bind_by: email in that block, or empty this cell",
                title=USER,
            )
        )  # fmt: skip
        return
    judged.written += 1
    path = ("environments", environment, "owners", key.value)
    judged.edits.append(Edit("put", path, wanted) if wanted else Edit("take", path))


def _match(entry: Entry, returned: Returned, today: Today, judged: Judged) -> None:
    object, old = entry.key.field, returned.before[entry.key]
    rule, target = today.mapping.match(object), today.schema.object(object)
    keys = read_keys(entry.choice[KEYS])
    order = [name.strip() for name in entry.choice[ORDER].split(";") if name.strip()]
    now_keys, now_order = (keys_text(rule.keys), "; ".join(rule.priority)) if rule else ("", "")
    states = [
        _States(entry, old[KEYS], keys_text(keys), now_keys).is_to_be_written(judged, KEYS),
        _States(entry, old[ORDER], "; ".join(order), now_order).is_to_be_written(judged, ORDER),
    ]
    if not any(states):
        return
    names = [spec.name for spec in target.fields] if target else []
    blocks = [block.name for block in today.mapping.blocks if block.object == object]
    wrong = [
        *(_unknown(entry, name, names, f"{object} has no field", KEYS)
          for key in keys for name in key if target and name not in names),
        *(_unknown(entry, name, blocks, f"no block of {object} is called", ORDER)
          for name in order if name not in blocks),
    ]  # fmt: skip
    if order and not keys:
        wrong.append(
            entry.issue(
                "missing_key", "error", "an order of survivors says nothing without a key",
                hint="write by which fields two records are the same", title=KEYS,
            )
        )  # fmt: skip
    judged.issues += wrong
    if wrong:
        return
    judged.written += 1
    path = ("match", object)
    if not keys:
        judged.edits.append(Edit("take", path, object=object))
    elif rule is None or not rule.priority:
        value = {"keys": keys, **({"priority": order} if order else {})}
        judged.edits.append(Edit("put", path, value, object=object))
    else:
        if states[0]:
            judged.edits.append(Edit("put", (*path, "keys"), keys, object=object))
        if states[1]:
            at = (*path, "priority")
            edit = Edit("put", at, order, object=object) if order else Edit("take", at)
            judged.edits.append(edit)


def _unknown(entry: Entry, name: str, known: list[str], what: str, title: str) -> Issue:
    return entry.issue(
        "unknown_field" if title == KEYS else "unknown_block", "error", f"{what} {name!r}",
        hint=did_you_mean(name, known) if known else "leave it empty", title=title,
    )  # fmt: skip


def _stale(entry: Entry, title: str) -> Issue:
    return entry.issue(
        "stale_decision", "warning",
        "the mapping changed since the export; nothing is taken from this line, which shows what it "
        "said then",
        hint="export the workbook again", title=title,
    )  # fmt: skip


def _conflict(entry: Entry, title: str) -> Issue:
    return entry.issue(
        "changed_in_both", "error",
        "the choice was changed here, and in the mapping too since the export",
        hint="export the workbook again and decide there", title=title,
    )  # fmt: skip
