"""How a run is shown: terminal text, JSON, HTML and workbooks are views of one ``RunReport``."""
