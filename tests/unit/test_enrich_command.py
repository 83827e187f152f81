"""`enrich` and `run` as a person meets them: what they say, and how they end."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from enriching import Sighten, quote
from scripted_api import TOKEN, ScriptedApi, said_json, scripted

from factories import SAMPLE_BYTES, a_milestone, an_id
from sighten_warehouse.cli.main import commands, main
from told import told
from warehouses import Warehouse

SIGNED = an_id("signed quote")


@pytest.fixture
def sighten() -> Sighten:
    return Sighten(signed={quote("one"): SIGNED})


@pytest.fixture
def api(sighten: Sighten) -> Iterator[ScriptedApi]:
    with scripted(sighten.answer) as one:
        yield one


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


def test_run_loads_asks_loads_and_publishes_and_says_what_is_to_be_looked_at(
    warehouse: Warehouse, sighten: Sighten, configured: dict[str, str]
) -> None:
    sighten.values, sighten.unknown = {"capacity": 7.5}, {"unknown"}

    first = CliRunner().invoke(commands, ["run"], env=configured)
    second = CliRunner().invoke(commands, ["run"], env=configured)

    assert (1, 0) == (first.exit_code, second.exit_code)
    assert "asked about 1 quotes: 1 signed, 0 not signed yet, 0 not found; 1 pulls from the DAL" in first.stdout
    assert "the API refused metrics of SIGHTEN_DAL_METRICS: quote.unknown" in first.stderr
    assert ("", False, False) == (told(second), "asked about" in second.stdout, "published 2" in second.stdout)
    assert SIGNED == warehouse.value("select signed_quote_id from milestones")
    assert [(SIGNED, "7.5")] == warehouse.rows("select quote_id, value from dal_values")


def test_run_without_an_api_says_that_it_is_not_asked_and_does_the_rest(warehouse: Warehouse) -> None:
    warehouse.land(SAMPLE_BYTES)

    done = CliRunner().invoke(commands, ["run"], env={"SIGHTEN_HOME": str(warehouse.settings.home)})

    assert 0 == done.exit_code
    assert "SIGHTEN_API_URL is not set: the API is not asked\n" == told(done)
    assert 1 == warehouse.value("select count(*) from milestones")


def test_run_publishes_what_was_delivered_although_the_api_does_not_know_the_token(
    warehouse: Warehouse, sighten: Sighten, configured: dict[str, str]
) -> None:
    sighten.instead = {quote("one"): said_json({"detail": "Invalid token."}, status=401)}

    done = CliRunner().invoke(commands, ["run"], env=configured)

    assert 1 == done.exit_code
    assert "the API does not know the token" in done.stderr
    assert TOKEN not in done.output
    assert 1 == warehouse.value("select count(*) from milestones")


def test_enrich_tells_what_came_of_it(configured: dict[str, str], sighten: Sighten, api: ScriptedApi) -> None:
    CliRunner().invoke(commands, ["load"], env=configured)
    sighten.instead = {quote("one"): said_json({"detail": "No."}, status=400)}

    done = CliRunner().invoke(commands, ["enrich", "--backfill"], env=configured)

    assert 1 == done.exit_code
    assert "asked about 1 quotes: 0 signed" in done.stdout
    assert "on 1 quotes the API refused to say which is signed: see ops.drift" in done.stderr
    assert 1 == len(api.targets)


@pytest.mark.parametrize("missing", ["SIGHTEN_API_URL", "SIGHTEN_API_TOKEN"])
def test_enrich_without_an_api_says_what_is_missing_and_ends_with_2(
    missing: str, configured: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (configured | {missing: ""}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.argv", ["sighten-warehouse", "enrich"])

    with pytest.raises(SystemExit) as ended:
        main()

    assert 2 == ended.value.code
    assert f"error: {missing}: not set" in capsys.readouterr().err
