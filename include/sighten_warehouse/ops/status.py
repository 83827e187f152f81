"""Status: proof that every landed delivery has exactly one outcome, and how fresh and how clean everything is."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import duckdb

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
    """What lies where. Every landed delivery is in `pending`, in `unpublished`, or has one of `outcomes`.

    `recounted` says whether the lines of all landing files were counted again, or only those of pending ones.
    `outdated`: batches that were loaded by other rules than today's.
    `quarantine`: reason → open deliveries; `checks`: check → rows it found in the published version.
    `coverage`: the sums of `ops.coverage` over the last seven days that were reconciled; empty where none was.
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

    @cached_property
    def balanced(self) -> bool:
        """Whether landed = the sum of what became of it."""
        return self.landed == self.accounted

    @property
    def accounted(self) -> int:
        """How many deliveries are explained."""
        return self.pending + self.unpublished + sum(self.outcomes.values())

    def explain(self) -> str:
        """The balance in a sentence."""
        parts = [f"{count} {outcome}" for outcome, count in self.outcomes.items()]
        parts += [f"{self.unpublished} loaded but not yet published", f"{self.pending} pending"]
        sign = "=" if self.balanced else "≠"
        return f"{self.landed} landed {sign} {self.accounted} accounted for: {', '.join(parts)}"


def read_status(settings: Settings, *, recount: bool = True) -> Status:
    """How things stand; reads landing, commits and the published version, and changes nothing.

    `recount` counts the lines of every landing file again; without it those of loaded ones are taken from the commits.

    Raises:
        LakeError: commits contradict each other.
    """
    layout = settings.layout
    committed = commits(layout)
    counted = {name: lines for manifest in committed for name, lines in manifest.landing_files.items()}
    files = landing_files(layout.landing)
    lines = {name: _lines(layout, name) if recount or name not in counted else counted[name] for name in files}
    known, published = versions(layout), published_batches(layout)
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
        last_committed_at=committed[-1].committed_at if committed else None,
        **_published(layout),
    )


def _lines(layout: Layout, name: str) -> int:
    return sum(1 for _ in read_raw_lines(layout.landing / name))


def _published(layout: Layout) -> dict[str, Any]:
    if not layout.warehouse_file.exists():
        return {"outcomes": dict.fromkeys(OUTCOMES, 0)}
    with duckdb.connect(str(layout.warehouse_file), read_only=True) as connection:
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
        return {}  # published by older code, which had no such table
    return dict(zip(COVERED, map(sum, zip(*days, strict=True)), strict=True)) if days else {}


def _counts(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, int]:
    try:
        return dict(connection.execute(sql).fetchall())
    except (duckdb.BinderException, duckdb.CatalogException):
        return {}  # published by older code, which had no such table or column
