"""The report on the newest published version, for servers."""

from threading import Lock
from typing import Any

from sighten_warehouse.errors import NotPublishedError
from sighten_warehouse.report.dataset import Dataset, freshness, known_dataset, make_dataset
from sighten_warehouse.report.environments import published_environments
from sighten_warehouse.report.rendering import render
from sighten_warehouse.report.source import ReportSource
from sighten_warehouse.report.timelines import Filters, find, timelines
from sighten_warehouse.settings import Settings


class LiveReport:
    """The newest version of each environment; each call checks for a newer one.

    Thread-safe: one call runs at a time. The files stay open between calls.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = Lock()
        self._opened: dict[str, _Opened] = {}

    def page(self) -> bytes:
        """The page, which fetches single milestones on demand.

        Raises:
            NotPublishedError: nothing is published.
            ModelError: a version was published by incompatible code.
        """
        with self._lock:
            shown = published_environments(self.settings)
            datasets = [self._open(settings).dataset for settings in shown]
        if not shown:
            raise NotPublishedError(
                f"{self.settings.layout.warehouse_file}: expected a version published by `sighten-warehouse publish`"
            )
        return render(datasets, shown=shown[0].env, live=True)

    def find(self, environment: str, filters: Filters) -> list[dict[str, Any]]:
        """The matching milestones, in the form of `timelines.find`.

        Raises:
            NotPublishedError: no such environment, or it has no version.
            ModelError: as above.
        """
        with self._lock:
            return find(self._open(self._named(environment)).source, filters)

    def timeline(self, environment: str, milestone_id: str) -> dict[str, Any] | None:
        """The timeline of that milestone; None if there is no such milestone.

        Raises:
            NotPublishedError: as above.
            ModelError: as above.
        """
        with self._lock:
            found = timelines(self._open(self._named(environment)).source, [milestone_id])
        return found.get(milestone_id)

    def close(self) -> None:
        """Close all versions; the next call opens them again."""
        with self._lock:
            for opened in self._opened.values():
                opened.source.close()
            self._opened = {}

    def _named(self, environment: str) -> Settings:
        for settings in published_environments(self.settings):
            if settings.env == environment:
                return settings
        raise NotPublishedError(f"{environment}: expected an environment with a published version")

    def _open(self, settings: Settings) -> "_Opened":
        path = settings.layout.warehouse_file
        facts = path.stat()
        stamp = (facts.st_ino, facts.st_mtime_ns, facts.st_size)
        opened = self._opened.get(settings.env)
        if opened is None or opened.stamp != stamp:
            if opened is not None:
                opened.source.close()
                del self._opened[settings.env]
            self._opened[settings.env] = opened = _Opened(settings, stamp)
        return opened


class _Opened:
    """An open version and its dataset."""

    def __init__(self, settings: Settings, stamp: tuple[int, ...]) -> None:
        self.stamp = stamp
        self.source = ReportSource(settings.layout.warehouse_file, pii=settings.pii)
        self.dataset = self._dataset(settings)

    def _dataset(self, settings: Settings) -> Dataset:
        version = freshness(self.source)["version"]
        known = known_dataset(settings.layout.report_data, version=version, pii=settings.pii)
        return known or make_dataset(self.source, environment=settings.env, pii=settings.pii, keep=0)
