"""The report in the terminal."""

from rich.console import Console
from rich.table import Table

from prove.figures import Figures
from prove.sections import Section, sections, verdict


def print_table(figures: Figures) -> None:
    """Print the report."""
    console = Console()
    for section in sections(figures, lists_points=False):
        console.print(_table(section))
    console.print(verdict(figures), style="red" if figures.broken else "green")


def _table(section: Section) -> Table:
    table = Table(title=section.title, title_justify="left")
    for number, column in enumerate(section.head):
        table.add_column(column, justify="left" if not number or section.title.startswith("Broken") else "right")
    for row in section.rows:
        table.add_row(*row)
    return table
