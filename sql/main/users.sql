-- Every user mentioned by id in a snapshot, in their newest state.
-- grain: user_id
-- inputs: history.users, staging.newest_mentions
-- replaced by: user_id
with users as (

    select * from history.users

), newest as (

    select * from staging.newest_mentions

)

select
    users.user_id as user_id,
    users.milestone_id as milestone_id,
    users.landing_id as landing_id,
    users.email as email,
    users.first_name as first_name,
    users.last_name as last_name,
    newest.organization_id as organization_id,
    users.received_at as received_at,
    users._rescued as _rescued,
from users
inner join newest using (user_id, landing_id)
