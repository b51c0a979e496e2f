"""What was met while a table of a database was read, told as Issues with counts and examples?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from migrate.extractors._database.texts import DAY, INSTANT, MOMENT, Part, SourceColumn, replaced
from migrate.languages.mojibake import Repair, repaired
from migrate.values import Issue

_EXAMPLES = 5
_MOMENTS = (DAY, MOMENT, INSTANT)


class Findings:
    """What one reading of a table met: counts by column, and a few examples of each."""

    def __init__(
        self, name: str, place: str, columns: Sequence[SourceColumn], names: Sequence[str],
        repairs: Mapping[str, Repair],
    ) -> None:  # fmt: skip
        self._name, self._place = name, place
        self._columns, self._names = columns, names
        self._repairs = repairs
        self._counts: Counter[tuple[str, int]] = Counter()
        self._examples: dict[tuple[str, int], list[str]] = {}
        self._further: list[Issue] = []

    def add(self, issue: Issue) -> None:
        self._further.append(issue)

    def seen(self, part: Part, done: int) -> list[pa.Array]:
        """Give the columns of a batch as they go on, its problems counted."""
        arrays = list(part.columns)
        for index, count in part.not_utf8.items():
            self._note("text_not_utf8", index, count, [])
        for index in sorted(part.mixed):
            self._note("mixed_types", index, part.rows, [f"rows {done + 1} to {done + part.rows}"])
        for index, column in enumerate(self._columns):
            if repair := self._repairs.get(column.name):
                arrays[index] = self._repaired(index, arrays[index], repair)
            if _may_be_moment(column, arrays[index]):
                self._odd_moments(index, arrays[index])
        return arrays

    def _repaired(self, index: int, values: pa.Array, repair: Repair) -> pa.Array:
        is_suspect = pc.invert(pc.fill_null(pc.string_is_ascii(values), True))
        if not pc.any(is_suspect).as_py():
            return values
        counted = pc.value_counts(values.filter(is_suspect))
        changes: dict[str, str] = {}
        for text, count in zip(
            counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True
        ):
            if (better := repaired(text, repair)) != text:
                changes[text] = better
                self._note("text_repaired", index, count, [f"{text} → {better}"])
        return replaced(values, changes)

    def _odd_moments(self, index: int, values: pa.Array) -> None:
        is_zero = pc.fill_null(
            pc.match_substring_regex(values, "^(0000-|[0-9]{4}-(00|..-00))"), False
        )
        self._note_where("zero_date", index, values, is_zero)
        is_endless = pc.is_in(values, pa.array(["infinity", "-infinity"], values.type))
        self._note_where("infinite_date", index, values, is_endless)

    def _note_where(self, code: str, index: int, values: pa.Array, mask: pa.Array) -> None:
        if pc.any(mask).as_py():
            found = values.filter(mask)
            self._note(code, index, len(found), pc.unique(found)[:_EXAMPLES].to_pylist())

    def _note(self, code: str, index: int, count: int, examples: Sequence[str]) -> None:
        self._counts[code, index] += count
        known = self._examples.setdefault((code, index), [])
        for example in examples:
            if len(known) < _EXAMPLES and example not in known:
                known.append(example)

    def issues(self) -> tuple[Issue, ...]:
        """Tell all of it."""
        told = [self._told(code, index) for code, index in self._counts]
        return (*self._further, *told)

    def _told(self, code: str, index: int) -> Issue:
        column, count = self._columns[index], self._counts[code, index]
        common: dict[str, Any] = {
            "entity": self._name, "column": self._names[index], "place": self._place,
            "value": "; ".join(self._examples[code, index]),
        }  # fmt: skip
        if code == "text_repaired":
            repair = self._repairs[column.name]
            return Issue(
                "text_repaired", "warning",
                f"{count} texts are {repair.name}; they were repaired",
                hint="give `repairs: no` to read them as they are stored", **common,
            )  # fmt: skip
        if code == "text_not_utf8":
            how = f"read as {column.page}" if column.page else r"their bytes are shown as \x.."
            return Issue(
                "text_not_utf8", "info" if column.page else "warning",
                f"{count} texts are no UTF-8; {how}",
                hint=f"say the code page in `encodings: {{{column.name}: …}}` if it is another one",
                **common,
            )  # fmt: skip
        if code == "mixed_types":
            return Issue(
                "mixed_types", "warning",
                f"values of several types stand in this column (declared: {column.type})",
                hint="look at the values: numbers, texts and bytes may mean different things",
                **common,
            )  # fmt: skip
        if code == "infinite_date":
            return Issue(
                "infinite_date", "info",
                f"{count} dates are infinite: they say “no end” or “since ever”",
                hint="map them to no value", **common,
            )  # fmt: skip
        return Issue(
            "zero_date", "warning",
            f"{count} dates are zero or lack a part (0000-00-00): they are read as text",
            hint="they mean “no date”: name them among the null spellings of the column", **common,
        )  # fmt: skip


def _may_be_moment(column: SourceColumn, values: pa.Array) -> bool:
    is_declared = column.kind in _MOMENTS or column.type.lower().startswith(("date", "timestamp"))
    return is_declared and len(values) > 0
