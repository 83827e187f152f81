-- Every organization mentioned in a snapshot, in its newest state.
-- grain: organization_id
-- inputs: history.organizations, staging.ranked_snapshots
-- replaced by: organization_id
with organizations as (

    select * from history.organizations

), snapshots as (

    select * from staging.ranked_snapshots

), newest as (

    select
        organizations.organization_id as organization_id,
        max_by(organizations.landing_id, snapshots.snapshot_rank) as landing_id,
    from organizations
    inner join snapshots using (landing_id)
    group by organizations.organization_id

)

select
    organizations.organization_id as organization_id,
    organizations.milestone_id as milestone_id,
    organizations.landing_id as landing_id,
    organizations.name as name,
    organizations.received_at as received_at,
    organizations._rescued as _rescued,
from organizations
inner join newest using (organization_id, landing_id)
