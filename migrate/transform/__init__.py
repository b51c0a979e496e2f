"""From raw rows to canonical values: keys, rows, fields, relations."""
