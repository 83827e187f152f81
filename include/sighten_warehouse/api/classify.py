"""Sorts the API's responses into answers, retryable failures and errors."""

import re
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import msgspec

from sighten_warehouse.api.answer import Answer, Reply, RetryableFailure
from sighten_warehouse.api.errors import NotFoundError, RefusedCallError
from sighten_warehouse.errors import (
    ApiContractError,
    AuthenticationError,
    PermissionDeniedError,
    RejectedError,
    WarehouseError,
)
from sighten_warehouse.payload.decode import decode_body
from sighten_warehouse.payload.repair import parse_text
from sighten_warehouse.settings import WHERE_THE_ADDRESS_IS, WHERE_THE_TOKEN_IS

RETRYABLE_STATUSES = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
_STATUS = re.compile(r"[1-9][0-9]{2}", re.ASCII)


def is_retryable(status: int) -> bool:
    """Whether a call with this status may succeed later: 408, 429 and 5xx."""
    return status in RETRYABLE_STATUSES or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def classify(reply: Reply, *, path: str, target: str) -> Answer | RetryableFailure:
    """Return the answer, or why to retry.

    Raises:
        AuthenticationError: 401.
        PermissionDeniedError: 403.
        NotFoundError: 404.
        RefusedCallError: another 4xx.
        ApiContractError: a redirect without a location.
    """
    content, trouble = _parse(reply)
    status = _effective_status(reply.status, content)
    if is_retryable(status):
        return RetryableFailure(f"answered {_format_status(status, reply)}", status, reply.headers.get("Retry-After"))
    if status < HTTPStatus.MULTIPLE_CHOICES and trouble:
        return RetryableFailure(f"answered {reply.status} with {trouble}", reply.status)
    answer = Answer(path, target, status, reply.content_type, reply.body, reply.received_at, content)
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return answer
    raise _error(answer, shown_status=_format_status(status, reply))


def _parse(reply: Reply) -> tuple[Any, str | None]:
    if not reply.body:
        return None, "an empty body"
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return msgspec.json.decode(reply.body), None
    if "html" in reply.content_type.lower() or reply.body.lstrip()[:1] == b"<":
        return None, "HTML instead of JSON"
    with suppress(RejectedError):  # accept what `load` can repair: `NaN`, Python literals, a byte order mark
        return parse_text(decode_body(reply.body, headers={}, content_type=reply.content_type))[0], None
    return None, "a body that is not JSON"


def _effective_status(status: int, content: Any) -> int:
    """The status of an error inside a 200, else the HTTP status."""
    if status >= HTTPStatus.MULTIPLE_CHOICES or not isinstance(content, dict):
        return status
    inner_status = _parse_status(content.get("status_code"))
    if inner_status is not None and inner_status >= HTTPStatus.BAD_REQUEST:
        return inner_status
    messages = content.get("messages")
    is_error = isinstance(messages, dict) and any(messages.get(level) for level in ("error", "critical"))
    return HTTPStatus.BAD_REQUEST if is_error else status


def _parse_status(value: Any) -> int | None:
    """An HTTP status given as a number or as text; None for anything else."""
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return int(text) if _STATUS.fullmatch(text) else None


def _format_status(status: int, reply: Reply) -> str:
    return f"{status:d}" if status == reply.status else f"{status:d} inside a {reply.status}"


def _error(answer: Answer, *, shown_status: str) -> WarehouseError:
    failure = f"{answer.path}: answered {shown_status}"
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return AuthenticationError(
            f"{failure}: the API does not know the token; expected a valid token in {WHERE_THE_TOKEN_IS}"
        )
    if answer.status == HTTPStatus.FORBIDDEN:
        return PermissionDeniedError(
            f"{failure}: the token's user may not access this; "
            f"expected the token of a user who may in {WHERE_THE_TOKEN_IS}"
        )
    if answer.status == HTTPStatus.NOT_FOUND:
        expected = "something that exists and that the token's user may see"
        return NotFoundError("not_found", place=answer.path, expected=expected, answer=answer)
    if answer.status < HTTPStatus.BAD_REQUEST:
        return ApiContractError(
            f"{failure}: a redirect without a location, expected an answer; check {WHERE_THE_ADDRESS_IS}"
        )
    return RefusedCallError(
        f"refused_with_{answer.status:d}", place=answer.path, expected="a call that the API accepts", answer=answer
    )
