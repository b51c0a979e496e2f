"""The options of an environment that every loader family shares."""

from __future__ import annotations

import pytest

from migrate.errors import MappingError
from migrate.loaders import reference, rest_batch, sql
from migrate.values import TargetSchema


@pytest.mark.parametrize("given", [25, "25"])
def test_batches_are_as_small_as_the_environment_says(given, tmp_path, crm_schema) -> None:
    url = f"sqlite:///{tmp_path / 'crm.db'}"
    made = reference.open_loader(url, options={"batch_rows": given}, schema=crm_schema)
    made.claim(migration="acme", environment="sandbox")
    assert made.capabilities.batch_rows == made.describe().capabilities.batch_rows == 25
    plain = sql.open_loader(url, options={"batch_rows": given}, schema=None)
    assert plain.capabilities.batch_rows == plain.describe().capabilities.batch_rows == 25
    options = {"batch_rows": given, "token": "s3cret"}
    wire = rest_batch.open_loader("http://localhost:1", options=options, schema=None)
    assert wire.capabilities.batch_rows == 25
    for loader in (made, plain, wire):
        loader.close()


@pytest.mark.parametrize("given", [0, -1, "many", 2.5, "٣"])
def test_a_size_that_is_none_is_refused(given, tmp_path, crm_schema: TargetSchema) -> None:
    with pytest.raises(MappingError, match="batch_rows must be a whole number from 1 on"):
        reference.open_loader(
            f"sqlite:///{tmp_path / 'crm.db'}", options={"batch_rows": given}, schema=crm_schema
        )


def test_no_batch_is_larger_than_the_target_takes() -> None:
    with pytest.raises(MappingError, match="from 1 to 50, found '51'"):
        rest_batch.open_loader("http://localhost:1", options={"batch_rows": 51}, schema=None)
