"""The request behind each landed API answer, stored with it so that a rebuild needs no API."""

from typing import Literal

import msgspec

from sighten_warehouse.errors import RejectedError
from sighten_warehouse.landing.line import API_REQUEST_HEADER, LandingLine

Purpose = Literal["signed_quote", "dal", "download", "rest_milestone", "rest_milestones", "rest_site", "rest_sites"]


class ApiRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One request to the API, with its purpose and the status of the answer.

    Args:
        purpose: what the answer is for; decides which reader reads it.
        target: the requested path and query.
        status: the HTTP status, or the status of an error that came inside a 200.
        quote_id: the quote that the request names.
        milestone_id: the milestone that it was made for, if it was made for one.
        document_id: the requested document.
        object: the configured object of a DAL pull.
        metrics: the metrics requested in one call.
        site_id: the site that it was made for.
        site_updated_at: the site's last update by the list of sites, ISO 8601.
        asked_at: when the first of the calls behind the answer started, ISO 8601.
        compared_from: changes before this time are not compared with what was delivered, ISO 8601.
    """

    purpose: str
    target: str
    status: int
    quote_id: str | None = None
    milestone_id: str | None = None
    document_id: str | None = None
    object: str | None = None
    metrics: tuple[str, ...] = ()
    site_id: str | None = None
    site_updated_at: str | None = None
    asked_at: str | None = None
    compared_from: str | None = None

    @property
    def subject(self) -> str:
        """What the answer is about; of two answers with the same purpose and subject, the later one counts."""
        parts = (
            self.quote_id,
            self.site_id,
            self.milestone_id,
            self.document_id,
            self.object,
            ",".join(self.metrics),
        )
        return " ".join(part for part in parts if part)


def read_api_request(line: LandingLine) -> ApiRequest:
    """Read the request behind the answer on a landing line.

    Raises:
        RejectedError: the line has no valid request.
    """
    try:
        return msgspec.json.decode(line.headers.get(API_REQUEST_HEADER, ""), type=ApiRequest)
    except msgspec.MsgspecError as error:
        expected = f"what was asked of the API ({error})"
        raise RejectedError("not_an_answer", place=f"headers.{API_REQUEST_HEADER}", expected=expected) from None
