"""The pools that the DAGs name; a task whose pool is missing would wait for ever."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Pool:
    """A pool of Airflow: its name, how many tasks may run in it at once, and its description in the UI."""

    name: str
    slots: int
    description: str


WRITER_POOL = Pool("sighten_writer", 1, "one writer at a time: commit or publish")  # backfills included
# Few slots, so that a slow API leaves workers free for loading: two live tasks and a long one.
API_POOL = Pool("sighten_api", 3, "limits API tasks, so that loading always has a free worker")
POOLS = (WRITER_POOL, API_POOL)
