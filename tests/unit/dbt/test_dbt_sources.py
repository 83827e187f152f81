"""What the dbt package says of the tables is true of a home of hostile deliveries, without dbt."""

import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from sighten_warehouse.cli.main import commands
from sighten_warehouse.dbt.folder import write_files
from sighten_warehouse.dbt.package import package_files
from sighten_warehouse.dbt.sources import literal
from sighten_warehouse.models import models
from support.repository import ROOT
from support.warehouses import Warehouse

CORPUS = ROOT / "tests/corpus/landing.ndjson"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("corpus"))
    landed = warehouse.settings.layout.landing / "received_date=2026-11-20" / CORPUS.name
    landed.parent.mkdir(parents=True)
    shutil.copyfile(CORPUS, landed)
    warehouse.load()
    warehouse.publish()
    return warehouse


@cache
def sources() -> dict[str, dict[str, Any]]:
    """Schema → source."""
    return {
        source["schema"]: source
        for source in yaml.load(package_files()["models/sources.yml"], Loader=yaml.CSafeLoader)["sources"]
    }


def failing(schema: str, table: dict[str, Any]) -> list[str]:
    """The queries that return the rows that the table's tests would find."""
    name = f"{schema}.{table['name']}"
    queries = []
    for test in table.get("data_tests", []):
        key = ", ".join(test["unique_together"]["arguments"]["columns"])
        queries.append(f"select {key} from {name} group by {key} having count(*) > 1")
    for column in table["columns"]:
        for test in column.get("data_tests", []):
            value = column["name"]
            match test:
                case "unique":
                    queries.append(f"select {value} from {name} group by {value} having count(*) > 1")
                case "not_null":
                    queries.append(f"select * from {name} where {value} is null")
                case {"relationships": {"arguments": {"to": parent, "field": field}}}:
                    source, known = parent.removeprefix("source('").removesuffix("')").split("', '")
                    other = next(each["schema"] for each in sources().values() if each["name"] == source)
                    queries.append(
                        f"select {value} from {name} where {value} not in (select {field} from {other}.{known})"
                    )
    return queries


def test_every_test_of_a_source_holds(corpus: Warehouse) -> None:
    queries = [
        query for schema, source in sources().items() for table in source["tables"] for query in failing(schema, table)
    ]

    assert 80 < len(queries)
    assert [] == [query for query in queries if corpus.rows(query)]


def test_the_sources_are_the_published_tables_and_their_columns(corpus: Warehouse) -> None:
    held = (
        "select table_schema, table_name, list(column_name order by ordinal_position) from information_schema.columns"
    )
    found = {(schema, name): columns for schema, name, columns in corpus.rows(f"{held} group by all")}

    described = {
        (schema, table["name"]): [column["name"] for column in table["columns"]]
        for schema, source in sources().items()
        for table in source["tables"]
    }

    assert found == described
    email = next(column for column in sources()["main"]["tables"][-1]["columns"] if column["name"] == "email")
    assert models()["main.users"].columns[3].description == email["description"]
    assert "email" == email["config"]["meta"]["personal"]


def test_braces_of_a_description_are_no_template() -> None:
    assert "{% raw %}{{ x }}{% endraw %}" == literal("{{ x }}")


def export(folder: Path) -> Result:
    return CliRunner().invoke(commands, ["export", "dbt", str(folder)])


def test_an_export_replaces_what_an_export_wrote_and_nothing_else(tmp_path: Path) -> None:
    package = tmp_path / "package"
    write_files(package, {"models/sources.yml": "sources: []\n", "analyses/gone.sql": "select 1\n"})
    (package / "models/own.sql").write_text("select 1")

    again = export(package)

    assert (0, f"{len(package_files())} files in {package}\n") == (again.exit_code, again.stdout)
    assert package_files() == {path: (package / path).read_text() for path in package_files()}
    assert not (package / "analyses/gone.sql").exists()
    assert "select 1" == (package / "models/own.sql").read_text()


@pytest.mark.parametrize("foreign", ["dbt_project.yml", "models/sources.yml"])
def test_an_export_overwrites_no_file_of_somebody_else(tmp_path: Path, foreign: str) -> None:
    mine = tmp_path / foreign
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine\n")

    refused = export(tmp_path)

    assert refused.exception is not None
    assert f"{tmp_path}: {foreign}: not as an export wrote it" in str(refused.exception)
    assert [mine] == [path for path in tmp_path.rglob("*") if path.is_file()]


def test_an_export_overwrites_no_change_of_its_files(tmp_path: Path) -> None:
    export(tmp_path)
    (tmp_path / "README.md").write_text("mine\n")

    refused = export(tmp_path)

    assert "README.md: not as an export wrote it" in str(refused.exception)
    assert "mine\n" == (tmp_path / "README.md").read_text()


def test_an_export_that_failed_half_way_is_repeated(tmp_path: Path) -> None:
    write_files(tmp_path, {"README.md": "old\n"})
    in_the_way = tmp_path / "analyses"
    in_the_way.write_text("no folder")

    failed = export(tmp_path)
    in_the_way.unlink()

    assert 2 == failed.exit_code
    assert f"{tmp_path}: File exists" in failed.stderr
    assert "old\n" != (tmp_path / "README.md").read_text()
    assert 0 == export(tmp_path).exit_code
    assert package_files() == {path: (tmp_path / path).read_text() for path in package_files()}
