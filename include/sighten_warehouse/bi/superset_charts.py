"""A chart as Superset keeps it: what its page shows and edits, and what it asks for."""

import json
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sighten_warehouse.bi.charts import Chart, source

VERSION = "1.0.0"  # of the format of bundles
MAX_ROWS = 10_000
VIZ = {
    "figure": "big_number_total",
    "line": "echarts_timeseries_line",
    "bars": "echarts_timeseries_bar",
    "stacked": "echarts_timeseries_bar",
    "across": "echarts_timeseries_bar",
    "table": "table",
}


def superset_id(*parts: str) -> str:
    """The UUID of a part of the bundle; the same each time, so that importing again finds it."""
    return str(uuid5(NAMESPACE_URL, "/".join(("sighten-warehouse", *parts))))


def chart_file(chart: Chart) -> dict[str, Any]:
    """The file of a chart; its query is what the chart data API answers."""
    return {
        "slice_name": chart.title,
        "description": chart.about,
        "viz_type": VIZ[chart.kind],
        "params": _form(chart),
        "query_context": json.dumps({"force": False, "queries": [_query(chart)], "result_format": "json"}),
        "uuid": superset_id("chart", chart.id),
        "dataset_uuid": superset_id("dataset", source(chart.model)),
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
    look = {
        "show_legend": len(chart.values) > 1,
        "rich_tooltip": True,
        "markerEnabled": chart.kind == "line",
        "stack": "Stack" if chart.kind in ("stacked", "across") else None,
        "orientation": "horizontal" if chart.kind == "across" else "vertical",
        "truncate_metric": True,
    }
    return form | axis | _sort(chart) | look


def _sort(chart: Chart) -> dict[str, Any]:
    """Sort the axis by another number than the one it shows; a lying axis begins at the bottom."""
    expression, rises = chart.ordered[0]
    if expression == chart.by:
        return {}
    return {
        "timeseries_limit_metric": _metric(expression, expression),
        "order_desc": not rises,
        "x_axis_sort": expression,
        "x_axis_sort_asc": rises != (chart.kind == "across"),
    }


def _format(chart: Chart) -> str:
    expression = next(iter(chart.values.values()))
    if "/ nullif" in expression:
        return ".0%"
    return ",.1f" if " / " in expression else ",d"
