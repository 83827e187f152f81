"""What `make run`, compose, the image, Helm and Astronomer tell Airflow, against Airflow itself."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from airflow.configuration import retrieve_configuration_description

from devstack.airflow_environment import airflow_environment
from devstack.credentials import Credentials
from devstack.plan import read_plan
from sighten_airflow.pools import POOLS
from support.documents import exported

REPOSITORY = Path(__file__).resolve().parents[2]
ENTRYPOINT = REPOSITORY / "deploy/entrypoint.sh"
HELM = yaml.safe_load((REPOSITORY / "deploy/helm/values.yaml").read_text())
BUNDLES = "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"

pytestmark = pytest.mark.airflow


def stack_environment() -> dict[str, str]:
    plan = read_plan({"STACK_HOME": "/nowhere"}, milestones=1)
    return airflow_environment(plan, Credentials("jwt", "key", "fernet", Path("passwords.json"), "token"))


CLUSTER = (REPOSITORY / "docker-compose.cluster.yml").read_text()


def airflow_names(text: str) -> set[str]:
    return set(re.findall(r"AIRFLOW__\w+", text))


def bundles_of(dockerfile: str) -> object:
    [value] = re.findall(rf"{BUNDLES}='([^']*)'", (REPOSITORY / dockerfile).read_text().replace("\\\n", ""))
    return json.loads(value)


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(airflow_names(" ".join(stack_environment())), id="make run"),
        pytest.param(airflow_names((REPOSITORY / "docker-compose.yml").read_text()), id="compose"),
        # Those of Celery are its provider's, which `make e2e-cluster` has.
        pytest.param(
            {name for name in airflow_names(CLUSTER) if not name.startswith("AIRFLOW__CELERY")}, id="many workers"
        ),
        pytest.param(airflow_names((REPOSITORY / "Dockerfile").read_text()), id="Dockerfile"),
        pytest.param(airflow_names((REPOSITORY / "deploy/astronomer/Dockerfile").read_text()), id="Astronomer"),
        pytest.param(
            {f"AIRFLOW__{section}__{name}".upper() for section, names in HELM["config"].items() for name in names},
            id="Helm",
        ),
    ],
)
def test_every_setting_exists_in_airflow(names: set[str]) -> None:
    table = retrieve_configuration_description(include_providers=True)
    known = {f"AIRFLOW__{section}__{option}".upper() for section in table for option in table[section]["options"]}

    assert names
    assert set() == names - known


def test_make_run_and_the_images_serve_the_documented_bundles() -> None:
    documented = json.loads(exported(Path("docs/airflow.md"), BUNDLES))

    assert [documented] * 3 == [
        json.loads(stack_environment()[BUNDLES]),
        bundles_of("Dockerfile"),
        bundles_of("deploy/astronomer/Dockerfile"),
    ]


def test_astronomer_makes_the_pools_of_the_dags() -> None:
    made = yaml.safe_load((REPOSITORY / "deploy/astronomer/airflow_settings.yaml").read_text())["airflow"]["pools"]

    assert [(pool.name, pool.slots, pool.description) for pool in POOLS] == [tuple(pool.values()) for pool in made]


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [
        (["scheduler"], "airflow"),
        (["airflow", "scheduler"], "airflow"),
        (HELM["apiServer"]["args"], "cp: cannot stat '/run/secrets/airflow/passwords.json'"),
        (["bash", "-c", "exec airflow scheduler"], "bash: line 1: exec: airflow"),
        (["sighten-warehouse", "receive"], "sighten-warehouse"),
        (["-h"], "airflow"),
        ([], "airflow"),
    ],
)
def test_the_image_runs_its_own_programs_and_takes_anything_else_for_a_command_of_airflow(
    arguments: list[str], missing: str
) -> None:
    with_neither = {"PATH": "/usr/bin:/bin"}

    ended = subprocess.run(
        ["/bin/sh", ENTRYPOINT, *arguments], env=with_neither, capture_output=True, text=True, check=False
    )

    assert f"{missing}: n" in ended.stderr.replace(": No such", ": no such")  # … not found, … no such file
    assert 0 != ended.returncode
