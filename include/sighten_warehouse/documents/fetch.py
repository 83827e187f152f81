"""Fetches one document by one route: follows redirects and sends the token to the API only."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import requests

from sighten_warehouse.api.answer import Attempt, Reply, RetryableFailure
from sighten_warehouse.api.classify import classify, is_retryable
from sighten_warehouse.api.client import MAX_REDIRECTS, REDIRECTS, ApiClient
from sighten_warehouse.api.origin import origin_of
from sighten_warehouse.api.session import HttpSession
from sighten_warehouse.api.urls import target_of
from sighten_warehouse.clock import Clock
from sighten_warehouse.documents.body import Body, WholeBody
from sighten_warehouse.documents.errors import DownloadError

REQUEST_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity"}
_STATUSES_WITH_BODY = {HTTPStatus.OK, HTTPStatus.NON_AUTHORITATIVE_INFORMATION, HTTPStatus.PARTIAL_CONTENT}
_NOT_FOUND_STATUSES = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}


@dataclass(frozen=True)
class Fetched:
    """A document that is complete in its partial file."""

    http_status: int
    body: WholeBody


class Fetch:
    """Makes the attempts at one document by one route.

    Args:
        client: calls the API, with the token.
        external: calls other hosts that the API redirects to, without the token.
        body: receives the bytes.
        clock: for the time of receipt.
    """

    def __init__(self, *, client: ApiClient, external: HttpSession, body: Body, clock: Clock) -> None:
        self._client = client
        self._external = external
        self._body = body
        self._clock = clock

    def follow(self, attempt: Attempt) -> Fetched | RetryableFailure:
        """Make one attempt, following redirects; return the document or why to retry.

        Raises:
            DownloadError: the document cannot be downloaded by this route.
            WarehouseError: the API refuses the call.
        """
        is_api = True
        for _ in range(MAX_REDIRECTS + 1):
            with self._open(attempt, is_api=is_api) as response:
                if isinstance(response, RetryableFailure):
                    return response
                location = response.headers.get("Location")
                if response.status_code not in REDIRECTS or not location:
                    return self._handle(response, attempt, is_api=is_api)
            url = next_address(location, seen_at=attempt.url)
            # An external host may redirect back to the API, but must not choose a request that carries the token.
            is_api = is_api and origin_of(url) == origin_of(attempt.url)
            attempt = attempt.at(self._client.resolve_redirect(location, seen_at=attempt) if is_api else url)
        raise DownloadError("not_followed", message=f"redirected more than {MAX_REDIRECTS} times")

    def _open(self, attempt: Attempt, *, is_api: bool) -> AbstractContextManager[requests.Response | RetryableFailure]:
        headers = REQUEST_HEADERS | self._body.range_headers()
        if is_api:
            return self._client.open(attempt, headers=headers)
        return self._external.open(attempt.url, deadline=attempt.deadline, headers=headers)

    def _handle(self, response: requests.Response, attempt: Attempt, *, is_api: bool) -> Fetched | RetryableFailure:
        status = response.status_code
        if status in _STATUSES_WITH_BODY:
            return self._receive(response, attempt, is_api=is_api)
        if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and self._body.range_headers():
            return self._body.restart("truncated", message="the server does not have the rest", http_status=status)
        if status < HTTPStatus.MULTIPLE_CHOICES:
            raise DownloadError("empty", message=f"answered {status}", http_status=status)
        return self._handle_error(response, attempt) if is_api else _handle_external_error(response)

    def _receive(self, response: requests.Response, attempt: Attempt, *, is_api: bool) -> Fetched | RetryableFailure:
        failure = self._body.receive(response, deadline=attempt.deadline)
        if failure:
            return failure
        try:
            body = self._body.check(response)
        except DownloadError:
            error_body = self._body.error_inside() if is_api else None
            if error_body is None:
                raise
            # Treat an error inside a 200 as in any other call of this API.
            reply = Reply(response.status_code, response.headers, error_body, self._clock.now())
            outcome = classify(reply, path=attempt.path, target=target_of(attempt.url))
            if isinstance(outcome, RetryableFailure):
                return outcome
            raise
        return body if isinstance(body, RetryableFailure) else Fetched(response.status_code, body)

    def _handle_error(self, response: requests.Response, attempt: Attempt) -> RetryableFailure:
        answer = self._client.read_answer(response, attempt)
        if isinstance(answer, RetryableFailure):
            return answer
        raise DownloadError("refused", message=f"answered {answer.status}", http_status=answer.status)


def _handle_external_error(response: requests.Response) -> RetryableFailure:
    """Raise or return the failure; an external host got no token, so its 401 or 403 says nothing about the token."""
    status = response.status_code
    message = f"answered {status} elsewhere"
    if is_retryable(status):
        return RetryableFailure(message, status, response.headers.get("Retry-After"))
    is_missing = status in _NOT_FOUND_STATUSES
    raise DownloadError("not_found" if is_missing else "refused", message=message, http_status=status)


def next_address(location: str, *, seen_at: str) -> str:
    """Return the address of a redirect; `GuardedAdapter` checks its IP address later.

    Raises:
        DownloadError: a download must not follow it.
    """
    try:
        url = urljoin(seen_at, location)
        origin, netloc = origin_of(url), urlsplit(url).netloc
    except ValueError:
        origin, netloc = None, ""
    if origin is None:
        raise DownloadError("not_followed", message="redirected to something other than an http or https address")
    if "@" in netloc:
        raise DownloadError("not_followed", message="redirected to an address with a user in it")
    if urlsplit(seen_at).scheme == "https" and origin.scheme == "http":
        raise DownloadError("not_followed", message="redirected from https to http")
    return url
