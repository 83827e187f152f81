"""Documents: downloads those that are due into the vault, and lands what became of each."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

import msgspec
import structlog

from sighten_warehouse.api.answer import Answer
from sighten_warehouse.api.client import open_client
from sighten_warehouse.api.collect import AnswerCollector, collecting_answers, run_concurrently
from sighten_warehouse.api.origin import Origin
from sighten_warehouse.api.rate_limiter import Priority
from sighten_warehouse.api.retries import RetryPolicy
from sighten_warehouse.api.session import Exchange
from sighten_warehouse.clock import Clock
from sighten_warehouse.documents.address_guard import GuardedAdapter, Unsigned, reaches_of
from sighten_warehouse.documents.downloader import DOCUMENT_PATH, Downloader, DueDocument
from sighten_warehouse.documents.due import due_documents, stored_documents
from sighten_warehouse.documents.partial import forget_old
from sighten_warehouse.documents.vault import PARTIAL_FOLDER
from sighten_warehouse.errors import TransientError
from sighten_warehouse.landing.api_request import ApiRequest
from sighten_warehouse.locks import one_writer
from sighten_warehouse.payload.answers.downloads import RECORD_TYPE, DownloadRecord
from sighten_warehouse.settings import WHERE_THE_TOKEN_IS, Settings

log = structlog.get_logger()

# Downloads take longer than questions, and what was cut off goes on where it ended.
RETRY_POLICY = RetryPolicy(total_s=900.0, attempts=5, longest_wait_s=30.0)
NONE_TO_BE_SEEN = (
    "every document was refused with 403, and none was ever stored: the token's user may see none of them; "
    f"expected the token of one who may in {WHERE_THE_TOKEN_IS}"
)


@dataclass(frozen=True)
class DownloadResult:
    """What became of the documents that were due.

    Args:
        due: how many there were.
        statuses: download_status → how many came to it.
        stored_bytes: of those that were stored.
        left: how many were not asked for, or are another process's; they are due again.
        problem: what somebody should look at, in words; None if nothing.
    """

    due: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    stored_bytes: int = 0
    left: int = 0
    problem: str | None = None

    @property
    def stored(self) -> int:
        """How many were stored."""
        return self.statuses.get("stored", 0)

    @property
    def needs_attention(self) -> bool:
        """Whether a document could not be had."""
        return self.stored < self.due


def download_documents(
    settings: Settings,
    *,
    clock: Clock | None = None,
    priority: Priority = "live",
    retry_policy: RetryPolicy = RETRY_POLICY,
    most: int | None = None,
) -> DownloadResult:
    """Download what is due, at most so many, and land a record of each attempt, which counts once it is loaded.

    One process does this at a time, a second one waits, and then finds less that is due. A document that cannot be had
    keeps no other from being downloaded.

    Raises:
        SettingError: the API's address or the token is missing.
        AuthenticationError: the API does not know the token; what was downloaded before is landed.
        StorageError: the disk refused.
    """
    clock = clock or Clock()
    with one_writer(settings.layout, "documents"):
        forget_old(settings.layout.vault / PARTIAL_FOLDER, now=clock.now().timestamp())
        due = due_documents(settings, clock=clock)[:most]
        outcomes = outcomes_of(settings, due, clock=clock, priority=priority, retry_policy=retry_policy)
        result = _sum(len(due), outcomes)
        if set(result.statuses) == {"forbidden"} and not stored_documents(settings, clock=clock):
            result = replace(result, problem=result.problem or NONE_TO_BE_SEEN)
    log.info("downloaded_documents", due=result.due, left=result.left, problem=result.problem, **result.statuses)
    return result


def outcomes_of(
    settings: Settings,
    due: Iterable[DueDocument],
    *,
    clock: Clock,
    priority: Priority,
    retry_policy: RetryPolicy = RETRY_POLICY,
) -> Iterator[DownloadRecord | TransientError | None]:
    """Download those, due or not; what became of each comes when it is there, and is landed by the end.

    None stands for one that another process is at, an error for one that was not asked for.

    Raises:
        WarehouseError: as `download_documents`.
    """
    with (
        open_client(settings, priority=priority, clock=clock, retry_policy=retry_policy) as client,
        _open_elsewhere(client.origin, settings.api_concurrency, clock) as elsewhere,
        collecting_answers(settings.layout.landing) as answers,
    ):
        downloader = Downloader(settings.layout, client=client, elsewhere=elsewhere, clock=clock)
        ask = partial(_download, downloader=downloader, answers=answers, clock=clock)
        yield from run_concurrently(due, ask, threads=settings.api_concurrency)


def answer_of(record: DownloadRecord, *, clock: Clock) -> tuple[Answer, ApiRequest]:
    """The record as it is landed, beside what was asked."""
    target = DOCUMENT_PATH.format(document_id=record.document_id)
    status, body = record.http_status or 0, msgspec.json.encode(record)
    asked = ApiRequest(purpose="download", target=target, status=status, document_id=record.document_id)
    return Answer(DOCUMENT_PATH, target, status, RECORD_TYPE, body, clock.now(), content=None), asked


@contextmanager
def _open_elsewhere(api: Origin, concurrency: int, clock: Clock) -> Iterator[Exchange]:
    """Who asks where the API redirects to: without the token, and nobody who is nearer than the API itself."""
    allowed = reaches_of(api.host, api.port)
    adapter = GuardedAdapter(allowed=allowed, pool_maxsize=concurrency)
    with closing(Exchange(auth=Unsigned(), adapter=adapter, clock=clock)) as exchange:
        yield exchange


def _download(
    due: DueDocument, *, downloader: Downloader, answers: AnswerCollector, clock: Clock
) -> DownloadRecord | None:
    record = downloader.download(due)
    if record:
        answers.add(*answer_of(record, clock=clock))
    return record


def _sum(due: int, outcomes: Iterable[DownloadRecord | TransientError | None]) -> DownloadResult:
    statuses: Counter[str] = Counter()
    stored_bytes, problem = 0, None
    for outcome in outcomes:
        if isinstance(outcome, TransientError):
            problem = problem or str(outcome)
        elif outcome:
            statuses[outcome.download_status] += 1
            stored_bytes += outcome.size_bytes or 0
    return DownloadResult(due, dict(statuses), stored_bytes, due - statuses.total(), problem)
