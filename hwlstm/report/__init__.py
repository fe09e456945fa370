"""One self-contained HTML page that shows what a build is and how every number was obtained."""

from .page import PAGE, report

__all__ = ["PAGE", "report"]
