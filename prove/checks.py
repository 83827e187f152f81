"""What must hold once all is well again: nothing lost, nothing doubled, the balance, and the rows of a fresh home."""

import shutil
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import msgspec

from prove.figures import Figures
from prove.home import Home
from prove.restored import BACKUPS, check_restored
from prove.sender import Acknowledged
from prove.steps import Operator, ailments
from prove.subjects import Subjects
from sighten_warehouse.landing.files import landing_files, read_raw_lines
from sighten_warehouse.landing.line import parse_landing_line
from sighten_warehouse.layout import Layout

HEALING = ("load",), ("compact",), ("publish",), ("publish", "--full", "--parquet")
# Times and places differ from home to home, and ids of batches and versions are made from them.
COLUMNS = "select schema_name, table_name, column_name from duckdb_columns() where database_name = current_catalog()"
TABLES = "select table_name from duckdb_tables() where schema_name = 'main'"
ERASED = "erased"
OF_A_HOME = ("batch_id", "landing_file", "line_number", "first_version", "vault_path")


def check_all(
    operator: Operator,
    acknowledged: Acknowledged,
    figures: Figures,
    *,
    subjects: Subjects | None = None,
    is_short: bool = False,
) -> None:
    """Heal the home as the next runs would, and check every promise; the short form makes nothing anew to compare."""
    folder = operator.folder
    layout, erased = operator.home.settings.layout, subjects.started if subjects else {}
    # Each run that should have erased them may have been killed.
    _heal(operator, figures, [("erase", option, "--yes") for option in erased])
    _heal(operator, figures, HEALING[: -1 if is_short else None])
    landed = landed_bodies(layout)
    check_acknowledged(landed, acknowledged, figures, folder, erasable=subjects.erasable if subjects else ())
    check_erased(layout, erased, figures)
    check_outcomes(layout, landed, figures, folder)
    _check_balance(operator, figures)
    if not is_short:
        _check_rows(operator, figures, folder)
        _check_backup(operator, figures)


def _heal(operator: Operator, figures: Figures, commands: Sequence[Sequence[str]]) -> None:
    """Run each step once, unharmed."""
    for command in commands:
        answer = operator.run(*command)
        if answer.exit_code not in (0, 1) or "Traceback" in answer.text or "error:" in answer.text:
            figures.breaks("heals by itself", f"{' '.join(command)}: {answer.text.strip()[-300:]}", answer.output)


def raw_lines(layout: Layout) -> Iterator[bytes]:
    """Every landed line as it is now."""
    return (raw for name in landing_files(layout.landing) for raw in read_raw_lines(layout.landing / name))


def landed_bodies(layout: Layout) -> Counter[tuple[str, str]]:
    """Landing id and SHA-256 of every landed webhook's body as it is now; `ERASED` in place of an erased one's."""
    lines = map(parse_landing_line, raw_lines(layout))
    return Counter(
        (line.landing_id, line.body_sha256 if line.erased is msgspec.UNSET else ERASED)
        for line in lines
        if line.is_intact()
    )


def check_acknowledged(
    landed: Counter[tuple[str, str]],
    acknowledged: Acknowledged,
    figures: Figures,
    folder: Path,
    *,
    erasable: Collection[str] = (),
) -> None:
    """Compare what is landed with what was acknowledged: each body is there, under its landing id, and once.

    A body of these SHA-256 may be erased; its line must be there all the same.
    """
    missing = [
        (landing_id, digest) for landing_id, digest in acknowledged.bodies.items() if (landing_id, digest) not in landed
    ]
    lost = [item for item in missing if item[1] not in erasable or (item[0], ERASED) not in landed]
    figures.erased += len(missing) - len(lost)
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


def check_erased(layout: Layout, erased: Mapping[str, str], figures: Figures) -> None:
    """Check that no landed line and no row of `main` holds one of these values."""
    lines = list(raw_lines(layout))
    with duckdb.connect(str(layout.warehouse_file), read_only=True) as connection:
        tables = [name for (name,) in connection.execute(TABLES).fetchall()]
        for option, value in erased.items():
            found = Counter(landing=sum(value.encode() in line for line in lines))
            for table in tables:
                sql = f"select count(*) from main.{table} as rows where contains(rows::varchar, ?)"
                [[found[table]]] = connection.execute(sql, [value]).fetchall()
            if +found:
                figures.breaks("what is erased stays erased", f"{option}: {dict(+found)}", layout.root)


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


def _check_backup(operator: Operator, figures: Figures) -> None:
    """Back the home up, compare each file with the backup, and restore that beside it."""
    backups = str(operator.folder / BACKUPS)
    empty = Home(operator.folder / "empty", is_mounted=False, api_url=operator.home.env["SIGHTEN_API_URL"])
    for answer in (operator.run("backup", backups, "--verify"), replace(operator, home=empty).run("restore", backups)):
        if answer.exit_code:
            figures.breaks("a home can be backed up and restored", answer.text.strip()[-300:], answer.output)
    check_restored(Path(empty.env["SIGHTEN_HOME"]), figures)


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
