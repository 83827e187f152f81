"""What `enrich` and `run` print, and their exit codes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner

from sighten_warehouse.cli.main import commands, main
from support.command_output import messages
from support.enriching import Sighten, quote
from support.factories import SAMPLE_BYTES, a_milestone, an_id
from support.scripted_api import TOKEN, ScriptedApi, json_response, scripted
from support.warehouses import Warehouse

SIGNED = an_id("signed quote")


@pytest.fixture
def sighten() -> Sighten:
    return Sighten(signed={quote("one"): SIGNED})


@pytest.fixture
def api(sighten: Sighten) -> Iterator[ScriptedApi]:
    with scripted(sighten.answer) as server:
        yield server


@pytest.fixture
def configured(warehouse: Warehouse, api: ScriptedApi, tmp_path: Path) -> dict[str, str]:
    """The environment of a home that has milestones landed."""
    (tmp_path / "metrics.json").write_text('{"quote": ["capacity", "unknown"]}')
    warehouse.land(a_milestone("one"))
    return {
        "SIGHTEN_HOME": str(warehouse.settings.home),
        "SIGHTEN_API_URL": api.url,
        "SIGHTEN_API_TOKEN": TOKEN,
        "SIGHTEN_API_RATE": "1000",
        "SIGHTEN_DAL_METRICS": str(tmp_path / "metrics.json"),
    }


def test_run_loads_enriches_loads_and_publishes_and_reports_problems(
    warehouse: Warehouse, sighten: Sighten, configured: dict[str, str]
) -> None:
    sighten.values, sighten.unknown = {"capacity": 7.5}, {"unknown"}

    first = CliRunner().invoke(commands, ["run"], env=configured)
    second = CliRunner().invoke(commands, ["run"], env=configured)

    assert (1, 0) == (first.exit_code, second.exit_code)
    assert "looked up 1 quotes: 1 signed, 0 not signed yet, 0 not found; 1 DAL pulls" in first.stdout
    assert "the API refused metrics of SIGHTEN_DAL_METRICS: quote.unknown" in first.stderr
    assert ("", False, False) == (messages(second), "looked up" in second.stdout, "published 2" in second.stdout)
    assert SIGNED == warehouse.value("select signed_quote_id from milestones")
    assert [(SIGNED, "7.5")] == warehouse.rows("select signed_quote_id, value from dal_values")


def test_run_without_an_api_reports_it_and_runs_the_other_steps(warehouse: Warehouse) -> None:
    warehouse.land(SAMPLE_BYTES)

    done = CliRunner().invoke(commands, ["run"], env={"SIGHTEN_HOME": str(warehouse.settings.home)})

    assert 0 == done.exit_code
    assert "SIGHTEN_API_URL is not set: the API steps are skipped\n" == messages(done)
    assert 1 == warehouse.value("select count(*) from milestones")


def test_run_publishes_deliveries_even_if_the_api_does_not_know_the_token(
    warehouse: Warehouse, sighten: Sighten, configured: dict[str, str]
) -> None:
    sighten.instead = {quote("one"): json_response({"detail": "Invalid token."}, status=401)}

    done = CliRunner().invoke(commands, ["run"], env=configured)

    assert 1 == done.exit_code
    assert "the API does not know the token" in done.stderr
    assert TOKEN not in done.output
    assert 1 == warehouse.value("select count(*) from milestones")


def test_enrich_prints_its_result_and_problems(configured: dict[str, str], sighten: Sighten, api: ScriptedApi) -> None:
    CliRunner().invoke(commands, ["load"], env=configured)
    sighten.instead = {quote("one"): json_response({"detail": "No."}, status=400)}

    done = CliRunner().invoke(commands, ["enrich", "--backfill"], env=configured)

    assert 1 == done.exit_code
    assert "looked up 1 quotes: 0 signed" in done.stdout
    assert "the API refused to look up 1 quotes: see ops.drift" in done.stderr
    assert 1 == len(api.targets)


@pytest.mark.parametrize("missing", ["SIGHTEN_API_URL", "SIGHTEN_API_TOKEN"])
def test_enrich_without_an_api_names_what_is_missing_and_exits_with_2(
    missing: str, configured: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (configured | {missing: ""}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.argv", ["sighten-warehouse", "enrich"])
    logged_by = structlog.get_config()["processors"]

    with pytest.raises(SystemExit) as exited:
        main()

    assert 2 == exited.value.code
    assert structlog.get_config()["processors"] is logged_by, "main is for callers with logs of their own, too"
    assert f"error: {missing}: not set" in capsys.readouterr().err
