"""Two tenants in one process: what is delivered, loaded, refused and told of one is nothing of the other."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sighten_warehouse.api.refusals import read_refusals
from sighten_warehouse.api.retries import RetryPolicy
from sighten_warehouse.cli.main import commands
from sighten_warehouse.enrich.step import enrich
from sighten_warehouse.errors import SettingError
from sighten_warehouse.ops.status import read_status
from sighten_warehouse.settings import read_settings
from support.enriching import Sighten
from support.factories import a_milestone, an_id, as_json
from support.hearing import listening_webhook
from support.scripted_api import json_response, scripted
from support.tenancy import SECRETS, TenantWarehouse, receiving, write_tenants


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return write_tenants(tmp_path)


@pytest.fixture
def both(environ: dict[str, str]) -> Iterator[tuple[TenantWarehouse, TenantWarehouse]]:
    acme, borealis = (TenantWarehouse(environ, name) for name in SECRETS)
    yield acme, borealis
    acme.close()
    borealis.close()


def run(environ: dict[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(commands, arguments, env=environ)


def holds(folder: Path, word: str) -> list[Path]:
    """The files below the folder with that word, by name or content."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in paths if word in path.name or word.encode() in path.read_bytes()]


def test_a_delivery_lands_by_the_path_and_secret_of_its_tenant_alone(environ: dict[str, str]) -> None:
    acme, borealis = (read_settings(environ, tenant=name, for_receiver=True) for name in SECRETS)
    body = as_json(a_milestone("of acme"))

    def post(receiver: Any, path: str, secret: str) -> int:
        response = receiver.request("POST", f"/webhooks/sighten{path}", body, {"X-Sighten-Signature": secret})
        return int(response.status)

    with receiving(acme) as of_acme, receiving(borealis) as of_borealis:
        answers = [
            post(of_acme, "/acme", SECRETS["acme"]),
            post(of_acme, "/borealis", SECRETS["borealis"]),
            post(of_acme, "", SECRETS["acme"]),
            post(of_borealis, "/borealis", SECRETS["acme"]),
        ]
        landed = [len(of_acme.lines()), len(of_borealis.lines())]

    assert [200, 404, 404, 401] == answers
    assert [1, 0] == landed


def test_no_table_and_no_file_of_one_tenant_holds_anything_of_the_other(
    environ: dict[str, str], both: tuple[TenantWarehouse, ...]
) -> None:
    acme, borealis = both
    ids: dict[str, list[str]] = {name: [] for name in SECRETS}
    # In turns, so that what the process remembers of one is there when the other comes.
    for number, warehouse, name in ((1, acme, "acme"), (1, borealis, "borealis"), (2, acme, "acme")):
        bodies = [a_milestone(f"{name} {number}", name=f"Milestone of {name}"), b"no json"]
        ids[name] += warehouse.take_in(*bodies[: 2 if name == "acme" else 1])
    for warehouse in both:
        warehouse.publish()

    found = {
        name: [row[0] for row in warehouse.rows("select landing_id from ops.deliveries order by received_at")]
        for name, warehouse in (("acme", acme), ("borealis", borealis))
    }
    statuses = [read_status(warehouse.settings) for warehouse in both]
    acme.land(a_milestone("two"), a_milestone("three"))
    states = {state["name"]: state for state in json.loads(run(environ, "tenants", "--json").stdout)}

    assert ids == found
    assert [("Milestone of borealis", 1)] == borealis.rows("select name, count(*) from milestones group by name")
    assert [2, 0] == [status.outcomes["quarantined"] for status in statuses]
    assert [True, True] == [status.balanced for status in statuses]
    assert (2, 0) == (states["acme"]["waiting"], states["borealis"]["waiting"])
    assert all(state["published_at"] for state in states.values())
    assert [] == [path for word in ids["acme"] for path in holds(borealis.settings.layout.root, word)]
    assert [] == [path for word in ids["borealis"] for path in holds(acme.settings.layout.root, word)]


def test_a_broken_api_of_one_tenant_opens_no_circuit_of_the_other(tmp_path: Path) -> None:
    sighten = Sighten()
    with scripted(sighten.answer) as works, scripted(lambda _: json_response({}, 500)) as broken:
        environ = {"ACME_TOKEN": "token of acme", "BOREALIS_TOKEN": "token of borealis", "SIGHTEN_API_RATE": "1000"}
        (tmp_path / "tenants.yml").write_text(
            f"acme:\n  SIGHTEN_API_URL: {broken.url}\n  SIGHTEN_API_TOKEN: ${{ACME_TOKEN}}\n"
            f"borealis:\n  SIGHTEN_API_URL: {works.url}\n  SIGHTEN_API_TOKEN: ${{BOREALIS_TOKEN}}\n"
        )
        environ |= {"SIGHTEN_TENANTS": str(tmp_path / "tenants.yml"), "SIGHTEN_HOME": str(tmp_path / "homes")}
        acme, borealis = (TenantWarehouse(environ, name) for name in SECRETS)
        for warehouse in (acme, borealis):
            warehouse.take_in(*[a_milestone(str(number), quote=an_id(str(number))) for number in range(20)])
        failed = enrich(acme.settings, retry_policy=RetryPolicy(total_s=0.2, attempts=1))
        asked = enrich(borealis.settings)

    assert (0, 20) == (failed.asked, asked.asked)
    assert (["circuit_open"], []) == tuple(
        [refusal.reason for refusal in read_refusals(warehouse.settings.layout)] for warehouse in (acme, borealis)
    )
    assert len(broken.requests) < 20  # the rest was not even tried
    assert {"Token token of borealis"} == {request.token for request in works.requests}
    assert {"Token token of acme"} == {request.token for request in broken.requests}


def test_an_alert_names_the_tenant_and_goes_to_its_address(tmp_path: Path) -> None:
    with listening_webhook() as of_all, listening_webhook() as of_borealis:
        more = "broken:\n  SIGHTEN_ENV: nowhere\n"
        environ = write_tenants(tmp_path, more, settings={"SIGHTEN_MAX_UNPUBLISHED_MINUTES": "0.00001"})
        text = Path(environ["SIGHTEN_TENANTS"]).read_text()
        Path(environ["SIGHTEN_TENANTS"]).write_text(text.replace("borealis:", "borealis:\n  SIGHTEN_ALERTS: ${OURS}"))
        environ |= {"SIGHTEN_ALERTS": of_all.url, "OURS": of_borealis.url, "SIGHTEN_MIN_FREE_DISK": "1MB"}
        for name in SECRETS:
            TenantWarehouse(environ, name).land(a_milestone())

        result = run(environ, "watch")

    assert ["acme"] == [message["tenant"] for message in of_all.messages]
    assert ["borealis"] == [message["tenant"] for message in of_borealis.messages]
    assert 1 == result.exit_code
    assert "error: tenant broken in " in result.stderr


def test_a_command_works_for_the_tenant_that_is_chosen_and_leaves_no_choice_behind(
    environ: dict[str, str], both: tuple[TenantWarehouse, ...]
) -> None:
    both[0].land(a_milestone())

    loaded = run(environ, "--tenant", "acme", "load")
    chosen = run(environ | {"SIGHTEN_TENANT": "acme"}, "status", "--json")
    none, unknown = run(environ, "status"), run(environ, "--tenant", "nobody", "status")

    assert "landed 1: 1 loaded" in loaded.stdout
    assert 1 == json.loads(chosen.stdout)["landed"]
    for result in (none, unknown):
        assert isinstance(result.exception, SettingError)  # for which the command exits with 2
        assert "one of acme, borealis" in str(result.exception)
    assert "" == os.environ.get("SIGHTEN_TENANT", "")


def test_the_list_of_tenants_has_a_line_for_each_and_names_what_is_wrong(tmp_path: Path) -> None:
    environ = write_tenants(tmp_path, "Bad Name:\n")
    TenantWarehouse(environ, "acme").land(a_milestone("one"))

    shown, as_json_ = run(environ, "tenants"), run(environ, "tenants", "--json")

    lines = shown.stdout.splitlines()
    states = {state["name"]: state for state in json.loads(as_json_.stdout)}
    assert ["tenant", "acme", "borealis", "Bad"] == [line.split()[0] for line in lines]
    assert f"{tmp_path}/homes/acme/production" in lines[1]
    assert "/webhooks/sighten/acme" in lines[1]
    assert (1, None) == (states["acme"]["waiting"], states["borealis"]["waiting"])
    assert "not yet" in lines[2]
    assert (1, 1) == (shown.exit_code, as_json_.exit_code)
    assert "error: Bad Name: tenant Bad Name in " in shown.stderr


def test_without_a_file_of_tenants_there_is_no_list() -> None:
    result = run({"SIGHTEN_TENANTS": ""}, "tenants")

    assert "SIGHTEN_TENANTS is not set" in str(result.exception)
