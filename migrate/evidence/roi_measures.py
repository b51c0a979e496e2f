"""What do measured counts mean in hours and money: duplicates, seats, storage, load time.

These turn what the toolkit counted into the inputs of the ROI lines, so that a case rests on
measurement where it can. An API quota is not a rate: :func:`load_hours` from rehearsed rows a
second is what to plan with, :func:`quota_minutes` only the least it can take.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_CEILING, Decimal

from migrate.errors import UsageError
from migrate.evidence.roi import ZERO, Number, decimal_of


def share_percent(part: Number, whole: Number) -> Decimal | None:
    """Part of the whole in percent (duplicate rate, incomplete records, rows dropped).

    >>> round(share_percent(4380, 36500), 2), share_percent(0, 0) is None
    (Decimal('12.00'), True)
    """
    total = decimal_of(whole)
    return 100 * decimal_of(part) / total if total else None


def average_cluster_size(clusters: Number, surplus: Number) -> Decimal | None:
    """Records per group of duplicates; ``surplus`` are those beyond the first of each group.

    >>> average_cluster_size(3650, 4380)
    Decimal('2.2')
    """
    count = decimal_of(clusters)
    return (count + decimal_of(surplus)) / count if count else None


def cleanup_hours(
    surplus_duplicates: Number,
    incomplete_records: Number,
    *,
    duplicate_minutes: Number = 6,
    incomplete_minutes: Number = 2,
) -> Decimal:
    """Hours of hand work that merging duplicates and filling gaps would take.

    >>> cleanup_hours(4380, 5475)
    Decimal('620.5')
    """
    minutes = decimal_of(surplus_duplicates) * decimal_of(duplicate_minutes)
    minutes += decimal_of(incomplete_records) * decimal_of(incomplete_minutes)
    return minutes / 60


def seats_saved_year(owners: Number, active_owners: Number, price_month: Number) -> Decimal:
    """Subscription not bought in a year for owners who no longer work with the system.

    >>> seats_saved_year(52, 40, 65)
    Decimal('9360')
    """
    return (decimal_of(owners) - decimal_of(active_owners)) * decimal_of(price_month) * 12


def recovered_margin_year(orphan_value: Number, recovered_share: Number, margin: Number) -> Decimal:
    """Margin of the neglected open deals that would be won back: margin, never revenue.

    >>> round(recovered_margin_year(438000, "0.05", "0.30"), 2)
    Decimal('6570.00')
    """
    return decimal_of(orphan_value) * decimal_of(recovered_share) * decimal_of(margin)


def time_saved_year(
    staff: Number, loaded_cost: Number, share_saved: Number, transfer: Number = 1
) -> Decimal:
    """Value of working time saved, of which only ``transfer`` becomes work done.

    >>> round(time_saved_year(20, 54000, "0.10"), 2), round(time_saved_year(20, 54000, "0.10", "0.80"), 2)
    (Decimal('108000.00'), Decimal('86400.00'))
    """
    raw = decimal_of(staff) * decimal_of(loaded_cost) * decimal_of(share_saved)
    return raw * decimal_of(transfer)


def downtime_cost(hours: Number, users: Number, rate: Number) -> Decimal:
    """Working time lost while neither system can be used.

    >>> downtime_cost(2, 40, 32)
    Decimal('2560')
    """
    return decimal_of(hours) * decimal_of(users) * decimal_of(rate)


def megabytes(records: Number, kibibytes: Number = 2) -> Decimal:
    """Storage that records take in the CRM, in MB of 1,024 KiB.

    >>> round(megabytes(310000), 2)
    Decimal('605.47')
    """
    return decimal_of(records) * decimal_of(kibibytes) / 1024


def api_calls(objects: Iterable[tuple[Number, Number]]) -> int:
    """Calls that a load takes: for each (records, records a call), a broken batch counts whole.

    >>> api_calls([(12000, 100), (32120, 100), (6200, 1)])
    6642
    """
    return int(
        sum(
            (
                (decimal_of(records) / _positive(size)).to_integral_value(ROUND_CEILING)
                for records, size in objects
            ),
            ZERO,
        )
    )


def quota_minutes(calls: Number, calls_per_second: Number, usable_share: Number = 1) -> Decimal:
    """The least minutes a load can take under the CRM's published ceiling.

    >>> round(quota_minutes(8606, 19, "0.8"), 2)
    Decimal('9.44')
    """
    return decimal_of(calls) / (_positive(calls_per_second) * _positive(usable_share)) / 60


def load_hours(records: Number, records_per_second: Number) -> Decimal:
    """Hours a load takes at the rate measured in a rehearsal.

    >>> round(load_hours(310000, "12.5"), 2)
    Decimal('6.89')
    """
    return decimal_of(records) / _positive(records_per_second) / 3600


def _positive(value: Number) -> Decimal:
    number = decimal_of(value)
    if number <= 0:
        raise UsageError(f"{value} is not above zero", hint="give a measured rate or batch size")
    return number
