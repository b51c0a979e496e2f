"""How does a record become JSON for the wire, and how does its answer become a frame?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import pandas as pd

from migrate.values import ENTITY_ID, WRITTEN_COLUMNS, Batch, TargetField, TargetObject

MASK = "…"
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_QUOTED = re.compile(r"'([^']+)'|\"([^\"]+)\"|«([^»]+)»|„([^“”]+)[“”]|“([^”]+)”")


@dataclass(frozen=True)
class Request:
    """One record of a batch: what is sent, and the texts that its refusal must not repeat."""

    entity_id: int
    ref: str
    payload: Mapping[str, Any]
    texts: tuple[str, ...] = ()


def requests_of(batch: Batch, shape: TargetObject) -> list[Request]:
    rows: list[dict[str, Any]] = batch.frame.to_dict("records")  # type: ignore[assignment]
    make = {"create": _create_request, "update": _update_request, "delete": _delete_request}
    return [make[batch.op](row, shape) for row in rows]


def _create_request(row: Mapping[str, Any], shape: TargetObject) -> Request:
    entity_id = int(row[ENTITY_ID])
    texts = {name: text for name, text in row.items() if name != ENTITY_ID and pd.notna(text)}
    payload = {"ref": str(entity_id), "external_id": texts.pop(shape.external_id, None)}
    payload["fields"] = {name: to_json(shape.field(name), text) for name, text in texts.items()}
    return Request(entity_id, str(entity_id), payload, tuple(texts.values()))


def _update_request(row: Mapping[str, Any], shape: TargetObject) -> Request:
    entity_id = int(row[ENTITY_ID])
    changes: dict[str, str | None] = json.loads(row["changes"])
    payload: dict[str, Any] = {"ref": str(entity_id), "id": _number(row["target_id"])}
    if shape.external_id in changes:
        payload["external_id"] = changes.pop(shape.external_id)
    payload["fields"] = {
        name: None if text is None else to_json(shape.field(name), text)
        for name, text in changes.items()
    }
    texts = tuple(text for text in changes.values() if text is not None)
    return Request(entity_id, str(entity_id), payload, texts)


def _delete_request(row: Mapping[str, Any], shape: TargetObject) -> Request:
    target_id = _number(row["target_id"])
    return Request(int(row[ENTITY_ID]), str(target_id), {"id": target_id})


def to_json(field: TargetField | None, text: str) -> Any:
    """The JSON value of a canonical text; a text that is not of the type goes as it is.

    The target then refuses that record by name, which is better than a guess made here.

    >>> to_json(TargetField("owner", "reference"), "17"), to_json(TargetField("price", "decimal"), "9.90")
    (17, '9.90')
    >>> to_json(TargetField("is_done", "boolean"), "false"), to_json(None, "as it is")
    (False, 'as it is')
    """
    kind = field.type if field else "text"
    if kind in ("integer", "reference"):
        return _number(text)
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    return text


def from_json(field: TargetField, value: Any) -> str | None:
    """The canonical text of a value read back; decimals without trailing zeros.

    >>> from_json(TargetField("price", "decimal"), "9.90"), from_json(TargetField("is_done", "boolean"), True)
    ('9.9', 'true')
    """
    if value in (None, ""):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if field.type == "decimal":
        try:
            text = format(Decimal(str(value)), "f")
        except InvalidOperation:
            return str(value)
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return "0" if text == "-0" else text
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _number(text: str) -> int | str:
    return int(text) if re.fullmatch(r"-?[0-9]+", text) else text


def outcome(request: Request, result: Mapping[str, Any], names: Iterable[str]) -> tuple[Any, ...]:
    if result.get("ok") is True:
        target_id, version = str(result["id"]), result.get("version")
        version = None if version is None else str(version)
        return request.entity_id, True, target_id, version, None, None, False
    message = without_values(str(result.get("message") or ""), request.texts, names)
    code = str(result.get("code") or "refused")
    is_retryable = result.get("retryable") is True
    return request.entity_id, False, None, None, code, message, is_retryable


def without_values(message: str, texts: Iterable[str], names: Iterable[str] = ()) -> str:
    """The target's message without the record's own values: they are personal data.

    A value is found in any case and spacing, and quoted in part; short ones only as whole words,
    or the message would be full of holes. ``names`` of fields may stay in quotes.

    >>> without_values("Jana  nováková has 'Dlhá 1...' in 'street'", ["Jana Nováková", "Dlhá 12 street"], ["street"])
    "… has '…' in 'street'"
    """
    own = sorted({" ".join(text.split()) for text in texts} - {""}, key=len, reverse=True)
    kept = {name.casefold() for name in names}

    def covered(match: re.Match[str]) -> str:
        inner = next(group for group in match.groups() if group is not None)
        part = " ".join(inner.rstrip(".…").split()).casefold()
        is_ours = part and part not in kept and any(part in text.casefold() for text in own)
        return match[0].replace(inner, MASK) if is_ours else match[0]

    message = _QUOTED.sub(covered, message)
    for text in own:
        pattern = r"\s+".join(re.escape(word) for word in text.split())
        if len(text) < 4:
            pattern = rf"(?<!\w){pattern}(?!\w)"
        message = re.sub(pattern, MASK, message, flags=re.IGNORECASE)
    return _EMAIL.sub(MASK, message)


def text_frame(rows: Sequence[tuple[Any, ...]], columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(columns), dtype="str")


def written_frame(rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    types = dict.fromkeys(WRITTEN_COLUMNS, "str")
    types |= {ENTITY_ID: "int64", "ok": "bool", "is_retryable": "bool"}
    columns = zip(*rows, strict=True) if rows else ((),) * len(WRITTEN_COLUMNS)
    return pd.DataFrame(
        {
            name: pd.Series(list(values), dtype=types[name])
            for name, values in zip(WRITTEN_COLUMNS, columns, strict=True)
        }
    )


def records_frame(shape: TargetObject, records: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    # What a polymorphic reference points to stands in a field that few schema calls list.
    beside = [TargetField(f.type_field) for f in shape.references if f.type_field]
    fields = (*shape.fields, *(f for f in beside if not shape.field(f.name)))
    names = ("target_id", "external_id", "version", *(field.name for field in fields))
    rows = [
        (
            str(record["id"]),
            record.get("external_id"),
            str(record["version"]),
            *(from_json(field, record["fields"].get(field.name)) for field in fields),
        )
        for record in records
    ]
    return text_frame(rows, names)


def target_object(item: Mapping[str, Any]) -> TargetObject:
    return TargetObject(
        name=item["name"],
        fields=tuple(_target_field(field) for field in item["fields"]),
        table=item["name"],
        label=item.get("label", ""),
        id_field=item.get("id_field", "id"),
        external_id=item.get("external_id_field", "external_id"),
        version_field=item.get("version_field", "version"),
        is_user=bool(item.get("is_user")),
        can_create=bool(item.get("can_create", True)),
    )


def _target_field(item: Mapping[str, Any]) -> TargetField:
    return TargetField(
        name=item["name"],
        type=item.get("type", "text"),
        label=item.get("label", ""),
        length=item.get("length"),
        scale=item.get("scale"),
        is_required=bool(item.get("required")),
        is_unique=bool(item.get("unique")),
        is_read_only=bool(item.get("read_only")),
        picklist=tuple(item.get("picklist") or ()),
        references=tuple(item.get("references") or ()),
        type_field=item.get("type_field", ""),
        is_consent=bool(item.get("consent")),
        strict_value=item.get("strict_value", ""),
    )
