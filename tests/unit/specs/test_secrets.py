from __future__ import annotations

import pytest

from migrate.specs.secrets import mask_url


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://crm:hunter2@db.example/crm",
        "mysql+pymysql://crm:hunter2@db:3306/crm?charset=utf8mb4",
        "could not connect to 'postgresql://u:p@ss/hunter2@h/db' (timeout)",
        "https://crm.example/api?access_token=hunter2&x=1",
        "https://hunter2@git.example/x",
        "two: https://a:hunter2@h/ and http://b:hunter2@h/",
        "host=db password=hunter2 user=crm",
    ],
)
def test_no_password_of_any_url_is_shown(text: str) -> None:
    masked = mask_url(text)
    assert "hunter2" not in masked
    assert "***" in masked
    assert mask_url(masked) == masked


@pytest.mark.parametrize(
    "text", ["sqlite:///legacy/crm.db", "postgresql://postgres@127.0.0.1/x", "C:\\data\\a.xlsx"]
)
def test_what_holds_no_password_stays(text: str) -> None:
    assert mask_url(text) == text
