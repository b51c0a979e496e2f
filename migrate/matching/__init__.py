"""Which units are one record, and what the merged record holds."""
