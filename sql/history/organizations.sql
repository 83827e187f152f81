-- The organizations mentioned in each snapshot, one row each: the first mention with a name.
-- grain: landing_id, organization_id
-- inputs: staging.users
with users as (

    select * from staging.users

), numbered as (

    select
        *,
        row_number() over (
            partition by landing_id, organization_id
            order by organization_name is null, place, organization_name
        ) as mention,
    from users
    where organization_id is not null

)

select
    organization_id,
    landing_id,
    milestone_id,
    organization_name as name,
    received_at,
    cast(null as varchar) as _rescued,
from numbered
where mention = 1
