"""Starts the receiver and the simulated Sighten, and delivers simulated webhooks."""

import subprocess
from functools import partial

import requests

from devstack.ports import LOOPBACK, Port
from devstack.processes import program
from devstack.simulated_past import SimulatedPast, read_past, record_delivered
from devstack.stack import Stack
from devstack.waiting import wait_until

SIGHTEN = ("receiver", "simulator")
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
        # A larger world of one seed contains the smaller one: the API has all delivered milestones, and further ones.
        world = _past(stack).options(plan.milestones + plan.past, plan.today)
        simulate = ["simulate", "serve", "--port", str(plan.simulator.number), *token, *world]
        stack.sighten.serve("receiver", [warehouse, *receive])
        # The real Sighten has a machine of its own; this one yields to load and publish.
        stack.sighten.serve("simulator", ["nice", "-n", "5", warehouse, *simulate])
        for name in SIGHTEN:
            await_sighten(stack, name)


def await_sighten(stack: Stack, name: str) -> None:
    """Wait until the receiver or the simulator, by name, answers.

    Raises:
        StackError: it died, or does not answer in time.
    """
    port = stack.plan.receiver if name == "receiver" else stack.plan.simulator
    wait_until(
        partial(_is_ready, port),
        what=f"{port.purpose} on {port.url}/healthz",
        seconds=HEALTHY_SECONDS,
        meanwhile=stack.sighten.check_alive,
    )


def _is_ready(port: Port) -> bool:
    try:
        return requests.get(f"{port.url}/healthz", timeout=5).ok
    except requests.RequestException:
        return False


def start_deliveries(stack: Stack) -> subprocess.Popen[bytes]:
    """Start delivering in the background, while Airflow starts."""
    plan, past = stack.plan, _past(stack)
    to = f"{plan.receiver.url}/webhooks/sighten"
    options = [*past.options(plan.milestones, plan.today), *past.delivery_options()]
    return stack.sighten.start("deliver", [program("sighten-warehouse"), "simulate", "deliver", "--to", to, *options])


def _past(stack: Stack) -> SimulatedPast:
    return read_past(stack.plan.settings, milestones=stack.plan.milestones, today=stack.plan.today)


def finish_deliveries(stack: Stack, deliveries: subprocess.Popen[bytes]) -> None:
    """Wait until every delivery is acknowledged.

    Raises:
        StackError: one was not, or it took too long.
    """
    plan, past = stack.plan, _past(stack)
    sent = f"the vendor's sample and {plan.milestones} simulated milestones"
    if past.delivered_until:
        sent = f"what has happened to {plan.milestones} simulated milestones since {past.delivered_until} UTC"
    with stack.progress.step(f"delivering {sent}", done=f"delivered and acknowledged: {sent}"):
        stack.sighten.wait("deliver", deliveries, seconds=DELIVER_SECONDS, meanwhile=stack.check_alive)
    record_delivered(plan.settings, past, plan.today)
