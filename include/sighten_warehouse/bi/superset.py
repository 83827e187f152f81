"""The dashboard as a bundle for `superset import-dashboards`: a database, datasets with our descriptions, charts."""

import io
import json
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import yaml

from sighten_warehouse.bi.charts import Chart, charts, sections, source
from sighten_warehouse.guards.masking import is_masked
from sighten_warehouse.models import DUCKDB_TYPES, Model, models

TITLE = "Milestones"
DATABASE = "Sighten Warehouse"
BUNDLE = "sighten_warehouse"
VERSION = "1.0.0"
SCHEMAS = ("main", "marts")  # every table of these is a dataset, so are those that a chart reads
MAX_ROWS = 10_000
WIDTHS = {"figure": 2, "line": 12, "bars": 6, "stacked": 12, "across": 6, "table": 12}  # of 12 columns
HEIGHTS = {"figure": 18, "table": 60}  # in units of 8 pixels
HEIGHT = 46
VIZ = {
    "figure": "big_number_total",
    "line": "echarts_timeseries_line",
    "bars": "echarts_timeseries_bar",
    "stacked": "echarts_timeseries_bar",
    "across": "echarts_timeseries_bar",
    "table": "table",
}
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
        **{f"charts/{chart.id}.yaml": _chart(chart) for chart in charts()},
        f"dashboards/{BUNDLE}.yaml": _dashboard(),
    }


def datasets() -> list[Model]:
    """The tables that become datasets."""
    read = {chart.table for chart in charts()}
    return [model for name, model in sorted(models().items()) if model.schema in SCHEMAS or name in read]


def _id(*parts: str) -> str:
    return str(uuid5(NAMESPACE_URL, "/".join(("sighten-warehouse", *parts))))


def _name(model: Model) -> str:
    return source(model).replace(".", "_")


def _database(uri: str) -> dict[str, Any]:
    return {
        "database_name": DATABASE,
        "sqlalchemy_uri": uri,
        "expose_in_sqllab": True,
        "allow_dml": False,
        "extra": {"allows_virtual_table_explore": True},
        "uuid": _id("database"),
        "version": VERSION,
    }


def _dataset(model: Model) -> dict[str, Any]:
    schema, _, table = source(model).partition(".")
    return {
        "table_name": table,
        "schema": schema,
        "description": model.description,
        "main_dttm_col": None,
        "uuid": _id("dataset", source(model)),
        "database_uuid": _id("database"),
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


def _chart(chart: Chart) -> dict[str, Any]:
    return {
        "slice_name": chart.title,
        "description": chart.about,
        "viz_type": VIZ[chart.kind],
        "params": _form(chart),
        "query_context": json.dumps({"force": False, "queries": [_query(chart)], "result_format": "json"}),
        "uuid": _id("chart", chart.id),
        "dataset_uuid": _id("dataset", source(chart.model)),
        "version": VERSION,
    }


def _column(title: str, expression: str) -> str | dict[str, str]:
    """A column of the dataset by its name, or an expression."""
    if title == expression:
        return expression
    return {"expressionType": "SQL", "label": title, "sqlExpression": expression}


def _metric(title: str, expression: str) -> dict[str, Any]:
    return {"expressionType": "SQL", "label": title, "sqlExpression": expression, "hasCustomLabel": True}


def _columns(chart: Chart) -> list[str | dict[str, str]]:
    return [_column(title, expression) for title, expression in chart.rows.items()]


def _metrics(chart: Chart) -> list[dict[str, Any]]:
    return [_metric(title, expression) for title, expression in chart.values.items()]


def _query(chart: Chart) -> dict[str, Any]:
    """What the chart asks, for Superset's chart data API."""
    return {
        "columns": _columns(chart),
        "metrics": _metrics(chart),
        "filters": [],
        "extras": {"where": f"({chart.where})" if chart.where else "", "having": ""},
        "orderby": [[_metric(expression, expression), rises] for expression, rises in chart.ordered],
        "row_limit": chart.limit or MAX_ROWS,
        "is_timeseries": False,
    }


def _form(chart: Chart) -> dict[str, Any]:
    """What the chart's page in Superset shows and edits."""
    form: dict[str, Any] = {
        "viz_type": VIZ[chart.kind],
        "adhoc_filters": [{"clause": "WHERE", "expressionType": "SQL", "sqlExpression": chart.where}]
        if chart.where
        else [],
        "row_limit": chart.limit or MAX_ROWS,
    }
    if chart.kind == "figure":
        return form | {"metric": _metrics(chart)[0], "y_axis_format": _format(chart), "subheader": ""}
    if chart.kind == "table":
        ordered = [_metric(expression, expression) for expression, _ in chart.ordered[:1]]
        return form | {"query_mode": "aggregate", "groupby": _columns(chart), "timeseries_limit_metric": ordered[0]}
    axis = {"x_axis": _columns(chart)[0], "metrics": _metrics(chart), "groupby": [], "y_axis_format": _format(chart)}
    sort = {"x_axis_sort_series": "name", "x_axis_sort_series_ascending": True, "sort_series_type": "sum"}
    if chart.ordered:
        expression, rises = chart.ordered[0]
        sort |= {"timeseries_limit_metric": _metric(expression, expression), "order_desc": not rises}
    look = {
        "show_legend": len(chart.values) > 1,
        "rich_tooltip": True,
        "markerEnabled": chart.kind == "line",
        "stack": "Stack" if chart.kind in ("stacked", "across") else None,
        "orientation": "horizontal" if chart.kind == "across" else "vertical",
        "truncate_metric": True,
    }
    return form | axis | sort | look


def _format(chart: Chart) -> str:
    expression = next(iter(chart.values.values()))
    if "/ nullif" in expression:
        return ".0%"
    return ",.1f" if " / " in expression else ",d"


def _dashboard() -> dict[str, Any]:
    return {
        "dashboard_title": TITLE,
        "description": "What the report of Sighten Warehouse shows.",
        "slug": "sighten-milestones",
        "published": True,
        "uuid": _id("dashboard"),
        "position": _position(),
        "metadata": {"cross_filters_enabled": True, "color_scheme": "supersetColors", "native_filter_configuration": []},
        "version": VERSION,
    }


def _position() -> dict[str, Any]:
    """The grid: a header for each section, and rows of 12 columns below it."""
    grid: dict[str, Any] = {"id": "GRID_ID", "type": "GRID", "children": [], "parents": ["ROOT_ID"]}
    position: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"id": "ROOT_ID", "type": "ROOT", "children": ["GRID_ID"]},
        "HEADER_ID": {"id": "HEADER_ID", "type": "HEADER", "meta": {"text": TITLE}},
        "GRID_ID": grid,
    }
    for section, shown in sections().items():
        header = f"HEADER-{section.replace(' ', '-')}"
        position[header] = {
            "id": header,
            "type": "HEADER",
            "children": [],
            "parents": ["ROOT_ID", "GRID_ID"],
            "meta": {"text": section, "headerSize": "MEDIUM_HEADER", "background": "BACKGROUND_TRANSPARENT"},
        }
        grid["children"].append(header)
        for row in _grid_rows(shown):
            name = f"ROW-{row[0].id}"
            cells = {f"CHART-{chart.id}": _cell(chart, row=name) for chart in row}
            meta = {"background": "BACKGROUND_TRANSPARENT"}
            parents = ["ROOT_ID", "GRID_ID"]
            position[name] = {"id": name, "type": "ROW", "children": list(cells), "parents": parents, "meta": meta}
            position |= cells
            grid["children"].append(name)
    return position


def _grid_rows(shown: list[Chart]) -> list[list[Chart]]:
    rows: list[list[Chart]] = []
    room = 0
    for chart in shown:
        width = WIDTHS[chart.kind]
        if width > room:
            rows.append([])
            room = 12
        rows[-1].append(chart)
        room -= width
    return rows


def _cell(chart: Chart, *, row: str) -> dict[str, Any]:
    return {
        "id": f"CHART-{chart.id}",
        "type": "CHART",
        "children": [],
        "parents": ["ROOT_ID", "GRID_ID", row],
        "meta": {
            "chartId": 0,  # the import looks the chart up by its uuid
            "uuid": _id("chart", chart.id),
            "sliceName": chart.title,
            "width": WIDTHS[chart.kind],
            "height": HEIGHTS.get(chart.kind, HEIGHT),
        },
    }
