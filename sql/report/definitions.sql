-- Milestone definitions, numbered from 0, each with the name of its newest milestone.
-- grain: number
-- inputs: marts.approval_cycles
-- Milestones without a definition id are grouped by name.
with cycles as (

    select
        *,
        coalesce(milestone_definition_id, name, '') as definition_id,
    from marts.approval_cycles

), named as (

    select
        definition_id,
        coalesce(max_by(name, coalesce(submitted_at, timestamp '0001-01-01')), '') as name,
    from cycles
    group by definition_id

)

select
    row_number() over (order by name, definition_id) - 1 as number,
    definition_id as id,
    name,
from named
