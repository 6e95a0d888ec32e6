"""report.html: the run on one page that needs nothing but a browser."""

from .writing import write_page

__all__ = ["write_page"]
