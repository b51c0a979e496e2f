"""Which fields the target lacks, what would be cut, and how the new ones are made."""
