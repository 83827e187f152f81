"""The dashboard as a bundle for `superset import-dashboards`: a database, datasets with our descriptions, charts."""

import io
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import yaml

from sighten_warehouse.bi.charts import charts, source
from sighten_warehouse.bi.superset_charts import VERSION, chart_file, superset_id
from sighten_warehouse.bi.superset_dashboard import dashboard_file
from sighten_warehouse.guards.masking import is_masked
from sighten_warehouse.models import DUCKDB_TYPES, Model, models

DATABASE = "Sighten Warehouse"
BUNDLE = "sighten_warehouse"
SCHEMAS = ("main", "marts")  # every table of these is a dataset, so are those that a chart reads
ZIPPED_AT = (1980, 1, 1, 0, 0, 0)  # the same content makes the same file


def superset_bundle(uri: str) -> bytes:
    """The bundle as a ZIP file; `uri` is SQLAlchemy's for the published file."""
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as bundle:
        for name, content in bundle_files(uri).items():
            text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
            bundle.writestr(ZipInfo(f"{BUNDLE}/{name}", ZIPPED_AT), text)
    return buffer.getvalue()


def bundle_files(uri: str) -> dict[str, dict[str, Any]]:
    """The files of the bundle by their name in it."""
    return {
        "metadata.yaml": {"version": VERSION, "type": "Dashboard", "timestamp": "1980-01-01T00:00:00+00:00"},
        f"databases/{BUNDLE}.yaml": _database(uri),
        **{f"datasets/{BUNDLE}/{_name(model)}.yaml": _dataset(model) for model in datasets()},
        **{f"charts/{chart.id}.yaml": chart_file(chart) for chart in charts()},
        f"dashboards/{BUNDLE}.yaml": dashboard_file(),
    }


def datasets() -> list[Model]:
    """The tables that become datasets."""
    read = {chart.table for chart in charts()}
    return [model for name, model in sorted(models().items()) if model.schema in SCHEMAS or name in read]


def _name(model: Model) -> str:
    return source(model).replace(".", "_")


def _database(uri: str) -> dict[str, Any]:
    return {
        "database_name": DATABASE,
        "sqlalchemy_uri": uri,
        "expose_in_sqllab": True,
        "allow_dml": False,
        "extra": {"allows_virtual_table_explore": True},
        "uuid": superset_id("database"),
        "version": VERSION,
    }


def _dataset(model: Model) -> dict[str, Any]:
    schema, _, table = source(model).partition(".")
    return {
        "table_name": table,
        "schema": schema,
        "description": model.description,
        "main_dttm_col": None,
        "uuid": superset_id("dataset", source(model)),
        "database_uuid": superset_id("database"),
        "version": VERSION,
        "metrics": [{"metric_name": "count", "verbose_name": "Rows", "expression": "count(*)"}],
        "columns": [
            {
                "column_name": column.name,
                "type": DUCKDB_TYPES[column.type].upper(),
                "is_dttm": column.type in ("date", "timestamp"),
                "groupby": True,
                "filterable": True,
                "description": column.description + (" Masked." if column.pii and is_masked(model) else ""),
            }
            for column in model.columns
        ],
    }
