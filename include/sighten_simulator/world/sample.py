"""The vendor's sample, byte for byte, and what the simulated Sighten knows of its milestone."""

import json
from datetime import datetime
from importlib.resources import files
from typing import Any, cast

from sighten_simulator.world.chance import chance, new_uuid
from sighten_simulator.world.dialects import as_strict_json
from sighten_simulator.world.lives import Life, State
from sighten_simulator.world.people import Signing, Site

FILE_NAME = "sample_milestone.verbatim.txt"


def sample_body() -> bytes:
    """The sample as the vendor printed it, which is not JSON."""
    return files("sighten_simulator.world").joinpath(FILE_NAME).read_bytes()


def sample_payload() -> dict[str, Any]:
    """What the sample means; its strings "None" stay strings."""
    return cast("dict[str, Any]", json.loads(as_strict_json(sample_body().decode())))


def sample_life() -> Life:
    """The sample's milestone as far as it is known; it is told as signed once, on its original quote."""
    payload = sample_payload()
    begun = datetime.fromisoformat(payload["comments"][0]["timestamp"])
    random = chance("sample")
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
