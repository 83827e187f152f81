import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from sighten_simulator.webhooks.delivery_plan import PlanOptions, plan_deliveries, plan_sample
from sighten_simulator.world.lives import build_simulation
from support.object_stores import ObjectStore, forget_machines, machine, object_stores, reach
from support.receiving import Running, listening
from support.signing import configured
from support.warehouses import Warehouse


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with listening(tmp_path_factory.mktemp("shared") / "landing") as running:
        yield running


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """What `demo` delivers: the vendor's sample and 300 simulated milestones. For reading only."""
    warehouse = Warehouse(tmp_path_factory.mktemp("simulated"))
    plan = [*plan_sample(), *plan_deliveries(build_simulation(1, 300), PlanOptions(tasks=True))]
    warehouse.deliver(*(delivery.body for delivery in plan))
    return warehouse


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


@pytest.fixture(scope="module")
def guarded_ones(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Running]]:
    started: dict[str, Running] = {}
    with ExitStack() as stack:

        def one(auth: str, secret: str, **settings: str) -> Running:
            key = repr((auth, secret, settings))
            if key not in started:
                landing = tmp_path_factory.mktemp("guarded") / "landing"
                started[key] = stack.enter_context(
                    listening(landing, authentication=configured(auth, secret, **settings))
                )
            return started[key]

        yield one


@pytest.fixture
def guarded(guarded_ones: Callable[..., Running]) -> Callable[..., Running]:
    """A receiver that asks for that credential, with an empty landing; what it saw before it remembers."""

    def one(auth: str, secret: str, **settings: str) -> Running:
        running = guarded_ones(auth, secret, **settings)
        shutil.rmtree(running.landing, ignore_errors=True)
        return running

    return one


@pytest.fixture(scope="session")
def new_store() -> Iterator[Callable[[], ObjectStore]]:
    with object_stores() as new:
        yield new


@pytest.fixture
def store(new_store: Callable[[], ObjectStore], monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    """An empty bucket of an S3 server on loopback, which this process can reach."""
    made = new_store()
    reach(made, monkeypatch)
    yield made
    made.rules.clear()
    made.before = None
    forget_machines()


@pytest.fixture
def machines(store: ObjectStore, tmp_path: Path) -> Callable[[str], Warehouse]:
    """A machine by its name: each shares nothing with the others but the store."""
    known: dict[str, Warehouse] = {}

    def of(name: str) -> Warehouse:
        return known.setdefault(name, machine(store, tmp_path / name))

    return of
