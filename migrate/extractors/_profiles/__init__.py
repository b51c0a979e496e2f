"""How a source profile is recognised, and what it changes in the tables."""
