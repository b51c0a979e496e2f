"""How delimited text is read: encoding, lines, dialect, records, tables, headers, and what was repaired."""
