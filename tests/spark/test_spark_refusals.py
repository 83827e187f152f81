"""What Spark cannot do is said in words, and what it did not check is not published."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest

from sighten_warehouse.errors import CheckError
from sighten_warehouse.publish.step import publish
from sighten_warehouse.publish.versions import versions
from support.factories import SAMPLE_BYTES, a_milestone
from support.older_history import write_as_older_code
from support.on_spark import MASTER
from support.warehouses import Warehouse

pytestmark = [pytest.mark.spark, pytest.mark.timeout(1200)]
PROGRAM = Path(sys.executable).with_name("sighten-warehouse")


def refused(warehouse: Warehouse, master: str, **environment: str) -> tuple[int, str]:
    """The exit code and the last line of a rebuild on that master."""
    given = os.environ | {"SIGHTEN_HOME": str(warehouse.settings.home)} | environment
    command = [PROGRAM, "rebuild", "--engine", "spark", "--master", master]
    ended = subprocess.run(command, env=given, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stderr.splitlines()[-1]


def test_without_java_the_exit_code_is_2_and_a_sentence_says_so(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.take_in(SAMPLE_BYTES)

    code, said = refused(warehouse, MASTER, JAVA_HOME=str(tmp_path))

    assert 2 == code
    assert f"error: the engine spark needs Java 17 or later; there is no java in {tmp_path}/bin" in said


def test_a_server_that_does_not_answer_is_named(warehouse: Warehouse) -> None:
    warehouse.take_in(SAMPLE_BYTES)

    code, said = refused(warehouse, "sc://127.0.0.1:1")

    assert 1 == code
    assert "error: 127.0.0.1:1: no server of Spark Connect answers there" in said


@pytest.mark.usefixtures("spark")
def test_a_version_that_fails_a_check_is_not_published(warehouse: Warehouse) -> None:
    warehouse.deliver(SAMPLE_BYTES)
    [lost, *_] = warehouse.land(a_milestone("lost"), a_milestone("kept"))
    [batch] = warehouse.load().batches
    write_as_older_code(
        warehouse, batch, "snapshots", lambda rows: rows.filter(pa.compute.not_equal(rows["landing_id"], lost))
    )

    with pytest.raises(CheckError, match=f"loaded_deliveries_have_a_snapshot found 1, such as {lost}"):
        publish(msgspec.structs.replace(warehouse.settings, engine="spark", spark_master=MASTER))

    assert 1 == len(versions(warehouse.settings.layout))
    assert [] == list(warehouse.settings.layout.work.glob("spark"))
