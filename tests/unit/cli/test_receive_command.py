import socket
import sys
from pathlib import Path

import pytest

from sighten_warehouse.cli import main
from sighten_warehouse.receiver.server import ReceiverServer


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGHTEN_HOME", str(tmp_path))


def exit_code(monkeypatch: pytest.MonkeyPatch, *options: str) -> int | str | None:
    """The exit code of a receiver that could not start."""
    monkeypatch.setattr(sys, "argv", ["sighten-warehouse", "receive", *options])
    with pytest.raises(SystemExit) as exited:
        main()
    return exited.value.code


def test_a_port_that_is_taken_is_one_clear_line_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        code = exit_code(monkeypatch, "--port", str(port))

    printed = capsys.readouterr()
    assert 2 == code
    assert "" == printed.out
    assert printed.err == (
        f"error: 127.0.0.1:{port} is taken by another process; "
        "choose another port with --port or SIGHTEN_RECEIVER_PORT\n"
    )


@pytest.mark.parametrize(
    ("setting", "value"),
    [("SIGHTEN_WEBHOOK_AUTH", "hmac-sha1"), ("SIGHTEN_RECEIVER_PORT", "eighty"), ("SIGHTEN_TYPO", "1")],
)
def test_a_setting_that_is_refused_is_one_clear_line_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], setting: str, value: str
) -> None:
    monkeypatch.setenv(setting, value)

    code = exit_code(monkeypatch)

    [line] = capsys.readouterr().err.splitlines()
    assert 2 == code
    assert line.startswith(f"error: {setting}: ")


def test_listening_beyond_this_machine_without_authentication_is_refused_with_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = exit_code(monkeypatch, "--host", "0.0.0.0", "--port", "0")  # noqa: S104  (what is refused)

    [line] = capsys.readouterr().err.splitlines()
    assert 2 == code
    assert line.startswith("error: SIGHTEN_WEBHOOK_AUTH: `none` lets anybody who reaches 0.0.0.0 deliver; expected ")
    assert line.endswith("SIGHTEN_RECEIVER_OPEN_TO_ANYONE=yes")


def test_a_home_that_cannot_be_written_is_one_clear_line_and_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "production").write_text("a file where the folder should be")

    code = exit_code(monkeypatch, "--port", "0")

    [line] = capsys.readouterr().err.splitlines()
    assert 1 == code
    assert "expected a writable SIGHTEN_HOME" in line


def test_its_help_has_an_example(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code = exit_code(monkeypatch, "--help")

    printed = capsys.readouterr().out
    assert 0 == code
    assert "Example:\n    sighten-warehouse receive --port 8088 &\n    curl " in printed


def test_a_disk_that_cannot_be_written_is_told_at_start_and_the_receiver_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    landing = tmp_path / "production" / "landing"
    landing.mkdir(parents=True)
    (landing / ".probe").write_text("a file where a folder is written")
    monkeypatch.setattr(sys, "argv", ["sighten-warehouse", "receive", "--port", "0"])
    monkeypatch.setattr("sighten_warehouse.receiver.server.ReceiverServer.run", ReceiverServer.close)

    with pytest.raises(SystemExit) as exited:
        main()

    printed = capsys.readouterr()
    assert 0 == exited.value.code
    assert "receiver listens on" in printed.out
    assert f"WARNING: {landing}: cannot write" in printed.err
    assert "every delivery is answered 503 and is not landed" in printed.err
