"""How well each field of the target suits a column, and how sure that is."""
