"""The cookbook: analysts' questions with their SQL, and a page that shows their results."""

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

{count} questions with their SQL and its results, on `sighten-warehouse demo --milestones 300`: the vendor's
sample and 300 milestones with invented people, addresses and contracts. Each query runs unchanged in any DuckDB client,
with `sighten-warehouse query`, and from Python:

```python
from sighten_warehouse import open_warehouse
from sighten_warehouse.dictionary.cookbook import recipes

with open_warehouse() as warehouse:
    for recipe in recipes():
        print(recipe.question)
        print(warehouse.frame(recipe.sql))
```

The columns are described in the [data dictionary](data-dictionary.md), the counting rules in
[How it decides](rules.md#reports). `make docs` generates this page from [sql/cookbook](../sql/cookbook).
"""
_HEADER = re.compile(r"-- (?P<question>[A-Z].*\?)\n(?P<notes>(?:-- [A-Z].*\n)*)")


@dataclass(frozen=True)
class Recipe:
    """A question, a note, and the SQL that answers it."""

    name: str
    question: str
    note: str
    sql: str


def recipes() -> list[Recipe]:
    """All recipes, in the order of the page.

    Raises:
        ModelError: a file does not begin with a question.
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
    """The page, with the results from the open warehouse."""
    found = recipes()
    contents = [f"{number}. [{recipe.question}](#{_anchor(number, recipe)})" for number, recipe in enumerate(found, 1)]
    parts = [INTRODUCTION.format(count=len(found)), "\n".join(contents) + "\n"]
    for number, recipe in enumerate(found, 1):
        parts.append(f"## {number}. {recipe.question}\n")
        parts += [f"{recipe.note}\n"] if recipe.note else []
        parts.append(f"```sql\n{recipe.sql}\n```\n")
        parts.append("\n".join(_table(connection, recipe)) + "\n")
    return "\n".join(parts)


def _table(connection: duckdb.DuckDBPyConnection, recipe: Recipe) -> Iterator[str]:
    result = connection.execute(recipe.sql)
    rows = [[column[0] for column in result.description or ()], *([*map(_cell, row)] for row in result.fetchall())]
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
    # As GitHub and others derive it from a heading: lower case, no punctuation, hyphens for spaces.
    return re.sub(r"[^\w\- ]", "", f"{number}. {recipe.question}".lower()).replace(" ", "-")


if __name__ == "__main__":
    with duckdb.connect(sys.argv[1], read_only=True) as published:
        print(render_cookbook(published), end="")  # noqa: T201  (`make docs` redirects it)
