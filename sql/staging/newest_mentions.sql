-- Every user with the newest mention, and the newest known value of each field with its snapshot.
-- grain: user_id
-- inputs: history.users, staging.ranked_snapshots
-- Mentions of comment authors have no organization; this does not mean that the user left theirs.
with users as (

    select
        users.*,
        snapshots.snapshot_rank as snapshot_rank,
        case when users.email is not null then snapshots.snapshot_rank end as email_rank,
        case when users.first_name is not null then snapshots.snapshot_rank end as first_name_rank,
        case when users.last_name is not null then snapshots.snapshot_rank end as last_name_rank,
        case when users.organization_id is not null then snapshots.snapshot_rank end as organization_rank,
    from history.users as users
    inner join staging.ranked_snapshots as snapshots using (landing_id)

)

select
    user_id,
    max_by(landing_id, snapshot_rank) as landing_id,
    max_by(email, email_rank) as email,
    max_by(landing_id, email_rank) as email_landing_id,
    max_by(first_name, first_name_rank) as first_name,
    max_by(landing_id, first_name_rank) as first_name_landing_id,
    max_by(last_name, last_name_rank) as last_name,
    max_by(landing_id, last_name_rank) as last_name_landing_id,
    max_by(organization_id, organization_rank) as organization_id,
    max_by(landing_id, organization_rank) as organization_landing_id,
from users
group by user_id
