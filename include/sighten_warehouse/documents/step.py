"""Downloads the documents that are due and lands a record of each attempt."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import takewhile

import msgspec
import structlog

from sighten_warehouse.api.answer import Answer
from sighten_warehouse.api.client import open_client
from sighten_warehouse.api.collect import AnswerCollector, collecting_answers, run_concurrently
from sighten_warehouse.api.origin import Origin
from sighten_warehouse.api.rate_limiter import Priority
from sighten_warehouse.api.retries import RetryPolicy
from sighten_warehouse.api.session import HttpSession
from sighten_warehouse.clock import Clock
from sighten_warehouse.documents.address_guard import GuardedAdapter, Unsigned, reaches_of
from sighten_warehouse.documents.downloader import DOCUMENT_PATH, Downloader, DueDocument
from sighten_warehouse.documents.due import due_documents, stored_documents
from sighten_warehouse.documents.partial import remove_old_partials
from sighten_warehouse.documents.vault import PARTIAL_FOLDER
from sighten_warehouse.errors import TransientError
from sighten_warehouse.landing.api_request import ApiRequest
from sighten_warehouse.locks import one_writer
from sighten_warehouse.payload.answers.downloads import RECORD_TYPE, DownloadRecord
from sighten_warehouse.settings import WHERE_THE_TOKEN_IS, Settings

log = structlog.get_logger()

# Downloads take longer than other calls, and a truncated one is resumed.
RETRY_POLICY = RetryPolicy(total_s=900.0, attempts=5, longest_wait_s=30.0)
ALL_FORBIDDEN = (
    "every document was refused with 403, and none was ever stored: the token's user may see none of them; "
    f"expected the token of one who may in {WHERE_THE_TOKEN_IS}"
)


@dataclass(frozen=True)
class DownloadResult:
    """The outcome of downloading the due documents.

    Args:
        due: documents that were due.
        statuses: number of documents by download_status.
        stored_bytes: bytes of the stored documents.
        left: documents that were not requested, or that another process is downloading; they stay due.
        problem: the first problem that needs attention; None if there is none.
    """

    due: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    stored_bytes: int = 0
    left: int = 0
    problem: str | None = None

    @property
    def stored(self) -> int:
        """Number of stored documents."""
        return self.statuses.get("stored", 0)

    @property
    def needs_attention(self) -> bool:
        """Whether a due document was not stored."""
        return self.stored < self.due


def download_documents(  # noqa: PLR0913  (each has a default)
    settings: Settings,
    *,
    clock: Clock | None = None,
    priority: Priority = "live",
    retry_policy: RetryPolicy = RETRY_POLICY,
    limit: int | None = None,
    is_stopping: Callable[[], bool] = lambda: False,
) -> DownloadResult:
    """Download the due documents, at most `limit`, and land a record of each attempt; records count once loaded.

    Once `is_stopping`, the rest stays due.

    One process at a time does this; a second one waits. A failed document does not stop the others.

    Raises:
        SettingError: the API's address or token is missing.
        AuthenticationError: the API does not know the token; earlier downloads are landed.
        StorageError: the disk refused a write.
    """
    clock = clock or Clock()
    with one_writer(settings.layout, "documents"):
        remove_old_partials(settings.layout.vault / PARTIAL_FOLDER, now=clock.now().timestamp())
        due = due_documents(settings, clock=clock)[:limit]
        taken = takewhile(lambda _: not is_stopping(), due)
        outcomes = download_each(settings, taken, clock=clock, priority=priority, retry_policy=retry_policy)
        result = _summarize(len(due), outcomes)
        if set(result.statuses) == {"forbidden"} and not stored_documents(settings, clock=clock):
            result = replace(result, problem=result.problem or ALL_FORBIDDEN)
    log.info("downloaded_documents", due=result.due, left=result.left, problem=result.problem, **result.statuses)
    return result


def download_each(
    settings: Settings,
    due: Iterable[DueDocument],
    *,
    clock: Clock,
    priority: Priority,
    retry_policy: RetryPolicy = RETRY_POLICY,
) -> Iterator[DownloadRecord | TransientError | None]:
    """Download these documents, due or not, and yield each outcome; records are landed by the end.

    None means that another process is downloading the document, an error that it was not requested.

    Raises:
        WarehouseError: as `download_documents`.
    """
    with (
        open_client(settings, priority=priority, clock=clock, retry_policy=retry_policy) as client,
        _open_external_session(client.origin, settings.api_concurrency, clock) as external,
        collecting_answers(settings.layout.landing) as answers,
    ):
        downloader = Downloader(settings.layout, client=client, external=external, clock=clock)
        download = partial(_download, downloader=downloader, answers=answers, clock=clock)
        yield from run_concurrently(due, download, threads=settings.api_concurrency)


def to_answer(record: DownloadRecord, *, clock: Clock) -> tuple[Answer, ApiRequest]:
    """Return the record as an answer to land, with its request."""
    target = DOCUMENT_PATH.format(document_id=record.document_id)
    status, body = record.http_status or 0, msgspec.json.encode(record)
    request = ApiRequest(purpose="download", target=target, status=status, document_id=record.document_id)
    return Answer(DOCUMENT_PATH, target, status, RECORD_TYPE, body, clock.now(), content=None), request


@contextmanager
def _open_external_session(api: Origin, concurrency: int, clock: Clock) -> Iterator[HttpSession]:
    """A session without the token for redirects to other hosts; only public ones, or as internal as the API itself."""
    allowed = reaches_of(api.host, api.port)
    adapter = GuardedAdapter(allowed=allowed, pool_maxsize=concurrency)
    with closing(HttpSession(auth=Unsigned(), adapter=adapter, clock=clock)) as session:
        yield session


def _download(
    due: DueDocument, *, downloader: Downloader, answers: AnswerCollector, clock: Clock
) -> DownloadRecord | None:
    record = downloader.download(due)
    if record:
        answers.add(*to_answer(record, clock=clock))
    return record


def _summarize(due: int, outcomes: Iterable[DownloadRecord | TransientError | None]) -> DownloadResult:
    statuses: Counter[str] = Counter()
    stored_bytes, problem = 0, None
    for outcome in outcomes:
        if isinstance(outcome, TransientError):
            problem = problem or str(outcome)
        elif outcome:
            statuses[outcome.download_status] += 1
            stored_bytes += outcome.size_bytes or 0
    return DownloadResult(due, dict(statuses), stored_bytes, due - statuses.total(), problem)
