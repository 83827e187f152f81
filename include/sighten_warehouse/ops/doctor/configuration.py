"""Whether the settings fit together, what they name can be read, and a receiver answers where they say."""

import http.client
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta

import duckdb

from sighten_warehouse.clock import Clock
from sighten_warehouse.errors import WarehouseError
from sighten_warehouse.ops.doctor.check import Check, error, ok, warning
from sighten_warehouse.ops.upkeep import OVERDUE, backup_due
from sighten_warehouse.payload.acknowledged import read_acknowledged
from sighten_warehouse.payload.answers.dal_config import read_dal_metrics
from sighten_warehouse.payload.codes import own_codes
from sighten_warehouse.publish.versions import versions
from sighten_warehouse.receiver.auth.schemes import authenticator
from sighten_warehouse.settings import Settings, read_settings
from sighten_warehouse.version import __version__

ANSWERS_WITHIN_S = 5.0


def check_versions() -> Iterator[Check]:
    """Name the versions, for a report."""
    python = ".".join(map(str, sys.version_info[:3]))
    yield ok("versions", f"sighten-warehouse {__version__}, Python {python}, DuckDB {duckdb.__version__}")


def check_settings(settings: Settings) -> Iterator[Check]:
    """Check what is only read when it is used: authentication, the file of metrics, the home's own files."""
    readers: dict[str, Callable[[], object]] = {
        "webhooks": lambda: authenticator(_of_the_receiver(settings)),
        "metrics": lambda: read_dal_metrics(settings),
        "codes.yml": lambda: own_codes(settings.layout),
        "acknowledged drift": lambda: read_acknowledged(settings.layout),
    }
    found = [problem for read in readers.values() if (problem := _problem(read))]
    yield from (error("settings", problem, "mend what it names; .env.example lists all settings") for problem in found)
    if settings.webhook_auth == "none":
        yield warning(
            "settings",
            "SIGHTEN_WEBHOOK_AUTH=none: whoever reaches the receiver can deliver",
            "docs/runbook.md#authenticate-deliveries",
        )
    if not settings.alerts:
        yield warning(
            "settings", "SIGHTEN_ALERTS is not set: nobody hears of problems", "docs/monitoring.md#be-alerted"
        )
    if not found:
        yield ok("settings", f"SIGHTEN_ENV={settings.env}, home {settings.layout.root}")


def _of_the_receiver(settings: Settings) -> Settings:
    return read_settings(tenant=settings.tenant, for_receiver=True) if settings.tenant else settings


def _problem(read: Callable[[], object]) -> str | None:
    try:
        read()
    except WarehouseError as problem:
        return str(problem)
    return None


def check_receiver(settings: Settings) -> Iterator[Check]:
    """Ask the receiver of these settings whether it can store a delivery."""
    host, port = settings.receiver_host, settings.receiver_port
    asked = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  (where it listens, to ask it there)
    connection = http.client.HTTPConnection(asked, port, timeout=ANSWERS_WITHIN_S)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        yield warning(
            "receiver",
            f"none answers on {asked}:{port}; fine if it runs on another machine",
            "start it: sighten-warehouse receive",
        )
    else:
        if status == http.client.OK:
            yield ok("receiver", f"{asked}:{port} can store deliveries")
        else:
            yield error(
                "receiver", f"{asked}:{port} answers {status} to /healthz", "docs/runbook.md#receiver-answers-503"
            )
    finally:
        connection.close()


def check_backup(settings: Settings, *, clock: Clock) -> Iterator[Check]:
    """Check that there is a backup, and that it is not old."""
    due = backup_due(settings, versions(settings.layout))
    recipe = "docs/runbook.md#back-up"
    if due is None:
        yield warning("backup", "the home was never backed up", recipe)
    elif clock.now() - due > OVERDUE:
        yield warning("backup", f"due since {due:%Y-%m-%d %H:%M} UTC", recipe)
    else:
        age = timedelta(seconds=round((clock.now() - due).total_seconds()))
        yield ok("backup", f"{age} old")
