"""What somebody has to look at, found in the facts of `status`: the same list for `status` and `watch`."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sighten_warehouse.alerts.ledger import Ledger
from sighten_warehouse.alerts.problem import TASK_FAILED, Problem
from sighten_warehouse.errors import WarehouseError
from sighten_warehouse.layout import Layout
from sighten_warehouse.ops.status import Status
from sighten_warehouse.ops.upkeep import OVERDUE
from sighten_warehouse.settings import Settings

UNREADABLE = "status_unreadable"
SILENT = "webhooks_silent"
# The section of the runbook for each problem.
RECIPES = {
    UNREADABLE: "status-cannot-be-read",
    "landing_damaged": "damaged-landing-files",
    "history_damaged": "damaged-history-files",
    "published_file_damaged": "publish-fails",
    "updates_differ": "publish-fails",
    "balance_broken": "balance-broken",
    "erasure_unfinished": "erase",
    "deliveries_unpublished": "deliveries-are-not-published",
    SILENT: "webhooks-are-missing",
    "disk_low": "disk-full",
    "quarantine_grew": "quarantine-grows",
    "drift_new": "payloads-drift",
    "coverage_low": "webhooks-are-missing",
    "api_refused": "api-fails",
    "maintenance_overdue": "maintenance-is-overdue",
    "backup_overdue": "backups-are-overdue",
}
FROM_THE_FILE = frozenset({"quarantine_grew", "drift_new", "coverage_low", SILENT, "deliveries_unpublished"})
REMEMBERED = timedelta(days=2)  # a failed task that neither failed nor succeeded since counts no longer
MIN_COVERAGE = 0.95
MIN_MISSING = 3
SHOWN = 3


def find_problems(status: Status, settings: Settings, ledger: Ledger, *, now: datetime) -> list[Problem]:
    """Every problem of the home, errors first; `ledger` tells which were open before, and which tasks failed."""
    layout = settings.layout
    found = [
        *_damage(status, layout),
        *_erasures(status),
        *_unpublished(status, settings, now=now),
        *_disk(status, settings),
        *failed_tasks(ledger, now=now),
        *_silence(status, settings, ledger, now=now),
        *_quarantine(status),
        *_drift(status),
        *_coverage(status),
        *_api(status),
        *_maintenance(status),
        *_backup(status, now=now),
    ]
    return sorted(found, key=lambda problem: problem.severity)


def is_known(status: Status, key: str) -> bool:
    """Whether the status tells if there is the problem of that key: without a published file it tells few."""
    return status.is_readable or status.version is None or key not in FROM_THE_FILE


def failed_tasks(ledger: Ledger, *, now: datetime) -> Iterator[Problem]:
    """The tasks of Airflow that failed and did not succeed since."""
    for key, alert in ledger.items():
        since = alert.problem.since
        if key.startswith(TASK_FAILED) and since is not None and now - since < REMEMBERED:
            yield alert.problem


def unreadable(error: WarehouseError) -> Problem:
    """The problem that the status cannot be read."""
    return _error(UNREADABLE, f"the status cannot be read: {error}")


def _damage(status: Status, layout: Layout) -> Iterator[Problem]:
    landing = {str(layout.landing / name): problem for name, problem in status.landing.damaged.items()}
    history = {str(layout.lake / name): problem for name, problem in status.damaged_history.items()}
    for key, what, damaged in (("landing_damaged", "landing", landing), ("history_damaged", "history", history)):
        if damaged:
            details = tuple(f"{path}: {problem}" for path, problem in damaged.items())
            text = f"damaged or missing {what} files, {len(damaged):,}: {_listed(details)}"
            yield _error(key, text, details=details, items=tuple(damaged))
    if status.published_file_missing or status.published_file_damaged:
        what = "missing" if status.published_file_missing else "cannot be read"
        yield _error(
            "published_file_damaged",
            f"{layout.warehouse_file}: {what}, expected version {status.version}; run `sighten-warehouse publish` to"
            " write it again",
        )
    if status.differing:
        yield _error(
            "updates_differ",
            f"the updates before {_minute(status.made_anew_at)} gave other rows of {', '.join(status.differing)} than"
            " all history: report it",
        )
    if not status.balanced:
        yield _error("balance_broken", status.explain())


def _erasures(status: Status) -> Iterator[Problem]:
    if begun := status.unfinished_erasures:
        text = (
            f"an erasure is not finished, begun {_minute(begun[0])}: what it erases may still be in landing and in"
            " published versions; if it does not run any more, run `sighten-warehouse erase --resume`"
        )
        yield _error("erasure_unfinished", text, items=begun, since=datetime.fromisoformat(begun[0]))


def _unpublished(status: Status, settings: Settings, *, now: datetime) -> Iterator[Problem]:
    since = status.oldest_waiting_at
    limit = timedelta(minutes=settings.max_unpublished_minutes)
    if since is not None and is_known(status, "deliveries_unpublished") and now - since > limit:
        yield _error(
            "deliveries_unpublished",
            f"unpublished deliveries: {status.pending + status.unpublished:,}, of these not loaded: {status.pending:,},"
            f" the oldest since {_minute(since)}; expected within {settings.max_unpublished_minutes:g} minutes",
            since=since,
        )


def _silence(status: Status, settings: Settings, ledger: Ledger, *, now: datetime) -> Iterator[Problem]:
    if status.last_webhook_at is None:
        return
    since = status.last_webhook_at
    limit, what = _longest_silence(status, settings)
    before = ledger.get(SILENT)
    # At night a longer silence is usual, and still nothing came.
    lasts = before is not None and before.problem.since == since
    if lasts or (limit is not None and now - since > limit):
        yield _error(SILENT, f"no webhook since {_minute(since)}: longer than {what}", since=since)


def _longest_silence(status: Status, settings: Settings) -> tuple[timedelta | None, str]:
    usual = "usual at this hour of the week"
    if settings.max_silence_minutes is not None:
        return timedelta(minutes=settings.max_silence_minutes), f"{settings.max_silence_minutes:g} minutes"
    return (timedelta(seconds=status.usual_silence_s) if status.usual_silence_s is not None else None), usual


def _disk(status: Status, settings: Settings) -> Iterator[Problem]:
    full = {folder: free for folder, free in status.free_disk.items() if free < settings.min_free_bytes}
    if full:
        free = _listed([f"{folder}: {free / 1e9:.1f} GB are free" for folder, free in full.items()])
        yield _error("disk_low", f"{free}; expected {settings.min_free_disk}", items=tuple(full))


def _quarantine(status: Status) -> Iterator[Problem]:
    if status.quarantine:
        counts = status.quarantine.items()
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in counts)
        text = f"undecided deliveries in quarantine: {reasons}"
        # Told again each time that a reason's number doubles.
        doubled = tuple(f"{reason} {2**power}" for reason, count in counts for power in range(count.bit_length()))
        yield _warning("quarantine_grew", text, items=doubled)


def _drift(status: Status) -> Iterator[Problem]:
    if status.open_drift:
        labels = sorted({label for label, _ in status.open_drift})
        text = f"places with drift that nobody has acknowledged, {len(status.open_drift):,}: {_listed(labels)}"
        yield _warning("drift_new", text, items=tuple(digest for _, digest in status.open_drift))


def _coverage(status: Status) -> Iterator[Problem]:
    delivered = status.coverage.get("delivered", 0)
    # A missing change with the status that an earlier webhook had may be an edit, for which Sighten sends none.
    missing = status.coverage.get("missing", 0) - status.coverage.get("same_status", 0)
    if missing >= MIN_MISSING and delivered < MIN_COVERAGE * (delivered + missing):
        yield _warning(
            "coverage_low",
            f"of {delivered + missing:,} changes in the last seven reconciled days, {missing:,} came without a webhook;"
            f" expected a webhook for at least {MIN_COVERAGE:.0%}",
        )


def _api(status: Status) -> Iterator[Problem]:
    if refusals := status.api_refusals:
        said = _listed([f"{refusal.path}: {_REASONS[refusal.reason]}" for refusal in refusals])
        items = tuple(f"{refusal.path} {refusal.reason}" for refusal in refusals)
        since = min(refusal.since for refusal in refusals)
        yield _warning("api_refused", f"Sighten's API refuses calls: {said}", items=items, since=since)


_REASONS = {
    "401": "it does not know the token (401)",
    "403": "the token's user may not access it (403)",
    "circuit_open": "calls in a row failed, the circuit is open",
}


def _maintenance(status: Status) -> Iterator[Problem]:
    if status.overdue:
        said = ", ".join(f"{name} (due since {_minute(since)})" for name, since in status.overdue.items())
        text = f"nightly maintenance did not run: {said}"
        yield _warning("maintenance_overdue", text, items=tuple(status.overdue))


def _backup(status: Status, *, now: datetime) -> Iterator[Problem]:
    last, since = status.last_backup, status.backup_due
    if since is not None and now - since > OVERDUE:
        text = f"the last backup, in {last.folder}, is of {_minute(since)}" if last else "the home was never backed up"
        yield _warning("backup_overdue", f"{text}; expected one a day", since=since)


def _error(key: str, text: str, **facts: Any) -> Problem:
    return Problem(key=key, text=text, recipe=RECIPES[key], severity="error", **facts)


def _warning(key: str, text: str, **facts: Any) -> Problem:
    return Problem(key=key, text=text, recipe=RECIPES[key], severity="warning", **facts)


def _listed(texts: Sequence[str]) -> str:
    more = f"; and {len(texts) - SHOWN:,} more" if len(texts) > SHOWN else ""
    return "; ".join(texts[:SHOWN]) + more


def _minute(time: datetime | str | None) -> str:
    parsed = datetime.fromisoformat(time) if isinstance(time, str) else time
    return f"{parsed.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if parsed else "now"
