"""Exports the newest version as Parquet, and registers the export in each catalog of SIGHTEN_CATALOGS."""

from pathlib import Path

import structlog

from sighten_warehouse.catalogs.ducklake import write_ducklake
from sighten_warehouse.catalogs.export import Export, read_exported
from sighten_warehouse.clock import Clock
from sighten_warehouse.errors import CatalogError, SettingError, requires_extra
from sighten_warehouse.locks import one_writer
from sighten_warehouse.publish.parquet import export_parquet, export_parquet_if_due
from sighten_warehouse.remotes import remote_of
from sighten_warehouse.settings import Settings

log = structlog.get_logger()

DUCKLAKE, ICEBERG = "ducklake", "iceberg:"


def export_and_register(settings: Settings, *, at_once: bool = False, clock: Clock | None = None) -> Path | None:
    """Export the newest version if it is due, or at once, and register the last export; return it if it is new.

    A catalog that has the export already is left as it is, so a failed registration is repeated by the next call.

    Raises:
        SettingError: a catalog is configured whose library is not installed.
        CatalogError: a catalog cannot be reached or refuses; the export is complete, and other catalogs are registered.
        StorageError: the disk refused a write; the last export stays.
    """
    exported = (export_parquet if at_once else export_parquet_if_due)(settings, clock=clock)
    if settings.catalogs:
        register(settings)
    return settings.layout.parquet if exported else None


def register(settings: Settings) -> None:
    """Register the last export in every configured catalog.

    Raises:
        SettingError, CatalogError: as `export_and_register`; the first of them, after all were tried.
    """
    with one_writer(settings.layout, "catalogs"):
        export = read_exported(settings.layout)
        if export is None:
            return
        errors = []
        for name in settings.catalogs:
            try:
                is_new = _register(name, export)
            except (SettingError, CatalogError) as error:
                log.warning("not_registered", catalog=name, error=type(error).__name__)
                errors.append(error)
            else:
                if is_new:
                    log.info("registered", catalog=name, version=export.version, tables=len(export.tables))
        if errors:
            raise errors[0]


def _register(name: str, export: Export) -> bool:
    if name == DUCKLAKE:
        if remote_of(export.folder):
            raise SettingError("SIGHTEN_CATALOGS: ducklake: expected a home on a local disk, which names its files")
        return write_ducklake(export)
    with requires_extra("iceberg", by=f"SIGHTEN_CATALOGS: {name}"):
        from sighten_warehouse.catalogs.iceberg import register_in_iceberg  # noqa: PLC0415  (an extra; takes a second)
    catalog, _, namespace = name.removeprefix(ICEBERG).partition(".")
    return register_in_iceberg(export, catalog=catalog, namespace=namespace)
