"""hwlstm report: report.html from all that was measured."""

from pathlib import Path

from ..report import report

__all__ = ["add", "run"]


def add(commands):
    it = commands.add_parser(
        "report",
        help="write report.html from all that was measured",
        description="Write report.html: one self-contained page with all that was measured.",
    )
    it.add_argument("build", type=Path, help="a folder written by hwlstm build")
    return it


def run(options) -> dict:
    page = report(options.build)
    print(f"report: {page}")
    return {"report": str(page)}
