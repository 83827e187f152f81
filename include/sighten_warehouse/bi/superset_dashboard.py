"""The dashboard as Superset keeps it: its charts on a grid of 12 columns."""

from typing import Any

from sighten_warehouse.bi.charts import Chart, sections
from sighten_warehouse.bi.superset_charts import VERSION, superset_id

TITLE = "Milestones"
WIDTHS = {"figure": 2, "line": 12, "bars": 6, "stacked": 12, "across": 6, "table": 12}
HEIGHTS = {"figure": 18, "table": 34}  # in units of 8 pixels
HEIGHT = 46


def dashboard_file() -> dict[str, Any]:
    """The file of the dashboard."""
    return {
        "dashboard_title": TITLE,
        "description": "What the report of Sighten Warehouse shows.",
        "slug": "sighten-milestones",
        "published": True,
        "uuid": superset_id("dashboard"),
        "position": _position(),
        "metadata": {
            "cross_filters_enabled": True,
            "color_scheme": "supersetColors",
            "native_filter_configuration": [],
        },
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
        width = _width(chart)
        if width > room:
            rows.append([])
            room = 12
        rows[-1].append(chart)
        room -= width
    return rows


def _width(chart: Chart) -> int:
    return 12 if len(chart.values) > 1 else WIDTHS[chart.kind]


def _cell(chart: Chart, *, row: str) -> dict[str, Any]:
    return {
        "id": f"CHART-{chart.id}",
        "type": "CHART",
        "children": [],
        "parents": ["ROOT_ID", "GRID_ID", row],
        "meta": {
            "chartId": 0,  # the import looks the chart up by its uuid
            "uuid": superset_id("chart", chart.id),
            "sliceName": chart.title,
            "width": _width(chart),
            "height": HEIGHTS.get(chart.kind, HEIGHT),
        },
    }
