"""The mapping held against every row."""
