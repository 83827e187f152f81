"""Whether Sighten's API answers, knows the token, and lets its user read."""

from collections.abc import Iterator
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sighten_warehouse.api.answer import Attempt, RetryableFailure
from sighten_warehouse.api.retries import RetryPolicy
from sighten_warehouse.clock import Clock
from sighten_warehouse.errors import (
    AuthenticationError,
    MissingExtraError,
    PermissionDeniedError,
    TransientError,
    WarehouseError,
    requires_extra,
)
from sighten_warehouse.ops.doctor.check import Check, error, ok, skipped, warning
from sighten_warehouse.ops.doctor.clocks import compare_with
from sighten_warehouse.settings import WHERE_THE_ADDRESS_IS, WHERE_THE_TOKEN_IS, Settings

if TYPE_CHECKING:
    from sighten_warehouse.api.client import ApiClient

PATH = "/api/data/site/"
PATIENCE = RetryPolicy(total_s=15.0, attempts=2)  # a person waits
_RECIPE = "docs/runbook.md#api-fails"


def check_api(settings: Settings, *, clock: Clock) -> Iterator[Check]:
    """Make one call for one site, and compare the clocks."""
    if settings.api_url is None and settings.api_token is None:
        yield skipped("api", f"no address and no token here; expected in {WHERE_THE_ADDRESS_IS}")
        return
    if settings.api_url is None:
        yield error("api", "there is a token and no address", f"set {WHERE_THE_ADDRESS_IS}")
        return
    if settings.api_token is None:
        yield error("api", "there is an address and no token", f"set {WHERE_THE_TOKEN_IS}")
        return
    yield from _check_call(settings, settings.api_url, clock=clock)


def _check_call(settings: Settings, url: str, *, clock: Clock) -> Iterator[Check]:
    shown = _origin(url)
    try:
        with requires_extra("api", by="a call of the API"):
            from sighten_warehouse.api.client import open_client  # noqa: PLC0415  (an extra)
        with open_client(settings, retry_policy=PATIENCE) as client:
            client.get(PATH, query={"metrics": "site_id", "page": 1, "limit": 1})
            date = _date(client, url)
    except MissingExtraError as problem:
        yield error("api", str(problem), "install it here, or unset the address and the token")
    except AuthenticationError:
        yield error("api", f"{shown} does not know the token (401)", f"set a valid token: {WHERE_THE_TOKEN_IS}")
    except PermissionDeniedError:
        yield error("api", f"{shown} does not let the token's user read sites (403)", _RECIPE)
    except TransientError as problem:
        yield error("api", f"{shown} gave no usable answer: {problem}", _RECIPE)
    except WarehouseError as problem:
        yield warning("api", f"{shown} gave another answer than Sighten's: {problem}", _RECIPE)
    else:
        yield ok("api", f"{shown} answers and knows the token")
        if date:
            yield compare_with(date, now=clock.now())


def _date(client: "ApiClient", url: str) -> str | None:
    """The time by the API's clock, from the head of any response."""
    with client.open(Attempt(PATH, f"{url}{PATH}?limit=1", 1, monotonic() + PATIENCE.total_s)) as response:
        return None if isinstance(response, RetryableFailure) else response.headers.get("Date")


def _origin(url: str) -> str:
    """The address without what may be confidential."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
