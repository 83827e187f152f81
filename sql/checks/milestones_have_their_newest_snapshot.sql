-- Every delivered milestone is current, in the state of its newest snapshot.
-- severity: fail
-- inputs: main.milestones, staging.ranked_snapshots
with milestones as (

    select * from main.milestones

), snapshots as (

    select * from staging.ranked_snapshots
    where kind = 'milestone'

), current_snapshots as (

    select
        milestones.milestone_id as milestone_id,
        snapshots.snapshot_rank as snapshot_rank,
    from milestones
    inner join snapshots using (landing_id)

)

select distinct snapshots.milestone_id as milestone_id
from snapshots
left join current_snapshots using (milestone_id)
where current_snapshots.snapshot_rank is null or snapshots.snapshot_rank > current_snapshots.snapshot_rank
