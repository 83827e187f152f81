"""Pulls DAL metrics by signed quote: many in one call; refused metrics are found by bisection and left out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from itertools import groupby
from threading import Lock
from urllib.parse import quote

import structlog

from sighten_warehouse.api.answer import Answer
from sighten_warehouse.api.client import ApiClient
from sighten_warehouse.api.collect import AnswerCollector
from sighten_warehouse.api.errors import RefusedCallError
from sighten_warehouse.api.pages import has_more_pages, join_pages
from sighten_warehouse.errors import ApiContractError
from sighten_warehouse.landing.api_request import ApiRequest
from sighten_warehouse.payload.answers.baselines import baseline_of
from sighten_warehouse.payload.answers.dal import has_any_row, is_refusal, names_metric
from sighten_warehouse.payload.answers.dal_config import DalObject

log = structlog.get_logger()

MAX_METRICS = 50
MAX_CHARACTERS = 1_500  # of metrics in an address; servers accept at least 2,000 characters in all


@dataclass(frozen=True)
class Pull:
    """One call to the DAL: metrics of an object, by a signed quote."""

    quote_id: str
    object: DalObject
    metrics: tuple[str, ...]


def pulls_of(due: Sequence[tuple[str, str, str]], objects: Sequence[DalObject]) -> list[Pull]:
    """Group due metrics (quote, object, metric) into calls of bounded size, in the same order."""
    by_name = {dal_object.name: dal_object for dal_object in objects}
    grouped = groupby(due, key=lambda row: row[:2])
    return [
        Pull(quote_id, by_name[name], metrics)
        for (quote_id, name), rows in grouped
        for metrics in _chunks([metric for _, _, metric in rows])
    ]


def _chunks(metrics: Sequence[str]) -> Iterator[tuple[str, ...]]:
    chunk: list[str] = []
    length = 0
    for metric in metrics:
        size = len(quote(metric, safe="")) + 1
        if chunk and (len(chunk) == MAX_METRICS or length + size > MAX_CHARACTERS):
            yield tuple(chunk)
            chunk, length = [], 0
        chunk.append(metric)
        length += size
    if chunk:
        yield tuple(chunk)


@dataclass(frozen=True)
class _Outcome:
    """The accepted and refused metrics of one pull, refused ones with the API's answer."""

    accepted: tuple[str, ...] = ()
    refused: tuple[tuple[str, Answer], ...] = ()

    def __add__(self, other: "_Outcome") -> "_Outcome":
        return _Outcome(self.accepted + other.accepted, self.refused + other.refused)


def _by_baseline(pull: Pull, metrics: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Group metrics by baseline: a baseline that does not exist yet may remove the row that holds all metrics."""
    parts: dict[str, list[str]] = {}
    for metric in metrics:
        parts.setdefault(baseline_of(metric, otherwise=pull.object.baseline), []).append(metric)
    return tuple(map(tuple, parts.values()))


class Puller:
    """Makes pulls and remembers which metrics the API refuses; any number of threads may share it.

    Until it is known which metrics of an object the API accepts, only one pull of that object runs at a time, so a
    refused metric is searched for only once.
    """

    def __init__(self, objects: Sequence[DalObject], *, client: ApiClient, answers: AnswerCollector) -> None:
        self._client = client
        self._answers = answers
        self._locks = {dal_object.name: Lock() for dal_object in objects}
        self._accepted: set[tuple[str, str]] = set()
        self._refused: set[tuple[str, str]] = set()
        self._suspected: set[tuple[str, str]] = set()

    @property
    def refused(self) -> tuple[str, ...]:
        """The refused metrics, as `object.metric`."""
        return tuple(sorted(f"{name}.{metric}" for name, metric in self._refused | self._suspected - self._accepted))

    def pull(self, pull: Pull) -> bool:
        """Request the metrics that are not refused and land the answers; whether any request was made.

        Raises:
            WarehouseError: as `ApiClient.get`, except for refused metrics and unknown quotes.
        """
        with self._serialized(pull):
            metrics = tuple(metric for metric in pull.metrics if (pull.object.name, metric) not in self._refused)
            if metrics:
                self._remember(pull.object.name, self._request(pull, metrics))
        return bool(metrics)

    @contextmanager
    def _serialized(self, pull: Pull) -> Iterator[None]:
        """Hold the object's lock unless all metrics are known to be accepted or refused."""
        if not self._is_known(pull):
            with self._locks[pull.object.name]:
                if not self._is_known(pull):
                    yield
                    return
        yield

    def _is_known(self, pull: Pull) -> bool:
        """Whether each metric was accepted or refused before."""
        return (self._accepted | self._refused).issuperset((pull.object.name, metric) for metric in pull.metrics)

    def _request(self, pull: Pull, metrics: tuple[str, ...]) -> _Outcome:
        """Request the metrics in one call and, if that is refused, in two halves."""
        answer = self._call(pull, metrics)
        if not is_refusal(answer.content, status=answer.status, metrics=metrics):
            has_rows = answer.status < HTTPStatus.BAD_REQUEST and has_any_row(answer.content, metrics)
            parts = () if has_rows else _by_baseline(pull, metrics)
            if len(parts) > 1:
                return sum((self._request(pull, part) for part in parts), _Outcome())
            # A 404 is about the quote, not about its metrics.
            return _Outcome(accepted=metrics if answer.status < HTTPStatus.BAD_REQUEST else ())
        if len(metrics) == 1 or self._suspected.issuperset((pull.object.name, metric) for metric in metrics):
            return _Outcome(refused=tuple((metric, answer) for metric in metrics))
        middle = len(metrics) // 2
        return self._request(pull, metrics[:middle]) + self._request(pull, metrics[middle:])

    def _call(self, pull: Pull, metrics: tuple[str, ...]) -> Answer:
        query = {"metrics": ",".join(metrics), "quote_id": pull.quote_id}
        baseline = {"baseline": pull.object.baseline} if pull.object.baseline else {}
        path = f"/api/data/{pull.object.dal_object}/"
        try:
            answer = self._client.get(path, query=query | baseline)
            if has_more_pages(answer):
                answer = self._with_all_pages(answer, query | baseline)
        except RefusedCallError as error:
            answer = error.answer
        request = ApiRequest(
            purpose="dal",
            target=answer.target,
            status=answer.status,
            quote_id=pull.quote_id,
            object=pull.object.name,
            metrics=metrics,
        )
        self._answers.add(answer, request)
        return answer

    def _with_all_pages(self, answer: Answer, query: dict[str, str]) -> Answer:
        """The answer with the rows of all pages; unchanged if paging fails."""
        try:
            return join_pages(self._client.pages(answer.path, query=query))
        except ApiContractError as error:
            log.warning("pages_not_followed", path=answer.path, reason=str(error))
            return answer

    def _remember(self, name: str, outcome: _Outcome) -> None:
        """Record the outcome of a pull.

        A metric counts as refused if another metric was accepted, if the answer names it, or if it was refused before.
        Otherwise the refusal may be about the quote, and the next quote's pull tries the metric again.
        """
        self._accepted.update((name, metric) for metric in outcome.accepted)
        for metric, answer in outcome.refused:
            is_certain = outcome.accepted or (name, metric) in self._suspected or names_metric(answer.content, metric)
            (self._refused if is_certain else self._suspected).add((name, metric))
            log.warning("metric_refused", object=name, metric=metric, status=answer.status)
