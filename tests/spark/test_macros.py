"""Each macro gives the same value on both engines, also where their functions differ."""

import duckdb
import pytest

from sighten_warehouse.models import macros
from sighten_warehouse.spark.dialect import in_spark
from sighten_warehouse.spark.session import Session

pytestmark = [pytest.mark.spark, pytest.mark.timeout(1200)]
ROWS = "(values (1, 'b', null), (2, null, 'x'), (3, 'a', 'y'), (null, 'c', 'z')) as rows (number, word, other)"
EARLIER, LATER = "cast('2018-08-10 12:00:00.000001' as timestamp)", "cast('2018-08-10 12:00:01.5' as timestamp)"
EXPRESSIONS = [
    "joined_in_order(word, ', ', other)",
    "max_by(word, other)",
    "min_by(other, word)",
    "max_by(word, number) || min_by(word, number)",
    "cast(all_in_order(word, number) as string) is null",
    "last_of(all_in_order(other, number))",
    "count(distinct fingerprint((word, other)))",
    f"count(distinct fingerprint(({EARLIER}))) + count(distinct fingerprint((number, {LATER})))",
    f"max(seconds_between({EARLIER}, {LATER}))",
    f"max(epoch_us({EARLIER}))",
    "max(id_of_place('received_date=2026-11-01/a.ndjson', 7))",
    "max(case when matches('Foo de' || chr(10), '^Foo( de)$') then 1 else 0 end)",
    "max(case when matches('Foo de', '^Foo( de)$') then 1 else 0 end)",
    "max(case when starts_with('Ann approved', 'Ann ') then 1 else 0 end)",
    "max(case when minus_infinity() < cast('0001-01-01' as timestamp) then 1 else 0 end)",
    "max(case when infinity() > cast('9999-12-31' as timestamp) then 1 else 0 end)",
    "max(last_of(array_of(number, 2)))",
    "max(last_of(list_of(word)))",
    "max(case when change('a', 1, 2) is not null and change('a', 1, 1) is null then 1 else 0 end)",
    "first_value(number) over (order by word)",
    "last_value(other ignore nulls) over (order by number rows between unbounded preceding and unbounded following)",
]


def test_every_expression(spark: Session) -> None:
    with duckdb.connect() as connection:
        connection.execute(macros("duckdb"))
        expected = {text: set(connection.execute(f"select {text} from {ROWS}").fetchall()) for text in EXPRESSIONS}

    found = {
        text: set(map(tuple, spark.sql(in_spark(f"select {text} from {ROWS}", tables=())).collect()))
        for text in expected
    }

    assert expected == found
