"""docker-compose.yml: settings, secrets, limits, mounts and ports; and what its proxy lets through."""

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from sighten_warehouse.settings import read_settings, setting_names
from support.repository import ROOT

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "sighten-warehouse"}
TASKS = ("api-server", "scheduler", "dag-processor", "triggerer", "migrate")
ONCE = {"migrate", "prepare", "deliver"}
WRITABLE = {"/tmp", "/run/postgresql", "/config"}  # noqa: S108  (inside its container)
PINNED = re.compile(r"[\w.-]+:[\w.-]+@sha256:[0-9a-f]{64}")
DOCKERFILE = (ROOT / "Dockerfile").read_text()
REQUIRED = dict.fromkeys(
    (
        "POSTGRES_PASSWORD",
        "AIRFLOW_JWT_SECRET",
        "AIRFLOW_SECRET_KEY",
        "AIRFLOW_FERNET_KEY",
        "AIRFLOW_ADMIN_PASSWORD",
    ),
    "filled in",
)
FIXED = {
    "SIGHTEN_HOME": "/srv/warehouse",
    "SIGHTEN_RECEIVER_HOST": "0.0.0.0",  # noqa: S104  (inside its container)
    "SIGHTEN_RECEIVER_PORT": "8088",
}


def is_read(setting: str, service: str) -> bool:
    if setting in ("SIGHTEN_HOME", "SIGHTEN_CACHE", "SIGHTEN_ENV"):
        return True
    of_the_receiver = setting.startswith(("SIGHTEN_RECEIVER_", "SIGHTEN_WEBHOOK_", "SIGHTEN_MAX_BODY_BYTES"))
    return of_the_receiver == (service == "receiver")


def example() -> dict[str, str]:
    lines = (ROOT / ".env.compose.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def environment_of(service: str, given: Mapping[str, str]) -> dict[str, str]:
    """The environment that compose gives that service, if `.env` says this."""

    def value(match: re.Match[str]) -> str:
        name, operator, default = match.groups()
        is_missing = name not in given if operator == "-" else not given.get(name)
        return default if is_missing else given[name]

    return {
        name: re.sub(r"\$\{(\w+)(:?[-?])([^}]*)\}", value, str(text))
        for name, text in SERVICES[service]["environment"].items()
    }


@pytest.mark.parametrize("service", ["receiver", *TASKS])
def test_every_setting_reaches_the_service_that_reads_it_and_no_other(service: str) -> None:
    read = [name for name in setting_names() if is_read(name, service)]
    given = {name: f"the {name}" for name in setting_names()}

    environment = environment_of(service, given)

    settings = {name: value for name, value in environment.items() if name.startswith("SIGHTEN_")}
    assert {name: FIXED.get(name, given[name]) for name in read} == settings


def test_every_airflow_service_gets_the_same_secrets_and_database() -> None:
    shared = [
        {name: value for name, value in SERVICES[service]["environment"].items() if name.startswith("AIRFLOW__")}
        for service in TASKS
    ]

    assert all(environment == shared[0] for environment in shared)


def test_every_secret_in_the_environment_is_required() -> None:
    used = re.findall(r"\$\{(\w+):\?", yaml.safe_dump(COMPOSE, width=10_000))

    assert set(REQUIRED) == set(used)


def test_the_example_names_every_secret_and_only_what_compose_reads() -> None:
    read = set(re.findall(r"\$\{(\w+):?[-?]", yaml.safe_dump(COMPOSE, width=10_000)))

    assert set(REQUIRED) == {name for name, value in example().items() if not value and "API" not in name}
    assert set() == set(example()) - read


def test_the_receiver_starts_with_the_example_and_the_secret_in_its_file(tmp_path: Path) -> None:
    environment = environment_of("receiver", example() | REQUIRED)
    assert "/run/secrets/sighten_webhook_secret" == environment["SIGHTEN_WEBHOOK_SECRET_FILE"]
    assert "sighten_webhook_secret" in SERVICES["receiver"]["secrets"]
    (tmp_path / "secret").write_text("filled in")

    settings = read_settings(environment | {"SIGHTEN_WEBHOOK_SECRET_FILE": str(tmp_path / "secret")})

    assert ("hmac", ["filled in"]) == (settings.webhook_auth, [s.value for s in settings.webhook_secret])


def test_a_webhook_secret_in_the_environment_is_used_where_its_file_is_set_to_nothing() -> None:
    given = {"SIGHTEN_WEBHOOK_SECRET": "filled in", "SIGHTEN_WEBHOOK_SECRET_FILE": ""}

    settings = read_settings(environment_of("receiver", given))

    assert ["filled in"] == [secret.value for secret in settings.webhook_secret]


def test_compose_creates_pools_and_connection_before_the_services_start() -> None:
    script = SERVICES["migrate"]["command"][-1]

    assert script.index("airflow db migrate") < script.index("sighten-warehouse airflow setup")


def test_every_service_has_limits_and_a_health_check_unless_it_runs_once() -> None:
    assert ONCE == {name for name, service in SERVICES.items() if service["restart"] == "no"}
    assert [] == [
        f"{name}: {key}"
        for name, service in SERVICES.items()
        for key in ("cpus", "mem_limit", "pids_limit", "healthcheck")
        if key not in service and (key, name) not in {("healthcheck", once) for once in ONCE}
    ]


def test_our_containers_are_read_only_without_capabilities_and_write_to_volumes_only() -> None:
    unlike = {
        name
        for name, service in OURS.items()
        if (True, ["/tmp"], ["ALL"]) != (service["read_only"], service["tmpfs"], service["cap_drop"])  # noqa: S108  (inside its container)
    }
    mounts = [
        mount.split(":") for service in OURS.values() for mount in service.get("volumes", []) if isinstance(mount, str)
    ]

    assert set() == unlike
    assert {source for source, _ in mounts} <= set(COMPOSE["volumes"])
    assert {"/opt/airflow", "/srv/warehouse"} == {target for _, target in mounts}
    [owned] = re.findall(r"install -d -m 2775 -o airflow -g root (.+)", DOCKERFILE)
    assert {"/opt/airflow", "/srv/warehouse"} <= set(owned.split())
    assert re.search(r"^USER 50000:0$", DOCKERFILE, re.MULTILINE)


def test_no_container_gains_privileges_or_writes_to_its_root() -> None:
    for name, service in SERVICES.items():
        assert ["no-new-privileges:true"] == service["security_opt"], name
        assert ["ALL"] == service["cap_drop"], name
        assert True is service["read_only"], name
        assert set(service["tmpfs"]) <= WRITABLE, name


def test_a_receiver_that_was_taken_over_has_landing_the_webhook_secret_and_the_proxy_only() -> None:
    receiver = SERVICES["receiver"]
    [mount] = receiver["volumes"]

    assert "/srv/warehouse/${SIGHTEN_ENV:-production}/landing" == mount["target"]
    assert {"subpath": "${SIGHTEN_ENV:-production}/landing"} == mount["volume"]
    assert ["sighten_webhook_secret"] == receiver["secrets"]
    assert {"proxy", "receiver", "deliver"} == {
        name for name, service in SERVICES.items() if "receiver" in service.get("networks", [])
    }
    assert ["receiver"] == receiver["networks"]
    assert [] == [name for name in receiver["environment"] if "API" in name or "AIRFLOW" in name or "POSTGRES" in name]


def test_what_the_receiver_mounts_is_created_before_by_a_container_without_a_network() -> None:
    prepare = SERVICES["prepare"]

    assert {"prepare": {"condition": "service_completed_successfully"}} == SERVICES["receiver"]["depends_on"]
    assert "none" == prepare["network_mode"]
    assert ["sh", "-euc", 'mkdir -p "$$SIGHTEN_HOME/$$SIGHTEN_ENV/landing"'] == prepare["command"]
    assert ["warehouse:/srv/warehouse"] == prepare["volumes"]


def test_what_the_image_writes_is_its_users_alone_unless_umask_says_otherwise(tmp_path: Path) -> None:
    modes = []
    for given in ({}, {"UMASK": "0027"}):
        file = tmp_path / str(len(modes))
        subprocess.run([ROOT / "deploy/entrypoint.sh", "sh", "-c", f"> {file}"], env=os.environ | given, check=True)
        modes.append(stat.S_IMODE(file.stat().st_mode))

    assert [0o600, 0o640] == modes


def test_images_of_others_are_pinned_by_digest() -> None:
    foreign = [service["image"] for service in SERVICES.values() if service["image"] != "sighten-warehouse"]
    foreign += re.findall(r"^FROM (\S+:\S+)", DOCKERFILE, re.MULTILINE)

    assert 3 == len(foreign)
    assert [] == [image for image in foreign if not PINNED.fullmatch(image)]


def test_every_mounted_and_copied_file_exists() -> None:
    mounts = [mount for service in SERVICES.values() for mount in service.get("volumes", [])]
    mounted = [mount.split(":")[0] for mount in mounts if isinstance(mount, str)]
    copied = re.findall(r"^COPY (?!--from)(?:--chmod=\d+ )?(.+) \S+$", DOCKERFILE, flags=re.MULTILINE)
    sources = [path for path in mounted if path.startswith(".")] + [path for line in copied for path in line.split()]

    assert {"./deploy/caddy/Caddyfile", "deploy/entrypoint.sh"} <= set(sources)
    assert [] == [source for source in sources if not (ROOT / source).exists()]
    assert "deploy/entrypoint.sh /entrypoint\n" in DOCKERFILE, "where the chart's probes call it"


def test_the_image_is_built_for_one_service() -> None:
    assert ["receiver"] == [name for name, service in OURS.items() if "build" in service]
    assert {"never"} == {service["pull_policy"] for name, service in OURS.items() if name != "receiver"}


def test_every_port_is_open_only_to_this_machine_by_default() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]

    assert 3 == len(ports)
    assert [] == [port for port in ports if not port.startswith(("127.0.0.1:", "${RECEIVER_ADDRESS:-127.0.0.1}:"))]


def test_the_simulated_sighten_is_started_only_for_the_demo_and_is_the_one_that_delivers() -> None:
    started = {name for name, service in SERVICES.items() if "profiles" in service}
    worlds = {re.sub(r"^.*(?= --milestones)", "", SERVICES[name]["command"]) for name in started}

    assert {"simulator", "deliver"} == started
    assert {" --milestones 300 --seed 1"} == worlds


def test_a_compose_client_accepts_the_file(tmp_path: Path) -> None:
    client = compose_client()
    if client is None:
        pytest.skip("no compose client on this machine; Debian: apt install docker-compose")
    file = tmp_path / "docker-compose.yml"
    # Compose 1, which Debian still has, knows no `subpath`; `make check` holds the whole file against the schema.
    file.write_text(re.sub(r"\n +volume:\n +subpath: .+", "", (ROOT / "docker-compose.yml").read_text()))

    checked = subprocess.run(
        [*client, "-f", str(file), "config", "-q"],
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", **REQUIRED},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (checked.returncode, checked.stderr)


def test_each_tenant_of_the_example_has_a_receiver_that_sees_its_landing_and_secret_alone(tmp_path: Path) -> None:
    client = compose_client()
    if client is None:
        pytest.skip("no compose client on this machine; Debian: apt install docker-compose")
    files = [tmp_path / name for name in ("docker-compose.yml", "tenants.yml")]
    for file, source in zip(files, ("docker-compose.yml", "deploy/compose/tenants.yml"), strict=True):
        file.write_text(re.sub(r"\n +volume:\n +subpath: .+", "", (ROOT / source).read_text()))  # as above

    shown = subprocess.run(
        [*client, "-f", str(files[0]), "-f", str(files[1]), "config"],
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", **REQUIRED},
        capture_output=True,
        text=True,
        check=True,
    )

    services = yaml.safe_load(shown.stdout)["services"]
    receivers = {name: service for name, service in services.items() if "receiver" in name}
    tenants = {name: service["environment"]["SIGHTEN_TENANT"] for name, service in receivers.items()}
    assert {"receiver": "acme", "receiver-borealis": "borealis"} == tenants
    for name, tenant in tenants.items():
        mine = [
            secret["source"] for secret in receivers[name]["secrets"] if secret["source"] != "sighten_webhook_secret"
        ]
        assert [f"{tenant}_webhook_secret"] == mine
        for key in ("read_only", "cap_drop", "security_opt", "mem_limit", "pids_limit", "ulimits", "command"):
            assert receivers["receiver"][key] == receivers[name][key]
    assert ["receiver-acme"] == receivers["receiver"]["networks"]["receiver"]["aliases"]
    assert set(TASKS) == {name for name in TASKS if services[name]["environment"]["SIGHTEN_TENANTS"]}
    overlay = yaml.safe_load((ROOT / "deploy/compose/tenants.yml").read_text())["services"]
    assert (
        "borealis/${SIGHTEN_ENV:-production}/landing" == overlay["receiver-borealis"]["volumes"][1]["volume"]["subpath"]
    )


def compose_client() -> list[str] | None:
    docker = shutil.which("docker")
    plugin = [docker, "compose"] if docker else []
    if plugin and 0 == subprocess.run([*plugin, "version"], capture_output=True, check=False).returncode:
        return plugin
    alone = shutil.which("docker-compose")
    return [alone] if alone else None


def test_caddy_accepts_its_file() -> None:
    caddy = shutil.which("caddy")
    if caddy is None:
        pytest.skip("no Caddy on this machine; Debian: apt install caddy")

    checked = subprocess.run(
        [caddy, "adapt", "--adapter", "caddyfile", "--config", ROOT / "deploy/caddy/Caddyfile"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == checked.returncode, checked.stderr
    assert '"read_header_timeout":10000000000' in checked.stdout
    assert re.findall(r'"path":\["([^"]+)"\]', checked.stdout) == ["/webhooks/sighten"]
    assert r'"pattern":"^/webhooks/sighten/([a-z0-9][a-z0-9_-]{0,39})$"' in checked.stdout
    assert '"dial":"receiver-{http.regexp.tenant.1}:8088"' in checked.stdout
