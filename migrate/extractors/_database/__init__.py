"""How a SQL database is read: its catalogue, one snapshot, keyset pages, what its columns give away."""
