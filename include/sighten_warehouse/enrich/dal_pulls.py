"""Pulls metrics from the DAL by the signed quote: many in one call, and what is refused found out and left out."""

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
from sighten_warehouse.api.pages import joined, says_more
from sighten_warehouse.errors import ApiContractError
from sighten_warehouse.landing.api_request import ApiRequest
from sighten_warehouse.payload.answers.dal import has_any_row, is_refusal, names_metric
from sighten_warehouse.payload.answers.dal_config import DalObject
from sighten_warehouse.payload.answers.dal_values import baseline_of

log = structlog.get_logger()

MAX_METRICS = 50
MAX_CHARACTERS = 1_500  # of the metrics in an address; servers take 2,000 and more in all


@dataclass(frozen=True)
class Pull:
    """One question to the DAL: metrics of an object, by a signed quote."""

    quote_id: str
    object: DalObject
    metrics: tuple[str, ...]


def pulls_of(due: Sequence[tuple[str, str, str]], objects: Sequence[DalObject]) -> list[Pull]:
    """What is due (quote, object and metric), in calls of bounded size; everything stays in its order."""
    by_name = {one.name: one for one in objects}
    grouped = groupby(due, key=lambda row: row[:2])
    return [
        Pull(quote_id, by_name[name], metrics)
        for (quote_id, name), rows in grouped
        for metrics in _divided([metric for _, _, metric in rows])
    ]


def _divided(metrics: Sequence[str]) -> Iterator[tuple[str, ...]]:
    taken: list[str] = []
    length = 0
    for metric in metrics:
        size = len(quote(metric, safe="")) + 1
        if taken and (len(taken) == MAX_METRICS or length + size > MAX_CHARACTERS):
            yield tuple(taken)
            taken, length = [], 0
        taken.append(metric)
        length += size
    if taken:
        yield tuple(taken)


@dataclass(frozen=True)
class _Told:
    """What became of the metrics of one pull; of a refused one, what the API said to it alone or to all of them."""

    accepted: tuple[str, ...] = ()
    refused: tuple[tuple[str, Answer], ...] = ()

    def __add__(self, other: "_Told") -> "_Told":
        return _Told(self.accepted + other.accepted, self.refused + other.refused)


def _by_baseline(pull: Pull, metrics: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The metrics of each baseline: one that does not exist yet may leave no row, and so cost those of the others."""
    parts: dict[str, list[str]] = {}
    for metric in metrics:
        parts.setdefault(baseline_of(metric, otherwise=pull.object.baseline), []).append(metric)
    return tuple(map(tuple, parts.values()))


class Puller:
    """Asks for pulls, from as many threads as one likes, and remembers which metrics the API refuses.

    As long as it is not known whether the API takes an object's metrics, one pull of them is asked at a time: so a
    refused metric is found out once, and by no other quote.
    """

    def __init__(self, objects: Sequence[DalObject], *, client: ApiClient, answers: AnswerCollector) -> None:
        self._client = client
        self._answers = answers
        self._turns = {one.name: Lock() for one in objects}
        self._accepted: set[tuple[str, str]] = set()
        self._refused: set[tuple[str, str]] = set()
        self._doubted: set[tuple[str, str]] = set()

    @property
    def refused(self) -> tuple[str, ...]:
        """The metrics that were found to be refused, each after its object and a dot."""
        return tuple(sorted(f"{name}.{metric}" for name, metric in self._refused | self._doubted - self._accepted))

    def pull(self, pull: Pull) -> bool:
        """Ask for what of it is not refused, and add the answers to those that are landed; whether anything was asked.

        Raises:
            WarehouseError: as `ApiClient.get`; not for a refusal, nor for a quote that is not there.
        """
        with self._turn(pull):
            metrics = tuple(one for one in pull.metrics if (pull.object.name, one) not in self._refused)
            if metrics:
                self._remember(pull.object.name, self._ask(pull, metrics))
        return bool(metrics)

    @contextmanager
    def _turn(self, pull: Pull) -> Iterator[None]:
        if not self._is_known(pull):
            with self._turns[pull.object.name]:
                if not self._is_known(pull):
                    yield
                    return
        yield

    def _is_known(self, pull: Pull) -> bool:
        """Whether each of its metrics was accepted or refused before."""
        return (self._accepted | self._refused).issuperset((pull.object.name, one) for one in pull.metrics)

    def _ask(self, pull: Pull, metrics: tuple[str, ...]) -> _Told:
        """Ask for all of them together and, if that is refused, for each half."""
        answer = self._call(pull, metrics)
        if not is_refusal(answer.content, status=answer.status, metrics=metrics):
            has_rows = answer.status < HTTPStatus.BAD_REQUEST and has_any_row(answer.content, metrics)
            parts = () if has_rows else _by_baseline(pull, metrics)
            if len(parts) > 1:
                return sum((self._ask(pull, part) for part in parts), _Told())
            return _Told(accepted=metrics if answer.status < HTTPStatus.BAD_REQUEST else ())  # 404: tells of no metric
        if len(metrics) == 1 or self._doubted.issuperset((pull.object.name, one) for one in metrics):
            return _Told(refused=tuple((one, answer) for one in metrics))
        middle = len(metrics) // 2
        return self._ask(pull, metrics[:middle]) + self._ask(pull, metrics[middle:])

    def _call(self, pull: Pull, metrics: tuple[str, ...]) -> Answer:
        query = {"metrics": ",".join(metrics), "quote_id": pull.quote_id}
        baseline = {"baseline": pull.object.baseline} if pull.object.baseline else {}
        path = f"/api/data/{pull.object.dal_object}/"
        try:
            answer = self._client.get(path, query=query | baseline)
            if says_more(answer):
                answer = self._with_all_pages(answer, query | baseline)
        except RefusedCallError as error:
            answer = error.answer
        asked = ApiRequest(
            purpose="dal",
            target=answer.target,
            status=answer.status,
            quote_id=pull.quote_id,
            object=pull.object.name,
            metrics=metrics,
        )
        self._answers.add(answer, asked)
        return answer

    def _with_all_pages(self, answer: Answer, query: dict[str, str]) -> Answer:
        """The answer with the rows of its other pages; as it is where these cannot be followed to an end."""
        try:
            return joined(self._client.pages(answer.path, query=query))
        except ApiContractError as error:
            log.warning("pages_not_followed", path=answer.path, reason=str(error))
            return answer

    def _remember(self, name: str, told: _Told) -> None:
        """A refusal is about the metric if another one was accepted, if it names the metric, or if it came twice.

        Else it may be about the quote; then the metric is asked for once more, by the next one.
        """
        self._accepted.update((name, one) for one in told.accepted)
        for metric, answer in told.refused:
            is_certain = told.accepted or (name, metric) in self._doubted or names_metric(answer.content, metric)
            (self._refused if is_certain else self._doubted).add((name, metric))
            log.warning("metric_refused", object=name, metric=metric, status=answer.status)
