"""Fetches one document's bytes by one route: over redirects, with the token for the API alone."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import requests

from sighten_warehouse.api.answer import Attempt, Reply, RetryableFailure
from sighten_warehouse.api.classify import classify, is_worth_another_try
from sighten_warehouse.api.client import MAX_REDIRECTS, REDIRECTS, ApiClient
from sighten_warehouse.api.origin import origin_of
from sighten_warehouse.api.session import Exchange
from sighten_warehouse.api.urls import target_of
from sighten_warehouse.clock import Clock
from sighten_warehouse.documents.body import Body, Whole
from sighten_warehouse.documents.errors import DownloadError

ASKED_FOR = {"Accept": "*/*", "Accept-Encoding": "identity"}
_WITH_A_BODY = {HTTPStatus.OK, HTTPStatus.NON_AUTHORITATIVE_INFORMATION, HTTPStatus.PARTIAL_CONTENT}
_GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}


@dataclass(frozen=True)
class Fetched:
    """The bytes lie whole in the partial, and are a document."""

    http_status: int
    whole: Whole


class Fetch:
    """Makes one attempt after the other, until the document is there or will not come.

    Args:
        client: asks the API, with the token.
        elsewhere: asks whoever the API redirects to, without it.
        body: takes what comes.
        clock: for when it came.
    """

    def __init__(self, *, client: ApiClient, elsewhere: Exchange, body: Body, clock: Clock) -> None:
        self._client = client
        self._elsewhere = elsewhere
        self._body = body
        self._clock = clock

    def follow(self, attempt: Attempt) -> Fetched | RetryableFailure:
        """The document at the end of the redirects, or why to ask again.

        Raises:
            DownloadError: it will not come this way.
            WarehouseError: the API refuses.
        """
        is_api = True
        for _ in range(MAX_REDIRECTS + 1):
            with self._opened(attempt, is_api=is_api) as response:
                if isinstance(response, RetryableFailure):
                    return response
                location = response.headers.get("Location")
                if response.status_code not in REDIRECTS or not location:
                    return self._answered(response, attempt, is_api=is_api)
            url = next_address(location, seen_at=attempt.url)
            # Whoever is elsewhere may lead back, but may not choose what is asked with the token.
            is_api = is_api and origin_of(url) == origin_of(attempt.url)
            attempt = attempt.at(self._client.redirected(location, seen_at=attempt) if is_api else url)
        raise DownloadError("not_followed", said=f"redirected more than {MAX_REDIRECTS} times")

    def _opened(
        self, attempt: Attempt, *, is_api: bool
    ) -> AbstractContextManager[requests.Response | RetryableFailure]:
        headers = ASKED_FOR | self._body.range_headers()
        if is_api:
            return self._client.opened(attempt, headers=headers)
        return self._elsewhere.opened(attempt.url, until=attempt.until, headers=headers)

    def _answered(self, response: requests.Response, attempt: Attempt, *, is_api: bool) -> Fetched | RetryableFailure:
        status = response.status_code
        if status in _WITH_A_BODY:
            return self._received(response, attempt, is_api=is_api)
        if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and self._body.range_headers():
            return self._body.begin_again("truncated", said="the rest is not there", http_status=status)
        if status < HTTPStatus.MULTIPLE_CHOICES:
            raise DownloadError("empty", said=f"answered {status}", http_status=status)
        return self._refused(response, attempt) if is_api else _refused_elsewhere(response)

    def _received(self, response: requests.Response, attempt: Attempt, *, is_api: bool) -> Fetched | RetryableFailure:
        failure = self._body.take(response, until=attempt.until)
        if failure:
            return failure
        try:
            whole = self._body.judge(response)
        except DownloadError:
            inside = self._body.error_inside() if is_api else None
            if inside is None:
                raise
            # An error inside a 200 means what it means anywhere else in this API.
            reply = Reply(response.status_code, response.headers, inside, self._clock.now())
            meant = classify(reply, path=attempt.path, target=target_of(attempt.url))
            if isinstance(meant, RetryableFailure):
                return meant
            raise
        return whole if isinstance(whole, RetryableFailure) else Fetched(response.status_code, whole)

    def _refused(self, response: requests.Response, attempt: Attempt) -> RetryableFailure:
        answer = self._client.classified(response, attempt)
        if isinstance(answer, RetryableFailure):
            return answer
        raise DownloadError("refused", said=f"answered {answer.status}", http_status=answer.status)


def _refused_elsewhere(response: requests.Response) -> RetryableFailure:
    """Elsewhere nobody knows the token, so a 401 or 403 there says nothing about it."""
    status = response.status_code
    if is_worth_another_try(status):
        return RetryableFailure(f"answered {status} elsewhere", status, response.headers.get("Retry-After"))
    said = f"answered {status} elsewhere"
    raise DownloadError("not_found" if status in _GONE else "refused", said=said, http_status=status)


def next_address(location: str, *, seen_at: str) -> str:
    """Where a redirect leads.

    Raises:
        DownloadError: nowhere that a download may go; addresses are looked at once they are known.
    """
    try:
        url = urljoin(seen_at, location)
        origin, netloc = origin_of(url), urlsplit(url).netloc
    except ValueError:
        origin, netloc = None, ""
    if origin is None:
        raise DownloadError("not_followed", said="redirected to what is no http or https address")
    if "@" in netloc:
        raise DownloadError("not_followed", said="redirected to an address with a user in it")
    if urlsplit(seen_at).scheme == "https" and origin.scheme == "http":
        raise DownloadError("not_followed", said="redirected from https to http")
    return url
