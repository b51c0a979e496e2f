"""What people decided, in the workbook and in the YAML, and that both say the same."""
