"""A running stack: its plan, its secrets, and its three groups of processes."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from devstack.airflow_environment import airflow_environment, simulated_api_environment, without_airflow
from devstack.credentials import Credentials
from devstack.plan import Plan
from devstack.ports import LOOPBACK
from devstack.process_marks import part_mark
from devstack.processes import Processes
from devstack.progress import Progress


@dataclass(frozen=True)
class Stack:
    """`sighten` is the receiver and the simulated Sighten; they keep running while `airflow` is down."""

    plan: Plan
    credentials: Credentials
    progress: Progress
    sighten: Processes
    postgres: Processes
    airflow: Processes

    def check_alive(self) -> None:
        """Check that every served process runs.

        Raises:
            ChildDiedError: names the one that does not.
        """
        self.sighten.check_alive()
        self.postgres.check_alive()
        self.airflow.check_alive()

    def stop(self) -> None:
        """End all processes."""
        self.stop_airflow()
        self.sighten.stop()

    def stop_airflow(self) -> None:
        """End Airflow and its database."""
        self.airflow.stop()
        self.postgres.stop()
        self.plan.postgres.remove_sockets()


def make_stack(plan: Plan, credentials: Credentials, progress: Progress) -> Stack:
    """The stack, before anything is started."""
    shared = child_environment(os.environ, plan, credentials)

    def processes(name: str, environment: Mapping[str, str]) -> Processes:
        return Processes(logs=plan.logs, mark=part_mark(plan.mark, name), environment=environment)

    return Stack(
        plan,
        credentials,
        progress,
        sighten=processes("sighten", shared),
        # Run as root it is another user's, who could read all secrets in its environment.
        postgres=processes("postgres", {"PATH": os.environ["PATH"], "LC_ALL": "C"}),  # macOS needs a locale
        airflow=processes("airflow", shared | simulated_api_environment(plan, credentials)),
    )


def child_environment(environ: Mapping[str, str], plan: Plan, credentials: Credentials) -> dict[str, str]:
    """The environment of every process of the stack."""
    return {
        **without_airflow(environ),
        **airflow_environment(plan, credentials),
        "SIGHTEN_HOME": str(plan.settings.home.expanduser().resolve()),
        "SIGHTEN_RECEIVER_HOST": LOOPBACK,
        "SIGHTEN_RECEIVER_PORT": str(plan.receiver.number),
    }
