"""The pools that the DAGs name; a task whose pool is missing would wait for ever."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Pool:
    """A pool of Airflow: its name, how many tasks may run in it at once, and its description in the UI."""

    name: str
    slots: int
    description: str


POOLS = (
    Pool("sighten_writer", 1, "one writer at a time: commit or publish"),
    Pool("sighten_api", 3, "limits API tasks, so that loading always has a free worker"),
)
