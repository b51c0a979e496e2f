"""What does the workbook change about fields that no column fills?"""

from __future__ import annotations

from migrate.mapping.decisions.edits import Edit
from migrate.mapping.decisions.judged import Judged, Said, Today, chosen_target, field_path, sign
from migrate.mapping.decisions.model import CONSTANT, NOT_IMPORTED, Key
from migrate.mapping.decisions.reading import Returned
from migrate.mapping.decisions.refusals import conflict, stale
from migrate.mapping.decisions.state import COMMENT, SIGNED


def judge_constant(key: Key, returned: Returned, today: Today, judged: Judged) -> None:
    """A field that no column fills: the same text in every record, or nothing."""
    old, entry = returned.before[key], returned.entries.get(key)
    block = today.mapping.block(key.block)
    known = next((f for f in block.fields if f.field == key.field), None) if block else None
    now = (
        (CONSTANT + known.constant, Said(known.comment, known.signed_off_by))
        if known is not None and known.kind == "constant"
        else ("", Said()) if known is None else None
    )  # fmt: skip
    before = (chosen_target(old), Said(old[COMMENT], old[SIGNED]))
    if entry is None or entry.choice == old:
        if now != before and entry is not None and before[0]:
            judged.issues.append(stale(entry, {}))
        return
    wanted = (chosen_target(entry.choice), Said(entry.choice[COMMENT], entry.choice[SIGNED]))
    if wanted[0] in ("", NOT_IMPORTED):
        wanted = ("", Said())
    elif not wanted[0].startswith(CONSTANT) or wanted[0] == CONSTANT:
        judged.issues.append(
            entry.issue(
                "misplaced_target", "error", "this line is a field that no column fills",
                hint=f"write {CONSTANT}text, or choose the field on the line of a column",
            )
        )  # fmt: skip
        return
    elif not wanted[1].signed_off_by:
        judged.issues.append(
            entry.issue(
                "empty_sign_off", "error", "a constant is chosen, and nobody signed for it",
                hint="write who decided it", title=SIGNED,
            )
        )  # fmt: skip
        return
    if wanted == now:
        judged.known_already += 1
    elif now != before or block is None:
        judged.issues.append(conflict(entry, {}))
    else:
        judged.written += 1
        path = field_path(key.block, key.field)
        if not wanted[0]:
            judged.edits.append(Edit("take", path))
            judged.moved[key.block, key.field] = ""
            return
        text, at = wanted[0].removeprefix(CONSTANT), (key.block, f"{block.object}.{key.field}")
        if known is None:
            said = {k: v for k, v in wanted[1]._asdict().items() if v}
            judged.edits.append(Edit("put", path, {"constant": text, **said}))
            return
        if text != known.constant:
            judged.edits.append(Edit("put", (*path, "constant"), text))
        sign(judged, at, before[1], wanted[1])
