"""CSV: how it is cut, read strictly, and where it is broken."""
