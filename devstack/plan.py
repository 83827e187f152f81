"""What a stack consists of: its folders, its ports and the warehouse's settings."""

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from devstack.errors import WrongUseError
from devstack.ports import Port, read_port
from devstack.postgres import VARIABLE, Postgres
from sighten_warehouse.clock import Clock
from sighten_warehouse.errors import SettingError
from sighten_warehouse.settings import Settings, read_settings

REPOSITORY = Path(__file__).resolve().parent.parent
DAL_METRICS = REPOSITORY / "docs/dal-metrics.example.yml"


@dataclass(frozen=True)
class Plan:
    """A stack before anything is started; `past` counts the milestones that only the simulated API has.

    The simulated lives go on until `today`, 0:00 UTC. `metadata_url` is a database of the user's own for Airflow.
    """

    home: Path
    settings: Settings
    airflow: Port
    receiver: Port
    simulator: Port
    milestones: int
    past: int
    today: datetime
    metadata_url: str = field(repr=False)

    @property
    def ports(self) -> tuple[Port, ...]:
        """All ports it listens on."""
        return (self.airflow, self.receiver, self.simulator)

    @property
    def logs(self) -> Path:
        """The folder with a log file for each process."""
        return self.home / "logs"

    @property
    def postgres(self) -> Postgres:
        """The server of Airflow's metadata, where the user names no database."""
        return Postgres(self.home)

    @property
    def mark(self) -> str:
        """Marks this stack's processes, so that no other stack's are ended."""
        return str(self.home)


def read_plan(environ: Mapping[str, str], *, milestones: int, past: int = 0) -> Plan:
    """Read the plan from the environment.

    Raises:
        WrongUseError: a setting or a port is wrong, or the home is configured for a real Sighten.
    """
    try:
        settings = read_settings({"SIGHTEN_DAL_METRICS": str(DAL_METRICS), **environ})
    except SettingError as error:
        raise WrongUseError(str(error)) from None
    if settings.tenants:
        raise WrongUseError("SIGHTEN_TENANTS is set, and `make run` knows one home; unset it, or see docs/tenants.md")
    if settings.api_url:
        raise WrongUseError(
            f"this home is configured for a real Sighten (SIGHTEN_API_URL is {settings.api_url}), and `make run` would "
            f"mix simulated deliveries into {settings.layout.root}; unset SIGHTEN_API_URL and choose another home"
        )
    return Plan(
        home=Path(environ.get("STACK_HOME") or REPOSITORY / ".airflow").expanduser().resolve(),
        settings=settings,
        airflow=read_port(environ, "STACK_AIRFLOW_PORT", purpose="Airflow's API server and UI", default=8080),
        receiver=read_port(environ, "SIGHTEN_RECEIVER_PORT", purpose="the receiver", default=8088),
        simulator=read_port(environ, "STACK_SIMULATOR_PORT", purpose="the simulated Sighten", default=8090),
        milestones=milestones,
        past=past,
        today=Clock().now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0),
        metadata_url=environ.get(VARIABLE, ""),
    )


@contextmanager
def locked_home(home: Path) -> Iterator[None]:
    """Lock the home until the end of the block, or of the process.

    Raises:
        WrongUseError: another stack runs from this home.
    """
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (home / "stack.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WrongUseError(
                f"{home}: another stack runs from here; stop it first, or choose STACK_HOME=<folder>"
            ) from None
        yield
