"""What can be proven after a load, and what the migration costs and brings."""
