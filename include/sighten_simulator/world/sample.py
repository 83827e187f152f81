"""The vendor's sample, byte for byte, and the life of its milestone."""

import json
from datetime import datetime
from importlib.resources import files
from typing import Any, cast

from sighten_simulator.world.dialects import as_strict_json
from sighten_simulator.world.lives import Life, State
from sighten_simulator.world.people import Signing, Site
from sighten_simulator.world.randomness import new_uuid, seeded_random

FILE_NAME = "sample_milestone.verbatim.txt"


def sample_body() -> bytes:
    """The sample as the vendor printed it; it is not JSON."""
    return files("sighten_simulator.world").joinpath(FILE_NAME).read_bytes()


def sample_payload() -> dict[str, Any]:
    """The sample, parsed; its strings "None" stay strings."""
    return cast("dict[str, Any]", json.loads(as_strict_json(sample_body().decode())))


def sample_life() -> Life:
    """The life of the sample's milestone: one state, signed once, on its original quote."""
    payload = sample_payload()
    begun = datetime.fromisoformat(payload["comments"][0]["timestamp"])
    random = seeded_random("sample")
    site = Site(
        site_id=payload["site"],
        workflow_id=new_uuid(random),
        organization_id=payload["assigned_to"]["organization"],
        homeowner=("Sample", "Homeowner"),
        date_created=begun,
        quote_id=payload["quote"],
        signings=(Signing(payload["quote"], begun),),
    )
    return Life(payload["uuid"], site, newer_keys=False, events=(), snapshots=(), states=(State(begun, payload),))
