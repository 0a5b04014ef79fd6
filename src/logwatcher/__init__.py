"""Your HTTP traffic, live, on one page."""

__version__ = "0.1.0"
