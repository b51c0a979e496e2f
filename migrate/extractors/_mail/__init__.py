"""How messages and mailboxes are taken apart."""
