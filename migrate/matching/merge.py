"""What a merged record holds: the survivor's values, its gaps filled, consent at its strictest."""

from __future__ import annotations

import pandas as pd

from migrate.values import TargetObject


def merge(rows: pd.DataFrame, target: TargetObject) -> pd.DataFrame:
    """One row for each entity out of its members.

    ``rows``: column ``external_id``, members in order of preference within each entity, and the
    object's fields as canonical text. For each field the first filled value wins; of a consent
    field the strict value wins wherever it occurs, so that a merge never loosens a permission.

    >>> from migrate.values import TargetField
    >>> contact = TargetObject("Contact", (TargetField("phone"),
    ...     TargetField("consent", is_consent=True, strict_value="denied")))
    >>> rows = pd.DataFrame({"external_id": ["a", "a"], "phone": [None, "+421"],
    ...     "consent": ["granted", "denied"]}, dtype="str")
    >>> merge(rows, contact).to_dict("records")
    [{'external_id': 'a', 'phone': '+421', 'consent': 'denied'}]
    """
    merged = rows.groupby("external_id", sort=False, as_index=False).first()
    for field in target.fields:
        if not (field.is_consent and field.strict_value and field.name in rows.columns):
            continue
        strict = rows.loc[rows[field.name] == field.strict_value, "external_id"].unique()
        merged.loc[merged["external_id"].isin(strict), field.name] = field.strict_value
    return merged
