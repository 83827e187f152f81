"""The dashboard as an Evidence project: a page, a query for each chart, and a connection to the published file."""

import json
from os.path import relpath
from pathlib import Path

from sighten_warehouse.bi.charts import Chart, charts, sections

SOURCE = "warehouse"
PACKAGES = {  # the versions that were tried together
    "@evidence-dev/core-components": "5.4.2",
    "@evidence-dev/duckdb": "2.0.1",
    "@evidence-dev/evidence": "40.1.8",
    "@evidence-dev/tailwind": "3.1.4",
}
CONFIG = """\
plugins:
  components:
    "@evidence-dev/core-components": {}
  datasources:
    "@evidence-dev/duckdb": {}
"""
README = """\
# Milestones

What the report of Sighten Warehouse shows, written by `sighten-warehouse export evidence`. `npm install`, then `npm run
sources` after each publish, and `npm run dev` or `npm run build`.

*Untried*: building the site, which fetches an extension of DuckDB. Tried: the queries, through Evidence's connector.
"""
TAGS = {"line": "LineChart", "bars": "BarChart", "stacked": "BarChart", "across": "BarChart"}


def evidence_files(warehouse_file: Path, folder: Path) -> dict[str, str]:
    """The text of each file by its path, for a project in that folder."""
    # Evidence takes every path for one from the folder of the connection.
    filename = relpath(warehouse_file, folder.resolve() / "sources" / SOURCE)
    options = f"options:\n  filename: {json.dumps(filename)}\n"
    return {
        "README.md": README,
        "package.json": json.dumps(_package(), indent=2) + "\n",
        ".npmrc": "loglevel=error\naudit=false\nfund=false\n",
        ".gitignore": ".evidence\nbuild\nnode_modules\n",
        "evidence.config.yaml": CONFIG,
        f"sources/{SOURCE}/connection.yaml": f"name: {SOURCE}\ntype: duckdb\n{options}",
        **{f"sources/{SOURCE}/{chart.id}.sql": _query(chart) for chart in charts()},
        "pages/index.md": _page(),
    }


def _package() -> dict[str, object]:
    commands = {"sources": "evidence sources", "dev": "evidence dev", "build": "evidence build"}
    return {
        "name": "sighten-warehouse-evidence",
        "private": True,
        "type": "module",
        "scripts": commands,
        "engines": {"node": ">=20"},
        "dependencies": PACKAGES,
        "overrides": {"typescript": "5.4.2"},  # the newest that Evidence's packages agree on
    }


def _query(chart: Chart) -> str:
    described = [f"-- {column.name}: {column.description}" for column in chart.model.columns]
    named = [line for line in described if line.split(":")[0][3:] in chart.sql]
    return "\n".join(
        [f"-- {chart.about}", f"-- {chart.model.full_name}: {chart.model.description}", *named, chart.sql, ""]
    )


def _page() -> str:
    parts = ["---\ntitle: Milestones\n---"]
    for section, shown in sections().items():
        parts.append(f"## {section}")
        parts += [f"```sql {chart.id}\nselect * from {SOURCE}.{chart.id}\n```" for chart in shown]
        if all(chart.kind == "figure" for chart in shown):
            parts.append("\n".join(map(_figure, shown)))
        else:
            parts += [f"### {chart.title}\n\n{chart.about}\n\n{_chart(chart)}" for chart in shown]
    return "\n\n".join(parts) + "\n"


def _figure(chart: Chart) -> str:
    (value,) = chart.values
    return f'<BigValue data={{{chart.id}}} value="{value}" title="{chart.title}"{_format(chart)}/>'


def _chart(chart: Chart) -> str:
    if chart.kind == "table":
        return f"<DataTable data={{{chart.id}}}/>"
    (x,), values = chart.rows, json.dumps(list(chart.values))
    look = " swapXY=true" if chart.kind == "across" else ""
    sort = "" if chart.kind in ("line", "stacked") else " sort=false"
    return f'<{TAGS[chart.kind]} data={{{chart.id}}} x="{x}" y={{{values}}}{look}{sort}{_format(chart, "yFmt")}/>'


def _format(chart: Chart, attribute: str = "fmt") -> str:
    expression = next(iter(chart.values.values()))
    if "/ nullif" in expression:
        return f' {attribute}="pct0"'
    return f' {attribute}="num1"' if " / " in expression else ""
