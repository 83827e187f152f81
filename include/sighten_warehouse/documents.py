"""Documents: downloads those that are due into the vault, and lands what became of each."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial

import msgspec
import pyarrow as pa
import structlog

from sighten_warehouse.answered import open_known
from sighten_warehouse.api_answer import WHERE_THE_TOKEN_IS, Answer
from sighten_warehouse.api_budget import Priority
from sighten_warehouse.api_exchange import Exchange
from sighten_warehouse.api_origin import Origin
from sighten_warehouse.api_retries import Patience
from sighten_warehouse.asked import Asked
from sighten_warehouse.asking import AnswersToLand, answers_to_land, ask_side_by_side
from sighten_warehouse.client import open_client
from sighten_warehouse.clock import Clock
from sighten_warehouse.download import DOCUMENT_PATH, Downloader, DueDocument
from sighten_warehouse.download_addresses import GuardedAdapter, Unsigned, reaches_of
from sighten_warehouse.download_partial import forget_old
from sighten_warehouse.errors import TransientError
from sighten_warehouse.locks import one_writer
from sighten_warehouse.payload.downloads import RECORD_TYPE, DownloadRecord
from sighten_warehouse.settings import Settings
from sighten_warehouse.vault import PARTIAL_FOLDER

log = structlog.get_logger()

# Downloads take longer than questions, and what was cut off goes on where it ended.
PATIENCE = Patience(total_s=900.0, attempts=5, longest_wait_s=30.0)
CREATION_TYPES_SCHEMA = pa.schema([("creation_type", pa.string())])


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
    def is_to_be_looked_at(self) -> bool:
        """Whether a document could not be had."""
        return self.problem is not None or self.stored < sum(self.statuses.values())


def download_documents(
    settings: Settings,
    *,
    clock: Clock | None = None,
    priority: Priority = "live",
    patience: Patience = PATIENCE,
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
        result = download_these(settings, due, clock=clock, priority=priority, patience=patience)
    log.info("downloaded_documents", due=result.due, left=result.left, problem=result.problem, **result.statuses)
    return result


def due_documents(settings: Settings, *, clock: Clock) -> list[DueDocument]:
    """The newest first: somebody may be waiting for them."""
    types = pa.table({"creation_type": list(settings.document_creation_types)}, schema=CREATION_TYPES_SCHEMA)
    variables = {"asked_at": clock.now().replace(tzinfo=None)}
    wanted = "enrich.due_documents"
    with open_known(settings.layout, [wanted], handed_in={"creation_types": types}, variables=variables) as connection:
        sql = (
            f"select document_id, milestone_id, sub_task_id, name from {wanted} order by date_created desc, document_id"
        )
        return [DueDocument(*row) for row in connection.execute(sql).fetchall()]


def download_these(
    settings: Settings, due: list[DueDocument], *, clock: Clock, priority: Priority, patience: Patience = PATIENCE
) -> DownloadResult:
    """Download those, whether they are due or not, and land what became of each.

    Raises:
        WarehouseError: as `download_documents`.
    """
    statuses: Counter[str] = Counter()
    stored_bytes, problem = 0, None
    with (
        open_client(settings, priority=priority, clock=clock, patience=patience) as client,
        _open_elsewhere(client.origin, settings.api_concurrency, clock) as elsewhere,
        answers_to_land(settings.layout.landing) as answers,
    ):
        downloader = Downloader(settings.layout, client=client, elsewhere=elsewhere, clock=clock)
        ask = partial(_download, downloader=downloader, answers=answers, clock=clock)
        for outcome in ask_side_by_side(due, ask, threads=settings.api_concurrency):
            if isinstance(outcome, TransientError):
                problem = problem or str(outcome)
            elif outcome:
                statuses[outcome.download_status] += 1
                stored_bytes += outcome.size_bytes or 0
    left = len(due) - statuses.total()
    return DownloadResult(len(due), dict(statuses), stored_bytes, left, problem or _problem(statuses))


@contextmanager
def _open_elsewhere(api: Origin, concurrency: int, clock: Clock) -> Iterator[Exchange]:
    """Who asks where the API redirects to: without the token, and nobody who is nearer than the API itself."""
    allowed = reaches_of(api.host, api.port)
    exchange = Exchange(auth=Unsigned(), adapter=GuardedAdapter(allowed=allowed, pool_maxsize=concurrency), clock=clock)
    with closing(exchange):
        yield exchange


def _download(
    due: DueDocument, *, downloader: Downloader, answers: AnswersToLand, clock: Clock
) -> DownloadRecord | None:
    record = downloader.download(due)
    if record:
        answers.add(*answer_of(record, milestone_id=due.milestone_id, clock=clock))
    return record


def answer_of(record: DownloadRecord, *, milestone_id: str | None, clock: Clock) -> tuple[Answer, Asked]:
    """The record as it is landed, beside what was asked."""
    target = DOCUMENT_PATH.format(document_id=record.document_id)
    status = record.http_status or 0
    asked = Asked(
        purpose="download",
        target=target,
        status=status,
        document_id=record.document_id,
        milestone_id=milestone_id,
    )
    return Answer(
        DOCUMENT_PATH, target, status, RECORD_TYPE, msgspec.json.encode(record), clock.now(), content=None
    ), asked


def _problem(statuses: Counter[str]) -> str | None:
    """Where every document is forbidden, it is not the documents."""
    if statuses and set(statuses) == {"forbidden"}:
        return (
            f"all {statuses.total()} documents were refused with 403: the token's user may see none of them; "
            f"expected the token of one who may in {WHERE_THE_TOKEN_IS}"
        )
    return None
