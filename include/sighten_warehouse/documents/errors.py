"""The error of a failed download; `errors.py` shows the whole tree."""

from sighten_warehouse.errors import RejectedError
from sighten_warehouse.payload.answers.downloads import DownloadStatus


class DownloadError(RejectedError):
    """A document could not be downloaded.

    Args:
        status: recorded as `download_status`; one of `payload.answers.downloads.STATUSES`.
        message: what was received instead; holds no names and no addresses.
        http_status: the HTTP status, if there was a response.
    """

    def __init__(self, status: DownloadStatus, *, message: str, http_status: int | None = None) -> None:
        super().__init__(status, place=message, expected="the document")
        self.args = (f"{status}: {message}; expected the document",)
        self.status = status
        self.message = message
        self.http_status = http_status
