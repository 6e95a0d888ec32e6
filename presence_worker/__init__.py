"""Sets the presence status of many SuperOffice users from one file."""

__version__ = "0.1.0"
