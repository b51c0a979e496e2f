"""How a folder or an archive of files becomes one source."""
