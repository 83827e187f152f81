"""Status: proof that every landed delivery has exactly one outcome, and the freshness and quality of the data."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import duckdb

from sighten_warehouse.duckdb_lock import explain_lock
from sighten_warehouse.lake.manifest import commits
from sighten_warehouse.landing.files import landing_files, read_raw_lines
from sighten_warehouse.layout import Layout
from sighten_warehouse.publish.versions import published_batches, versions
from sighten_warehouse.settings import Settings

OUTCOMES = ("applied", "superseded", "duplicate", "ignored", "quarantined")
COVERED = ("changed", "delivered", "missing", "pulled")
_LAST_COVERED = f"select {', '.join(COVERED)} from ops.coverage order by changed_date desc limit 7"


@dataclass(frozen=True)
class Status:
    """Counts of deliveries. Each landed one is in `pending`, in `unpublished`, or has one of `outcomes`.

    `recounted`: whether the lines of all landing files were counted, or only those of pending files.
    `outdated`: batches loaded by older rules than the current ones.
    `quarantine`: reason → open deliveries; `checks`: check → rows found in the published version.
    `coverage`: the sums of `ops.coverage` over the last seven reconciled days; empty if there are none.
    `published_file_missing`: a version was published and its file is gone; its deliveries count as `unpublished`.
    """

    landed: int
    pending: int
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
    outdated: int = 0
    published_file_missing: bool = False

    @cached_property
    def balanced(self) -> bool:
        """Whether every landed delivery is accounted for."""
        return self.landed == self.accounted

    @property
    def accounted(self) -> int:
        """Number of deliveries that are pending, unpublished, or have an outcome."""
        return self.pending + self.unpublished + sum(self.outcomes.values())

    def explain(self) -> str:
        """The balance as a sentence."""
        parts = [f"{count} {outcome}" for outcome, count in self.outcomes.items()]
        parts += [f"{self.unpublished} loaded but not yet published", f"{self.pending} pending"]
        sign = "=" if self.balanced else "≠"
        return f"{self.landed} landed {sign} {self.accounted} accounted for: {', '.join(parts)}"


def read_status(settings: Settings, *, recount: bool = True) -> Status:
    """Read the status from landing, commits and the published version; changes nothing.

    `recount`: count the lines of every landing file; otherwise commits give the counts of loaded files.

    Raises:
        LakeError: commits contradict each other.
        FileLockedError: another program has the published file open for writing.
    """
    layout = settings.layout
    committed = commits(layout)
    counted = {name: lines for manifest in committed for name, lines in manifest.landing_files.items()}
    files = landing_files(layout.landing)
    lines = {name: _lines(layout, name) if recount or name not in counted else counted[name] for name in files}
    known = versions(layout)
    is_missing = bool(known) and not layout.warehouse_file.exists()
    published = frozenset() if is_missing else published_batches(layout)
    return Status(
        landed=sum(lines.values()),
        pending=sum(count for name, count in lines.items() if name not in counted),
        unpublished=sum(manifest.landed for manifest in committed if manifest.batch_id not in published),
        recounted=recount,
        landing_files=len(files),
        pending_files=sum(name not in counted for name in files),
        batches=len(committed),
        version=known[-1].version if known else None,
        published_at=known[-1].published_at if known else None,
        outdated=sum(manifest.is_outdated for manifest in committed),
        published_file_missing=is_missing,
        last_committed_at=committed[-1].committed_at if committed else None,
        **_published(layout),
    )


def _lines(layout: Layout, name: str) -> int:
    return sum(1 for _ in read_raw_lines(layout.landing / name))


def _published(layout: Layout) -> dict[str, Any]:
    if not layout.warehouse_file.exists():
        return {"outcomes": dict.fromkeys(OUTCOMES, 0)}
    path = layout.warehouse_file
    with explain_lock(path), duckdb.connect(str(path), read_only=True) as connection:
        outcomes = _counts(connection, "select outcome, count(*) from ops.deliveries group by outcome")
        quarantine = _counts(
            connection,
            "select reason, count(*) from ops.quarantine where decision is null group by reason order by reason",
        )
        checks = _counts(
            connection, "select check_name, findings from ops.checks where findings > 0 order by check_name"
        )
        coverage = _coverage(connection)
        drift, last = connection.execute(
            "select (select count(*) from ops.drift), (select max(received_at) from ops.deliveries)"
        ).fetchall()[0]
    return {
        "outcomes": dict.fromkeys(OUTCOMES, 0) | outcomes,
        "quarantine": quarantine,
        "checks": checks,
        "coverage": coverage,
        "drift": drift,
        "last_received_at": last,
    }


def _coverage(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    try:
        days = connection.execute(_LAST_COVERED).fetchall()
    except duckdb.CatalogException:
        return {}  # published by older code, without this table
    return dict(zip(COVERED, map(sum, zip(*days, strict=True)), strict=True)) if days else {}


def _counts(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, int]:
    try:
        return dict(connection.execute(sql).fetchall())
    except (duckdb.BinderException, duckdb.CatalogException):
        return {}  # published by older code, without this table or column
