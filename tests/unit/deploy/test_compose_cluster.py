"""docker-compose.cluster.yml over docker-compose.yml: who shares what, who reaches whom, and what each needs."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from sighten_warehouse.settings import read_settings
from support.compose import CLUSTER, ONE_MACHINE, fill_in, read_compose
from support.repository import ROOT

MERGED = read_compose(ONE_MACHINE, CLUSTER)
SERVICES: dict[str, dict[str, Any]] = MERGED["services"]
ALONE = read_compose(ONE_MACHINE)["services"]
AIRFLOW = ("migrate", "api-server", "scheduler", "dag-processor", "triggerer", "worker")
OVER = ("worker", "redis", "storage", "bucket", "receiver", "statsd-exporter", "prometheus", "grafana")
PINNED = re.compile(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}")
REQUIRED = dict.fromkeys(re.findall(r"\$\{(\w+):\?", yaml.safe_dump(MERGED, width=10_000)), "filled in")


def test_airflow_runs_its_tasks_on_workers_that_share_database_broker_and_storage() -> None:
    environments = [
        {name: value for name, value in SERVICES[service]["environment"].items() if name != "ADMIN_PASSWORD"}
        for service in AIRFLOW
    ]

    assert all(environment == environments[0] for environment in environments)
    assert "CeleryExecutor" == environments[0]["AIRFLOW__CORE__EXECUTOR"]
    assert "airflow celery worker" in SERVICES["worker"]["command"][-1]
    assert {"LocalExecutor"} == {
        ALONE[name]["environment"]["AIRFLOW__CORE__EXECUTOR"] for name in AIRFLOW if name in ALONE
    }


@pytest.mark.parametrize("service", [*AIRFLOW, "receiver"])
def test_each_container_has_a_mirror_of_its_own_of_one_home(service: str) -> None:
    alone = ALONE.get(service, ALONE["scheduler"])["environment"]
    environment = fill_in(SERVICES[service]["environment"], REQUIRED)

    assert "s3://sighten/warehouse" == environment["SIGHTEN_HOME"]
    assert "/srv/warehouse" == environment["SIGHTEN_CACHE"]
    assert "http://storage:8333" == environment["AWS_ENDPOINT_URL"]
    # Without a name before it, a volume belongs to one container.
    assert ["/srv/warehouse"] == [mount for mount in SERVICES[service]["volumes"] if "/srv" in str(mount)]
    assert alone.keys() < environment.keys()
    assert "prepare" not in SERVICES


def test_a_home_in_a_bucket_elsewhere_needs_no_file_changed() -> None:
    given = REQUIRED | {"SIGHTEN_HOME": "s3://acme/warehouse", "AWS_ENDPOINT_URL": "https://s3.example"}

    environment = fill_in(SERVICES["worker"]["environment"], given)

    assert ("s3://acme/warehouse", "https://s3.example") == (
        environment["SIGHTEN_HOME"],
        environment["AWS_ENDPOINT_URL"],
    )


def test_workers_read_the_settings_that_the_file_gives_them() -> None:
    environment = fill_in(SERVICES["worker"]["environment"], REQUIRED) | {"SIGHTEN_HOME": "/srv/warehouse"}

    settings = read_settings(environment)

    assert ("production", Path("/srv/warehouse")) == (settings.env, settings.cache)


def test_a_receiver_reaches_neither_airflow_nor_its_database_nor_redis() -> None:
    assert ["receiver"] == SERVICES["receiver"]["networks"]
    reached = {name for name, service in SERVICES.items() if "receiver" in service.get("networks", [])}

    assert {"receiver", "proxy", "deliver", "storage", "prometheus"} == reached
    assert {"airflow"} == {
        network for name in (*AIRFLOW, "redis", "postgres") for network in SERVICES[name]["networks"]
    }


def test_two_receivers_share_no_port_of_the_machine_and_the_proxy_finds_both() -> None:
    assert {"replicas": 2} == SERVICES["receiver"]["deploy"]
    assert "ports" not in SERVICES["receiver"]
    assert "dynamic a {$RECEIVER_HOST:receiver} {$RECEIVER_PORT:8088}" in (ROOT / "deploy/caddy/Caddyfile").read_text()


def test_every_service_has_limits_no_privileges_and_a_health_check_unless_it_runs_once() -> None:
    for name in OVER:
        service = SERVICES[name]
        assert {"cpus", "mem_limit", "pids_limit"} <= service.keys(), name
        assert (True, ["ALL"], ["no-new-privileges:true"]) == (
            service["read_only"],
            service["cap_drop"],
            service["security_opt"],
        ), name
        assert ("healthcheck" in service) != (name == "bucket"), name


def test_images_of_others_are_pinned_by_digest_and_the_storage_keeps_conditions_when_two_write_at_once() -> None:
    foreign = {service["image"] for service in SERVICES.values()} - {"sighten-warehouse"}

    assert [] == [image for image in foreign if not PINNED.fullmatch(image)]
    [version] = re.findall(r"seaweedfs:(\d+)\.(\d+)", SERVICES["storage"]["image"])
    assert (4, 18) <= tuple(map(int, version))
    assert SERVICES["storage"]["image"] == SERVICES["bucket"]["image"]


def test_every_secret_is_required_and_deploy_says_how_to_make_it() -> None:
    section = (ROOT / "docs/deploy.md").read_text().partition("## Many workers")[2].partition("\n## ")[0]
    made = set(re.findall(r"for name in (.+); do", section)[0].split())

    assert made == REQUIRED.keys() - set(re.findall(r"\$\{(\w+):\?", (ROOT / ONE_MACHINE).read_text()))


def test_every_port_is_open_only_to_this_machine_and_every_mounted_file_exists() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    mounts = [mount.split(":") for service in SERVICES.values() for mount in service.get("volumes", []) if ":" in mount]

    assert 4 == len(ports)
    assert [] == [port for port in ports if not port.startswith(("127.0.0.1:", "${RECEIVER_ADDRESS:-127.0.0.1}:"))]
    assert [] == [source for source, *_ in mounts if source.startswith(".") and not (ROOT / source).exists()]
    assert {source for source, *_ in mounts if not source.startswith(".")} <= set(MERGED["volumes"])


def test_redis_gets_its_password_by_its_input(tmp_path: Path) -> None:
    server = tmp_path / "redis-server"
    server.write_text('#!/bin/sh\necho "$@"\ncat\n')
    server.chmod(0o755)
    environment = fill_in(SERVICES["redis"]["environment"], {"REDIS_PASSWORD": "secret"})

    said = subprocess.run(
        fill_in(SERVICES["redis"]["command"], {}),
        env=environment | {"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()

    assert ["-", "requirepass secret", "bind 0.0.0.0", "port 6379"] == said[:4]


def test_grafana_finds_prometheus_and_the_dashboard() -> None:
    provisioning = ROOT / "deploy/grafana/provisioning"
    [source] = yaml.safe_load((provisioning / "datasources/prometheus.yml").read_text())["datasources"]
    [provider] = yaml.safe_load((provisioning / "dashboards/sighten.yml").read_text())["providers"]
    mounted = [mount.split(":")[1] for mount in SERVICES["grafana"]["volumes"]]

    assert ("prometheus", "http://prometheus:9090") == (source["type"], source["url"])
    assert f"{provider['options']['path']}/sighten-warehouse.json" in mounted
    assert {"prometheus", "grafana"} == {
        name for name, of in SERVICES.items() if "monitoring" in of.get("networks", [])
    }


def test_both_files_together_are_a_compose_file(tmp_path: Path) -> None:
    merged = tmp_path / "merged.yml"
    merged.write_text(json.dumps(MERGED))
    check = [Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema", "vendor.compose-spec"]

    checked = subprocess.run([*check, merged], capture_output=True, text=True, check=False)

    assert 0 == checked.returncode, checked.stdout
