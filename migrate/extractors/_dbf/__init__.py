"""How a dBase or FoxPro file is read, byte by byte."""
