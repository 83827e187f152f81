"""The readers of API answers by purpose; each returns rows for tables of `staging`, and findings."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa

from sighten_warehouse.landing.api_request import ApiRequest
from sighten_warehouse.payload.answers import (
    dal_values,
    downloads,
    milestone_listings,
    rest_milestone,
    signed_quotes,
    site_listings,
)
from sighten_warehouse.payload.conform import Row
from sighten_warehouse.payload.drift import Findings

# Takes the parsed answer (None: an error that is not JSON); the caller adds landing_id and received_at to the rows.
AnswerReader = Callable[[Any, ApiRequest], tuple[dict[str, list[Row]], Findings]]

ANSWER_READERS: dict[str, AnswerReader] = {
    "dal": dal_values.read,
    "download": downloads.read,
    "rest_milestone": rest_milestone.read,
    "rest_milestones": milestone_listings.read,
    "rest_site": rest_milestone.read_site,
    "rest_sites": site_listings.read,
    "signed_quote": signed_quotes.read,
}
ANSWER_SCHEMAS: dict[str, pa.Schema] = {
    "dal_values": dal_values.SCHEMA,
    "downloads": downloads.SCHEMA,
    "milestone_listings": milestone_listings.SCHEMA,
    "quotes": signed_quotes.SCHEMA,
    "site_listings": site_listings.SCHEMA,
    "site_pulls": rest_milestone.SCHEMA,
}
