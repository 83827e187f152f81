from collections.abc import Iterator

import pytest

from sighten_warehouse.settings import read_settings
from sighten_warehouse.spark.session import Session, spark_session
from support.on_spark import MASTER
from support.spark_cluster import FOR_FEW_ROWS


@pytest.fixture(scope="session")
def spark() -> Iterator[Session]:
    """One session on this machine, which all that the tests call takes part in."""
    settings = read_settings({"SIGHTEN_ENGINE": "spark", "SIGHTEN_SPARK_MASTER": MASTER})
    with spark_session(settings) as session:
        for name, value in FOR_FEW_ROWS.items():
            session.conf.set(name, value)
        yield session
