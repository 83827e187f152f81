-- The columns of the published file's tables and views in their order, with types and descriptions.
-- grain: schema_name, table_name, column_index
-- inputs: duckdb_columns()
-- Parameter 1: the name under which the file is attached.
select
    schema_name,
    table_name,
    column_name,
    lower(data_type) as type,
    coalesce(comment, '') as description,
from duckdb_columns()
where database_name = $1
order by schema_name, table_name, column_index
