"""How the files that rows refer to are found, hashed and listed."""
