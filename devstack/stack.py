"""One stack under way: its plan, its secrets, and its processes in the two parts that live and die apart."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from devstack.airflow_environment import airflow_environment, without_airflow
from devstack.credentials import Credentials
from devstack.plan import Plan
from devstack.ports import LOOPBACK
from devstack.process_marks import part_of
from devstack.processes import Processes
from devstack.progress import Progress
from devstack.simulated_api import simulated_api


@dataclass(frozen=True)
class Stack:
    """`sighten` is the receiver and the simulated Sighten: they go on while `airflow` is down."""

    plan: Plan
    credentials: Credentials
    progress: Progress
    sighten: Processes
    airflow: Processes

    def check_alive(self) -> None:
        """Nothing, while every process runs that is to keep running.

        Raises:
            ChildDiedError: says which does not.
        """
        self.sighten.check_alive()
        self.airflow.check_alive()

    def stop(self) -> None:
        """End everything."""
        self.airflow.stop()
        self.sighten.stop()


def make_stack(plan: Plan, credentials: Credentials, progress: Progress) -> Stack:
    """The stack, with nothing started yet."""
    shared = child_environment(os.environ, plan, credentials)

    def part(name: str, environment: Mapping[str, str]) -> Processes:
        return Processes(logs=plan.logs, mark=part_of(plan.mark, name), environment=environment)

    return Stack(
        plan,
        credentials,
        progress,
        sighten=part("sighten", shared),
        airflow=part("airflow", shared | simulated_api(plan, credentials)),
    )


def child_environment(environ: Mapping[str, str], plan: Plan, credentials: Credentials) -> dict[str, str]:
    """What every process of the stack finds in its environment."""
    return {
        **without_airflow(environ),
        **airflow_environment(plan, credentials),
        "SIGHTEN_HOME": str(plan.settings.home.expanduser().resolve()),
        "SIGHTEN_RECEIVER_HOST": LOOPBACK,
        "SIGHTEN_RECEIVER_PORT": str(plan.receiver.number),
    }
