"""The pools that the DAGs name: a task whose pool is missing would wait for ever."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Pool:
    """How many tasks may hold something at once, and what that is."""

    name: str
    slots: int
    description: str


POOLS = (
    Pool("sighten_writer", 1, "whoever commits or publishes is alone"),
    Pool("sighten_api", 3, "whoever asks the API leaves room for loading"),
)
