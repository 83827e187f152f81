"""Publish: build a new version of the warehouse in a private folder and swap it in by one rename."""

import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import structlog

from sighten_warehouse.clock import Clock
from sighten_warehouse.duckdb_errors import explain_refusal
from sighten_warehouse.durable import ensure_folder, point_link, sync
from sighten_warehouse.lake.damage import explaining_damage
from sighten_warehouse.lake.folder import remove_unneeded, resolve_lake
from sighten_warehouse.lake.manifest import Manifest, commits
from sighten_warehouse.layout import Layout
from sighten_warehouse.locks import one_writer
from sighten_warehouse.payload.answers.dal_config import dal_metrics_digest
from sighten_warehouse.payload.codes import codes_digest
from sighten_warehouse.publish.build import build_warehouse
from sighten_warehouse.publish.versions import (
    PUBLISHED_MODE,
    Version,
    code_version,
    published_batches,
    versions,
    write_version,
)
from sighten_warehouse.settings import Settings

log = structlog.get_logger()

KEPT_VERSIONS = 5
VERSION_NAME = "%Y%m%dT%H%M%S.%fZ"


def publish(settings: Settings, *, clock: Clock | None = None) -> Version:
    """Build a version of all commits and swap it in; readers keep the file they have open.

    After an error, the previous version stays.

    Raises:
        LakeError: commits contradict each other.
        ModelError: a model's columns differ from its description.
        CheckError: a check of severity `fail` has findings.
        SettingError: the home's list of codes or the file of metrics is ill-formed.
        StorageError: the disk refused a write; the previous version stays.
    """
    with one_writer(settings.layout, "publish"):
        return publish_lake(settings, resolve_lake(settings.layout), clock=clock)


def publish_lake(
    settings: Settings,
    layout: Layout,
    *,
    on_checked: Callable[[], None] = lambda: None,
    clock: Clock | None = None,
) -> Version:
    """Build a version of that lake, check it, call `on_checked`, and swap it in; the caller holds the publish lock.

    Raises:
        LakeError, ModelError, CheckError, SettingError: as `publish`; `on_checked` was not called.
    """
    clock = clock or Clock()
    committed = commits(layout)
    version = _new_version(settings, layout, committed, now=clock.now())
    aside = layout.versions / f".{version.version}.{uuid4().hex}.tmp"
    ensure_folder(aside)
    try:
        known = [*versions(layout), version]
        with explain_refusal(layout.root), explaining_damage(layout, committed):
            tables = build_warehouse(aside, settings=settings, layout=layout, commits=committed, versions=known)
        on_checked()
        version = _swap_in(layout, aside, version, tables, clock=clock)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    _remove_old(layout)
    log.info("published", version=version.version, batches=version.batches, new_batches=len(version.new_batches))
    return version


def _new_version(settings: Settings, layout: Layout, committed: Sequence[Manifest], *, now: datetime) -> Version:
    known = published_batches(layout)
    return Version(
        version=_name(now, known=versions(layout)),
        published_at="",
        started_at=now.isoformat(timespec="microseconds"),
        code_version=code_version(),
        batches=len(committed),
        new_batches=tuple(manifest.batch_id for manifest in committed if manifest.batch_id not in known),
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


def _swap_in(layout: Layout, aside: Path, version: Version, tables: dict[str, int], *, clock: Clock) -> Version:
    """Move the parts to their names, the manifest last, so that an interrupted publish is repeated."""
    kept = layout.versions / f"{version.version}.duckdb"
    for path in (aside / "warehouse.duckdb", *aside.glob("parquet/*/*.parquet")):
        path.chmod(PUBLISHED_MODE)
    (aside / "warehouse.duckdb").replace(kept)
    (aside / "parquet").replace(layout.versions / f"{version.version}.parquet")
    sync(layout.versions)
    point_link(layout.parquet, layout.versions / f"{version.version}.parquet")
    _copy_over(kept, layout.warehouse_file)
    version = replace(version, tables=tables, published_at=clock.now().isoformat(timespec="microseconds"))
    write_version(layout, version)
    return version


def _copy_over(kept: Path, path: Path) -> None:
    # A copy, not a hard link: writing to the file must not change the kept version.
    hidden = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
    try:
        shutil.copyfile(kept, hidden)
        hidden.chmod(PUBLISHED_MODE)
        sync(hidden)
        # A write-ahead log of the old file must not be replayed into the new one.
        with suppress(FileNotFoundError):
            path.with_name(f"{path.name}.wal").unlink()
        hidden.replace(path)
        sync(path.parent)
    finally:
        with suppress(FileNotFoundError):
            hidden.unlink()


def _remove_old(layout: Layout) -> None:
    """Remove the files of old versions, lakes that no kept version reads, and leftovers of a crash."""
    for kind in ("duckdb", "parquet"):
        for path in sorted(layout.versions.glob(f"*.{kind}"))[:-KEPT_VERSIONS]:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in layout.versions.glob(".*.tmp"):
        shutil.rmtree(path, ignore_errors=True)
    kept = {path.stem for path in layout.versions.glob("*.duckdb")}
    remove_unneeded(layout, needed={version.lake for version in versions(layout) if version.version in kept})
