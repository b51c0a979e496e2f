"""Is the move worth its money: the formulas of the ROI model, for use without a migration."""

from __future__ import annotations

from migrate.evidence.roi import (
    annuity_factor,
    discounted_payback,
    irr,
    irr_roots,
    mirr,
    monthly_rate,
    npv,
    nucleus_percent,
    payback,
    payback_months,
    present_values,
    risk_adjusted,
    roi_percent,
    sign_changes,
    tco,
)
from migrate.evidence.roi_break_even import (
    BreakEven,
    break_even_units,
    break_even_users,
    switching_value,
)
from migrate.evidence.roi_case import LineResult, RoiResult, compute
from migrate.evidence.roi_inputs import RoiInputs
from migrate.evidence.roi_measures import (
    api_calls,
    average_cluster_size,
    cleanup_hours,
    downtime_cost,
    load_hours,
    megabytes,
    quota_minutes,
    recovered_margin_year,
    seats_saved_year,
    share_percent,
    time_saved_year,
)
from migrate.evidence.roi_page import roi_json, roi_section
from migrate.evidence.roi_yaml import roi_inputs

__all__ = [
    "BreakEven",
    "LineResult",
    "RoiInputs",
    "RoiResult",
    "annuity_factor",
    "api_calls",
    "average_cluster_size",
    "break_even_units",
    "break_even_users",
    "cleanup_hours",
    "compute",
    "discounted_payback",
    "downtime_cost",
    "irr",
    "irr_roots",
    "load_hours",
    "megabytes",
    "mirr",
    "monthly_rate",
    "npv",
    "nucleus_percent",
    "payback",
    "payback_months",
    "present_values",
    "quota_minutes",
    "recovered_margin_year",
    "risk_adjusted",
    "roi_inputs",
    "roi_json",
    "roi_percent",
    "roi_section",
    "seats_saved_year",
    "share_percent",
    "sign_changes",
    "switching_value",
    "tco",
    "time_saved_year",
]
