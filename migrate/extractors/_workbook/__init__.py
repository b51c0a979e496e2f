"""How a workbook is read: its sheets, the tables on them, and what stands beside the values."""
