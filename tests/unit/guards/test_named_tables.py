"""Foreign SQL reads the tables that it may name, and no other that is attached."""

import duckdb
import pytest

from sighten_warehouse.guards.named_tables import require_named

TABLES, FUNCTIONS = ("users", "marts.reviews"), ("users_as_of",)


@pytest.fixture(scope="module")
def engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


@pytest.mark.parametrize(
    "sql",
    [
        "select * from Users as u join marts.reviews using (user_id) where u.id in (select id from main.users)",
        "with secrets as (select 1 as one) select (select max(one) from Secrets), * from users",
        "with recursive n as (select 1 as i union all select i + 1 from n where i < 3) from n",
        "select * from users, unnest([1, 2]), range(3), lateral (select users.id)",
        "from users_as_of(timestamp '2026-01-01')",
        "from (pivot users on state in ('approved', 'pending') using count(*))",
        "unpivot users on a, b",
        "describe users",
        "show users",
        "summarize marts.reviews",
        "from users union all by name from users order by all limit 3",
        "values (1), (2)",
        "table users",
        "select count(*) filter (exists (from marts.reviews)) over () from users qualify row_number() over () = 1",
    ],
)
def test_a_select_of_these_tables_is_accepted(engine: duckdb.DuckDBPyConnection, sql: str) -> None:
    require_named(engine, sql, tables=TABLES, functions=FUNCTIONS)


@pytest.mark.parametrize(
    "sql",
    [
        "from hidden.main.users",
        "from hidden.users",
        'from "hidden"."main"."users"',
        "from memory.main.users",
        "from hidden.main.users.users",
        "from a.main.users",
        "from hidden.marts.reviews",
        "from main.marts.reviews",
        'from "marts.reviews"',
        'from "main.users"',
        "select * from users where id in (select id from hidden.main.users)",
        "select (select max(email) from hidden.main.users)",
        "select * from users join lateral (from hidden.main.users) on true",
        "with users as (from hidden.main.users) from users",
        "select 1 order by (select max(email) from hidden.main.users)",
        "select list_transform([1], x -> (select max(email) from hidden.main.users))",
        "from (pivot hidden.main.users on state in ('a') using count(*))",
        "unpivot hidden.main.users on email",
        "from users positional join hidden.main.users",
        "values ((select max(email) from hidden.main.users))",
        "select * from users limit (select count(*) from hidden.main.users)",
        "from query('from hidden.main.users')",
        "from query_table('hidden.main.users')",
        "from query_table(['hidden.main.users'])",
        "from pragma_storage_info('hidden.main.users')",
        "from main.range(3)",
        "from duckdb_views()",
        "from duckdb_columns()",
        "from information_schema.tables",
        "from pg_catalog.pg_class",
        "from sqlite_master",
        "from read_csv('a.csv')",
        "from 'a.csv'",
        "from users, 'a.csv'",
        "describe hidden.main.users",
        "summarize hidden.main.users",
        "from (summarize hidden.main.users)",
        "describe 'a.csv'",
        "show tables",
        "show all tables",
        "pivot users on state using count(*)",
        "pragma storage_info('hidden.main.users')",
        "explain analyze from hidden.main.users",
        "call pragma_storage_info('hidden.main.users')",
        "execute stored",
        "from users; from users",
        "delete from users",
        "",
    ],
)
def test_what_names_anything_else_is_refused(engine: duckdb.DuckDBPyConnection, sql: str) -> None:
    with pytest.raises((ValueError, duckdb.ParserException), match=r"expected|no table|NOT IMPLEMENTED"):  # DuckDB 1.5
        require_named(engine, sql, tables=TABLES, functions=FUNCTIONS)


def test_a_name_that_is_close_is_suggested(engine: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(ValueError, match=r"no table hidden.marts.reviews; did you mean marts.reviews\?"):
        require_named(engine, "from hidden.marts.reviews", tables=TABLES, functions=FUNCTIONS)
