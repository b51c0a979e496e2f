"""How JSON documents become tables."""
