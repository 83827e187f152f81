import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sighten_warehouse.errors import SettingError, StorageError
from sighten_warehouse.receiver.server import ReceiverServer, listen, prepare_landing
from sighten_warehouse.settings import Settings, read_settings
from support.receiving import Running
from support.signing import WHSEC, key_of, send, standard


def settings(home: Path, **given: str) -> Settings:
    return read_settings({"SIGHTEN_HOME": str(home), "SIGHTEN_RECEIVER_PORT": "0", **given})


def test_a_free_port_is_taken_and_named(tmp_path: Path) -> None:
    server = ReceiverServer(settings(tmp_path))

    assert server.url.startswith("http://127.0.0.1:")
    assert server.url.endswith("/webhooks/sighten")
    assert ":0/" not in server.url
    assert not server.is_open_to_others
    server.close()


def test_a_port_that_is_taken_is_refused_with_its_name_and_the_setting_to_change() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(SettingError, match=f"127.0.0.1:{port} is taken .*--port or SIGHTEN_RECEIVER_PORT"):
            listen("127.0.0.1", port)


@pytest.mark.parametrize("host", ["::no-address", "192.0.2.1"])
def test_a_host_that_is_not_this_machine_is_refused(host: str) -> None:
    with pytest.raises(SettingError) as refused:
        listen(host, 0)

    assert host in str(refused.value)
    assert "SIGHTEN_RECEIVER_HOST" in str(refused.value)


def test_responses_do_not_wait_for_nagles_algorithm() -> None:
    with listen("127.0.0.1", 0) as listener:
        assert socket.IPPROTO_TCP == listener.proto


def test_a_loopback_name_is_not_open_to_others(tmp_path: Path) -> None:
    server = ReceiverServer(settings(tmp_path, SIGHTEN_RECEIVER_HOST="localhost"))

    assert not server.is_open_to_others
    server.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104  (what is refused)
def test_beyond_this_machine_it_does_not_listen_without_authentication(tmp_path: Path, host: str) -> None:
    with pytest.raises(SettingError, match=r"SIGHTEN_WEBHOOK_AUTH: .*SIGHTEN_RECEIVER_OPEN_TO_ANYONE=yes"):
        ReceiverServer(settings(tmp_path, SIGHTEN_RECEIVER_HOST=host))


@pytest.mark.parametrize(
    "given",
    [
        {"SIGHTEN_RECEIVER_OPEN_TO_ANYONE": "yes"},
        {"SIGHTEN_WEBHOOK_AUTH": "header", "SIGHTEN_WEBHOOK_SECRET": "a secret"},
    ],
)
def test_beyond_this_machine_it_listens_with_authentication_or_explicit_permission(
    tmp_path: Path, given: dict[str, str]
) -> None:
    server = ReceiverServer(settings(tmp_path, SIGHTEN_RECEIVER_HOST="0.0.0.0", **given))  # noqa: S104  (what is allowed)

    assert server.is_open_to_others
    server.close()


def test_it_does_not_start_without_the_secret_of_its_authentication(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="SIGHTEN_WEBHOOK_SECRET"):
        ReceiverServer(settings(tmp_path, SIGHTEN_WEBHOOK_AUTH="hmac"))


def test_a_restarted_receiver_refuses_what_it_acknowledged_before(tmp_path: Path) -> None:
    given = settings(tmp_path, SIGHTEN_WEBHOOK_AUTH="hmac", SIGHTEN_WEBHOOK_SECRET=WHSEC)
    headers = standard(key_of(WHSEC), timestamp=time.time())

    statuses = []
    for _ in range(2):
        server = ReceiverServer(given)
        thread = threading.Thread(target=server.run)
        thread.start()
        statuses.append(send(Running(int(urlsplit(server.url).port or 0), tmp_path), *headers))
        server.stop()
        thread.join()

    assert [200, 401] == statuses


def test_a_home_that_cannot_be_written_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")

    with pytest.raises(StorageError, match="expected a writable SIGHTEN_HOME"):
        ReceiverServer(settings(tmp_path / "home"))


def test_at_the_start_only_leftovers_older_than_an_hour_are_removed(tmp_path: Path) -> None:
    landing = tmp_path / "home" / "production" / "landing"
    folder = landing / "received_date=2026-11-23"
    folder.mkdir(parents=True)
    young, old = folder / ".young.ndjson.1.tmp", folder / ".old.ndjson.2.tmp"
    compacted = landing / ".merged" / "lake.x" / folder.name / ".merged.ndjson.zst.3.tmp"
    for path, written_at in ((young, 10_000), (old, 9_999), (compacted, 9_999)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"{")
        os.utime(path, (written_at, written_at))

    prepare_landing(landing, now=10_000 + 3600)

    assert [young] == list(folder.iterdir())
    assert compacted.exists()


def test_the_receiver_imports_neither_airflow_nor_the_engine() -> None:
    code = "import sys, sighten_warehouse.receiver.server, sighten_warehouse.cli.receive; print(*sys.modules)"

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert set() == {"airflow", "pandas", "duckdb", "pyarrow", "numpy", "uvicorn"} & set(printed.split())


def test_events_and_warnings_of_libraries_are_single_lines_on_stderr() -> None:
    code = (
        "import logging, structlog; from sighten_warehouse.logs import events_to_stderr; events_to_stderr();"
        "structlog.get_logger().info('landed', landing_id='x', reason='a b');"
        "logging.getLogger('uvicorn.error').warning('two\\nlines'); logging.getLogger('uvicorn').info('chatter')"
    )

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    first, second = printed.stderr.splitlines()
    assert "" == printed.stdout
    assert first.endswith('level=info event=landed landing_id=x reason="a b"')
    assert second.endswith("level=warning event=two\\nlines")


def test_events_written_together_are_one_write_of_the_same_lines() -> None:
    code = (
        "import json, structlog, sys; from sighten_warehouse import logs; logs.events_to_stderr();"
        "written = []; sys.stderr.write = lambda text: written.append(text);"
        "log = structlog.get_logger(); log.info('alone');\n"
        "with logs.written_together(): log.info('landed', landing_id='x'); log.info('landed', landing_id='y')\n"
        "print(json.dumps([text for text in written if text.strip()]))"
    )

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    alone, together = json.loads(printed)
    assert alone.rstrip().endswith("event=alone")
    assert ["event=landed landing_id=x", "event=landed landing_id=y"] == [
        line.partition("level=info ")[2] for line in together.splitlines()
    ]
