"""What a column means: its heading, its values, and the columns beside it."""
