"""Which bank account does this text name, and do its check digits agree?"""

from __future__ import annotations

import re

import pandas as pd
from stdnum import iban, luhn
from stdnum.exceptions import ValidationError

from migrate.cleaners._distinct import Reading, read_distinct
from migrate.cleaners.countries import country_code
from migrate.cleaners.text import tidy
from migrate.values import SUGGESTED, UNREADABLE, Cleaned, Decision, Evidence

_LABEL = re.compile(
    r"^(?:iban|account(?: no| number)?|konto(?:nummer|nr)?|č\.?\s?ú\.?|cislo uctu|číslo účtu|účet|rachunek|"
    r"nr konta|счет|счёт|р/с|ccc)\s*[.:#]*\s*",
    re.IGNORECASE,
)
_JOINTS = re.compile(r"[\s.\-–—]+")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{8,30}")
_LOCAL = re.compile(r"(?:([0-9]{1,6})-)?([0-9]{2,10})/([0-9]{4})")  # Czech and Slovak
_WEIGHTS = (6, 3, 7, 9, 10, 5, 8, 4, 2, 1)
_CARD_STARTS = ("4", "51", "52", "53", "54", "55", "34", "37", "6011", "65")


def clean_bank_account(
    values: pd.Series, *, companions: pd.DataFrame | None, decision: Decision
) -> Cleaned:
    """Read bank accounts: IBANs without blanks, their check digits and national form verified.

    A Czech or Slovak number with its bank ("19-2000145399/0800") is verified by its own rule, and
    its IBAN is in the part ``iban``. Other national numbers are kept, written without blanks. A
    number that is a payment card's is refused: it may not be stored. The companion column
    ``country`` (or the decision's ``country``, default none) tells whose national numbers they are.

    >>> accounts = pd.Series(["SK31 1200 0000 1987 4263 7541", "SK32 1200 0000 1987 4263 7541"])
    >>> cleaned = clean_bank_account(accounts, companions=None, decision={})
    >>> cleaned.columns["value"].tolist()[0], cleaned.rule.tolist()
    ('SK3112000000198742637541', ['iban_format', 'check_digit_wrong'])
    """
    default = country_code(str(decision.get("country") or ""))
    beside = companions["country"] if companions is not None and "country" in companions else None

    def read(text: str, country: str = "") -> Reading:
        return _read(text, (country_code(country) if country else "") or default)

    return read_distinct(values, read, parts=("iban",), beside=beside)


def decide_bank_account(evidence: Evidence) -> Decision:
    """Take the country from the mapping or the migration's region."""
    said = str(evidence.options.get("country") or evidence.region or "")
    return {"country": country_code(said)}


def _read(text: str, country: str) -> Reading:
    typed = _LABEL.sub("", tidy(text))
    joined = _JOINTS.sub("", typed).upper()
    if _IBAN.fullmatch(joined):
        return _iban(text, joined)
    local = _LOCAL.fullmatch(typed.replace(" ", ""))
    if local and country in {"", "CZ", "SK"}:
        return _local(text, local, country)
    if not (joined.isascii() and joined.isdigit()):
        return Reading(text, "not_a_bank_account", UNREADABLE)
    if len(joined) in {15, 16} and joined.startswith(_CARD_STARTS) and luhn.is_valid(joined):
        return Reading(text, "payment_card_number", UNREADABLE)
    if len(joined) == 26 and country in {"", "PL"} and iban.is_valid(f"PL{joined}"):
        return Reading(joined, "account_format", "", (f"PL{joined}",))
    if not 4 <= len(joined) <= 26:
        return Reading(text, "not_a_bank_account", UNREADABLE)
    return Reading(joined, "account_format")


def _iban(text: str, joined: str) -> Reading:
    try:
        return Reading(iban.validate(joined), "iban_format", "", (joined,))
    except ValidationError:
        pass
    try:
        iban.validate(joined, check_country=False)
    except ValidationError:
        return Reading(text, "check_digit_wrong", UNREADABLE)
    # The check digits are right, the bank's own form is not as the library knows it.
    return Reading(joined, "account_form_unknown", SUGGESTED, (joined,))


def _local(text: str, found: re.Match[str], country: str) -> Reading:
    prefix, number, bank = found[1] or "", found[2], found[3]
    if not _checks(prefix) or not _checks(number):
        return Reading(text, "check_digit_wrong", UNREADABLE)
    account = f"{bank}{prefix.zfill(6)}{number.zfill(10)}"
    whole = ""
    if country:
        whole = f"{country}{iban.calc_check_digits(f'{country}00{account}')}{account}"
    written = f"{prefix}-{number}/{bank}" if prefix.strip("0") else f"{number}/{bank}"
    return Reading(written, "account_format", "", (whole if iban.is_valid(whole) else "",))


def _checks(number: str) -> bool:
    digits = number.zfill(10)
    return sum(w * int(d) for w, d in zip(_WEIGHTS, digits, strict=True)) % 11 == 0
