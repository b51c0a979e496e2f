"""Does a workbook hold things that only the slow reader shows? Told from its XML, fast."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

# What a worksheet's XML shows where openpyxl has something to tell.
_ERROR = re.compile(rb"""\st=["']e["']""")
_HIDDEN = re.compile(rb"""<row\s[^>]*hidden=["'](1|true)["']""")
_UNCALCULATED = re.compile(rb"(</f>|<f\s[^>]*/>)\s*(<v\s*/>|<v></v>|</c>)")
_ZEROS_FORMAT = re.compile(rb"""formatCode=["'](?=[^"']*0[^"']*0)([0 \\-]|&quot;)+["']""")


def is_openxml(path: Path) -> bool:
    """Tell whether the file is .xlsx or .xlsm by what it holds, whatever its name."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return "xl/workbook.xml" in archive.namelist()


def special_content(path: Path) -> set[str]:
    """Tell which of zeros, errors, hidden and formulas occur: number formats of zeros, error cells,
    hidden rows, formulas without a value."""
    found: set[str] = set()
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name == "xl/styles.xml" and _ZEROS_FORMAT.search(archive.read(name)):
                found.add("zeros")
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                tail = b""
                with archive.open(name) as stream:
                    while chunk := stream.read(1 << 20):
                        text = tail + chunk
                        for need, sign in (
                            ("errors", _ERROR), ("hidden", _HIDDEN), ("formulas", _UNCALCULATED),
                        ):  # fmt: skip
                            if need not in found and sign.search(text):
                                found.add(need)
                        tail = text[-500:]
    return found
