"""Who reads which answers of Sighten's API: each reader gives rows for tables of `staging`, and what it found odd."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa

from sighten_warehouse.asked import Asked
from sighten_warehouse.payload import dal_values, downloads, signed_quotes
from sighten_warehouse.payload.conform import Row
from sighten_warehouse.payload.findings import Findings

# From the parsed answer (None: an error that is not JSON) to rows by table; each gets landing_id and received_at.
AnswerReader = Callable[[Any, Asked], tuple[dict[str, list[Row]], Findings]]

ANSWER_READERS: dict[str, AnswerReader] = {
    "dal": dal_values.read,
    "download": downloads.read,
    "signed_quote": signed_quotes.read,
}
ANSWER_SCHEMAS: dict[str, pa.Schema] = {
    "dal_values": dal_values.SCHEMA,
    "downloads": downloads.SCHEMA,
    "quotes": signed_quotes.SCHEMA,
}
