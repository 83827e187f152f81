-- Every user mentioned by id in a snapshot, in their newest state.
-- grain: user_id
-- inputs: history.users, staging.ranked_snapshots
-- Mentions of comment authors have no organization; this does not mean that the user left theirs.
with users as (

    select * from history.users

), snapshots as (

    select * from staging.ranked_snapshots

), newest as (

    select
        users.user_id as user_id,
        max_by(users.landing_id, snapshots.snapshot_rank) as landing_id,
        max_by(users.organization_id, case when users.organization_id is not null then snapshots.snapshot_rank end)
            as organization_id,
    from users
    inner join snapshots using (landing_id)
    group by users.user_id

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
