"""The doctor: what it finds in an installation, what it says to do, and that it shows no secret."""

import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from sighten_warehouse.backup import back_up
from sighten_warehouse.cli.main import commands
from sighten_warehouse.clock import Clock
from sighten_warehouse.lake.manifest import commits, history_file
from sighten_warehouse.landing.files import landing_files
from sighten_warehouse.ops.doctor import Check, examine
from sighten_warehouse.ops.doctor.clocks import check_clock, compare_with
from sighten_warehouse.ops.doctor.disk import Mount, check_disks, has_locks, judge_syncs, mount_of
from sighten_warehouse.ops.doctor.integrity import check_integrity
from sighten_warehouse.ops.doctor.permissions import check_permissions
from sighten_warehouse.settings import Settings, read_settings
from support.backing_up import DOCUMENT_NAME, furnish
from support.receiving import listening
from support.scripted_api import Request, Response, json_response, scripted
from support.warehouses import Warehouse

SECRET = "a-token-that-nobody-sees-0123456789"  # noqa: S105  (looked for in the output)
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A home with something of everything; each test mends what it breaks."""
    home = furnish(Warehouse(tmp_path_factory.mktemp("home")))
    home.settings.layout.codes.unlink()
    home.settings.layout.root.chmod(0o700)
    return home


def settings_of(home: Warehouse, **changes: str) -> Settings:
    given = {f"SIGHTEN_{name.upper()}": value for name, value in changes.items()}
    return read_settings({"SIGHTEN_HOME": str(home.settings.home), "SIGHTEN_RECEIVER_PORT": "1", **given})


def findings(settings: Settings, tmp_path: Path, **options: bool) -> dict[str, list[Check]]:
    found: dict[str, list[Check]] = {}
    for check in examine(settings, environ={}, cwd=tmp_path, **options):
        found.setdefault(check.name, []).append(check)
    return found


def worst(checks: list[Check]) -> str:
    order = ("ok", "skipped", "warning", "error")
    return max((check.severity for check in checks), key=order.index)


def test_a_sound_home_has_nothing_wrong_but_what_is_not_set_up(home: Warehouse, tmp_path: Path) -> None:
    back_up(home.settings, tmp_path / "backups")
    with listening(home.settings.layout.landing) as receiver, scripted(api) as sighten:
        settings = settings_of(home, api_url=sighten.url, api_token=SECRET, receiver_port=str(receiver.port))

        found = findings(settings, tmp_path)

    sound = ("versions", "settings", "permissions", "receiver", "api", "landing", "lake", "vault", "formats", "backup")
    assert [] == [check for name in sound for check in found[name] if check.severity == "error"]
    assert {"ok"} == {check.severity for name in sound[3:] for check in found[name]}
    assert "5 files compared by digest" in found["landing"][0].found
    assert "1 files compared by digest" == found["vault"][0].found
    assert SECRET not in repr(found)


def api(request: Request) -> Response:
    if SECRET not in (request.token or ""):
        return json_response({"detail": "Invalid token."}, 401)
    return json_response([{"site_id": "1"}])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("skipped", "no address and no token here", "")),
        ({"api_token": SECRET}, ("error", "there is a token and no address", "SIGHTEN_API_URL")),
        ({"api_url": "{url}"}, ("error", "an address and no token", "SIGHTEN_API_TOKEN")),
        ({"api_url": "{url}", "api_token": "x"}, ("error", "does not know the token (401)", "valid token")),
    ],
)
def test_address_and_token_are_tried(
    home: Warehouse, tmp_path: Path, changes: dict[str, str], expected: tuple[str, str, str]
) -> None:
    severity, words, remedy = expected
    with scripted(api) as sighten:
        given = {name: value.format(url=sighten.url) for name, value in changes.items()}
        [found] = findings(settings_of(home, **given), tmp_path, quick=True)["api"]

    assert severity == found.severity
    assert words in found.found
    assert remedy in found.remedy
    assert SECRET not in repr(found)


@pytest.fixture
def damaged(home: Warehouse) -> Iterator[list[str]]:
    """A landing file, a history file and a document, one bit of each flipped; sizes and times stay."""
    layout = home.settings.layout
    landed = layout.landing / landing_files(layout.landing)[0]
    history = history_file(layout, "tasks", commits(layout)[0].batch_id)
    paths = [landed, history, layout.vault / DOCUMENT_NAME[:2] / DOCUMENT_NAME]
    before = {path: (path.read_bytes(), path.stat()) for path in paths}
    for path, (content, facts) in before.items():
        path.chmod(0o600)
        path.write_bytes(
            content[:20] + bytes([content[20] ^ 1] if content[20:] else []) + content[21:]
            if len(content) > 20
            else content[:-1] + b"!"
        )
        os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    yield ["landing", "lake", "vault"]
    for path, (content, facts) in before.items():
        path.write_bytes(content)
        path.chmod(facts.st_mode)


def test_a_flipped_bit_in_landing_lake_or_vault_is_found_by_digest(home: Warehouse, damaged: list[str]) -> None:
    found = {
        check.name: check
        for check in check_integrity(home.settings.layout, quick=False, on_progress=lambda _done, _all: None)
    }

    for name in damaged:
        assert "error" == found[name].severity, found[name]
        assert "files are damaged: " in found[name].found
        assert found[name].remedy


@pytest.mark.parametrize(
    ("kind", "options", "seconds", "severity", "words"),
    [
        ("ext4", (), 0.004, "ok", "an fsync takes 4 ms"),
        ("ext4", (), 0.000002, "error", "faster than any disk"),
        ("ext4", (), 0.4, "warning", "each group of deliveries waits"),
        ("ext4", ("nobarrier",), 0.004, "error", "mounted with nobarrier"),
        ("overlay", ("volatile",), 0.004, "error", "mounted with volatile"),
        ("tmpfs", (), 0.004, "error", "gone after a restart"),
    ],
)
def test_a_sync_is_believed_by_type_options_and_time(
    kind: str, options: tuple[str, ...], seconds: float, severity: str, words: str
) -> None:
    found = judge_syncs(Path("/srv"), Mount("/srv", kind, options), seconds)

    assert severity == found.severity
    assert words in found.found
    assert (severity == "ok") == (found.remedy == "")


def test_the_mount_of_a_folder_is_the_nearest_and_the_last_one() -> None:
    table = (
        "1 0 8:1 / / rw - ext4 /dev/sda rw\n"
        "2 1 8:2 / /srv/ware\\040house rw,nobarrier shared:1 - xfs /dev/sdb rw\n"
        "3 1 0:1 / /srv/ware\\040house/vault rw - tmpfs none rw\n"
    )

    assert Mount("/srv/ware house", "xfs", ("rw", "nobarrier", "rw")) == mount_of(
        Path("/srv/ware house/landing"), table=table
    )
    assert Mount("/", "ext4", ("rw", "rw")) == mount_of(Path("/srv/ware"), table=table)


@pytest.mark.skipif(sys.platform != "linux", reason="the table of mounts is Linux'")
def test_a_real_disk_is_measured_and_left_as_it_was(home: Warehouse) -> None:
    before = sorted(home.settings.layout.root.rglob("*"))

    found = list(check_disks(home.settings, environ={"LD_PRELOAD": "libeatmydata.so"}))

    assert before == sorted(home.settings.layout.root.rglob("*"))
    assert "libeatmydata" in found[0].found
    assert any("an fsync takes" in check.found for check in found)
    assert has_locks(home.settings.layout.root)
    (home.settings.layout.root / "lock").unlink()


def test_other_users_of_secrets_documents_and_the_home_are_named(home: Warehouse, tmp_path: Path) -> None:
    layout = home.settings.layout
    layout.pseudonym_key.write_text("key")
    (tmp_path / ".env").write_text(f"SIGHTEN_API_TOKEN={SECRET}")
    token = tmp_path / "token"
    token.write_text(SECRET)
    for path, mode in ((layout.pseudonym_key, 0o644), (tmp_path / ".env", 0o604), (token, 0o640), (layout.root, 0o755)):
        path.chmod(mode)

    found = list(check_permissions(home.settings, environ={"SIGHTEN_API_TOKEN_FILE": str(token)}, cwd=tmp_path))
    layout.pseudonym_key.unlink()
    layout.root.chmod(0o700)

    assert [("warning", str(layout.root)), ("error", str(layout.pseudonym_key)), ("error", str(tmp_path / ".env"))] == [
        (check.severity, check.found.partition(":")[0]) for check in found
    ]
    assert all(check.remedy.startswith("chmod o= ") for check in found)
    assert SECRET not in repr(found)


def test_a_clock_that_was_set_back_or_is_off_the_apis_is_named(home: Warehouse) -> None:
    layout = home.settings.layout

    back = list(check_clock(layout, now=datetime.now(UTC) - timedelta(days=1)))
    right = list(check_clock(layout, now=datetime.now(UTC)))

    assert "landing file received_date=" in back[0].found
    assert ("error", "timedatectl" in back[0].remedy) == (back[0].severity, True)
    assert "error" not in {check.severity for check in right}
    assert "error" == compare_with("Sun, 29 Nov 2026 12:05:00 GMT", now=NOW).severity
    assert "ok" == compare_with("Sun, 29 Nov 2026 12:00:03 GMT", now=NOW).severity


def test_what_settings_name_is_read(home: Warehouse, tmp_path: Path) -> None:
    metrics = tmp_path / "metrics.yml"
    metrics.write_text("quotes: 7")
    settings = settings_of(home, dal_metrics=str(metrics), webhook_auth="basic", webhook_secret=SECRET)

    found = findings(settings, tmp_path, quick=True)["settings"]

    errors = [check.found for check in found if check.severity == "error"]
    assert 2 == len(errors)
    assert str(metrics) in errors[1]
    assert SECRET not in repr(found)


def test_a_backup_that_is_due_is_named(home: Warehouse, tmp_path: Path) -> None:
    class Later(Clock):
        def now(self) -> datetime:
            return datetime.now(UTC) + timedelta(days=3)

    back_up(home.settings, tmp_path / "backups")

    found = [
        check
        for check in examine(home.settings, environ={}, cwd=tmp_path, quick=True, clock=Later())
        if check.name == "backup"
    ]

    assert ["warning"] == [check.severity for check in found]
    assert "docs/runbook.md#back-up" == found[0].remedy


def test_the_command_prints_json_asks_added_commands_and_exits_as_all_do(home: Warehouse, tmp_path: Path) -> None:
    env = {
        "SIGHTEN_HOME": str(home.settings.home), "SIGHTEN_RECEIVER_PORT": "1", "AIRFLOW_HOME": str(tmp_path / "none"),
        "SIGHTEN_API_TOKEN": SECRET,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": None,  # of the tests of DAGs
    }  # fmt: skip

    result = CliRunner().invoke(commands, ["doctor", "--json", "--quick"], env=env)
    wrong = CliRunner().invoke(commands, ["doctor", "--json"], env={"SIGHTEN_ENV": "prod"})
    nowhere = CliRunner().invoke(commands, ["doctor"], env={"SIGHTEN_HOME": str(tmp_path / "none")})

    report = json.loads(result.stdout[result.stdout.index("{") :])
    assert (1, False) == (result.exit_code, report["ok"])  # a token without an address
    airflow = [check for check in report["checks"] if check["name"] == "airflow"]
    assert ["skipped"] == [check["severity"] for check in airflow]
    assert not (tmp_path / "none").exists()
    assert SECRET not in result.output
    assert (2, "SIGHTEN_ENV") == (wrong.exit_code, json.loads(wrong.stdout)["checks"][0]["found"].partition(":")[0])
    assert 2 == nowhere.exit_code
    assert "do: " in nowhere.stderr
