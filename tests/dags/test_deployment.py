"""Settings, secrets, ports and files of `make run`, compose and the images."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from airflow.configuration import retrieve_configuration_description

from devstack.airflow_environment import airflow_environment
from devstack.credentials import Credentials
from devstack.plan import read_plan
from sighten_warehouse.settings import read_settings
from support.documents import exported

REPOSITORY = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text()
SECRETS = (
    "POSTGRES_PASSWORD",
    "AIRFLOW_JWT_SECRET",
    "AIRFLOW_SECRET_KEY",
    "AIRFLOW_FERNET_KEY",
    "AIRFLOW_ADMIN_PASSWORD",
    "SIGHTEN_WEBHOOK_SECRET",
)

pytestmark = pytest.mark.airflow


def stack_environment() -> dict[str, str]:
    plan = read_plan({"STACK_HOME": "/nowhere"}, milestones=1)
    return airflow_environment(plan, Credentials("jwt", "key", "fernet", Path("passwords.json"), "token"))


def airflow_names(text: str) -> set[str]:
    return set(re.findall(r"AIRFLOW__\w+", text))


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(airflow_names(" ".join(stack_environment())), id="make run"),
        pytest.param(airflow_names(yaml.safe_dump(COMPOSE)), id="compose"),
        pytest.param(airflow_names(DOCKERFILE), id="Dockerfile"),
    ],
)
def test_every_setting_exists_in_airflow(names: set[str]) -> None:
    table = retrieve_configuration_description(include_providers=True)
    known = {f"AIRFLOW__{section}__{option}".upper() for section in table for option in table[section]["options"]}

    assert names
    assert set() == names - known


def test_make_run_and_the_image_serve_the_documented_bundles() -> None:
    name = "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"
    [in_the_image] = re.findall(rf"{name}='([^']*)'", DOCKERFILE.replace("\\\n", ""))

    bundles = [json.loads(value) for value in (stack_environment()[name], in_the_image)]

    assert [json.loads(exported(Path("docs/airflow.md"), name))] * 2 == bundles


def test_compose_creates_pools_and_connection_before_the_services_start() -> None:
    script = COMPOSE["services"]["migrate"]["command"][0]

    assert script.index("airflow db migrate") < script.index("sighten-warehouse airflow setup")


def test_every_airflow_service_gets_the_same_secrets_and_database() -> None:
    services = [service for service in COMPOSE["services"].values() if service["image"] == "sighten-warehouse-airflow"]
    shared = [
        {name: value for name, value in service["environment"].items() if name.startswith("AIRFLOW__")}
        for service in services
    ]

    assert 5 == len(services)
    assert all(environment == shared[0] for environment in shared)


def test_every_secret_comes_from_the_environment_and_is_required() -> None:
    used = re.findall(r"\$\{(\w+):\?", yaml.safe_dump(COMPOSE, width=10_000))

    assert set(SECRETS) == set(used)


def test_the_example_for_compose_names_every_secret_and_only_what_compose_reads() -> None:
    example = example_values()
    read = set(re.findall(r"\$\{(\w+):", yaml.safe_dump(COMPOSE, width=10_000)))

    assert set(SECRETS) == {name for name, value in example.items() if not value and "API" not in name}
    assert set() == set(example) - read


def test_the_receiver_starts_with_the_example_once_the_secrets_are_filled_in() -> None:
    values = example_values() | dict.fromkeys(SECRETS, "filled in")
    environment = {
        name: re.sub(r"\$\{(\w+):[-?]([^}]*)\}", lambda match: values.get(match[1]) or match[2], str(value))
        for name, value in COMPOSE["services"]["receiver"]["environment"].items()
    }

    settings = read_settings(environment)

    assert ("hmac", ["filled in"]) == (settings.webhook_auth, [s.value for s in settings.webhook_secret])


def example_values() -> dict[str, str]:
    lines = (REPOSITORY / ".env.compose.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_each_image_is_built_by_one_service_before_the_others_start() -> None:
    ours = {name: service for name, service in COMPOSE["services"].items() if "sighten" in service["image"]}
    built = {service["image"]: name for name, service in ours.items() if "build" in service}

    assert {"sighten-warehouse-airflow": "migrate", "sighten-warehouse": "receiver"} == built
    assert 2 == sum("build" in service for service in ours.values())
    assert {"never"} == {service["pull_policy"] for name, service in ours.items() if name not in built.values()}


def test_every_port_is_open_only_to_this_machine() -> None:
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]

    assert 2 == len(ports)
    assert [] == [port for port in ports if not port.startswith("127.0.0.1:")]


def test_every_mounted_volume_is_declared_and_its_folder_belongs_to_the_user_who_writes() -> None:
    mounts = [
        mount.split(":")
        for service in COMPOSE["services"].values()
        if service["image"].startswith("sighten")
        for mount in service["volumes"]
    ]

    assert {source for source, _ in mounts} <= set(COMPOSE["volumes"])
    assert {"/srv/airflow", "/srv/warehouse"} == {target for _, target in mounts}
    assert "install -d -o sighten -g sighten /srv/warehouse /srv/airflow" in DOCKERFILE


def test_every_file_that_an_image_copies_exists() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, flags=re.MULTILINE)
    sources = [source for line in copied for source in line.split()]

    assert sources
    assert [] == [source for source in sources if not (REPOSITORY / source).exists()]


def test_no_image_runs_as_root() -> None:
    stages = re.split(r"^FROM .* AS ", DOCKERFILE, flags=re.MULTILINE)
    final = {stage.split()[0]: stage for stage in stages if stage.split()[0] in {"warehouse", "airflow"}}

    assert ["airflow", "warehouse"] == sorted(final)
    assert all("USER sighten" in stage for stage in final.values())


def test_a_compose_client_accepts_the_file() -> None:
    client = compose_client()
    if client is None:
        pytest.skip("no compose client on this machine")

    checked = subprocess.run(
        [*client, "-f", str(REPOSITORY / "docker-compose.yml"), "config", "-q"],
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", **dict.fromkeys(SECRETS, "secret")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (checked.returncode, checked.stderr)


def compose_client() -> list[str] | None:
    docker = shutil.which("docker")
    plugin = [docker, "compose"] if docker else []
    if plugin and 0 == subprocess.run([*plugin, "version"], capture_output=True, check=False).returncode:
        return plugin
    alone = shutil.which("docker-compose")
    return [alone] if alone else None
