"""Names of tables and objects become file names that no file system mixes up."""

from __future__ import annotations

import itertools
import unicodedata

import pytest

from migrate.store.runfolder import safe_name

NAMES = (
    "crm.order_details", "crm.Order_Details", "crm.ORDER_DETAILS", "crm.order details",
    "crm.order/details", "crm.straße", "crm.strasse", "crm.café", "crm.cafe\u0301", "crm.\u212b",
    "crm.\u00c5", "crm.ſ", "crm.s", "x" * 80, "x" * 81, "ž" * 200,
)  # fmt: skip


@pytest.mark.parametrize(("one", "other"), itertools.combinations(NAMES, 2))
def test_no_two_names_share_a_file_also_where_case_and_accents_do_not_count(
    one: str, other: str
) -> None:
    files = {unicodedata.normalize("NFC", safe_name(name)).upper() for name in (one, other)}
    assert len(files) == 2


def test_a_plain_name_is_its_own_file_name_and_no_hash_can_pose_as_one() -> None:
    assert safe_name("crm.order_details-2") == "crm.order_details-2"
    hashed = safe_name("crm.Order")
    assert hashed.startswith("crm.Order~")
    assert safe_name(hashed) != hashed


def test_a_file_name_fits_every_file_system() -> None:
    assert len(safe_name("ž" * 500).encode()) < 200
    assert not set(safe_name('a\\b:c*d?e"f<g>h|i')) & set('\\:*?"<>|')
