"""What of Sighten's API was asked and why, landed beside each answer: so a rebuild needs no API."""

from typing import Literal

import msgspec

from sighten_warehouse.errors import RejectedError
from sighten_warehouse.landing.line import API_REQUEST_HEADER, LandingLine

Purpose = Literal["signed_quote", "dal", "download", "rest_milestone", "rest_milestones", "rest_site", "rest_sites"]


class ApiRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One question to the API: which, what for, and the status of its answer.

    Args:
        purpose: what the answer is landed for; it decides who reads it.
        target: path and query as they were asked.
        status: the HTTP status that the answer comes to; an error inside a 200 has the error's own.
        quote_id: the quote that was asked by.
        milestone_id: the milestone that it was asked for, where it was one.
        document_id: the document that was asked for.
        object: the configured object of a DAL pull.
        metrics: the metrics that were asked for in one call.
        site_id: the site that it was asked for.
        site_updated_at: when that site was last updated, as the list of sites had it, ISO 8601.
        asked_at: when the first of the calls began that the answer is made of, ISO 8601.
        compared_from: from when on changes are compared with what was delivered, ISO 8601.
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
        """What the answer is about: of two answers with the same purpose and subject the later one counts."""
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
    """What was asked for the answer on that line.

    Raises:
        RejectedError: the line does not tell.
    """
    try:
        return msgspec.json.decode(line.headers.get(API_REQUEST_HEADER, ""), type=ApiRequest)
    except msgspec.MsgspecError as error:
        expected = f"what was asked of the API ({error})"
        raise RejectedError("not_an_answer", place=f"headers.{API_REQUEST_HEADER}", expected=expected) from None
