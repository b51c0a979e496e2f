"""How long does it take to clean a million contacts, cleaner by cleaner and as one command?

    python benchmarks/clean_contacts.py                       # 1,000,000 contacts
    python benchmarks/clean_contacts.py --rows 200000 --each  # each cleaner beside its peer as well

The contacts are those of ``generate_contacts.py`` with a name, company, e-mail, two telephone
numbers, street, postcode, city, country and created date, mostly distinct. The peer of the whole
is pandas that reads the file and writes it again, with nothing cleaned; the peer of a cleaner is
the library that people call for every value: phonenumbers, email-validator, dateutil.
"""

from __future__ import annotations

import argparse
import importlib
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent))
from generate_contacts import write_contacts

from migrate.cleaners import CLEANERS, DECIDERS
from migrate.values import Evidence

COLUMNS = (
    "name",
    "company",
    "email",
    "phone",
    "mobile",
    "street",
    "zip",
    "city",
    "country",
    "created",
)
CLEANED_AS = {
    "name": "person_name", "company": "company", "email": "email", "phone": "phone",
    "mobile": "phone", "street": "street", "zip": "postcode", "city": "text", "country": "country",
    "created": "date",
}  # fmt: skip
COMPANION = {"phone": "region", "mobile": "region", "zip": "country"}
PEER_ROWS = 20_000  # a library that takes a tenth of a millisecond a value needs no million


def main() -> None:
    """Make the contacts, clean them, and print the figures."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--each", action="store_true", help="measure each cleaner beside its peer")
    options.add_argument("--folder", type=Path, help="keep the files here")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        place = folder / f"contacts-{asked.rows}.csv"
        if not place.exists():
            whole = folder / "all.csv"
            write_contacts(whole, asked.rows)
            frame = pd.read_csv(whole, dtype="str", keep_default_na=False)
            frame[list(COLUMNS)].to_csv(place, index=False)
        print(f"{asked.rows:,} contacts, {place.stat().st_size / 1e6:.0f} MB")
        _floor(place, folder / "floor.csv")
        _command(place, folder / "cleaned.csv")
        if asked.each:
            _each(place)


def _floor(place: Path, target: Path) -> None:
    began, cpu = time.perf_counter(), time.process_time()
    with target.open("w", encoding="utf-8", newline="") as stream:
        for piece in pd.read_csv(place, dtype="str", keep_default_na=False, chunksize=50_000):
            piece.to_csv(stream, index=False, header=stream.tell() == 0)
    _line("floor: pandas reads and writes", time.perf_counter() - began, time.process_time() - cpu)


def _command(place: Path, target: Path) -> None:
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    code = "import sys; from migrate.cli import main\nif __name__ == '__main__': main(sys.argv[1:])"
    script = target.with_name("crm_migrate.py")
    script.write_text(code, encoding="utf-8")
    arguments = [
        "clean",
        str(place),
        "--as",
        "contact",
        "--region",
        "SK",
        "--to",
        str(target),
        "--force",
    ]
    done = subprocess.run(
        [sys.executable, str(script), *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1):
        sys.exit(done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    _line("crm-migrate clean", time.perf_counter() - began, cpu)
    print(f"  peak of its largest process {after.ru_maxrss / 1024:,.0f} MB")


def _each(place: Path) -> None:
    frame = pd.read_csv(place, dtype="str", keep_default_na=False, na_values=[""])
    print(f"{'column':<10}{'cleaner':<14}{'distinct':>10}{'seconds':>9}{'peer':>9}  times faster")
    for column, cleaner in CLEANED_AS.items():
        values = frame[column]
        counts = values.value_counts().head(10_000)
        evidence = Evidence(list(counts.index), [int(n) for n in counts], region="SK")
        decision = _named(DECIDERS[cleaner])(evidence)
        label = COMPANION.get(column)
        companions = pd.DataFrame({label: frame["country"]}) if label else None
        clean = _named(CLEANERS[cleaner])
        clean(values.head(100), companions=None, decision=decision)  # its tables are loaded once
        began = time.process_time()
        clean(values, companions=companions, decision=decision)
        seconds = time.process_time() - began
        peer = _peer(column, values)
        share = f"{peer / seconds:6.1f}" if peer else ""
        distinct = values.nunique()
        shown = f"{peer:>8.1f}s" if peer else f"{'':>9}"
        print(f"{column:<10}{cleaner:<14}{distinct:>10,}{seconds:>8.1f}s{shown}  {share}")


def _peer(column: str, values: pd.Series) -> float:
    """Seconds of CPU that the bare library needs for every value, from a part of them."""
    read = {
        "email": _peer_email,
        "phone": _peer_phone,
        "mobile": _peer_phone,
        "created": _peer_date,
    }.get(column)
    if read is None:
        return 0.0
    sample = values.dropna().head(PEER_ROWS).tolist()
    began = time.process_time()
    for text in sample:
        read(text)
    return (time.process_time() - began) * values.notna().sum() / max(1, len(sample))


def _peer_email(text: str) -> None:
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return


def _peer_phone(text: str) -> None:
    import phonenumbers

    try:
        number = phonenumbers.parse(text, "SK")
    except phonenumbers.NumberParseException:
        return
    phonenumbers.is_valid_number(number)
    phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _peer_date(text: str) -> None:
    from dateutil import parser

    try:
        parser.parse(text, dayfirst=True)
    except (ValueError, OverflowError):
        return


def _named(place: str) -> Callable[..., object]:
    module, _, function = place.partition(":")
    return getattr(importlib.import_module(module), function)  # type: ignore[no-any-return]


def _line(what: str, wall: float, cpu: float) -> None:
    print(f"{what:<32} {wall:7.1f} s wall {cpu:7.1f} s CPU")


if __name__ == "__main__":
    main()
