"""A command imports what it needs, and names the extra that brings it; an import costs as much as a small publish."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.factories import SAMPLE_BYTES
from support.made_once import MadeOnce
from support.partly_installed import run_each
from support.repository import code, text
from support.warehouses import Warehouse

RUN_AND_TELL = """
import atexit, sys
heavy = ("numpy", "pandas", "pyarrow", "pydantic", "rich.console", "obstore")
atexit.register(lambda: print("imported:", *(name for name in heavy if name in sys.modules)))
from sighten_warehouse.cli.main import run_alone
run_alone()
"""

OPEN = "from sighten_warehouse import open_warehouse as o; assert len(o().frame('from marts.approval_cycles')) == 1"
ALONE = [
    ["--help"],
    ["query", "select count(*) from marts.approval_cycles"],
    ["query", "from milestones", "--format", "xlsx", "--output", "milestones.xlsx"],
    ["python", OPEN],
    ["dictionary"],
    ["export", "dbt", "dbt"],
    ["export", "superset", "superset.zip"],
    ["report", "--to", "report.html"],
    ["load"],
    ["status"],
]
DAYS = ["--from", "2026-01-01", "--to", "2026-01-02"]
ID = "189bd7c0-2e6f-45cb-a00e-33ca4fe297d2"
NEEDING = [
    ("receiver", ["receive"]),
    ("api", ["enrich"]),
    ("api", ["reconcile"]),
    ("api", ["documents"]),
    ("api", ["documents", "list"]),
    ("api", ["documents", "verify"]),
    ("api", ["documents", "fetch", ID, "--to", "x"]),
    ("api", ["backfill", "api", *DAYS]),
    ("api", ["backfill", "plan", *DAYS]),
    ("api", ["backfill", "status"]),
    ("api", ["backfill", "retry"]),
    ("api", ["erase", "--milestone", ID]),
    ("mcp", ["mcp"]),
    ("report", ["report"]),
    ("simulator", ["demo"]),
    ("simulator", ["simulate", "serve"]),
    ("simulator", ["simulate", "deliver", "--to", "http://127.0.0.1:1"]),
    ("airflow", ["airflow", "setup"]),
    (
        "objects",
        ["python", "import os; os.environ['SIGHTEN_HOME'] = 's3://b/h'; sys.argv = ['', 'status']; run_alone()"],
    ),
    (
        "api",
        ["python", "import os; os.environ['SIGHTEN_ALERTS'] = 'slack://h/x'; sys.argv = ['', 'watch']; run_alone()"],
    ),
    ("api", ["python", "import os; os.environ['SIGHTEN_API_URL'] = 'http://h'; sys.argv = ['', 'run']; run_alone()"]),
]
# What imports of the product an extra must bring: of its commands, or of the DAGs and the plugin.
BROUGHT = {
    "airflow": "; ".join(
        sorted(
            ast.unparse(node)
            for path in code("dags", "plugins")
            for node in ast.walk(ast.parse(text(path)))
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sighten_warehouse")
        )
    ),
    "receiver": "import sighten_warehouse.receiver.server",
    "api": "import sighten_warehouse.reconcile, sighten_warehouse.documents.export, sighten_warehouse.erase",
    "objects": "import sighten_warehouse.objects.store",
    "report": "import sighten_warehouse.report.server",
    "simulator": "from sighten_simulator import running; from sighten_simulator.webhooks import sender; "
    "import sighten_warehouse.receiver.server",
}


def publish_one_and_land_another(warehouse: Warehouse) -> None:
    warehouse.deliver(SAMPLE_BYTES)
    warehouse.land(SAMPLE_BYTES)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeOnce:
    return MadeOnce(tmp_path_factory.mktemp("published"), publish_one_and_land_another)


@pytest.mark.parametrize(
    ("command", "imported"),
    [
        (["load"], "numpy pyarrow"),
        (["publish"], ""),
        (["publish", "--full"], ""),
        (["status"], ""),
        (["query", "select 1"], "numpy pyarrow rich.console"),
    ],
    ids=" ".join,
)
def test_a_command_imports_only_what_it_needs(made: MadeOnce, command: list[str], imported: str) -> None:
    env = {**os.environ, "SIGHTEN_HOME": str(made.again().settings.home), "PYTHONPATH": "include"}

    ran = subprocess.run(
        [sys.executable, "-c", RUN_AND_TELL, *command], env=env, capture_output=True, text=True, check=True
    )

    assert f"imported: {imported}".strip() == ran.stdout.splitlines()[-1].strip()


def test_opening_a_version_imports_little() -> None:
    told = "import sighten_warehouse.publish.reader, sys; print({*sys.argv} & {*sys.modules})"
    heavy = ["numpy", "pandas", "pyarrow", "rich", "structlog", "sighten_warehouse.load"]
    env = {**os.environ, "PYTHONPATH": "include"}

    ran = subprocess.run([sys.executable, "-c", told, *heavy], env=env, capture_output=True, text=True, check=True)

    assert "set()\n" == ran.stdout


@pytest.mark.deep
def test_the_package_alone_reads_and_each_other_command_names_its_extra(made: MadeOnce, tmp_path: Path) -> None:
    home = made.again().settings.home
    commands = [((), arguments) for arguments in [*ALONE, *(arguments for _, arguments in NEEDING)]]
    commands += [((extra,), ["python", imports]) for extra, imports in BROUGHT.items()]

    ran = run_each(commands, home=home, folder=tmp_path)

    reads, refused, brought = ran[: len(ALONE)], ran[len(ALONE) : -len(BROUGHT)], ran[-len(BROUGHT) :]
    assert [] == [(arguments, one) for arguments, one in zip(ALONE, reads, strict=True) if one.code]
    assert [(2, [extra], arguments) for extra, arguments in NEEDING] == [
        (one.code, one.named_extras, arguments) for one, (_, arguments) in zip(refused, NEEDING, strict=True)
    ]
    assert [] == [(extra, one) for extra, one in zip(BROUGHT, brought, strict=True) if one.code]
