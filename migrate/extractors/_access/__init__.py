"""How an Access database is read, through the programs of mdbtools."""
