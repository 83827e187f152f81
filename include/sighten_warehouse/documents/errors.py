"""The error of a document that could not be had; the tree of all errors is drawn in `errors.py`."""

from sighten_warehouse.errors import RejectedError
from sighten_warehouse.payload.answers.downloads import DownloadStatus


class DownloadError(RejectedError):
    """A document could not be had; `status` is what is recorded of the attempt.

    Args:
        status: one of `payload.answers.downloads.STATUSES`.
        said: what was met, in words that name nobody and hold no address.
        http_status: the status that was answered, where that is known.
    """

    def __init__(self, status: DownloadStatus, *, said: str, http_status: int | None = None) -> None:
        super().__init__(status, place=said, expected="the document")
        self.args = (f"{status}: {said}; expected the document",)
        self.status = status
        self.said = said
        self.http_status = http_status
