"""Starts the receiver and the simulated Sighten, and delivers simulated webhooks."""

import subprocess
from functools import partial

import requests

from devstack.ports import LOOPBACK, Port
from devstack.processes import program
from devstack.stack import Stack
from devstack.waiting import wait_until

SEED = 1
HEALTHY_SECONDS = 60
DELIVER_SECONDS = 300


def start_sighten(stack: Stack) -> None:
    """Start the simulated Sighten and the receiver; both answer when this returns."""
    plan, warehouse = stack.plan, program("sighten-warehouse")
    with stack.progress.step(
        "starting the simulated Sighten and the receiver",
        done=f"the receiver listens on {plan.receiver.url}, the simulated Sighten on {plan.simulator.url}",
    ):
        receive = ["receive", "--host", LOOPBACK, "--port", str(plan.receiver.number)]
        token = ["--token", stack.credentials.simulator_token]
        world = _world_options(plan.milestones + plan.past)
        simulate = ["simulate", "serve", "--port", str(plan.simulator.number), *token, *world]
        stack.sighten.serve("receiver", [warehouse, *receive])
        # The real Sighten has a machine of its own; this one yields to load and publish.
        stack.sighten.serve("simulator", ["nice", "-n", "5", warehouse, *simulate])
        for port in (plan.receiver, plan.simulator):
            wait_until(
                partial(_is_ready, port),
                what=f"{port.purpose} on {port.url}/healthz",
                seconds=HEALTHY_SECONDS,
                meanwhile=stack.check_alive,
            )


def _is_ready(port: Port) -> bool:
    try:
        return requests.get(f"{port.url}/healthz", timeout=5).ok
    except requests.RequestException:
        return False


def start_deliveries(stack: Stack) -> subprocess.Popen[bytes]:
    """Start delivering in the background, while Airflow starts."""
    to = f"{stack.plan.receiver.url}/webhooks/sighten"
    deliver = ["simulate", "deliver", "--to", to, *_world_options(stack.plan.milestones)]
    return stack.sighten.start("deliver", [program("sighten-warehouse"), *deliver])


def _world_options(milestones: int) -> list[str]:
    # A larger world of one seed contains the smaller one: the API has all delivered milestones, and further ones.
    return ["--milestones", str(milestones), "--seed", str(SEED)]


def finish_deliveries(stack: Stack, deliveries: subprocess.Popen[bytes]) -> None:
    """Wait until every delivery is acknowledged.

    Raises:
        StackError: one was not, or it took too long.
    """
    sent = f"the vendor's sample and {stack.plan.milestones} simulated milestones"
    with stack.progress.step(f"delivering {sent}", done=f"{sent} are delivered and acknowledged"):
        stack.sighten.wait("deliver", deliveries, seconds=DELIVER_SECONDS, meanwhile=stack.check_alive)
