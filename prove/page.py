"""The report as one HTML page and as Markdown."""

from html import escape
from pathlib import Path

from prove.figures import Figures
from prove.sections import Section, sections, verdict

STYLE = """\
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; margin: 0 0 2rem; } th, td { border-bottom: 1px solid #ddd; padding: .2rem .8rem; }
th { text-align: left; } td { vertical-align: top; } td + td { font-variant-numeric: tabular-nums; }
.held { color: #176b2c; } .broken { color: #a3141e; }
"""
INTRODUCTION = """\
Written by `make prove`. In the first life and in the third, each command dies once before and after every change to a
file that it comes to, and runs again, one after another, by SIGKILL and then by SIGTERM, also with a damaged backup and
a damaged version. In the others all run side by side under load, die at random or at a point, and disk, clock and API
are disturbed. All lives are read all along, and files are damaged in each. The sender keeps a log of what was
acknowledged, synced before it counts. Once all is well again, each command runs once; landing, lake and published rows
are checked against that log, against each other, and against a fresh home made from landing.

```sh
make prove MINUTES=10
```
"""


def write_html(path: Path, figures: Figures) -> None:
    """Write one page without other files."""
    outcome = "broken" if figures.broken else "held"
    body = "".join(map(_html_table, sections(figures, lists_points=True)))
    machines = "".join(f"<li>{escape(machine)}</li>" for machine in figures.machine)
    path.write_text(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Fault run</title>"
        f"<style>{STYLE}</style><h1>Fault run</h1><p class={outcome}>{escape(verdict(figures))}</p>{body}"
        f"<h2>Machines and seeds</h2><ul>{machines}</ul><p>{_seeds(figures)}</p></html>\n",
        encoding="utf-8",
    )


def _html_table(section: Section) -> str:
    head = "".join(f"<th>{escape(cell)}" for cell in section.head)
    rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}" for cell in row) for row in section.rows)
    return f"<h2>{escape(section.title)}</h2><table><tr>{head}{rows}</table>"


def write_markdown(path: Path, figures: Figures) -> None:
    """Write the page for `docs/`."""
    parts = ["# Fault run\n", f"**{verdict(figures)}**\n", INTRODUCTION]
    parts += [f"- {machine}" for machine in figures.machine]
    parts += [
        "",
        *map(_markdown_table, sections(figures, lists_points=False)),
        f"Seeds of the lives: {_seeds(figures)}.",
    ]
    path.write_text("\n".join(parts) + "\n", encoding="utf-8")


def _markdown_table(section: Section) -> str:
    lines = [section.head, ["---"] * len(section.head), *section.rows]
    rows = "".join("|" + "|".join(cell.replace("|", "\\|") for cell in line) + "|\n" for line in lines)
    return f"## {section.title}\n\n{rows}"


def _seeds(figures: Figures) -> str:
    return ", ".join(map(str, figures.seeds))
