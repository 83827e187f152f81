"""`sighten-warehouse mcp`, by a client of the SDK over stdin and stdout and over HTTP."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner
from mcp import StdioServerParameters, stdio_client

from sighten_warehouse.assistants.answering import MAX_CHARACTERS, Limits
from sighten_warehouse.assistants.server import assistant_server
from sighten_warehouse.cli.main import commands
from sighten_warehouse.dictionary.cookbook import recipes
from sighten_warehouse.errors import MissingExtraError, NotPublishedError
from sighten_warehouse.settings import read_settings
from support.assistant_clients import Assistant, assistant
from support.factories import SAMPLE_BYTES, a_milestone
from support.warehouses import Warehouse

COMMAND = str(Path(sys.executable).with_name("sighten-warehouse"))
LIMITS = ("--max-rows", "50", "--max-seconds", "1")
HELLO = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
INITIALIZE = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO}
ENDLESS = "select count(*) from range(100000000000) as a, range(1000) as b where random() < 2"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("asked"))
    warehouse.deliver(SAMPLE_BYTES)
    return warehouse


@contextmanager
def served(warehouse: Warehouse) -> Iterator[str]:
    """The address of a server over HTTP."""
    environment = os.environ | {"SIGHTEN_HOME": str(warehouse.settings.home)}
    command = [COMMAND, "mcp", "--http", "--port", "0", *LIMITS]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().split()[1].rstrip(",")
        server.send_signal(signal.SIGINT)
        assert 0 == server.wait(30)


@pytest.fixture(scope="module")
def address(home: Warehouse) -> Iterator[str]:
    with served(home) as address:
        yield address


@pytest.fixture(scope="module", params=["stdio", "http"])
def asked(request: pytest.FixtureRequest, home: Warehouse) -> Iterator[Assistant]:
    environment = {"SIGHTEN_HOME": str(home.settings.home)}
    command = StdioServerParameters(command=COMMAND, args=["mcp", *LIMITS], env=environment)
    server = stdio_client(command) if request.param == "stdio" else request.getfixturevalue("address")
    with assistant(server) as connected:
        yield connected


def test_an_assistant_finds_tables_columns_prompts_and_the_dictionary(asked: Assistant) -> None:
    tools = {tool.name: tool for tool in asked.ask("list_tools").tools}
    tables = {table["name"]: table["description"] for table in asked.call("list_tables")["tables"]}
    [users, cycles] = asked.call("describe_tables", names=["main.users", "marts.approval_cycles"])["tables"]
    prompts = {prompt.title for prompt in asked.ask("list_prompts").prompts}
    dictionary = asked.ask("read_resource", "sighten://dictionary").contents[0].text
    read = asked.ask("read_resource", "sighten://tables/marts.approval_cycles").contents[0].text

    assert {"list_tables", "describe_tables", "query"} == tools.keys()
    assert all(tool.annotations.read_only_hint and tool.output_schema for tool in tools.values())
    assert "At most 50 rows and 1 s" in tools["query"].description
    assert {"users", "marts.approval_cycles", "ops.deliveries", "history.milestones"} <= tables.keys()
    assert "ops.pseudonyms" not in tables
    assert tables["marts.approval_cycles"].startswith("Cycle time of each milestone")
    assert users["columns"][3]["name"] == "email"
    assert users["columns"][3]["description"].endswith("Replaced by a pseudonym.")
    assert {"name": "cycle_seconds", "type": "double"}.items() <= cycles["columns"][13].items()
    assert {recipe.question for recipe in recipes()} == prompts
    assert "### marts.approval_cycles" in dictionary
    assert cycles == json.loads(read)
    assert "no table nothing: expected one of `list_tables`" in asked.refusal("describe_tables", names=["nothing"])


def test_a_query_is_answered_masked_and_from_one_version(asked: Assistant, home: Warehouse) -> None:
    found = asked.call("query", sql="select state, cycle_seconds, approved_at from marts.approval_cycles -- all\n;")
    people = asked.query("select email, first_name from users where email is not null")

    assert home.value("select max(version) from ops.versions") == found["version"]
    assert ["state", "cycle_seconds", "approved_at"] == found["columns"]
    assert ["approved", 439224.798969, "2018-09-04 17:11:58.24173"] in found["rows"]
    assert "" == found["cut"]
    assert people
    assert all(email.startswith("email-") and name.startswith("name-") for email, name in people)


def test_rows_and_time_are_limited(asked: Assistant) -> None:
    many = asked.call("query", sql="select range as number from range(1000000000000)")
    long = asked.call("query", sql=f"select repeat('x', {MAX_CHARACTERS // 2}) as text from range(3)")
    begun = time.monotonic()
    refused = asked.refusal("query", sql=ENDLESS)

    assert [[number] for number in range(50)] == many["rows"]
    assert "more than 50 rows: aggregate, or select fewer" == many["cut"]
    assert (1, "more than 200,000 characters: select fewer columns or rows") == (len(long["rows"]), long["cut"])
    assert "stopped after 1 s" in refused
    assert 20 > time.monotonic() - begun
    assert [[1]] == asked.query("select 1")


REFUSED = (
    "insert into milestones select * from milestones",
    "create table copied as from milestones",
    "from read_csv('/etc/passwd')",
    "from '/etc/passwd'",
    "from read_parquet('{home}/lake/*/*.parquet')",
    "attach '{home}/published/warehouse.duckdb' as other",
    "install httpfs",
    "load httpfs",
    "copy (from milestones) to '{home}/out.csv'",
    "pragma database_list",
    "set memory_limit = '100GB'",
    "select email from warehouse.main.users",
    "no sql",
)


def test_what_does_not_only_read_published_tables_is_refused(asked: Assistant, home: Warehouse) -> None:
    root = home.settings.layout.root
    before = sorted(root.rglob("*"))

    refused = "".join(asked.refusal("query", sql=sql.format(home=root)) for sql in REFUSED)

    assert "root:" not in refused
    assert "@" not in refused
    assert before == sorted(root.rglob("*"))


def test_a_version_that_is_published_later_is_seen(asked: Assistant, home: Warehouse) -> None:
    count = "select count(*) from milestones"
    [[before]] = asked.query(count)

    home.deliver(a_milestone(f"new {before}"))

    assert [[before + 1]] == asked.query(count)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://localhost:3000"}, 403),
        ({}, 200),
    ],
    ids=str,
)
def test_no_web_page_reaches_the_server(address: str, headers: dict[str, str], status: int) -> None:
    place = urlsplit(address)
    sent = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"} | headers
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=30)

    connection.request("POST", place.path, json.dumps(INITIALIZE), sent)

    assert status == connection.getresponse().status
    assert "127.0.0.1" == place.hostname
    connection.close()


def test_ctrl_c_ends_a_server_whose_stdin_stays_open(home: Warehouse) -> None:
    environment = os.environ | {"SIGHTEN_HOME": str(home.settings.home)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([COMMAND, "mcp"], env=environment, text=True, **pipes) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(f"{json.dumps(INITIALIZE)}\n")
        server.stdin.flush()
        answered = json.loads(server.stdout.readline())
        server.send_signal(signal.SIGINT)

        assert -signal.SIGINT == server.wait(30)

    assert "sighten-warehouse" == answered["result"]["serverInfo"]["name"]


def test_names_are_shown_where_the_setting_says_so_and_history_is_read(home: Warehouse) -> None:
    settings = read_settings({"SIGHTEN_HOME": str(home.settings.home), "SIGHTEN_PII": "full"})

    with assistant(assistant_server(settings, limits=Limits())) as asked:
        found = asked.query("select email from users order by all")
        history = asked.query("select count(distinct milestone_id) from history.milestones")
        then = asked.query("select state.status from milestones_as_of(timestamp '2018-09-01') as state")

    assert [[home.value("select count(*) from milestones")]] == history
    assert [[status] for status in home.column("select status from milestones_as_of(timestamp '2018-09-01')")] == then
    assert [[email] for email in home.column("select email from users order by all")] == found
    assert ["operations@sighten.io"] in found


def test_an_assistant_is_told_when_nothing_is_published_any_more(tmp_path: Path) -> None:
    settings = read_settings({"SIGHTEN_HOME": str(tmp_path)})

    with assistant(assistant_server(settings, limits=Limits())) as asked:
        refusal = asked.refusal("list_tables")

    assert (
        f"{settings.layout.warehouse_file}: no such file; expected a file from `sighten-warehouse publish`" in refusal
    )


def test_the_command_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpublished = CliRunner().invoke(commands, ["mcp"], env={"SIGHTEN_HOME": str(tmp_path)})
    monkeypatch.delitem(sys.modules, "sighten_warehouse.assistants.server")
    monkeypatch.setitem(sys.modules, "mcp.server.mcpserver", None)
    without = CliRunner().invoke(commands, ["mcp"], env={"SIGHTEN_HOME": str(tmp_path)})

    assert isinstance(unpublished.exception, NotPublishedError)
    assert "no such file; expected a file from `sighten-warehouse publish`" in str(unpublished.exception)
    assert isinstance(without.exception, MissingExtraError)
    assert "sighten-warehouse[mcp]" in str(without.exception)
