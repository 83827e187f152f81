"""The dashboard as the YAML files that Metabase imports: a collection, a card for each chart, a dashboard."""

import hashlib
import re
from base64 import urlsafe_b64encode
from typing import Any

import yaml

from sighten_warehouse.bi.charts import Chart, charts, sections

DATABASE = "Sighten Warehouse"  # the name that the database must have in Metabase
CREATOR = "internal@metabase.com"  # Metabase's own user, which every installation has
COLUMNS = 24
SIZES = {"figure": (4, 3), "line": (24, 7), "bars": (12, 7), "stacked": (24, 7), "across": (12, 7), "table": (24, 9)}
DISPLAYS = {"figure": "scalar", "line": "line", "bars": "bar", "stacked": "bar", "across": "row", "table": "table"}
README = """\
# Milestones

What the report of Sighten Warehouse shows, written by `sighten-warehouse export metabase`. `java -jar metabase.jar
import` with this folder reads it, on a paid plan. The database must be called *Sighten Warehouse*.

*Untried* in Metabase. Tried: its own schemas accept the files.
"""
FOLDER = "collections/main"


def metabase_files() -> dict[str, str]:
    """The text of each file by its path."""
    content = {
        f"{FOLDER}/sighten_warehouse.yaml": _collection(),
        f"{FOLDER}/sighten_warehouse/dashboard.yaml": _dashboard(),
        **{f"{FOLDER}/sighten_warehouse/{chart.id}.yaml": _card(chart) for chart in charts()},
    }
    written = {path: yaml.safe_dump(entity, sort_keys=False, allow_unicode=True) for path, entity in content.items()}
    return {"README.md": README, **written}


def _id(name: str) -> str:
    """A NanoID that stays the same, so that importing again changes the same entity."""
    return urlsafe_b64encode(hashlib.sha256(name.encode()).digest()).decode()[:21]


def _entity(model: str, name: str, *, key: str) -> dict[str, Any]:
    label = re.sub(r"\W+", "_", name.lower())
    return {"name": name, "entity_id": _id(key), "serdes/meta": [{"id": _id(key), "label": label, "model": model}]}


def _collection() -> dict[str, Any]:
    return _entity("Collection", "Sighten Warehouse", key="collection") | {"slug": "sighten_warehouse"}


def _card(chart: Chart) -> dict[str, Any]:
    values, rows = list(chart.values), list(chart.rows)
    settings: dict[str, Any] = {}
    if chart.by is not None:
        settings = {"graph.dimensions": rows, "graph.metrics": values}
    if len(values) > 1 and chart.kind in ("stacked", "across"):
        settings["stackable.stack_type"] = "stacked"
    return _entity("Card", chart.title, key=f"card/{chart.id}") | {
        "description": description(chart),
        "display": DISPLAYS[chart.kind],
        "creator_id": CREATOR,
        "type": "question",
        "collection_id": _id("collection"),
        "dataset_query": {
            "lib/type": "mbql/query",
            "database": DATABASE,
            "stages": [{"lib/type": "mbql.stage/native", "native": chart.sql, "template-tags": []}],
        },
        "visualization_settings": settings,
        "parameters": [],
        "parameter_mappings": [],
    }


def description(chart: Chart) -> str:
    """What the chart shows, its table, and the columns that its SQL names, with our descriptions."""
    named = [column for column in chart.model.columns if re.search(rf"\b{column.name}\b", chart.sql)]
    lines = [f"- {column.name}: {column.description}" for column in named]
    return "\n".join([chart.about, "", f"{chart.model.full_name}: {chart.model.description}", *lines])


def _dashboard() -> dict[str, Any]:
    cells = []
    column = row = height = 0
    for shown in sections().values():
        row, column, height = row + height, 0, 0  # a section begins on a row of its own
        for chart in shown:
            width, tall = SIZES[chart.kind]
            if column + width > COLUMNS:
                row, column, height = row + height, 0, 0
            cells.append(_cell(chart, row=row, column=column))
            column, height = column + width, max(height, tall)
    return _entity("Dashboard", "Milestones", key="dashboard") | {
        "description": "What the report of Sighten Warehouse shows.",
        "creator_id": CREATOR,
        "collection_id": _id("collection"),
        "parameters": [],
        "dashcards": cells,
    }


def _cell(chart: Chart, *, row: int, column: int) -> dict[str, Any]:
    width, height = SIZES[chart.kind]
    key = f"dashcard/{chart.id}"
    return {
        "entity_id": _id(key),
        "card_id": _id(f"card/{chart.id}"),
        "row": row,
        "col": column,
        "size_x": width,
        "size_y": height,
        "visualization_settings": {},
        "parameter_mappings": [],
        "serdes/meta": [
            {"id": _id("dashboard"), "model": "Dashboard"},
            {"id": _id(key), "model": "DashboardCard"},
        ],
    }
