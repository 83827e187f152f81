"""Status: proof that every landed delivery has exactly one outcome, and the freshness and quality of the data."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import duckdb

from sighten_warehouse.api.refusals import Refusal, read_refusals
from sighten_warehouse.backup.record import LastBackup, read_last_backup
from sighten_warehouse.clock import Clock
from sighten_warehouse.duckdb_errors import explain_lock
from sighten_warehouse.lake.damage import damaged_history
from sighten_warehouse.lake.loaded import Moment, of_one_moment
from sighten_warehouse.landing.erasures import unfinished_erasures
from sighten_warehouse.landing.files import LandingReader
from sighten_warehouse.layout import Layout
from sighten_warehouse.ops.drift import DriftPlace, places_in
from sighten_warehouse.ops.landing import LandingCheck, check_landing
from sighten_warehouse.ops.silence import last_landed_webhook, published_webhooks, usual_silence
from sighten_warehouse.ops.upkeep import backup_due, free_disk, overdue_maintenance
from sighten_warehouse.ops.waiting import oldest_waiting, unpublished_loads
from sighten_warehouse.publish.versions import published_batches, versions
from sighten_warehouse.remotes import exists, present
from sighten_warehouse.settings import Settings

OUTCOMES = ("applied", "superseded", "duplicate", "ignored", "quarantined")
COVERED = ("changed", "delivered", "missing", "pulled", "same_status")
_LAST_COVERED = f"select {', '.join(COVERED)} from ops.coverage order by changed_date desc limit 7"


@dataclass(frozen=True)
class Status:
    """Counts of deliveries. Each landed one is in `pending`, in `unpublished`, or has one of `outcomes`.

    `recounted`: whether the lines of all landing files were counted, or only those of pending files.
    `outdated`: batches loaded by older rules than the current ones.
    `clean`, `conformed`: loaded deliveries by the path that they took, as far as it was recorded.
    `quarantine`: reason → open deliveries; `checks`: check → rows found in the published version.
    `coverage`: the sums of `ops.coverage` over the last seven reconciled days; empty if there are none.
    `published_file_missing`, `published_file_damaged`: a version was published and its file is gone, or cannot be read;
    its deliveries count as `unpublished`.
    `made_anew_at`: when a version was last made anew and compared with the updates before; `differing`: the tables in
    which they differed.
    `landing`: landing files that are not what was loaded from them; `damaged_history`: files of the lake, if read.
    `oldest_waiting_at`: when the oldest delivery landed that no version holds. `last_webhook_at`: of any delivery;
    `usual_silence_s`: see `usual_silence`, in seconds. `open_drift`: the places that nobody has acknowledged, by label
    and a digest of the code, if any. `overdue`: maintenance that did not run for two days → since when it is due.
    `backup_due`: since when a backup is due. `free_disk`: folder → free bytes. `api_refusals`: paths of the API that
    refuse every call. `unfinished_erasures`: when those were begun that are not finished.
    """

    landed: int
    pending: int
    left_out: int
    unpublished: int
    outcomes: dict[str, int]
    recounted: bool
    landing_files: int
    pending_files: int
    batches: int
    version: str | None = None
    published_at: str | None = None
    last_received_at: datetime | None = None
    last_committed_at: str | None = None
    quarantine: dict[str, int] = field(default_factory=dict)
    checks: dict[str, int] = field(default_factory=dict)
    coverage: dict[str, int] = field(default_factory=dict)
    drift: int = 0
    acknowledged_drift: int = 0
    outdated: int = 0
    clean: int = 0
    conformed: int = 0
    published_file_missing: bool = False
    published_file_damaged: bool = False
    made_anew_at: str | None = None
    differing: tuple[str, ...] = ()
    landing: LandingCheck = field(default_factory=LandingCheck)
    damaged_history: dict[str, str] = field(default_factory=dict)
    oldest_waiting_at: datetime | None = None
    last_webhook_at: datetime | None = None
    usual_silence_s: float | None = None
    open_drift: tuple[tuple[str, str], ...] = ()
    overdue: dict[str, datetime] = field(default_factory=dict)
    last_backup: LastBackup | None = None
    backup_due: datetime | None = None
    free_disk: dict[str, int] = field(default_factory=dict)
    api_refusals: tuple[Refusal, ...] = ()
    unfinished_erasures: tuple[str, ...] = ()

    @property
    def is_readable(self) -> bool:
        """Whether there is a published file that can be read."""
        return self.version is not None and not (self.published_file_missing or self.published_file_damaged)

    @cached_property
    def balanced(self) -> bool:
        """Whether every landed delivery is accounted for."""
        return self.landed == self.accounted

    @property
    def accounted(self) -> int:
        """Number of deliveries that are pending, left out, unpublished, or have an outcome."""
        return self.pending + self.left_out + self.unpublished + sum(self.outcomes.values())

    def explain(self) -> str:
        """The balance as a sentence."""
        parts = [f"{count} {outcome}" for outcome, count in self.outcomes.items()]
        parts += [f"{self.unpublished} loaded but not yet published", f"{self.pending} pending"]
        parts += [f"{self.left_out} left out by a rebuild"] if self.left_out else []
        sign = "=" if self.balanced else "≠"
        return f"{self.landed} landed {sign} {self.accounted} accounted for: {', '.join(parts)}"


def read_status(settings: Settings, *, recount: bool = True, deep: bool = False, clock: Clock | None = None) -> Status:
    """Read the status from landing, commits and the published version; changes nothing.

    `recount`: count the lines of every landing file; otherwise commits give the counts of loaded files. `deep`: read
    every landing file and every history file, and compare them with the commits.

    Raises:
        LakeError: commits contradict each other.
        FileLockedError: another program has the published file open for writing.
    """
    now = (clock or Clock()).now()
    return of_one_moment(
        settings.layout, lambda moment: _read_status(settings, moment, recount=recount, deep=deep, now=now)
    )


def _read_status(settings: Settings, moment: Moment, *, recount: bool, deep: bool, now: datetime) -> Status:
    layout = moment.layout
    committed, files = moment.commits, moment.landing_files
    counted = {name: lines for manifest in committed for name, lines in manifest.landing_files.items()}
    lines = {name: _lines(layout, name) if recount or name not in counted else counted[name] for name in files}
    landing = check_landing(moment, deep=deep)
    known = versions(layout)
    compared = next((version for version in reversed(known) if version.differing is not None), None)
    is_missing = bool(known) and not exists(layout.warehouse_file)
    facts = _published(layout, now=now)
    published = frozenset() if is_missing or "published_file_damaged" in facts else published_batches(layout)
    waiting = [load for manifest in committed for load in unpublished_loads(layout, manifest, published)]
    pending = [name for name in files if name not in counted and name not in landing.left_out]
    fresh = [name for name in pending if name not in landing.damaged]
    fresh += [lines.landing_file for load in waiting for lines in load.lines]
    webhooks = [facts.pop("last_webhook_at", None), last_landed_webhook(layout, fresh)]
    return Status(
        landed=sum(lines.values()),
        pending=sum(lines[name] for name in pending),
        left_out=sum(count for name, count in lines.items() if name in landing.left_out),
        unpublished=sum(load.landed for load in waiting),
        recounted=recount,
        landing_files=len(files),
        pending_files=len(pending),
        batches=sum(manifest.loads for manifest in committed),
        version=known[-1].version if known else None,
        published_at=known[-1].published_at if known else None,
        made_anew_at=compared.published_at if compared else None,
        differing=(compared.differing or ()) if compared else (),
        outdated=sum(manifest.loads for manifest in committed if manifest.is_outdated),
        clean=sum(manifest.clean or 0 for manifest in committed),
        conformed=sum(manifest.conformed for manifest in committed),
        published_file_missing=is_missing,
        last_committed_at=committed[-1].committed_at if committed else None,
        landing=landing,
        damaged_history=damaged_history(layout, committed, deep=True) if deep else {},
        oldest_waiting_at=oldest_waiting(layout, fresh, waiting),
        last_webhook_at=max((time for time in webhooks if time), default=None),
        overdue=overdue_maintenance(layout, known, now=now),
        last_backup=read_last_backup(layout),
        backup_due=backup_due(settings, known),
        free_disk=free_disk(layout),
        api_refusals=tuple(read_refusals(layout)),
        unfinished_erasures=tuple(erasure.begun_at for erasure in unfinished_erasures(layout)),
        **facts,
    )


def _lines(layout: Layout, name: str) -> int:
    reader = LandingReader(layout.landing / name)
    lines = 0
    try:
        for _ in reader:
            lines += 1
    except OSError as error:
        if error.errno is not None:
            raise
        return lines + 1  # what cannot be decompressed is one damaged line
    return lines


def _published(layout: Layout, *, now: datetime) -> dict[str, Any]:
    if not present(layout.warehouse_file).exists():
        return {"outcomes": dict.fromkeys(OUTCOMES, 0)}
    path = layout.warehouse_file
    try:
        with explain_lock(path), duckdb.connect(str(path), read_only=True) as connection:
            return _read_published(connection, layout, now=now)
    except (duckdb.IOException, duckdb.SerializationException, duckdb.FatalException):
        return {"outcomes": dict.fromkeys(OUTCOMES, 0), "published_file_damaged": True}


def _read_published(connection: duckdb.DuckDBPyConnection, layout: Layout, *, now: datetime) -> dict[str, Any]:
    outcomes = _counts(connection, "select outcome, count(*) from ops.deliveries group by outcome")
    quarantine = _counts(
        connection,
        "select reason, count(*) from ops.quarantine where decision is null group by reason order by reason",
    )
    checks = _counts(connection, "select check_name, findings from ops.checks where findings > 0 order by check_name")
    coverage = _coverage(connection)
    drift = _drift(connection, layout)
    is_open = [place for place in drift if place.acknowledged is None]
    last_webhook_at, webhooks = published_webhooks(connection, now=now)
    usual = usual_silence(webhooks, now=now)
    [(last,)] = connection.execute("select max(received_at) from ops.deliveries").fetchall()
    return {
        "outcomes": dict.fromkeys(OUTCOMES, 0) | outcomes,
        "quarantine": quarantine,
        "checks": checks,
        "coverage": coverage,
        "drift": len(drift),
        "acknowledged_drift": len(drift) - len(is_open),
        "open_drift": tuple((place.label, place.digest) for place in is_open),
        "last_webhook_at": last_webhook_at,
        "usual_silence_s": usual and usual.total_seconds(),
        "last_received_at": last,
    }


def _drift(connection: duckdb.DuckDBPyConnection, layout: Layout) -> list[DriftPlace]:
    try:
        return places_in(connection, layout)
    except (duckdb.BinderException, duckdb.CatalogException):
        return []  # published by older code


def _coverage(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    try:
        days = connection.execute(_LAST_COVERED).fetchall()
    except duckdb.CatalogException:
        return {}  # published by older code, without this table
    return dict(zip(COVERED, map(sum, zip(*days, strict=True)), strict=True)) if days else {}


def _counts(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[Any, int]:
    try:
        return dict(connection.execute(sql).fetchall())
    except (duckdb.BinderException, duckdb.CatalogException):
        return {}  # published by older code, without this table or column
