"""The client of Sighten's API: signed calls within the rate limit, with retries and paging."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
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
from sighten_warehouse.api.rate_limiter import RATE_FILE_NAME, Priority, RateLimiter, Throttle
from sighten_warehouse.api.refusals import Refusals
from sighten_warehouse.api.retries import Retries, RetryPolicy
from sighten_warehouse.api.session import HttpSession
from sighten_warehouse.api.slash_styles import in_either_style
from sighten_warehouse.api.urls import Addresses, Query, target_of
from sighten_warehouse.clock import Clock
from sighten_warehouse.errors import ApiContractError, SettingError
from sighten_warehouse.locks import behind_others
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
    """Open a client for the API of these settings; use it in `with`, or close it.

    In `with`, the thread and those it starts get a core only when loading and publishing leave it one.

    Raises:
        SettingError: the API's address or token is missing, or the token does not fit into a header.
    """
    if settings.api_url is None or settings.api_token is None:
        missing = "SIGHTEN_API_URL" if settings.api_url is None else "SIGHTEN_API_TOKEN"
        raise SettingError(f"{missing}: not set, expected it here or in Airflow's connection sighten_default")
    clock = clock or Clock()
    addresses = Addresses(settings.api_url)
    rate_file = settings.layout.root / RATE_FILE_NAME
    rate_limiter = RateLimiter(rate_file, rate=settings.api_rate, priority=priority, clock=clock)
    session = HttpSession(
        auth=TokenAuth(settings.api_token, origin=addresses.origin),
        adapter=BoundedAdapter(pool_maxsize=settings.api_concurrency),
        clock=clock,
    )
    retries = Retries(
        refusals=Refusals(settings.layout, clock=clock),
        breaker=CircuitBreaker(clock=clock),
        retry_policy=retry_policy or RetryPolicy(),
        clock=clock,
        random=Random(),  # noqa: S311  (jitter)
    )
    return ApiClient(
        addresses=addresses,
        throttle=Throttle(rate_limiter, concurrency=settings.api_concurrency, clock=clock),
        session=session,
        retries=retries,
        clock=clock,
    )


class ApiClient:
    """Calls the API; any number of threads may share it, with at most `concurrency` calls at once.

    Paths have names in place of ids, as in `/api/v1/document/{document_id}/download/`. Logs and messages show them so,
    and never ids, query values, names or the token.
    """

    def __init__(
        self, *, addresses: Addresses, throttle: Throttle, session: HttpSession, retries: Retries, clock: Clock
    ) -> None:
        self._addresses = addresses
        self._throttle = throttle
        self._session = session
        self._stack = ExitStack()
        self._retries = retries
        self._clock = clock

    @property
    def origin(self) -> Origin:
        """The API's origin, the only one that gets the token."""
        return self._addresses.origin

    def get(self, path: str, *, ids: Mapping[str, str] | None = None, query: Query | None = None) -> Answer:
        """Return the API's answer: JSON, with a status below 300 in the header and in the body.

        Raises:
            AuthenticationError: the API does not know the token.
            PermissionDeniedError: the token's user may not access this.
            NotFoundError: it does not exist.
            RefusedCallError: the API refuses the call for another reason.
            ApiUnavailableError: all retries failed, or the rate limit had no slot.
            ApiContractError: the API redirects to another origin, or too often.
        """
        return self._fetch(path, self._addresses.address(path, ids=ids or {}, query=query or {}), self._follow)

    def pages(self, path: str, *, ids: Mapping[str, str] | None = None, query: Query | None = None) -> Iterator[Answer]:
        """Yield the pages of a list with `next` links or a count of items, each requested when it is needed.

        Raises:
            ApiContractError: a link points to another origin or back, or the list does not end.
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
            url = self._addresses.resolve_link(link, seen_at=url, path=path) if link else None

    def numbered_pages(
        self, path: str, *, ids: Mapping[str, str] | None = None, query: Query | None = None, limit: int = PAGE_LIMIT
    ) -> Iterator[Answer]:
        """Yield the pages of a list that takes `page` and `limit`, each requested when it is needed.

        The list ends with an empty page, a page shorter than the one before, a repeated page, or 404. So items must be
        distinct: request an id with them. The length of the first page proves nothing, since the API may allow fewer
        items than `limit`.

        Raises:
            ApiContractError: the list does not end.
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

    def stream(self, path: str, *, ids: Mapping[str, str], follow: Follow[T]) -> T:
        """Call `follow` with attempts at this path until it returns something other than a retryable failure.

        Raises:
            WarehouseError: whatever `follow` raises; and as `get`, if all retries failed.
        """
        return self._fetch(path, self._addresses.address(path, ids=ids, query={}), follow)

    @contextmanager
    def open(
        self, attempt: Attempt, *, headers: Mapping[str, str] | None = None
    ) -> Iterator[requests.Response | RetryableFailure]:
        """Wait for a slot and open one response; the slot is held until the response is closed."""
        with self._throttle.slot(attempt):
            started, status = self._clock.monotonic(), None
            try:
                with self._session.open(attempt.url, deadline=attempt.deadline, headers=headers) as response:
                    status = response.status if isinstance(response, RetryableFailure) else response.status_code
                    yield response
            finally:
                seconds = round(self._clock.monotonic() - started, 3)
                log.info("called", path=attempt.path, status=status, seconds=seconds, attempt=attempt.number)

    def read_answer(self, response: requests.Response, attempt: Attempt) -> Answer | RetryableFailure:
        """Read an open response and classify it.

        Raises:
            WarehouseError: as `get`.
        """
        reply = self._session.read_reply(response, path=attempt.path, deadline=attempt.deadline)
        if isinstance(reply, RetryableFailure):
            return reply
        return classify(reply, path=attempt.path, target=target_of(attempt.url))

    def resolve_redirect(self, location: str, *, seen_at: Attempt) -> str:
        """Return the address of a redirect within the API; one to the other slash style is remembered."""
        return self._addresses.resolve_redirect(location, seen_at=seen_at.url, path=seen_at.path)

    def _fetch(self, path: str, url: str, follow: Follow[T]) -> T:
        def attempt(number: int, deadline: float) -> T | RetryableFailure:
            return in_either_style(Attempt(path, url, number, deadline), follow, addresses=self._addresses)

        return self._retries.run(attempt, path=path)

    def _follow(self, attempt: Attempt) -> Answer | RetryableFailure:
        """Follow redirects and return the final answer."""
        for _ in range(MAX_REDIRECTS + 1):
            with self.open(attempt) as response:
                if isinstance(response, RetryableFailure):
                    return response
                location = response.headers.get("Location")
                if response.status_code not in REDIRECTS or not location:
                    return self.read_answer(response, attempt)
            attempt = attempt.at(self.resolve_redirect(location, seen_at=attempt))
        raise ApiContractError(f"{attempt.path}: more than {MAX_REDIRECTS} redirects, expected an answer")

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def __enter__(self) -> Self:
        self._stack.enter_context(behind_others())
        self._stack.callback(self.close)
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()
