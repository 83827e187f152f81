"""Due documents, from deliveries to published rows, and the commands for documents."""

import hashlib
import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sighten_simulator.api.app import SimulatorOptions
from sighten_simulator.documents.contents import content_of
from sighten_simulator.documents.options import DocumentOptions, Ranges
from sighten_simulator.running import running_simulator
from sighten_simulator.world.lives import build_simulation
from sighten_warehouse.cli.main import commands
from sighten_warehouse.documents.due import stored_documents
from sighten_warehouse.documents.step import DownloadResult, download_documents
from sighten_warehouse.documents.vault import DAMAGED_FOLDER, PARTIAL_FOLDER, stored_files
from sighten_warehouse.settings import Settings
from support.downloading import PDF, SHA256, in_vault, settings_for
from support.factories import a_document, a_milestone, a_sub_task, a_task, an_id
from support.scripted_api import TOKEN, FakeClock, Request, Response, ScriptedApi, json_response, scripted
from support.warehouses import Warehouse

ONE, TWO = an_id("document one"), an_id("document two")


class Api:
    """Returns documents by id, and `otherwise` for others; knows no quotes."""

    def __init__(self) -> None:
        self.has: dict[str, bytes] = {ONE: PDF}
        self.otherwise = json_response({"detail": "Not found."}, 404)

    def answer(self, request: Request) -> Response:
        if request.target.startswith("/api/data/"):
            return json_response({"data": []})
        document_id = request.target.split("/")[4]
        content = self.has.get(document_id)
        return self.otherwise if content is None else Response(200, content, {"Content-Type": "application/pdf"})


@pytest.fixture
def sighten() -> Api:
    return Api()


@pytest.fixture
def api(sighten: Api) -> Iterator[ScriptedApi]:
    with scripted(sighten.answer) as scripted_api:
        yield scripted_api


@pytest.fixture
def settings(warehouse: Warehouse, api: ScriptedApi) -> Settings:
    """The settings of a home with a milestone with two uploaded documents and a generated one."""
    documents = [a_document("one"), a_document("two"), a_document("three", creation_type="GENERATED")]
    warehouse.land(a_milestone(tasks=[a_task("t", sub_tasks=[a_sub_task("s", documents=documents)])]))
    warehouse.load()
    return settings_for(warehouse.settings.home, api.url)


def step(settings: Settings, clock: FakeClock) -> DownloadResult:
    return download_documents(settings, clock=clock)


def call(settings: Settings, *words: str, command: str = "documents") -> Result:
    environment = {
        "SIGHTEN_HOME": str(settings.home),
        "SIGHTEN_API_URL": str(settings.api_url),
        "SIGHTEN_API_TOKEN": TOKEN,
        "SIGHTEN_API_RATE": "1000",
    }
    return CliRunner().invoke(commands, [command, *words], env=environment)


def printed(result: Result) -> str:
    """The printed lines, without the log events that go to stdout by default."""
    return "".join(line for line in result.stdout.splitlines(keepends=True) if "[info" not in line)


def test_due_documents_are_downloaded_once_and_missing_ones_retried_with_growing_waits(
    warehouse: Warehouse, sighten: Api, api: ScriptedApi, settings: Settings
) -> None:
    clock = FakeClock()

    first, again = step(settings, clock), step(settings, clock)
    warehouse.load()
    clock.sleep(3601)
    an_hour_later, then = step(settings, clock), step(settings, clock)
    clock.sleep(3601)
    two_hours_later = step(settings, clock)
    sighten.has[TWO] = b"%PDF-1.4 two %%EOF"
    clock.sleep(3600)
    at_last = step(settings, clock)

    assert {"stored": 1, "not_found": 1} == first.statuses
    assert [0, 1, 0, 0, 1] == [result.due for result in (again, an_hour_later, then, two_hours_later, at_last)]
    assert {"stored": 1} == at_last.statuses
    assert 4 == len(api.requests)


def test_partial_files_older_than_a_week_are_removed(settings: Settings) -> None:
    clock, folder = FakeClock(), settings.layout.vault / PARTIAL_FOLDER
    folder.mkdir(parents=True)
    for name, days in (("old", 8), ("young", 6)):
        written_at = (clock.now() - timedelta(days=days)).timestamp()
        for path in (folder / an_id(name), folder / f"{an_id(name)}.json"):
            path.write_bytes(b"{}")
            os.utime(path, (written_at, written_at))

    step(settings, clock)

    left = {path.name for path in folder.iterdir()}
    assert {an_id("young"), f"{an_id('young')}.json"} == left - {ONE, TWO, f"{TWO}.json"}


def test_published_documents_have_the_path_of_their_bytes(warehouse: Warehouse, settings: Settings) -> None:
    step(settings, FakeClock())
    warehouse.load()
    warehouse.publish()

    sql = "select document_id, download_status, sha256, size_bytes, mime_type, vault_path from documents order by name"
    [one, three, two] = warehouse.rows(sql)

    assert (ONE, "stored", SHA256, len(PDF), "application/pdf") == one[:-1]
    assert PDF == Path(one[-1]).read_bytes()
    assert Path(one[-1]).is_absolute()
    assert (TWO, "not_found", None, None, None, None) == two
    assert (None,) * 5 == three[1:]
    assert ["applied"] * 3 == warehouse.column("select outcome from ops.deliveries")


def test_a_failed_document_does_not_stop_others_and_all_forbidden_names_the_token(
    sighten: Api, settings: Settings
) -> None:
    clock, sighten.otherwise = FakeClock(), json_response({"detail": "No."}, 403)
    has, sighten.has = sighten.has, {}
    none = step(settings, clock)
    clock.sleep(3600)
    sighten.has = has
    mixed = step(settings, clock)
    clock.sleep(7200)
    again = step(settings, clock)

    assert {"forbidden": 2} == none.statuses
    assert "the token's user may see none" in str(none.problem)
    assert "sighten_default" in str(none.problem)
    assert ({"stored": 1, "forbidden": 1}, None) == (mixed.statuses, mixed.problem)
    assert ({"forbidden": 1}, None) == (again.statuses, again.problem)


def test_the_command_prints_the_outcome_and_list_prints_the_progress(settings: Settings) -> None:
    before = json.loads(printed(call(settings, "list", "--json")))
    first, again = call(settings), call(settings)
    listed = json.loads(printed(call(settings, "list", "--json")))

    assert [("not_tried", 2)] == [(row["download_status"], row["documents"]) for row in before]
    assert 1 == first.exit_code
    assert f"documents due: 2; 1 not_found, 1 stored; {len(PDF):,} bytes stored\n" == printed(first)
    assert (0, "documents due: 0; nothing to do; 0 bytes stored\n") == (again.exit_code, printed(again))
    assert [("not_found", 1), ("stored", 1)] == [(row["download_status"], row["documents"]) for row in listed]
    assert "not_found" in call(settings, "list").stdout


def test_run_downloads_and_publishes_documents(warehouse: Warehouse, sighten: Api, settings: Settings) -> None:
    sighten.has[TWO] = PDF

    result = call(settings, command="run")

    assert f"documents due: 2; 2 stored; {2 * len(PDF):,} bytes stored\n" in result.stdout
    assert [(2, 1)] == warehouse.rows("select count(*), count(distinct vault_path) from documents where sha256 <> ''")


def test_fetch_writes_one_document_from_the_api_and_then_from_the_vault(
    tmp_path: Path, api: ScriptedApi, settings: Settings
) -> None:
    first = call(settings, "fetch", ONE, "--to", str(tmp_path / "one.pdf"))
    second = call(settings, "fetch", ONE.upper(), "--to", str(tmp_path / "again.pdf"))

    assert (0, 0) == (first.exit_code, second.exit_code)
    assert SHA256 in second.stdout
    assert [PDF, PDF] == [(tmp_path / name).read_bytes() for name in ("one.pdf", "again.pdf")]
    assert 1 == len(api.requests)
    assert [PDF] == in_vault(settings.home)


def test_fetch_overwrites_only_with_force_and_leaves_nothing_after_a_failure(
    tmp_path: Path, settings: Settings
) -> None:
    kept = tmp_path / "kept.pdf"
    kept.write_text("mine")

    refused = call(settings, "fetch", ONE, "--to", str(kept))
    kept_content = kept.read_text()
    forced = call(settings, "fetch", ONE, "--to", str(kept), "--force")
    missing = call(settings, "fetch", TWO, "--to", str(tmp_path / "two.pdf"))
    no_id = call(settings, "fetch", "../x", "--to", str(tmp_path / "x.pdf"))

    assert (2, "mine") == (refused.exit_code, kept_content)
    assert (0, PDF) == (forced.exit_code, kept.read_bytes())
    assert "not_found: answered 404" in str(missing.exception)
    assert 2 == no_id.exit_code
    assert ["kept.pdf"] == [path.name for path in tmp_path.iterdir() if path.is_file()]


def test_verify_finds_damage_and_repairs_it_by_downloading_again(settings: Settings) -> None:
    call(settings)
    sound = call(settings, "verify")
    [stored] = stored_files(settings.layout.vault)
    stored.chmod(0o644)
    stored.write_bytes(PDF[:-1] + b"\0")

    found = call(settings, "verify", "--json")
    repaired = call(settings, "verify", "--repair")
    call(settings)

    assert (0, "1 files, 1 documents, 0 damaged, 0 without a record\n") == (sound.exit_code, printed(sound))
    assert (1, 1) == (found.exit_code, repaired.exit_code)
    assert [{"vault_path": f"vault/{SHA256[:2]}/{SHA256}", "problem": "other_bytes", "document_ids": [ONE]}] == (
        json.loads(printed(found))["damages"]
    )
    assert [PDF] == in_vault(settings.home)
    assert 1 == len(list((settings.layout.vault / DAMAGED_FOLDER).iterdir()))
    assert 0 == call(settings, "verify").exit_code


def test_a_missing_file_is_found_and_fetch_gets_it_again(tmp_path: Path, settings: Settings) -> None:
    call(settings)
    [stored] = stored_files(settings.layout.vault)
    stored.unlink()

    verified = call(settings, "verify", "--json")
    fetched = call(settings, "fetch", ONE, "--to", str(tmp_path / "one.pdf"))

    assert ["missing"] == [damage["problem"] for damage in json.loads(printed(verified))["damages"]]
    assert 0 == fetched.exit_code
    assert 0 == call(settings, "verify").exit_code


@pytest.mark.parametrize("ranges", ["yes", "wrong"])
def test_the_simulated_sightens_documents_are_stored_completely_from_any_host(
    warehouse: Warehouse, ranges: Ranges
) -> None:
    simulation, clock = build_simulation(4, 4), FakeClock()
    documents = DocumentOptions(
        redirects=0.5, ranges=ranges, names="hostile", troubles={"truncated": 0.5}, tries=1, least_bytes=30_000
    )
    warehouse.land(*(life.final for life in simulation.lives))
    warehouse.load()
    with running_simulator(simulation, SimulatorOptions(documents=documents)) as there:
        settings = settings_for(warehouse.settings.home, there.url)
        result = download_documents(settings, clock=clock)

    stored = stored_documents(settings, clock=clock)
    assert {"stored": len(stored)} == result.statuses
    assert len(stored) > 5
    assert [] == [document for document in stored if sha256_of_content(document.document_id) != document.sha256]
    assert there.journal.calls["storage GET /files/{uuid}"].count > 2
    assert 0 == there.journal.credentials_sent_elsewhere


def sha256_of_content(document_id: str) -> str:
    return hashlib.sha256(content_of(document_id, least_bytes=30_000)).hexdigest()
