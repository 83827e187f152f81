import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from receiving import Running, listening


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with listening(tmp_path_factory.mktemp("shared") / "landing") as running:
        yield running


@pytest.fixture
def receiver(shared: Running) -> Running:
    """A receiver with an empty landing; what it counted before stays counted."""
    shutil.rmtree(shared.landing, ignore_errors=True)
    return shared


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts a receiver of one's own, with such limits as the test needs."""
    with ExitStack() as stack:
        yield lambda **limits: stack.enter_context(listening(tmp_path / "landing", **limits))
