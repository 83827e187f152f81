-- Organizations of the milestones' assignees, numbered from 0.
-- grain: number
-- inputs: marts.approval_cycles
with cycles as (

    select * from marts.approval_cycles

), named as (

    select
        coalesce(organization_id, '') as id,
        coalesce(max(organization_name), '') as name,
    from cycles
    group by coalesce(organization_id, '')

)

select
    row_number() over (order by name, id) - 1 as number,
    id,
    name,
from named
