"""What the API answered, and what it means: the answer, a setback that is worth another try, or an error."""

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

TRY_AGAIN = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
_STATUS = re.compile(r"[1-9][0-9]{2}", re.ASCII)


def is_worth_another_try(status: int) -> bool:
    """408, 429 and 5xx are; other errors stay what they are."""
    return status in TRY_AGAIN or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def classify(reply: Reply, *, path: str, target: str) -> Answer | RetryableFailure:
    """The answer, or why to ask again.

    Raises:
        AuthenticationError: 401.
        PermissionDeniedError: 403.
        NotFoundError: 404.
        RefusedCallError: another 4xx.
        ApiContractError: a status that is neither an answer nor an error.
    """
    content, trouble = _parse(reply)
    status = _meant(reply.status, content)
    if is_worth_another_try(status):
        return RetryableFailure(f"answered {_say(status, reply)}", status, reply.headers.get("Retry-After"))
    if status < HTTPStatus.MULTIPLE_CHOICES and trouble:
        return RetryableFailure(f"answered {reply.status} with {trouble}", reply.status)
    answer = Answer(path, target, status, reply.content_type, reply.body, reply.received_at, content)
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return answer
    raise _refusal(answer, said=_say(status, reply))


def _parse(reply: Reply) -> tuple[Any, str | None]:
    if not reply.body:
        return None, "an empty body"
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return msgspec.json.decode(reply.body), None
    if "html" in reply.content_type.lower() or reply.body.lstrip()[:1] == b"<":
        return None, "HTML instead of JSON"
    with suppress(RejectedError):  # what a load reads is an answer: `NaN`, Python's literals, a byte order mark
        return parse_text(decode_body(reply.body, headers={}, content_type=reply.content_type))[0], None
    return None, "a body that is not JSON"


def _meant(status: int, content: Any) -> int:
    """The status of the answer: that of an error inside a 200, if there is one."""
    if status >= HTTPStatus.MULTIPLE_CHOICES or not isinstance(content, dict):
        return status
    said = _status_of(content.get("status_code"))
    if said is not None and said >= HTTPStatus.BAD_REQUEST:
        return said
    messages = content.get("messages")
    is_error = isinstance(messages, dict) and any(messages.get(level) for level in ("error", "critical"))
    return HTTPStatus.BAD_REQUEST if is_error else status


def _status_of(inside: Any) -> int | None:
    """A status written as a number or as text; None of what can be none."""
    text = f"{inside:g}" if isinstance(inside, float) else str(inside)
    return int(text) if _STATUS.fullmatch(text) else None


def _say(status: int, reply: Reply) -> str:
    return f"{status:d}" if status == reply.status else f"{status:d} inside a {reply.status}"


def _refusal(answer: Answer, *, said: str) -> WarehouseError:
    asked = f"{answer.path}: answered {said}"
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return AuthenticationError(
            f"{asked}: the API does not know the token; expected a valid one in {WHERE_THE_TOKEN_IS}"
        )
    if answer.status == HTTPStatus.FORBIDDEN:
        return PermissionDeniedError(
            f"{asked}: the token's user may not have this; expected the token of one who may in {WHERE_THE_TOKEN_IS}"
        )
    if answer.status == HTTPStatus.NOT_FOUND:
        expected = "something that is there and that the token's user may see"
        return NotFoundError("not_found", place=answer.path, expected=expected, answer=answer)
    if answer.status < HTTPStatus.BAD_REQUEST:
        return ApiContractError(
            f"{asked} without saying where to go, expected an answer; look at {WHERE_THE_ADDRESS_IS}"
        )
    return RefusedCallError(
        f"refused_with_{answer.status:d}", place=answer.path, expected="a call that the API accepts", answer=answer
    )
