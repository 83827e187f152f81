-- The tables and views of the published file, with their descriptions.
-- grain: schema_name, table_name
-- inputs: duckdb_tables(), duckdb_views()
-- Parameter 1: the name under which the file is attached.
select
    schema_name,
    table_name,
    coalesce(comment, '') as description,
from duckdb_tables()
where database_name = $1
union all
select
    schema_name,
    view_name as table_name,
    coalesce(comment, '') as description,
from duckdb_views()
where database_name = $1 and not internal
order by schema_name, table_name
