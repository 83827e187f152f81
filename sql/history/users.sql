-- The users mentioned by id in each snapshot, one row each: the first mention.
-- grain: landing_id, user_id
-- inputs: staging.users
with users as (

    select * from staging.users

), numbered as (

    select
        *,
        row_number() over (partition by landing_id, user_id order by place, email, first_name, last_name) as mention,
    from users
    where user_id is not null

)

select
    user_id,
    landing_id,
    milestone_id,
    email,
    first_name,
    last_name,
    organization_id,
    received_at,
    rescued as _rescued,
from numbered
where mention = 1
