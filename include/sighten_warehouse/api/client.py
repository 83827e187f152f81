"""Asks Sighten's API: signed, within the shared budget, again after a setback, page by page."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from random import Random
from typing import Self, TypeVar

import requests
import structlog

from sighten_warehouse.api.answer import Answer, Attempt, Follow, RetryableFailure
from sighten_warehouse.api.circuit_breaker import CircuitBreaker
from sighten_warehouse.api.classify import classify
from sighten_warehouse.api.deadline import BoundedAdapter
from sighten_warehouse.api.errors import NotFoundError
from sighten_warehouse.api.origin import Origin, TokenAuth
from sighten_warehouse.api.pages import PagesSeen, items_of, next_link
from sighten_warehouse.api.rate_limiter import BUDGET_NAME, Priority, RateLimiter, Throttle
from sighten_warehouse.api.retries import Retries, RetryPolicy
from sighten_warehouse.api.session import Exchange
from sighten_warehouse.api.slash_styles import in_either_style
from sighten_warehouse.api.urls import Addresses, Query, target_of
from sighten_warehouse.clock import Clock
from sighten_warehouse.errors import ApiContractError, SettingError
from sighten_warehouse.settings import Settings

log = structlog.get_logger()
T = TypeVar("T")

REDIRECTS = {301, 302, 303, 307, 308}
MAX_REDIRECTS = 5
PAGE_LIMIT = 100


def open_client(
    settings: Settings,
    *,
    priority: Priority = "live",
    clock: Clock | None = None,
    retry_policy: RetryPolicy | None = None,
) -> "ApiClient":
    """A client for the API of these settings; to be closed, as by `with`.

    Raises:
        SettingError: the API's address or the token is missing, or no header can hold the token.
    """
    if settings.api_url is None or settings.api_token is None:
        missing = "SIGHTEN_API_URL" if settings.api_url is None else "SIGHTEN_API_TOKEN"
        raise SettingError(f"{missing}: not set, expected it here or in Airflow's connection sighten_default")
    clock = clock or Clock()
    addresses = Addresses(settings.api_url)
    budget = RateLimiter(settings.layout.root / BUDGET_NAME, rate=settings.api_rate, priority=priority, clock=clock)
    exchange = Exchange(
        auth=TokenAuth(settings.api_token, origin=addresses.origin),
        adapter=BoundedAdapter(pool_maxsize=settings.api_concurrency),
        clock=clock,
    )
    retries = Retries(
        breaker=CircuitBreaker(clock=clock),
        retry_policy=retry_policy or RetryPolicy(),
        clock=clock,
        chance=Random(),  # noqa: S311  (jitter)
    )
    return ApiClient(
        addresses=addresses,
        turns=Throttle(budget, concurrency=settings.api_concurrency, clock=clock),
        exchange=exchange,
        retries=retries,
        clock=clock,
    )


class ApiClient:
    """Used by as many threads as one likes; no more calls than `concurrency` are under way at once.

    A path is written with names in place of ids, as in `/api/v1/document/{document_id}/download/`: so it stands in
    logs and messages, which never hold ids, query values, names or the token.
    """

    def __init__(
        self, *, addresses: Addresses, turns: Throttle, exchange: Exchange, retries: Retries, clock: Clock
    ) -> None:
        self._addresses = addresses
        self._turns = turns
        self._exchange = exchange
        self._retries = retries
        self._clock = clock

    @property
    def origin(self) -> Origin:
        """Where the API is, and the only place that the token goes to."""
        return self._addresses.origin

    def get(self, path: str, *, ids: Mapping[str, str] | None = None, query: Query | None = None) -> Answer:
        """The API's answer, a JSON body with a status below 300 also where it counts: inside.

        Raises:
            AuthenticationError: the token is not known.
            PermissionDeniedError: the token's user may not have this.
            NotFoundError: it is not there.
            RefusedCallError: the call is refused for another reason.
            ApiUnavailableError: there was no usable answer in spite of retries, or no turn in the budget.
            ApiContractError: the API leads elsewhere.
        """
        return self._fetch(path, self._addresses.address(path, ids=ids or {}, query=query or {}), self._follow)

    def pages(self, path: str, *, ids: Mapping[str, str] | None = None, query: Query | None = None) -> Iterator[Answer]:
        """The pages of a list that links each to the `next`, or counts its items; each is asked for when it is wanted.

        Raises:
            ApiContractError: a link leads to another origin, or in a circle, or there is no end.
            WarehouseError: as `get`.
        """
        seen = PagesSeen(path)
        url: str | None = self._addresses.address(path, ids=ids or {}, query=query or {})
        while url:
            seen.add(url)
            answer = self._fetch(path, url, self._follow)
            seen.check(items_of(answer))
            yield answer
            link = next_link(answer) or seen.link_by_number(answer)
            url = self._addresses.following(link, seen_at=url, path=path) if link else None

    def numbered_pages(
        self, path: str, *, ids: Mapping[str, str] | None = None, query: Query | None = None, limit: int = PAGE_LIMIT
    ) -> Iterator[Answer]:
        """The pages of a list that is asked for by `page` and `limit`; each when it is wanted.

        The list ends with an empty page, one shorter than that before, the same one again, or 404. So items must tell
        themselves apart: ask for an id among them. The first page alone says nothing: the API may allow fewer items
        than we ask for.

        Raises:
            ApiContractError: there is no end.
            WarehouseError: as `get`.
        """
        seen, number, size = PagesSeen(path), 0, 0
        while True:
            number += 1
            url = self._addresses.address(path, ids=ids or {}, query={**(query or {}), "page": number, "limit": limit})
            seen.add(url)
            answer = self._page_if_any(path, url, is_first=number == 1)
            if answer is None:
                return
            items = items_of(answer)
            if seen.is_repeated(items) or (not items and number > 1):
                return
            yield answer
            if len(items) < size or not items:
                return
            size = len(items)

    def _page_if_any(self, path: str, url: str, *, is_first: bool) -> Answer | None:
        try:
            return self._fetch(path, url, self._follow)
        except NotFoundError:
            if is_first:
                raise
            return None

    def streamed(self, path: str, *, ids: Mapping[str, str], follow: Follow[T]) -> T:
        """What `follow` makes of what it opens there; it is called again after each setback.

        Raises:
            WarehouseError: whatever `follow` raises; and as `get`, where there was no answer in spite of retries.
        """
        return self._fetch(path, self._addresses.address(path, ids=ids, query={}), follow)

    @contextmanager
    def opened(
        self, attempt: Attempt, *, headers: Mapping[str, str] | None = None
    ) -> Iterator[requests.Response | RetryableFailure]:
        """One request, when there is room and a turn for it; the room is taken until the answer is closed."""
        with self._turns.one(attempt):
            began, status = self._clock.monotonic(), None
            try:
                with self._exchange.opened(attempt.url, until=attempt.until, headers=headers) as response:
                    status = response.status if isinstance(response, RetryableFailure) else response.status_code
                    yield response
            finally:
                seconds = round(self._clock.monotonic() - began, 3)
                log.info("called", path=attempt.path, status=status, seconds=seconds, attempt=attempt.number)

    def classified(self, response: requests.Response, attempt: Attempt) -> Answer | RetryableFailure:
        """What the opened answer comes to.

        Raises:
            WarehouseError: as `get`.
        """
        reply = self._exchange.whole(response, path=attempt.path, until=attempt.until)
        if isinstance(reply, RetryableFailure):
            return reply
        return classify(reply, path=attempt.path, target=target_of(attempt.url))

    def redirected(self, location: str, *, seen_at: Attempt) -> str:
        """Where a redirect to the API itself leads; one to the other slash style is remembered."""
        return self._addresses.redirected(location, seen_at=seen_at.url, path=seen_at.path)

    def _fetch(self, path: str, url: str, follow: Follow[T]) -> T:
        return self._retries.until_answered(
            lambda number, until: in_either_style(Attempt(path, url, number, until), follow, addresses=self._addresses),
            path=path,
        )

    def _follow(self, attempt: Attempt) -> Answer | RetryableFailure:
        """The answer at the end of the redirects."""
        for _ in range(MAX_REDIRECTS + 1):
            with self.opened(attempt) as response:
                if isinstance(response, RetryableFailure):
                    return response
                location = response.headers.get("Location")
                if response.status_code not in REDIRECTS or not location:
                    return self.classified(response, attempt)
            attempt = attempt.at(self.redirected(location, seen_at=attempt))
        raise ApiContractError(f"{attempt.path}: more than {MAX_REDIRECTS} redirects, expected an answer")

    def close(self) -> None:
        """Closes the connections."""
        self._exchange.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
