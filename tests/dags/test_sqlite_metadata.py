"""Airflow's metadata in SQLite: a savepoint and another writer at the same time."""

import pytest
from airflow import settings
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

pytestmark = pytest.mark.airflow
READ = text("select count(*) from log")
WRITE = text("insert into log (event) values ('written')")


@pytest.mark.usefixtures("metadata_database")
def test_a_savepoint_locks_out_other_writers_before_it_reads() -> None:
    with settings.engine.connect() as creating, settings.engine.connect() as other:
        other.execute(text("pragma busy_timeout = 0"))  # fail at once instead of waiting
        with creating.begin_nested():
            before = creating.execute(READ).scalar_one()
            with pytest.raises(OperationalError, match="database is locked"):
                other.execute(WRITE)
            other.rollback()
            creating.execute(WRITE)
        other.execute(WRITE)
        other.rollback()

        assert before + 1 == other.execute(READ).scalar_one()
