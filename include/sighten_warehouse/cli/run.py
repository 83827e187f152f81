"""`sighten-warehouse run`."""

import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from time import monotonic

import click

from sighten_warehouse.cli.ending import StopRequest
from sighten_warehouse.cli.home import require_home
from sighten_warehouse.errors import SettingError, TransientError, WarehouseError, requires_extra
from sighten_warehouse.escaping import printable_lines
from sighten_warehouse.remotes import pause_of
from sighten_warehouse.settings import Settings, read_settings

POLL_SECONDS = 0.5
API_SECONDS = 300.0  # like the sweep of Airflow's DAGs: work that comes due without a delivery can wait


@click.command()
@click.option("--follow", is_flag=True, help="Keep running: load and publish whatever lands, until stopped.")
def run(*, follow: bool) -> None:
    """Run all steps once: load, publish, enrich, download.

    What has landed is loaded and published first; then what the API adds. Without SIGHTEN_API_URL the API steps are
    skipped. Exits with 1 if something needs attention.

    \b
    Examples:
      sighten-warehouse run
      sighten-warehouse run --follow
    """
    settings = read_settings()
    if not follow:  # a follower may start before the receiver
        require_home(settings)
    steps = _Steps(settings)
    for number in (signal.SIGINT, signal.SIGTERM) if follow else ():
        signal.signal(number, steps.stop.set)
    if steps.uses_api:
        with requires_extra("api", by="run with SIGHTEN_API_URL"):
            import sighten_warehouse.documents  # noqa: F401  (refused here, not after the first publish)
    else:
        click.echo("SIGHTEN_API_URL is not set: the API steps are skipped", err=True)
    if follow:
        steps.follow()
    else:
        steps.run_all()
    if steps.quarantined:
        click.echo(
            f"{steps.quarantined} deliveries are in quarantine: see `sighten-warehouse quarantine list`", err=True
        )
    if steps.quarantined or steps.had_problems:
        sys.exit(1)


@dataclass
class _Steps:
    """All steps, repeatable, and whether any had problems."""

    settings: Settings
    uses_api: bool = False
    quarantined: int = 0
    had_problems: bool = False
    stop: StopRequest = field(default_factory=StopRequest)
    has_published: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self.uses_api = self.settings.api_url is not None

    def run_all(self) -> None:
        """Run all steps once."""
        self._load_and_publish()  # deliveries do not wait for the API
        if self.uses_api:
            self._call_api()
            self._load_and_publish()

    def follow(self) -> None:
        """Load and publish whatever lands until `stop` is set; what runs then is completed, what is loaded published.

        Each step but the load has a thread of its own: a delivery waits for no publish of earlier ones before it is
        loaded, and a quote waits for no download. What is due for a call is found cheapest in a new version, so these
        steps begin once a publish has ended.
        """
        # Others may load, or change what a version is made from: each look finds that.
        publishing = Repeated(self._publish, every=pause_of(self.settings.layout.root, POLL_SECONDS))
        calling = [Repeated(self._enrich), Repeated(self._download)]
        while True:
            has_new = bool(self._load())
            has_ended = publishing.has_ended()  # nothing is published now, and what had landed is
            publishing.start_if_due(is_new=has_new)
            has_published = self.has_published.is_set()
            self.has_published.clear()
            for step in calling if self.uses_api and (has_published or has_ended) else ():
                step.start_if_due(is_new=has_published)
            if self.stop.wait(pause_of(self.settings.layout.root, POLL_SECONDS)):
                break
        for step in (publishing, *calling):
            step.raise_error()
        self._publish()

    def _load_and_publish(self) -> None:
        self._load()
        self._publish()

    def _load(self) -> int:
        """Load what has landed; return how many deliveries."""
        from sighten_warehouse.cli.main import prepare_process
        from sighten_warehouse.load.step import load
        from sighten_warehouse.load.workers import usable_cores

        result = load(self.settings, jobs=usable_cores(), on_start=prepare_process)
        self.quarantined += result.quarantined
        if result.landed:
            click.echo(f"loaded {result.landed} deliveries")
        return result.landed

    def _publish(self) -> None:
        from sighten_warehouse.catalogs import export_and_register
        from sighten_warehouse.publish import is_current, publish

        if not is_current(self.settings):
            version = publish(self.settings)
            self.has_published.set()
            click.echo(f"published {version.version}")
            export_and_register(self.settings)

    def _call_api(self) -> None:
        self._enrich()
        if self.uses_api:
            self._download()

    def _enrich(self) -> None:
        from sighten_warehouse.cli.enrich import problems, summary_line
        from sighten_warehouse.enrich.step import enrich

        with self._reporting():
            result = enrich(self.settings, is_stopping=self.stop.is_set)
            if result.asked or result.pulled:
                click.echo(summary_line(result))
            self._report(problems(result))

    def _download(self) -> None:
        from sighten_warehouse.cli.documents import problems, summary_line
        from sighten_warehouse.documents.step import download_documents

        with self._reporting():
            result = download_documents(self.settings, is_stopping=self.stop.is_set)
            if result.due:
                click.echo(summary_line(result))
            self._report(problems(result))

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        """Report an error; after one that somebody must mend, such as an unknown token, stop calling the API."""
        try:
            yield
        except SettingError:
            raise
        except WarehouseError as error:
            self._report([f"error: {error}"])
            self.uses_api = isinstance(error, TransientError)

    def _report(self, problems: list[str]) -> None:
        if self.stop.is_set():  # what is left is no problem
            return
        for problem in problems:
            click.echo(printable_lines(problem), err=True)
        self.had_problems = self.had_problems or bool(problems)


@dataclass
class Repeated:
    """A step that runs in a thread of its own, again when there is something new since, or after a while.

    Each time in another thread: one that let others have the cores may not take them back.
    """

    call: Callable[[], None]
    every: float = API_SECONDS
    called_at: float = -API_SECONDS
    has_new: bool = False
    running: Future[None] | None = None

    def start_if_due(self, *, is_new: bool) -> None:
        """Start it if it is due and not running; raise what stopped it."""
        self.has_new = self.has_new or is_new
        if self.running is not None:
            if not self.running.done():
                return
            self.raise_error()
            self.running = None
        if self.has_new or monotonic() - self.called_at >= self.every:
            thread = ThreadPoolExecutor(1)
            self.running = thread.submit(self.call)
            thread.shutdown(wait=False)  # the thread ends with the call
            self.called_at, self.has_new = monotonic(), False

    def has_ended(self) -> bool:
        """Whether it ran and is not running."""
        return self.running is not None and self.running.done()

    def raise_error(self) -> None:
        """Raise what stopped it, if it has ended."""
        if self.running is not None:
            self.running.result()
