"""What must hold once all is well again: nothing lost, nothing doubled, the balance, and the rows of a fresh home."""

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from prove.figures import Figures
from prove.home import Home
from prove.sender import Acknowledged
from prove.steps import Operator, ailments
from sighten_warehouse.landing.files import landing_files, read_raw_lines
from sighten_warehouse.landing.line import parse_landing_line
from sighten_warehouse.layout import Layout

HEALING = ("load",), ("compact",), ("publish",), ("publish", "--full", "--parquet")
# Times and places differ from home to home, and ids of batches and versions are made from them.
COLUMNS = "select schema_name, table_name, column_name from duckdb_columns() where database_name = current_catalog()"
OF_A_HOME = ("batch_id", "landing_file", "line_number", "first_version", "vault_path")


def check_all(
    operator: Operator, acknowledged: Acknowledged, figures: Figures, *, folder: Path, is_short: bool = False
) -> None:
    """Heal the home as the next runs would, and check every promise; the short form makes nothing anew to compare."""
    layout = operator.home.settings.layout
    _heal(operator, figures, HEALING[: -1 if is_short else None])
    landed = landed_bodies(layout)
    check_acknowledged(landed, acknowledged, figures, folder)
    check_outcomes(layout, landed, figures, folder)
    _check_balance(operator, figures)
    if not is_short:
        _check_rows(operator, figures, folder)


def _heal(operator: Operator, figures: Figures, commands: Sequence[Sequence[str]]) -> None:
    """Run each step once, unharmed."""
    for command in commands:
        answer = operator.run(*command)
        if answer.exit_code not in (0, 1) or "Traceback" in answer.text or "error:" in answer.text:
            figures.breaks("heals by itself", f"{' '.join(command)}: {answer.text.strip()[-300:]}", answer.output)


def landed_bodies(layout: Layout) -> Counter[tuple[str, str]]:
    """Landing id and SHA-256 of every landed webhook's body as it is now."""
    raw_lines = (raw for name in landing_files(layout.landing) for raw in read_raw_lines(layout.landing / name))
    lines = map(parse_landing_line, raw_lines)
    return Counter((line.landing_id, line.body_sha256) for line in lines if line.is_intact())


def check_acknowledged(
    landed: Counter[tuple[str, str]], acknowledged: Acknowledged, figures: Figures, folder: Path
) -> None:
    """Compare what is landed with what was acknowledged: each body is there, under its landing id, and once."""
    lost = [item for item in acknowledged.bodies.items() if item not in landed]
    ids = Counter({landing_id: 0 for landing_id, _ in landed})
    for (landing_id, _), times in landed.items():
        ids[landing_id] += times
    doubled = [landing_id for landing_id, times in ids.items() if times > 1] + acknowledged.contradictions
    figures.acknowledged += len(acknowledged.bodies)
    figures.landed += landed.total()
    figures.lost += len(lost)
    figures.doubled += len(doubled)
    if lost:
        figures.breaks("no acknowledged delivery is lost", f"{len(lost)} lost: {lost[:3]}", folder)
    if doubled:
        figures.breaks("no delivery is landed twice", f"{len(doubled)}: {doubled[:3]}", folder)


def check_outcomes(layout: Layout, landed: Counter[tuple[str, str]], figures: Figures, folder: Path) -> None:
    """Compare the published outcomes with landing: one for each landed delivery, and no other."""
    with duckdb.connect(str(layout.warehouse_file), read_only=True) as connection:
        found = Counter(name for (name,) in connection.execute("select landing_id from ops.deliveries").fetchall())
    ids = {landing_id for landing_id, _ in landed}
    doubled = [name for name, times in found.items() if times > 1]
    figures.doubled += len(doubled)
    if doubled:
        figures.breaks("every delivery counts once", f"{len(doubled)} doubled: {doubled[:3]}", folder)
    if missing := ids - found.keys():
        figures.lost += len(missing)
        figures.breaks("every landed delivery has an outcome", f"{len(missing)}: {sorted(missing)[:3]}", folder)
    if unknown := found.keys() - ids:
        figures.breaks("every outcome has its landed delivery", f"{len(unknown)}: {sorted(unknown)[:3]}", folder)


def _check_balance(operator: Operator, figures: Figures) -> None:
    answer = operator.run("status", "--json", "--deep")
    found = ailments(answer)
    figures.balances += not found
    if found:
        figures.breaks("the balance holds", "; ".join(found), answer.output)


def _check_rows(operator: Operator, figures: Figures, folder: Path) -> None:
    """Load all of landing into a fresh home, at once: the current rows and the outcomes must be the same."""
    fresh = Home(folder / "fresh", is_mounted=False, api_url=operator.home.env["SIGHTEN_API_URL"])
    layout, anew = operator.home.settings.layout, fresh.settings.layout
    shutil.copytree(layout.landing, anew.landing, ignore=shutil.ignore_patterns(".*"))
    other = replace(operator, home=fresh)
    for command in ("load", "publish"):
        answer = other.run(command)
        if answer.exit_code not in (0, 1) or "Traceback" in answer.text:
            figures.breaks("a fresh home loads the same landing", answer.text.strip()[-300:], answer.output)
            return
    here, there = _digests(layout), _digests(anew)
    if different := sorted(name for name in here.keys() | there.keys() if here.get(name) != there.get(name)):
        figures.breaks("the rows are those of a fresh home", ", ".join(different), folder)
    else:
        shutil.rmtree(fresh.folder)


def _digests(layout: Layout) -> dict[str, tuple[int, int | None]]:
    """Table → number and digest of its rows."""
    with duckdb.connect(str(layout.warehouse_file), read_only=True) as connection:
        columns: dict[str, list[str]] = {}
        for schema, table, column in connection.execute(COLUMNS).fetchall():
            if (schema == "main" or table == "deliveries") and schema in ("main", "ops") and column not in OF_A_HOME:
                columns.setdefault(f"{schema}.{table}", []).append(f'"{column}"')
        found = {}
        for table, names in columns.items():
            rows = f"(select {', '.join(names)} from {table}) as rows"
            sql = f"select count(*), sum(cast(hash(rows) as hugeint)) from {rows}"
            [found[table]] = connection.execute(sql).fetchall()
        return found
