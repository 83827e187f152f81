"""The options `--engine` and `--master`, and what is said where Spark is missing."""

import sys

import pytest
from click.testing import CliRunner, Result

from sighten_warehouse.cli.main import commands
from sighten_warehouse.errors import SettingError
from sighten_warehouse.publish.versions import versions
from support.factories import a_milestone
from support.warehouses import Warehouse


def invoke(warehouse: Warehouse, *arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(commands, arguments, env={"SIGHTEN_HOME": str(warehouse.settings.home), **environment})


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (["publish", "--engine", "spark"], {}),
        (["rebuild", "--engine", "spark", "--master", "spark://host:7077"], {}),
        (["publish"], {"SIGHTEN_ENGINE": "spark"}),
        (["run"], {"SIGHTEN_ENGINE": "spark"}),
    ],
)
def test_without_the_extra_it_is_named_and_nothing_changes(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, arguments: list[str], environment: dict[str, str]
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)  # so that importing it fails
    warehouse.deliver(a_milestone())
    warehouse.take_in(a_milestone("new"))
    before = versions(warehouse.settings.layout)

    refused = invoke(warehouse, *arguments, **environment)

    assert isinstance(refused.exception, SettingError)  # exit code 2
    assert "pip install 'sighten-warehouse[spark]'" in str(refused.exception)
    assert before == versions(warehouse.settings.layout)


def test_the_option_wins_over_the_setting(warehouse: Warehouse) -> None:
    warehouse.take_in(a_milestone())

    published = invoke(warehouse, "publish", "--engine", "duckdb", SIGHTEN_ENGINE="spark")

    assert 0 == published.exit_code, published.output


def test_a_master_for_duckdb_is_refused(warehouse: Warehouse) -> None:
    warehouse.take_in(a_milestone())

    refused = invoke(warehouse, "publish", "--master", "spark://host:7077")

    assert 2 == refused.exit_code
    assert "expected --engine spark with it" in refused.stderr


def test_a_master_that_spark_does_not_know_is_refused(warehouse: Warehouse) -> None:
    warehouse.take_in(a_milestone())

    refused = invoke(warehouse, "publish", "--engine", "spark", "--master", "host:7077")

    assert isinstance(refused.exception, SettingError)
    assert "SIGHTEN_SPARK_MASTER: expected" in str(refused.exception)
