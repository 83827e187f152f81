"""`sighten-warehouse run`."""

import signal
import sys
from dataclasses import dataclass
from threading import Event
from time import monotonic

import click

from sighten_warehouse.errors import SettingError, TransientError, WarehouseError
from sighten_warehouse.settings import Settings, read_settings

POLL_SECONDS = 2.0
ASK_SECONDS = 300.0  # as Airflow's sweep: what is due again without a delivery need not be found at once


@click.command()
@click.option("--follow", is_flag=True, help="Keep going: load and publish whatever lands, until stopped.")
def run(*, follow: bool) -> None:
    """Do all steps once: load and publish what has landed; ask the API, download, load and publish what came of it.

    Without SIGHTEN_API_URL the API is not asked. Ends with 1 when something is to be looked at.

    \b
    Examples:
      sighten-warehouse run
      sighten-warehouse run --follow
    """
    steps = _Steps(read_settings())
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM) if follow else ():
        signal.signal(number, lambda *_: stop.set())
    if not steps.asks:
        click.echo("SIGHTEN_API_URL is not set: the API is not asked", err=True)
    steps.do_all()
    while follow and not stop.wait(POLL_SECONDS):
        steps.do_all()
    if steps.quarantined:
        click.echo(
            f"{steps.quarantined} deliveries are in quarantine: see `sighten-warehouse quarantine list`", err=True
        )
    if steps.quarantined or steps.had_problems:
        sys.exit(1)


@dataclass
class _Steps:
    """All steps, done as often as one likes, and what there was to look at."""

    settings: Settings
    asks: bool = False
    quarantined: int = 0
    had_problems: bool = False
    _asked_at: float | None = None

    def __post_init__(self) -> None:
        self.asks = self.settings.api_url is not None

    def do_all(self) -> None:
        landed = self._load()
        self._publish(landed)  # what was delivered does not wait for the API
        is_time = self._asked_at is None or landed or monotonic() - self._asked_at > ASK_SECONDS
        if self.asks and is_time:
            self._ask()
            self._publish(self._load())
            self._asked_at = monotonic()

    def _load(self) -> int:
        from sighten_warehouse.load.step import load

        result = load(self.settings)
        self.quarantined += result.quarantined
        return result.landed

    def _publish(self, landed: int) -> None:
        from sighten_warehouse.publish import is_current, publish

        if not is_current(self.settings):
            version = publish(self.settings)
            click.echo(f"loaded {landed} deliveries, published {version.version}")

    def _ask(self) -> None:
        """The API delays no delivery; where somebody must act, as on an unknown token, it is not asked again."""
        try:
            self._enrich()
            self._download()
        except SettingError:
            raise
        except WarehouseError as error:
            self._look_at([f"error: {error}"])
            self.asks = isinstance(error, TransientError)

    def _enrich(self) -> None:
        from sighten_warehouse.cli.enrich import problems, summary_line
        from sighten_warehouse.enrich.step import enrich

        result = enrich(self.settings)
        if result.asked or result.pulled:
            click.echo(summary_line(result))
        self._look_at(problems(result))

    def _download(self) -> None:
        from sighten_warehouse.cli.documents import problems, summary_line
        from sighten_warehouse.documents.step import download_documents

        result = download_documents(self.settings)
        if result.due:
            click.echo(summary_line(result))
        self._look_at(problems(result))

    def _look_at(self, problems: list[str]) -> None:
        for problem in problems:
            click.echo(problem, err=True)
        self.had_problems = self.had_problems or bool(problems)
