"""The part of the stack that lands deliveries: the receiver, and the simulated Sighten that sends them."""

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
    """The simulated Sighten and the receiver answer when this returns."""
    plan, warehouse = stack.plan, program("sighten-warehouse")
    with stack.progress.step(
        "starting the simulated Sighten and the receiver",
        done=f"the receiver listens on {plan.receiver.url}, the simulated Sighten on {plan.simulator.url}",
    ):
        receive = ["receive", "--host", LOOPBACK, "--port", str(plan.receiver.number)]
        token = ["--token", stack.credentials.simulator_token]
        all_lives = _lives(plan.milestones + plan.past)
        simulate = ["simulate", "serve", "--port", str(plan.simulator.number), *token, *all_lives]
        stack.sighten.serve("receiver", [warehouse, *receive])
        # A real Sighten has a machine of its own: this one steps back while deliveries are loaded and published.
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


def start_delivering(stack: Stack) -> subprocess.Popen[bytes]:
    """Deliveries are on their way, while the rest comes up."""
    to = f"{stack.plan.receiver.url}/webhooks/sighten"
    deliver = ["simulate", "deliver", "--to", to, *_lives(stack.plan.milestones)]
    return stack.sighten.start("deliver", [program("sighten-warehouse"), *deliver])


def _lives(milestones: int) -> list[str]:
    # Of one seed more lives are the same ones and then others: what the webhooks tell, the API knows, and some besides.
    return ["--milestones", str(milestones), "--seed", str(SEED)]


def finish_delivering(stack: Stack, delivering: subprocess.Popen[bytes]) -> None:
    """Every delivery is acknowledged.

    Raises:
        StackError: one was not, or it took too long.
    """
    sent = f"the vendor's sample and {stack.plan.milestones} simulated milestones"
    with stack.progress.step(f"delivering {sent}", done=f"{sent} are delivered and acknowledged"):
        stack.sighten.finish("deliver", delivering, seconds=DELIVER_SECONDS, meanwhile=stack.check_alive)
