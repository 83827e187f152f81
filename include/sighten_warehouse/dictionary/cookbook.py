"""The cookbook: questions that analysts ask, each with its SQL, and as a page with what a warehouse answers."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from sighten_warehouse.errors import ModelError
from sighten_warehouse.models import sql_folder

INTRODUCTION = """\
# Cookbook

{count} questions with their SQL and what it answers. The answers are those of a simulated world, the one that
`make run` delivers: the vendor's sample and 300 milestones whose people, addresses and contracts are invented. Each
runs as it stands in any client of DuckDB, with `sighten-warehouse query`, and from Python:

```python
from sighten_warehouse import open_warehouse
from sighten_warehouse.cookbook import recipes

with open_warehouse() as warehouse:
    for recipe in recipes():
        print(recipe.question)
        print(warehouse.frame(recipe.sql))
```

What the columns mean stands in the [data dictionary](data-dictionary.md); how reports count, in
[How it decides](rules.md#reports). This page is written by `make docs` from the files in
[sql/cookbook](../sql/cookbook).
"""
_HEADER = re.compile(r"-- (?P<question>[A-Z].*\?)\n(?P<notes>(?:-- [A-Z].*\n)*)")


@dataclass(frozen=True)
class Recipe:
    """A question, what there is to note about it, and the SQL that answers it."""

    name: str
    question: str
    note: str
    sql: str


def recipes() -> list[Recipe]:
    """All of them, in the order of the page.

    Raises:
        ModelError: one does not begin with its question.
    """
    return [_read(path) for path in sorted((sql_folder() / "cookbook").glob("*.sql"))]


def _read(path: Path) -> Recipe:
    text = path.read_text()
    header = _HEADER.match(text)
    if header is None:
        raise ModelError(f"{path}: expected a first line that is a question, such as `-- How many milestones?`")
    note = " ".join(line.removeprefix("-- ") for line in header["notes"].splitlines())
    return Recipe(path.stem, header["question"], note, text[header.end() :].strip())


def render_cookbook(connection: duckdb.DuckDBPyConnection) -> str:
    """The page, with the answers of the warehouse that the connection has open."""
    found = recipes()
    contents = [f"{number}. [{one.question}](#{_anchor(number, one)})" for number, one in enumerate(found, 1)]
    parts = [INTRODUCTION.format(count=len(found)), "\n".join(contents) + "\n"]
    for number, recipe in enumerate(found, 1):
        parts.append(f"## {number}. {recipe.question}\n")
        parts += [f"{recipe.note}\n"] if recipe.note else []
        parts.append(f"```sql\n{recipe.sql}\n```\n")
        parts.append("\n".join(_table(connection, recipe)) + "\n")
    return "\n".join(parts)


def _table(connection: duckdb.DuckDBPyConnection, recipe: Recipe) -> Iterator[str]:
    answer = connection.execute(recipe.sql)
    rows = [[column[0] for column in answer.description or ()], *([*map(_cell, row)] for row in answer.fetchall())]
    if len(rows) == 1:
        yield "No rows."
        return
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for number, row in enumerate(rows):
        yield "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        if number == 0:
            yield "|" + "|".join("-" * (width + 2) for width in widths) + "|"


def _cell(value: Any) -> str:
    return "" if value is None else str(value).replace("|", "\\|")


def _anchor(number: int, recipe: Recipe) -> str:
    # As forges make it of a heading: lower case, punctuation left out, hyphens for spaces.
    return re.sub(r"[^\w\- ]", "", f"{number}. {recipe.question}".lower()).replace(" ", "-")


if __name__ == "__main__":
    with duckdb.connect(sys.argv[1], read_only=True) as published:
        print(render_cookbook(published), end="")  # noqa: T201  (`make docs` writes what it prints)
