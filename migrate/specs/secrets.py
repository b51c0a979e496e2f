"""Which parts of a text are secret, when the text may hold the address of a server?"""

from __future__ import annotations

import re

MASK = "***"

# Up to the last @: a password that was not percent-encoded may itself hold / : or @. That can mask
# more than the password, never less.
_USER_AND_PASSWORD = re.compile(
    r"(?P<head>\b[a-z][a-z0-9+.\-]*://[^\s:/@\"'<>]*:)[^\s\"'<>]*@", re.I
)
_WEB_TOKEN = re.compile(r"(?P<head>\bhttps?://)[^\s:/@\"'<>]+@", re.I)
_PARAMETER = re.compile(
    r"(?P<head>[?&;\s](?:password|passwd|pwd|token|access_token|refresh_token|api_?key|secret|"
    r"client_secret|signature|sig)=)[^&;\s\"'<>]+",
    re.I,
)


def mask_url(text: str) -> str:
    """Hide the passwords of all URLs in a text; every place that shows a URL goes through here.

    >>> mask_url("no answer from postgresql://crm:s3cret@db.acme.example:5432/crm, giving up")
    'no answer from postgresql://crm:***@db.acme.example:5432/crm, giving up'
    >>> mask_url("https://crm.example/api?user=a&token=abc")
    'https://crm.example/api?user=a&token=***'
    >>> mask_url("sqlite:///legacy/crm.db")
    'sqlite:///legacy/crm.db'
    """
    for secret in (_USER_AND_PASSWORD, _WEB_TOKEN):
        text = secret.sub(rf"\g<head>{MASK}@", text)
    return _PARAMETER.sub(rf"\g<head>{MASK}", text)
