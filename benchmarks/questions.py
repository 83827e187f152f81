"""Questions to the published file, as analysts ask them, and the slowest of each kind."""

import json
import statistics
import subprocess
import sys
from time import perf_counter

import duckdb

from benchmarks.homes import Home
from sighten_warehouse.dictionary.cookbook import recipes
from sighten_warehouse.models import models

RUNS = 3
ENTITIES = ("milestones", "tasks", "sub_tasks", "documents", "comments")


def slowest_question(home: Home) -> dict[str, float]:
    """Seconds of the slowest question of each kind, asked in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.questions", str(home.layout.warehouse_file)]
    return dict(json.loads(subprocess.run(command, capture_output=True, check=True).stdout))


def questions() -> dict[str, list[str]]:
    """SQL by kind: the medians of each mart's numbers, the cookbook's recipes, the state as of a time."""
    marts = []
    for model in models().values():
        if model.schema == "marts":
            numbers = "".join(f', median("{column.name}")' for column in model.columns if column.type == "number")
            marts.append(f"select count(*){numbers} from {model.full_name}")
    as_of = (f"{name}_as_of(timestamp '2026-01-01')" for name in ENTITIES)
    return {
        "mart": marts,
        "cookbook": [recipe.sql for recipe in recipes()],
        "as-of": [f"select count(*), max(landing_id), max(received_at) from {rows}" for rows in as_of],
    }


def main(path: str) -> None:
    """Print the seconds as JSON; each is a median."""
    slowest = {}
    with duckdb.connect(path, read_only=True) as connection:
        for kind, asked in questions().items():
            slowest[kind] = max(statistics.median(_time(connection, sql) for _ in range(RUNS)) for sql in asked)
    print(json.dumps(slowest))


def _time(connection: duckdb.DuckDBPyConnection, sql: str) -> float:
    began = perf_counter()
    connection.sql(sql).to_arrow_table()
    return perf_counter() - began


if __name__ == "__main__":
    main(sys.argv[1])
