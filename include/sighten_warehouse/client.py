"""Asks Sighten's API: signed, within the shared budget, again after a setback, page by page."""

import threading
from collections.abc import Iterator, Mapping
from random import Random
from typing import Self

import structlog

from sighten_warehouse.api_addresses import Addresses, Query, target_of
from sighten_warehouse.api_answer import Answer, Reply, Setback, judge
from sighten_warehouse.api_budget import BUDGET_NAME, ApiBudget, Priority
from sighten_warehouse.api_exchange import Exchange
from sighten_warehouse.api_pages import PagesSeen, items_of, next_link
from sighten_warehouse.api_retries import Patience, Retries
from sighten_warehouse.circuit_breaker import CircuitBreaker
from sighten_warehouse.clock import Clock
from sighten_warehouse.errors import ApiContractError, ApiUnavailableError, NotFoundError, SettingError
from sighten_warehouse.settings import Settings

log = structlog.get_logger()

REDIRECTS = {301, 302, 303, 307, 308}
MOST_REDIRECTS = 5
PAGE_LIMIT = 100


def open_client(
    settings: Settings, *, priority: Priority = "live", clock: Clock | None = None, patience: Patience | None = None
) -> "ApiClient":
    """A client for the API of these settings; to be closed, as by `with`.

    Raises:
        SettingError: the API's address or the token is missing.
    """
    if settings.api_url is None or settings.api_token is None:
        missing = "SIGHTEN_API_URL" if settings.api_url is None else "SIGHTEN_API_TOKEN"
        raise SettingError(f"{missing}: not set, expected it here or in Airflow's connection sighten_default")
    clock = clock or Clock()
    addresses = Addresses(settings.api_url)
    budget = ApiBudget(settings.layout.root / BUDGET_NAME, rate=settings.api_rate, priority=priority, clock=clock)
    exchange = Exchange(
        token=settings.api_token, origin=addresses.origin, concurrency=settings.api_concurrency, clock=clock
    )
    retries = Retries(
        breaker=CircuitBreaker(clock=clock),
        patience=patience or Patience(),
        clock=clock,
        chance=Random(),  # noqa: S311  (jitter)
    )
    return ApiClient(
        addresses=addresses,
        budget=budget,
        exchange=exchange,
        retries=retries,
        concurrency=settings.api_concurrency,
        clock=clock,
    )


class ApiClient:
    """Used by as many threads as one likes; no more calls than `concurrency` are under way at once.

    A path is written with names in place of ids, as in `/api/v1/document/{document_id}/download/`: so it stands in
    logs and messages, which never hold ids, query values, names or the token.
    """

    def __init__(  # noqa: PLR0913  (its parts, each with one job)
        self,
        *,
        addresses: Addresses,
        budget: ApiBudget,
        exchange: Exchange,
        retries: Retries,
        concurrency: int,
        clock: Clock,
    ) -> None:
        self._addresses = addresses
        self._budget = budget
        self._exchange = exchange
        self._retries = retries
        self._under_way = threading.BoundedSemaphore(concurrency)
        self._clock = clock

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
        return self._fetch(path, self._addresses.address(path, ids=ids or {}, query=query or {}))

    def pages(self, path: str, *, ids: Mapping[str, str] | None = None, query: Query | None = None) -> Iterator[Answer]:
        """The pages of a list that links each to the `next`; each is asked for when it is wanted.

        Raises:
            ApiContractError: a link leads to another origin, or in a circle, or there is no end.
            WarehouseError: as `get`.
        """
        seen = PagesSeen(path)
        url: str | None = self._addresses.address(path, ids=ids or {}, query=query or {})
        while url:
            seen.add(url)
            answer = self._fetch(path, url)
            seen.check(items_of(answer))
            yield answer
            link = next_link(answer)
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
            return self._fetch(path, url)
        except NotFoundError:
            if is_first:
                raise
            return None

    def _fetch(self, path: str, url: str) -> Answer:
        return self._retries.until_answered(
            lambda number, until: self._attempt(path, url, number=number, until=until), path=path
        )

    def _attempt(self, path: str, url: str, *, number: int, until: float) -> Answer | Setback:
        """One attempt, in either slash style if the API does not know the one."""
        try:
            answer = self._follow(path, url, number=number, until=until)
        except NotFoundError as error:
            # JSON about a path with ids is about the thing; anything else may mean that there is no such path.
            is_about_the_thing = "{" in path and error.answer.content is not None
            other = None if is_about_the_thing else self._addresses.other_style(path, seen_at=url)
            if other is None:
                raise
        else:
            if isinstance(answer, Answer):
                self._addresses.knows(path, seen_at=url)
            return answer
        return self._attempt_in_other_style(path, other, number=number, until=until)

    def _attempt_in_other_style(self, path: str, url: str, *, number: int, until: float) -> Answer | Setback:
        try:
            answer = self._follow(path, url, number=number, until=until)
        except NotFoundError as error:
            if "{" in path and error.answer.content is not None:
                self._addresses.knows(path, seen_at=url)
            else:
                self._addresses.knows_neither(path)
            raise
        if isinstance(answer, Answer):
            self._addresses.knows(path, seen_at=url)
        return answer

    def _follow(self, path: str, url: str, *, number: int, until: float) -> Answer | Setback:
        """The answer at the end of the redirects."""
        for _ in range(MOST_REDIRECTS + 1):
            reply = self._send(path, url, number=number, until=until)
            if isinstance(reply, Setback):
                return reply
            location = reply.headers.get("Location")
            if reply.status not in REDIRECTS or not location:
                return judge(reply, path=path, target=target_of(url))
            url = self._addresses.redirected(location, seen_at=url, path=path)
        raise ApiContractError(f"{path}: more than {MOST_REDIRECTS} redirects, expected an answer")

    def _send(self, path: str, url: str, *, number: int, until: float) -> Reply | Setback:
        """One request, when there is room and a turn for it."""
        if not self._under_way.acquire(timeout=max(0.0, until - self._clock.monotonic())):
            raise ApiUnavailableError(f"{path}: other calls did not end in time, expected room for one more")
        try:
            # Every request is a call to the API: retries, redirects and those refused with 429 take a turn too.
            if not self._budget.take(within_s=until - self._clock.monotonic()):
                raise ApiUnavailableError(f"{path}: no turn within the call's time, expected one by SIGHTEN_API_RATE")
            began = self._clock.monotonic()
            reply = self._exchange.ask(url, path=path, until=until)
        finally:
            self._under_way.release()
        seconds = round(self._clock.monotonic() - began, 3)
        log.info("called", path=path, status=reply.status, seconds=seconds, attempt=number)
        return reply

    def close(self) -> None:
        """Closes the connections."""
        self._exchange.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
