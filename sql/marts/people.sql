-- Every user with the newest known value of each field, and the organization's name.
-- grain: user_id
-- inputs: history.users, main.organizations, staging.ranked_snapshots
-- Mentions of comment authors have no organization; this does not mean that the user left theirs.
with users as (

    select * from history.users

), organizations as (

    select * from main.organizations

), snapshots as (

    select * from staging.ranked_snapshots

), known as (

    select
        users.user_id as user_id,
        max_by(users.email, case when users.email is not null then snapshots.snapshot_rank end) as email,
        max_by(users.first_name, case when users.first_name is not null then snapshots.snapshot_rank end) as first_name,
        max_by(users.last_name, case when users.last_name is not null then snapshots.snapshot_rank end) as last_name,
        max_by(users.organization_id, case when users.organization_id is not null then snapshots.snapshot_rank end)
            as organization_id,
    from users
    inner join snapshots using (landing_id)
    group by users.user_id

)

select
    known.user_id as user_id,
    known.organization_id as organization_id,
    organizations.name as organization_name,
    known.email as email,
    known.first_name as first_name,
    known.last_name as last_name,
from known
left join organizations using (organization_id)
