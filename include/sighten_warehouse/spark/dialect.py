"""The models' SQL for Spark: the same text, with macros expanded, and explicit where the engines read it differently.

That is: names of tables (Spark's temporary views have no schema), where NULLs sort (last, as in DuckDB), the place of
`ignore nulls`, the comma at the end of a list, and backslashes.
"""

import re
from collections.abc import Collection
from itertools import pairwise

from sighten_warehouse.spark.macros import CLOSING, OPENING, Parts, arguments_of, expand, parts_of, spark_macros

SPARK_TYPES = {
    "text": "string",
    "timestamp": "timestamp_ntz",
    "date": "date",
    "integer": "bigint",
    "texts": "array<string>",
    "timestamps": "array<timestamp_ntz>",
    "number": "double",
    "boolean": "boolean",
    "json": "string",
}


def view_name(full_name: str) -> str:
    """The name of a table's temporary view."""
    return full_name.replace(".", "__")


def in_spark(sql: str, *, tables: Collection[str]) -> str:
    """The query for Spark; `tables`: the full names that stand for temporary views.

    Raises:
        ModelError: a macro is called with the wrong number of arguments.
    """
    parts = _named(expand(parts_of(sql), spark_macros()), tables)
    parts = _with_nulls_last(_with_nulls_ignored_behind(_without_last_commas(parts)))
    return "".join(part.replace("\\", "\\\\") if part.startswith("'") else part for part in parts)


def _named(parts: Parts, tables: Collection[str]) -> Parts:
    """Put the names of temporary views in place of those of tables."""
    named: Parts = []
    for part in parts:
        if named[-1:] == ["."] and f"{named[-2]}.{part}" in tables:
            named[-2:] = [view_name(f"{named[-2]}.{part}")]
        else:
            named.append(part)
    return named


def _without_last_commas(parts: Parts) -> Parts:
    """Leave out the comma at the end of the list of a `select`, which DuckDB allows."""
    words = [position for position, part in enumerate(parts) if not part.isspace()]
    last = {here for here, after in pairwise(words) if (parts[here], parts[after]) == (",", "from")}
    return [part for position, part in enumerate(parts) if position not in last]


def _with_nulls_ignored_behind(parts: Parts) -> Parts:
    """Move `ignore nulls` behind the call: `last_value(x ignore nulls)` is `last_value(x) ignore nulls`."""
    return parts_of(re.sub(r"\s+ignore nulls\)", ") ignore nulls", "".join(parts)))


def _with_nulls_last(parts: Parts) -> Parts:
    """Say `nulls last` wherever an order does not say where NULLs are: DuckDB sorts them last, Spark first."""
    found: Parts = []
    words = ["", ""]
    position = 0
    while position < len(parts):
        part = parts[position]
        found.append(part)
        position += 1
        if not part.isspace():
            words = [words[-1], part]
        if words == ["order", "by"] and part == "by":
            end = _end_of_order(parts, position)
            items, _ = arguments_of(["(", *_with_nulls_last(parts[position:end]), ")"], 0)
            listed = ", ".join("".join(item) + ("" if "nulls" in item else " nulls last") for item in items)
            found += [" ", listed, " "]
            position = end
    return found


def _end_of_order(parts: Parts, start: int) -> int:
    """Where the list of an `order by` ends: at the frame of a window, or at the parenthesis that closes it."""
    depth = 0
    for position in range(start, len(parts)):
        part = parts[position]
        if depth == 0 and (part in CLOSING or part in ("rows", "range", "limit")):
            return position
        depth += (part in OPENING) - (part in CLOSING)
    return len(parts)
