"""The dashboards of other tools hold every chart once, and carry the descriptions of the dictionary."""

import io
from pathlib import Path
from zipfile import ZipFile

import yaml
from click.testing import CliRunner

from sighten_warehouse.bi.charts import charts, source
from sighten_warehouse.bi.evidence import evidence_files
from sighten_warehouse.bi.metabase import metabase_files
from sighten_warehouse.bi.superset import bundle_files, datasets, superset_bundle
from sighten_warehouse.cli.main import commands
from sighten_warehouse.models import DUCKDB_TYPES, models

URI = "duckdb:////srv/published/warehouse.duckdb?access_mode=read_only"
FILE = Path("/srv/published/warehouse.duckdb")


def test_superset_has_every_table_with_the_types_and_descriptions_of_the_models() -> None:
    files = bundle_files(URI)
    written = {path: content for path, content in files.items() if path.startswith("datasets/")}

    assert {model.full_name for model in models().values() if model.schema in ("main", "marts")} <= {
        model.full_name for model in datasets()
    }
    for model, dataset in zip(datasets(), written.values(), strict=True):
        assert (model.description, source(model)) == (
            dataset["description"],
            f"{dataset['schema']}.{dataset['table_name']}",
        )
        assert [(column.name, DUCKDB_TYPES[column.type].upper()) for column in model.columns] == [
            (column["column_name"], column["type"]) for column in dataset["columns"]
        ]
        for column, shown in zip(model.columns, dataset["columns"], strict=True):
            assert shown["description"] in (column.description, f"{column.description} Masked.")


def test_a_bundle_is_a_zip_that_refers_to_its_own_parts_and_is_the_same_each_time() -> None:
    bundle = superset_bundle(URI)
    with ZipFile(io.BytesIO(bundle)) as opened:
        files = {name: yaml.safe_load(opened.read(name)) for name in opened.namelist()}
    ids = {name: content["uuid"] for name, content in files.items() if "uuid" in content}
    [dashboard] = [content for name, content in files.items() if "/dashboards/" in name]

    assert superset_bundle(URI) == bundle
    assert len(set(ids.values())) == len(ids)
    assert {content["dataset_uuid"] for content in files.values() if "dataset_uuid" in content} <= set(ids.values())
    cells = [cell["meta"]["uuid"] for cell in dashboard["position"].values() if str(cell).startswith("{'id': 'CHART-")]
    assert sorted(uuid for name, uuid in ids.items() if "/charts/" in name) == sorted(cells)


def test_metabases_cards_have_our_descriptions_and_places_that_do_not_overlap() -> None:
    files = {path: yaml.safe_load(text) for path, text in metabase_files().items() if path.endswith(".yaml")}
    [dashboard] = [content for content in files.values() if "dashcards" in content]
    cards = {content["entity_id"]: content for content in files.values() if "dataset_query" in content}
    taken = [
        (cell["col"] + column, cell["row"] + row)
        for cell in dashboard["dashcards"]
        for column in range(cell["size_x"])
        for row in range(cell["size_y"])
    ]

    assert {chart.sql for chart in charts()} == {
        card["dataset_query"]["stages"][0]["native"] for card in cards.values()
    }
    assert cards.keys() == {cell["card_id"] for cell in dashboard["dashcards"]}
    assert len(set(taken)) == len(taken)
    assert max(column for column, _ in taken) < 24
    description = models()["marts.funnel"].description
    assert [True] == [
        description in card["description"] for card in cards.values() if card["name"] == "Approval funnel"
    ]


def test_evidences_page_shows_every_query_and_finds_the_file_from_its_source() -> None:
    files = evidence_files(FILE, Path("/srv/evidence"))
    page = files["pages/index.md"]

    assert 'filename: "../../../published/warehouse.duckdb"' in files["sources/warehouse/connection.yaml"]
    for chart in charts():
        assert files[f"sources/warehouse/{chart.id}.sql"].endswith(f"{chart.sql}\n")
        assert f"from warehouse.{chart.id}\n" in page
        assert f"data={{{chart.id}}}" in page


def test_the_commands_write_them(tmp_path: Path) -> None:
    def export(*arguments: str) -> int:
        environment = {"SIGHTEN_HOME": str(tmp_path / "home"), "SIGHTEN_ENV": ""}
        return CliRunner().invoke(commands, ["export", *arguments], env=environment).exit_code

    assert 0 == export("superset", str(tmp_path / "sighten.zip"))
    assert 0 == export("metabase", str(tmp_path / "metabase"))
    assert 0 == export("evidence", str(tmp_path / "evidence"))
    assert 2 == export("evidence", str(tmp_path / "missing" / "evidence"))
    assert str(tmp_path / "home").encode() in ZipFile(tmp_path / "sighten.zip").read(
        "sighten_warehouse/databases/sighten_warehouse.yaml"
    )
    assert (tmp_path / "metabase/collections/main/sighten_warehouse.yaml").exists()
    assert (tmp_path / "evidence/package.json").exists()
