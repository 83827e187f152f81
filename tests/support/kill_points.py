"""Points at which a test kills a step."""

from collections.abc import Sequence
from typing import Any

import pytest

Point = tuple[str, str, str]


def kill_points(always: Sequence[Point], big: Sequence[Point]) -> list[Any]:
    """Parameters of a test: the points at which each run kills, and those at which only `-m big` does."""
    parameters = [pytest.param(*point, id=" ".join(point)) for point in always]
    return [*parameters, *(pytest.param(*point, id=" ".join(point), marks=pytest.mark.big) for point in big)]
