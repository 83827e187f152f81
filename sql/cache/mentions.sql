-- The snapshots that decide what is known of each user.
-- grain: user_id, landing_id
-- inputs: staging.newest_mentions
with mentions as (

    select
        user_id,
        explode(
            array_of(
                landing_id,
                email_landing_id,
                first_name_landing_id,
                last_name_landing_id,
                organization_landing_id
            )
        ) as landing_id,
    from staging.newest_mentions

)

select distinct
    user_id,
    landing_id,
from mentions
where landing_id is not null
