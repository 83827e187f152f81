"""Registers the exported Parquet files as Iceberg tables, as they are; nothing is copied.

Iceberg commits table by table. Every snapshot of one version has the same property `sighten.version`, so a reader of
several tables takes the snapshots of one version. See https://py.iceberg.apache.org/api/#add-files.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.table import Table, Transaction

from sighten_warehouse.catalogs.export import Export
from sighten_warehouse.errors import CatalogError, SettingError
from sighten_warehouse.publish.parquet import KEPT_EXPORTS

VERSION, FOLDER = "sighten.version", "sighten.export"
# Bounds of columns would hold names and addresses, and an erasure does not reach old metadata.
PROPERTIES = {
    "write.metadata.metrics.default": "counts",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "10",
}
LIBRARIES = ("pyiceberg", "requests", "sqlalchemy", "botocore", "fsspec")


def register_in_iceberg(export: Export, *, catalog: str, namespace: str) -> bool:
    """Let the tables of the namespace be those of the export; return whether one was not before.

    `catalog` is the name of a catalog in PyIceberg's configuration.

    Raises:
        SettingError: there is no catalog of that name.
        CatalogError: the catalog cannot be reached or refuses; tables before it are registered.
    """
    opened = _open(catalog)
    with _explaining(catalog):
        opened.create_namespace_if_not_exists(namespace)
        changed = [
            _register(opened, f"{namespace}.{table}", files, export=export) for table, files in export.tables.items()
        ]
    return any(changed)


def _open(name: str) -> Catalog:
    try:
        with _explaining(name):
            return load_catalog(name)
    except ValueError as error:
        raise SettingError(
            f"SIGHTEN_CATALOGS: iceberg:{name}: {error}; expected a catalog of that name in PyIceberg's configuration,"
            f" such as PYICEBERG_CATALOG__{name.upper().replace('-', '_')}__URI"
        ) from error


@contextmanager
def _explaining(catalog: str) -> Iterator[None]:
    """Say in words what the catalog refused; the errors of PyIceberg and its clients have no common base."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Delete operation did not match any records")
            yield
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in LIBRARIES and not isinstance(error, OSError):
            raise
        raise CatalogError(
            f"Iceberg catalog {catalog}: {type(error).__name__}; expected it to take the tables. The export is"
            " complete, and is registered as soon as the catalog takes it"
        ) from error


def _register(catalog: Catalog, name: str, files: Sequence[Path], *, export: Export) -> bool:
    """One table: its files in place of those before, by one commit."""
    schema = pq.read_schema(files[0])
    table = _table(catalog, name, schema)
    newest = table.current_snapshot()
    if newest and newest.summary and newest.summary.additional_properties.get(FOLDER) == export.folder.name:
        return False
    with table.transaction() as transaction:
        _fit(transaction, schema)
        transaction.delete(AlwaysTrue())
        transaction.add_files(
            # Iceberg takes locations as they are, not percent-encoded.
            [f"file://{path}" for path in files],
            snapshot_properties={VERSION: export.version, FOLDER: export.folder.name},
            check_duplicate_files=False,
        )
    _expire(table)
    return True


def _table(catalog: Catalog, name: str, schema: pa.Schema) -> Table:
    """The table; made anew if a column has another type by now, which few changes of type allow otherwise."""
    table = catalog.create_table_if_not_exists(name, schema=schema, properties=PROPERTIES)
    known = {field.name: field.type for field in table.schema().as_arrow()}
    if any(_text(known.get(field.name, field.type)) != _text(field.type) for field in schema):
        catalog.drop_table(name)
        table = catalog.create_table(name, schema=schema, properties=PROPERTIES)
    return table


def _text(kind: pa.DataType) -> pa.DataType:
    return pa.string() if pa.types.is_large_string(kind) else kind


def _fit(transaction: Transaction, schema: pa.Schema) -> None:
    """Add columns that are new, and take out those that are gone."""
    known = set(transaction.table_metadata.schema().column_names)
    if known == set(schema.names):
        return
    with transaction.update_schema(allow_incompatible_changes=True) as update:
        update.union_by_name(schema)
        for column in known.difference(schema.names):
            update.delete_column(column)


def _expire(table: Table) -> None:
    """Forget the snapshots whose files are removed: all but those of the kept exports."""
    told = [one for one in table.snapshots() if one.summary and FOLDER in one.summary.additional_properties]
    kept = {one.snapshot_id for one in told[-KEPT_EXPORTS:]}
    gone = [one.snapshot_id for one in table.snapshots() if one.snapshot_id not in kept]
    if gone:
        table.maintenance.expire_snapshots().by_ids(gone).commit()
