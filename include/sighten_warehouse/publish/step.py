"""Publish: build a new version of the warehouse in a private folder and swap it in by one rename."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import duckdb
import structlog

from sighten_warehouse.clock import Clock
from sighten_warehouse.duckdb_errors import explain_memory, explain_refusal
from sighten_warehouse.durable import clone, ensure_folder, remove, remove_folder, rename, sync
from sighten_warehouse.errors import CheckError, VersionReplacedError
from sighten_warehouse.lake.compaction import compact_if_many
from sighten_warehouse.lake.damage import explaining_damage, refuse_altered
from sighten_warehouse.lake.folder import resolve_lake
from sighten_warehouse.lake.lineage import merged_since
from sighten_warehouse.lake.loads import all_load_ids
from sighten_warehouse.lake.manifest import Manifest, commits
from sighten_warehouse.lake.pull import refresh
from sighten_warehouse.layout import Layout
from sighten_warehouse.locks import behind_others, one_writer
from sighten_warehouse.payload.answers.dal_config import dal_metrics_digest
from sighten_warehouse.payload.codes import codes_digest
from sighten_warehouse.publish.build import build_warehouse
from sighten_warehouse.publish.cache import fits, forget, stamp
from sighten_warehouse.publish.leftovers import remove_leftovers, remove_old
from sighten_warehouse.publish.pointer import complete_version, let_version_win
from sighten_warehouse.publish.proof import differing_tables
from sighten_warehouse.publish.refusals import NotLocalError
from sighten_warehouse.publish.spark_build import build_by_spark
from sighten_warehouse.publish.update import update_warehouse
from sighten_warehouse.publish.version import Version
from sighten_warehouse.publish.versions import (
    code_version,
    is_current,
    link_over,
    make_read_only,
    published_batches,
    versions,
    write_version,
)
from sighten_warehouse.remotes import present
from sighten_warehouse.settings import Settings
from sighten_warehouse.spark.session import engine_session

log = structlog.get_logger()

MANY_FOR_ALL = 50  # small batches, above which merging them costs less than reading all of them anew
MANY_NEW = 3_000  # deliveries: about two seconds of a core
VERSION_NAME = "%Y%m%dT%H%M%S.%fZ"


def publish(settings: Settings, *, full: bool = False, clock: Clock | None = None) -> Version:
    """Build a version of all commits and swap it in; readers keep the file they have open.

    After an error, the previous version stays. Spark makes every table anew, DuckDB only what is new, unless `full`.

    Raises:
        LakeError: commits contradict each other, or history files that are read as a whole are damaged.
        ModelError: a model's columns differ from its description.
        CheckError: a check of severity `fail` has findings.
        SettingError: the home's list of codes or the file of metrics is ill-formed, SIGHTEN_PUBLISH_MEMORY too low, or
            what Spark needs is missing.
        SparkError: Spark failed.
        StorageError: the disk refused a write; the previous version stays.
    """
    if full:
        compact_if_many(settings.layout, many=MANY_FOR_ALL)
    with engine_session(settings), one_writer(settings.layout, "publish"):
        while True:
            refresh(settings.layout, landing=False)
            complete_version(settings.layout)
            try:
                return publish_lake(settings, resolve_lake(settings.layout), full=full, clock=clock)
            except VersionReplacedError as error:
                log.info("published_again", reason=str(error))


def prove(settings: Settings, *, clock: Clock | None = None) -> Version:
    """Publish what is new, then make the version anew and record in `differing` whether that changed a table.

    Raises:
        As `publish`.
    """
    compact_if_many(settings.layout, many=MANY_FOR_ALL)  # before both, so that they read the same lake
    if not is_current(settings):
        publish(settings, clock=clock)
    return publish(settings, full=True, clock=clock)


def publish_lake(
    settings: Settings,
    layout: Layout,
    *,
    on_checked: Callable[[], None] = lambda: None,
    full: bool = False,
    clock: Clock | None = None,
) -> Version:
    """Build a version of that lake, check it, call `on_checked`, and swap it in; the caller holds the publish lock.

    Raises:
        LakeError, ModelError, CheckError, SettingError: as `publish`; `on_checked` was not called.
    """
    clock = clock or Clock()
    remove_leftovers(layout, keep=settings.kept_versions)
    committed = commits(layout)
    version = _new_version(settings, layout, committed, now=clock.now())
    aside = layout.versions / f".{version.version}.{uuid4().hex}.tmp"
    ensure_folder(aside)
    try:
        known = [*versions(layout), version]
        with (
            behind_others() if _has_many(version, committed) else nullcontext(),
            explain_memory(settings.publish_memory),
            explain_refusal(layout.root),
            explaining_damage(layout, committed),
        ):
            fitted = fits(settings, layout, known[-2]) if len(known) > 1 else False
            anew = full or settings.engine == "spark" or not fitted
            tables = None if anew else _update(aside, settings, layout, committed, known)
            is_update = tables is not None
            if tables is None:
                refuse_altered(layout, committed)
                forget(layout)
                build = build_by_spark if settings.engine == "spark" else build_warehouse
                tables = build(aside, settings=settings, layout=layout, commits=committed, versions=known)
            if full and fitted:
                version = replace(version, differing=_differing(aside, settings, layout, known))
        on_checked()
        version = _swap_in(layout, aside, version, tables, before=known[-2] if len(known) > 1 else None, clock=clock)
        stamp(settings, layout, version)
    finally:
        remove_folder(aside)
    remove_old(layout, keep=settings.kept_versions)
    facts = {"batches": version.batches, "new_batches": len(version.new_batches), "is_update": is_update}
    log.info("published", version=version.version, **facts)
    return version


def _has_many(version: Version, committed: Sequence[Manifest]) -> bool:
    """Whether it is to publish a backlog, for which other homes' few deliveries, and receivers, need not wait."""
    new = set(version.new_batches)
    return sum(manifest.landed for manifest in committed if manifest.batch_id in new) > MANY_NEW


def _update(
    aside: Path, settings: Settings, layout: Layout, committed: Sequence[Manifest], known: Sequence[Version]
) -> dict[str, int] | None:
    """Update a copy of the newest version by what is new; None if everything has to be made anew."""
    *_, before, version = known
    if not _continues(layout, before, version):
        return None
    refuse_altered(layout, [manifest for manifest in committed if manifest.batch_id in version.new_batches])
    clone(layout.versions / f"{before.version}.duckdb", aside / "warehouse.duckdb")
    forget(layout)  # until the new version is published with it
    try:
        return update_warehouse(
            aside / "warehouse.duckdb", settings=settings, layout=layout, commits=committed, versions=known
        )
    except (NotLocalError, CheckError, duckdb.Error) as error:
        log.info("not_updated", reason=str(error) if isinstance(error, NotLocalError) else type(error).__name__)
        for path in aside.iterdir():  # a write-ahead log would be replayed into the file that is made anew
            remove(path)
        return None


def _differing(aside: Path, settings: Settings, layout: Layout, known: Sequence[Version]) -> tuple[str, ...] | None:
    """The tables in which the version made anew differs from the one before; None unless both are of the same lake."""
    *_, before, version = known
    if version.new_batches or before.lake != version.lake or not _continues(layout, before, version):
        return None
    files = present(layout.versions / f"{before.version}.duckdb"), aside / "warehouse.duckdb"
    found = differing_tables(*files, memory=settings.publish_memory)
    if found:
        log.error("updates_differ", version=before.version, tables=found)
    return found


def _continues(layout: Layout, before: Version, version: Version) -> bool:
    """Whether the version adds batches to the one before, and differs in nothing else but in how its lake is filed."""
    same = all(getattr(before, name) == getattr(version, name) for name in ("code_version", "codes", "dal_metrics"))
    return (
        same
        and merged_since(layout, before.lake) is not None
        and before.batches + len(version.new_batches) == version.batches
    )


def _new_version(settings: Settings, layout: Layout, committed: Sequence[Manifest], *, now: datetime) -> Version:
    known = published_batches(layout)
    loaded = all_load_ids(layout, committed)
    return Version(
        version=_name(now, known=versions(layout)),
        published_at="",
        started_at=now.isoformat(timespec="microseconds"),
        code_version=code_version(),
        batches=len(loaded),
        new_batches=tuple(batch_id for batch_id in loaded if batch_id not in known),
        tables={},
        path=str(layout.warehouse_file),
        codes=codes_digest(layout),
        dal_metrics=dal_metrics_digest(settings),
        lake=layout.lake.name,
    )


def _name(now: datetime, *, known: Sequence[Version]) -> str:
    """The time; if the clock was set back, 1 µs after the newest version: the files of the last names are kept."""
    name = now.strftime(VERSION_NAME)
    if not known or name > known[-1].version:
        return name
    newest = datetime.strptime(known[-1].version, VERSION_NAME).replace(tzinfo=UTC)
    return (newest + timedelta(microseconds=1)).strftime(VERSION_NAME)


def _swap_in(  # noqa: PLR0913  (a version, what it follows, and where)
    layout: Layout, aside: Path, version: Version, tables: dict[str, int], *, before: Version | None, clock: Clock
) -> Version:
    """Move the parts to their names, the manifest last, so that an interrupted publish is repeated."""
    kept = layout.versions / f"{version.version}.duckdb"
    sync(aside / "warehouse.duckdb")
    make_read_only(aside / "warehouse.duckdb")
    rename(aside / "warehouse.duckdb", kept)
    sync(layout.versions)
    version = replace(version, tables=tables)
    try:
        let_version_win(layout, version, before=before, clock=clock)
    except VersionReplacedError:
        remove(kept)
        raise
    link_over(kept, layout.warehouse_file)
    version = replace(version, published_at=clock.now().isoformat(timespec="microseconds"))
    write_version(layout, version)
    return version
