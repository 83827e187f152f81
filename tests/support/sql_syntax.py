"""The syntax tree of a SQL model: the tables it reads and its final selects."""

from collections.abc import Iterator
from typing import Any

Node = dict[str, Any]


def nodes(node: Any) -> Iterator[Node]:
    if isinstance(node, dict):
        yield node
        for inner in node.values():
            yield from nodes(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from nodes(inner)


def tables(node: Node) -> set[str]:
    """The tables that the statement reads; its own CTEs have no schema."""
    found = [inner for inner in nodes(node) if inner.get("type") == "BASE_TABLE" and inner["schema_name"]]
    return {f"{table['schema_name']}.{table['table_name']}" for table in found}


def final_selects(node: Node) -> list[Node]:
    """The last `select`, or each part of a final union."""
    if node["type"] == "SELECT_NODE":
        return [node]
    parts = node.get("children") or [node["left"], node["right"]]  # renamed in DuckDB 2.0
    return [select for part in parts for select in final_selects(part)]
