"""Confines foreign SQL to the tables it may name: with `confine` it then reads nothing else that is attached.

The parsed statement is checked, not its text, and all that is not known to be harmless is refused.
"""

import difflib
import json
from collections.abc import Collection, Iterator
from typing import Any

import duckdb

from sighten_warehouse.guards.engine import require_reading

# They compute rows from their arguments. Others read tables whose name is a text, files, or the catalog.
HARMLESS_FUNCTIONS = frozenset(("unnest", "range", "generate_series", "json_each", "json_tree"))
_NAMING = ("table_name", "schema_name", "catalog_name")
_ONE_SELECT = "expected one `select`, `from`, `with`, `describe` or `summarize`; of `pivot`, one with `in (…)`"


def require_named(
    connection: duckdb.DuckDBPyConnection, sql: str, *, tables: Collection[str], functions: Collection[str]
) -> None:
    """Check that the SQL is one `select` that names only those tables, such as `users` and `marts.reviews`.

    Raises:
        ValueError: it is not; the message says what was expected.
        duckdb.Error: it is no SQL.
    """
    require_reading(connection, sql)
    [(serialized,)] = connection.execute("select json_serialize_sql(?)", [sql]).fetchall()
    tree = json.loads(serialized)
    if tree["error"]:
        raise ValueError(f"{_ONE_SELECT} ({tree['error_message']})")
    nodes = list(_objects(tree))
    own = {entry["key"].lower() for node in nodes for entry in node.get("cte_map", {}).get("map", ())}
    for node in nodes:
        if node.get("type") == "TABLE_FUNCTION":
            _require_function(node["function"], HARMLESS_FUNCTIONS | set(functions))
        elif any(key in node for key in _NAMING):
            _require_table(node, tables, own)


def _objects(tree: Any) -> Iterator[dict[str, Any]]:
    pending = [tree]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            yield value
            pending += value.values()
        elif isinstance(value, list):
            pending += value


def _require_function(called: dict[str, Any], allowed: Collection[str]) -> None:
    if called["function_name"].lower() not in allowed or called["schema"] or called["catalog"]:
        raise ValueError(f"{called['function_name']}(…) in `from`: expected a table, or {', '.join(sorted(allowed))}")


def _require_table(node: dict[str, Any], tables: Collection[str], own: Collection[str]) -> None:
    if node["type"] == "SHOW_REF" and node["query"]:
        return  # `describe` and `summarize`: the table is in their query
    path = tuple(name for name in (node["catalog_name"], node["schema_name"], node["table_name"]) if name)
    wanted = tuple(part.lower() for part in path)
    if len(wanted) == 1 and wanted[0] in own:
        return
    allowed = {tuple(table.lower().split(".", 1)) if "." in table else ("main", table.lower()) for table in tables}
    if (wanted if len(wanted) > 1 else ("main", *wanted)) in allowed:
        return
    close = [table for table in tables if table.lower().split(".")[-1] == wanted[-1]]
    close = close or difflib.get_close_matches(".".join(wanted), tables, n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(close)}?" if close else "list the tables first"
    raise ValueError(f"no table {'.'.join(path)}; {hint}")
