"""What Kubernetes, Airflow's chart, Astronomer and systemd start fits together, and to the image and its settings."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from sighten_warehouse.receiver.auth.schemes import authenticator
from sighten_warehouse.settings import read_settings
from support.repository import ROOT

MANIFESTS = ROOT / "deploy/kubernetes"
OBJECTS: list[dict[str, Any]] = [
    manifest
    for path in sorted(MANIFESTS.glob("*.yaml"))
    if path.name != "kustomization.yaml"
    for manifest in yaml.safe_load_all(path.read_text())
]
HELM = yaml.safe_load((ROOT / "deploy/helm/values.yaml").read_text())
DEPLOY_PAGE = (ROOT / "docs/deploy.md").read_text()
WAREHOUSE = "/srv/warehouse"
WRITABLE = {"/opt/airflow", WAREHOUSE, "/tmp"}  # noqa: S108  (inside its container)


def manifest(kind: str) -> dict[str, Any]:
    [found] = [manifest for manifest in OBJECTS if manifest["kind"] == kind]
    return found


POD = manifest("Deployment")["spec"]["template"]["spec"]
[RECEIVER] = POD["containers"]


def test_the_receiver_starts_with_the_settings_of_its_pod(tmp_path: Path) -> None:
    settings = manifest("ConfigMap")["data"] | {variable["name"]: variable["value"] for variable in RECEIVER["env"]}
    of_the_service = {
        "SIGHTEN_RECEIVER_SERVICE_HOST": "10.96.12.7",
        "SIGHTEN_RECEIVER_PORT_8088_TCP": "tcp://10.96.12.7:8088",
    }
    (tmp_path / "webhook_secret").write_text("from the Secret")
    (mounted,) = [mount["mountPath"] for mount in RECEIVER["volumeMounts"] if mount["name"] == "secrets"]
    file = settings["SIGHTEN_WEBHOOK_SECRET_FILE"].replace(mounted, str(tmp_path))

    read = read_settings({**of_the_service, **settings, "SIGHTEN_WEBHOOK_SECRET_FILE": file})

    authenticator(read)
    assert [("0.0.0.0", 8088)] == [(read.receiver_host, read.receiver_port)]  # noqa: S104  (inside its container)
    assert ["sighten-warehouse", "receive"] == RECEIVER["args"]


def test_service_and_ingress_lead_to_the_receiver() -> None:
    labels = manifest("Deployment")["spec"]["template"]["metadata"]["labels"]
    [port], service = RECEIVER["ports"], manifest("Service")
    [path] = manifest("Ingress")["spec"]["rules"][0]["http"]["paths"]

    assert labels == service["spec"]["selector"] == manifest("PodDisruptionBudget")["spec"]["selector"]["matchLabels"]
    assert 8088 == port["containerPort"]
    assert port["name"] == service["spec"]["ports"][0]["targetPort"]
    assert service["metadata"]["name"] == path["backend"]["service"]["name"]
    assert ("/webhooks/sighten", "Exact") == (path["path"], path["pathType"])


def test_receiver_and_airflow_use_one_image_one_volume_and_the_same_settings() -> None:
    image = HELM["images"]["airflow"]
    claims = [
        volume["persistentVolumeClaim"]["claimName"]
        for volume in [*POD["volumes"], *HELM["volumes"]]
        if "persistentVolumeClaim" in volume
    ]

    assert RECEIVER["image"] == f"{image['repository']}:{image['tag']}"
    assert image["tag"] == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert [manifest("PersistentVolumeClaim")["metadata"]["name"]] * 2 == claims
    assert RECEIVER["envFrom"] == yaml.safe_load(HELM["extraEnvFrom"])
    assert manifest("ConfigMap")["metadata"]["name"] == RECEIVER["envFrom"][0]["configMapRef"]["name"]


def test_containers_are_hardened_alike_and_all_that_must_be_writable_is_mounted() -> None:
    receiver, airflow = RECEIVER["securityContext"], HELM["securityContexts"]
    mounted = {mount["mountPath"] for mount in HELM["volumeMounts"] if not mount.get("readOnly")}

    assert receiver == airflow["containers"]
    assert POD["securityContext"] == airflow["pod"]
    assert (True, 50000) == (receiver["readOnlyRootFilesystem"], airflow["pod"]["runAsUser"])
    assert WRITABLE == mounted
    assert {"/srv/warehouse/production/landing", "/tmp"} == {  # noqa: S108
        mount["mountPath"] for mount in RECEIVER["volumeMounts"] if not mount.get("readOnly")
    }


def test_the_receiver_sees_the_folder_of_landing_alone_which_is_made_before_and_calls_nobody() -> None:
    [prepare] = POD["initContainers"]
    [mounted] = [mount for mount in RECEIVER["volumeMounts"] if mount["name"] == "warehouse"]
    policy = manifest("NetworkPolicy")["spec"]
    environment = {"SIGHTEN_HOME": WAREHOUSE, **manifest("ConfigMap")["data"]}

    landing = str(read_settings(environment).layout.landing)

    assert [landing, landing, landing] == [
        mounted["mountPath"],
        f"{WAREHOUSE}/{mounted['subPath']}",
        prepare["args"][-1],
    ]
    assert prepare["image"] == RECEIVER["image"]
    assert prepare["securityContext"] == RECEIVER["securityContext"]
    assert (["Ingress", "Egress"], None) == (policy["policyTypes"], policy.get("egress"))
    assert policy["podSelector"] == manifest("Deployment")["spec"]["selector"]
    assert [{"ports": [{"port": RECEIVER["ports"][0]["name"]}]}] == policy["ingress"]


def test_the_page_creates_every_secret_that_is_used() -> None:
    text = yaml.safe_dump([*OBJECTS, HELM])
    used = set(re.findall(r"(?:secretName|SecretName|jwtSecretName): (\S+)", text)) - {"sighten-receiver-tls"}

    created = set(re.findall(r"create secret generic (\S+)", DEPLOY_PAGE))

    assert used == created


def test_every_manifest_is_applied() -> None:
    applied = yaml.safe_load((MANIFESTS / "kustomization.yaml").read_text())["resources"]

    assert {path.name for path in MANIFESTS.glob("*.yaml")} - {"kustomization.yaml"} == set(applied)


def test_the_astronomer_project_installs_what_the_wheel_needs() -> None:
    lines = (ROOT / "deploy/astronomer/requirements.txt").read_text().splitlines()

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    dags, airflow = project["optional-dependencies"]["airflow"]
    extras = re.fullmatch(r"sighten-warehouse\[(.+)\]", dags)[1].split(",")
    needed = [*project["dependencies"]]
    for extra in extras:
        needed += project["optional-dependencies"][extra]

    assert airflow.startswith("apache-airflow")
    assert needed == [line for line in lines if not line.startswith("#")]


@pytest.fixture
def analyze() -> str:
    """systemd's own check of units."""
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("no systemd on this machine")
    return found


def test_systemd_accepts_the_unit(tmp_path: Path, analyze: str) -> None:
    unit = (ROOT / "deploy/systemd/sighten-receiver.service").read_text()
    here = tmp_path / "sighten-receiver.service"
    here.write_text(unit.replace("/opt/sighten-warehouse/.venv/bin/sighten-warehouse", "/bin/true"))

    checked = subprocess.run([analyze, "verify", here], capture_output=True, text=True, check=False)

    assert (0, "") == (checked.returncode, checked.stderr)
    assert "LimitNOFILE=65536" in unit
    assert "UMask=0077" in unit
    assert "BindPaths=/srv/sighten/production/landing" in unit


def test_systemd_accepts_the_unit_of_each_tenant(tmp_path: Path, analyze: str) -> None:
    unit = (ROOT / "deploy/systemd/sighten-receiver.service").read_text()
    template = tmp_path / "sighten-receiver@.service"
    template.write_text(unit.replace("/opt/sighten-warehouse/.venv/bin/sighten-warehouse", "/bin/true"))
    drop_in = tmp_path / "sighten-receiver@.service.d"
    drop_in.mkdir()
    shutil.copy(ROOT / "deploy/systemd/tenant.conf", drop_in)

    checked = subprocess.run(
        [analyze, "verify", "sighten-receiver@acme.service"],
        env=os.environ | {"SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (checked.returncode, checked.stderr)
    assert "BindPaths=\nBindPaths=/srv/sighten/%i/production/landing" in (drop_in / "tenant.conf").read_text()
