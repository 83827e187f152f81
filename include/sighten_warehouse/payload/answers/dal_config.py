"""Reads the file of SIGHTEN_DAL_METRICS: the metrics to pull from the DAL, by object."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import yaml

from sighten_warehouse.errors import SettingError
from sighten_warehouse.models import DUCKDB_TYPES
from sighten_warehouse.payload.answers.baselines import BASELINES, LIVE, baseline_of
from sighten_warehouse.settings import Settings

# The DAL's objects named in public documentation; a configured object of another name uses the quote.
DAL_OBJECTS = ("workflow", "quote", "site", "proposal", "system")
DEFAULT_OBJECT = "quote"
FIELDS = ("from", "baseline", "metrics")
_OBJECT = re.compile(r"[A-Za-z][A-Za-z0-9_ -]{0,40}")
_DAL_OBJECT = re.compile(r"[a-z][a-z0-9_-]*")
_METRIC = re.compile(r"[^\s,]{1,200}")
_RESERVED = "dal_values"


@dataclass(frozen=True)
class Metric:
    """A configured metric; `type` is one of `DUCKDB_TYPES`, None to infer it from the values."""

    name: str
    type: str | None
    baseline: str


@dataclass(frozen=True)
class DalObject:
    """Metrics that are requested together from one object of the DAL and become one view.

    `baseline` applies to the whole call; None to use each metric's prefix.
    """

    name: str
    dal_object: str
    baseline: str | None
    metrics: tuple[Metric, ...]

    @property
    def view(self) -> str:
        """The name of its view in `main`."""
        return "dal_" + re.sub(r"[ -]", "_", self.name).lower()


def read_dal_metrics(settings: Settings) -> tuple[DalObject, ...]:
    """Read the configured objects; none if no file is set.

    Raises:
        SettingError: the file is missing or ill-formed.
    """
    path = settings.dal_metrics
    return () if path is None else parse_dal_metrics(_text(path), name=str(path))


def dal_metrics_digest(settings: Settings) -> str:
    """Return a short hash of the file, so that a change is published; empty if no file is set."""
    return hashlib.sha256(_text(settings.dal_metrics).encode()).hexdigest()[:12] if settings.dal_metrics else ""


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise SettingError(f"SIGHTEN_DAL_METRICS: {path}: {error.strerror}, expected a file of metrics") from None
    except UnicodeDecodeError as error:
        raise SettingError(f"SIGHTEN_DAL_METRICS: {path} byte {error.start}: expected text in UTF-8") from None


def parse_dal_metrics(text: str, *, name: str) -> tuple[DalObject, ...]:
    """Parse the text of the file, YAML or JSON; `name` is used in messages.

    Raises:
        SettingError: the text is ill-formed; the message has line and column.
    """
    file = _File(name)
    try:
        root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        file.refuse(getattr(error, "problem_mark", None), f"expected YAML or JSON ({getattr(error, 'problem', error)})")
    if root is None:
        return ()
    entries = file.entries(root, "objects, each with its metrics")
    objects = tuple(file.read_object(key, node) for key, node in entries)
    views: dict[str, str] = {_RESERVED: "the table of all values"}
    for (key, _), dal_object in zip(entries, objects, strict=True):
        name, view = dal_object.name, dal_object.view
        if view in views:
            file.refuse(
                key.start_mark, f"{name}: its view {view} already belongs to {views[view]}, expected another name"
            )
        views[view] = name
    return objects


@dataclass(frozen=True)
class _File:
    """Reads the nodes of one file; errors name the place in it."""

    name: str

    def refuse(self, mark: Any, problem: str) -> NoReturn:
        place = f"{self.name} line {mark.line + 1}, column {mark.column + 1}" if mark else self.name
        raise SettingError(f"SIGHTEN_DAL_METRICS: {place}: {problem}")

    def entries(self, node: Any, expected: str) -> list[tuple[Any, Any]]:
        if not isinstance(node, yaml.MappingNode):
            self.refuse(node.start_mark, f"expected {expected}")
        names = [self.scalar(key, "a name") for key, _ in node.value]
        for number, (key, _) in enumerate(node.value):
            if names[number] in names[:number]:
                self.refuse(key.start_mark, f"{names[number]} appears twice, expected once")
        return list(node.value)

    def scalar(self, node: Any, expected: str) -> str:
        if not isinstance(node, yaml.ScalarNode) or not node.value:
            self.refuse(node.start_mark, f"expected {expected}")
        # The raw text: YAML would turn `no` into a boolean.
        return str(node.value)

    def read_object(self, key: Any, node: Any) -> DalObject:
        name = self.matching(key, _OBJECT, "an object's name, such as homeowner")
        if isinstance(node, yaml.SequenceNode):
            fields = {"metrics": node}
        else:
            listed = self.entries(node, f"{name}: a list of metrics, or {', '.join(FIELDS)}")
            for field, _ in listed:
                if field.value not in FIELDS:
                    self.refuse(field.start_mark, f"{name}: {field.value}: expected one of {', '.join(FIELDS)}")
            fields = {field.value: value for field, value in listed}
        if "metrics" not in fields:
            self.refuse(key.start_mark, f"{name}: expected metrics")
        baseline = self.one_of(fields.get("baseline"), (LIVE, *BASELINES.values()))
        fallback = name if name in DAL_OBJECTS else DEFAULT_OBJECT
        return DalObject(
            name=name,
            dal_object=self.matching(fields["from"], _DAL_OBJECT, "an object of the DAL, such as site")
            if "from" in fields
            else fallback,
            baseline=None if baseline == LIVE else baseline,
            metrics=tuple(self.read_metrics(fields["metrics"], baseline)),
        )

    def read_metrics(self, node: Any, baseline: str | None) -> list[Metric]:
        typed: list[tuple[Any, Any]]
        if isinstance(node, yaml.SequenceNode):
            typed = [(name_node, None) for name_node in node.value]
        else:
            typed = self.entries(node, "a list of metrics, or metrics with their types")
        metrics: dict[str, Metric] = {}
        for name_node, type_node in typed:
            name = self.matching(name_node, _METRIC, "the name of a metric, without spaces and commas")
            if name in metrics:
                self.refuse(name_node.start_mark, f"{name} appears twice, expected once")
            metric_type = self.one_of(type_node, tuple(DUCKDB_TYPES))
            metrics[name] = Metric(name, metric_type, baseline_of(name, otherwise=baseline))
        return list(metrics.values())

    def matching(self, node: Any, pattern: re.Pattern[str], expected: str) -> str:
        text = self.scalar(node, expected)
        if not pattern.fullmatch(text) or not text.isprintable():
            self.refuse(node.start_mark, f"{text!r}: expected {expected}")
        return text

    def one_of(self, node: Any, known: tuple[str, ...]) -> str | None:
        if node is None:
            return None
        text = self.scalar(node, f"one of {', '.join(known)}")
        if text not in known:
            self.refuse(node.start_mark, f"{text!r}: expected one of {', '.join(known)}")
        return text
