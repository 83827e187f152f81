"""Harm at random: all actors run under load, and are killed and disturbed until the life's limits."""

import time
from dataclasses import dataclass

from prove.actors import ACTORS, IN_SHORT, RECEIVER
from prove.disturbances import Disturbances
from prove.fates import Fates
from prove.life import Scene, free_ports
from prove.sender import Sender, sending
from prove.stage import Slot, Stage

TICK_S = 0.02


@dataclass(frozen=True)
class Limits:
    """When the harm ends: after so many kills, or seconds."""

    kills: int
    seconds: float


def harm_at_random(scene: Scene, limits: Limits, fates: Fates) -> None:
    """Keep the actors and the senders running, and disturb them; then let all be well."""
    actors = IN_SHORT if scene.is_short else ACTORS
    ports = free_ports(scene.random, sum(actor.copies for actor in actors))
    slots = [Slot(actor, number, ports.pop()) for actor in actors for number in range(actor.copies)]
    stage = Stage(slots, scene.home.env, scene.folder, fates, scene.figures, scene.subjects)
    disturbances = Disturbances(scene.home, stage, scene.api, scene.clock, scene.random)
    receivers = [slot for slot in slots if slot.actor is RECEIVER]
    senders = [
        Sender(scene.home, slot.port, scene.plan[number::2], scene.acknowledged, scene.clock)
        for number, slot in enumerate(receivers)
    ]
    started = time.monotonic()

    def goes_on() -> bool:
        is_young = scene.figures.killed < limits.kills or not scene.acknowledged.bodies
        return is_young and time.monotonic() - started < limits.seconds

    try:
        with sending(senders):
            while goes_on():
                stage.step()
                disturbances.step(time.monotonic() - started)
                time.sleep(TICK_S)
    finally:
        disturbances.stop()
        stage.stop()
    scene.figures.sent_again = sum(sender.refused for sender in senders)
