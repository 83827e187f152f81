-- The counting snapshots that share something with another one, so that their states have to be compared.
-- grain: landing_id
-- inputs: staging.alone_snapshots, staging.ranked_snapshots
with snapshots as (

    select * from staging.ranked_snapshots

), alone as (

    select landing_id from staging.alone_snapshots

)

select
    snapshots.landing_id as landing_id,
    snapshots.milestone_id as milestone_id,
    snapshots.tasks_complete as tasks_complete,
    snapshots.watermark_at as watermark_at,
    snapshots.received_at as received_at,
    snapshots.snapshot_rank as snapshot_rank,
from snapshots
left join alone using (landing_id)
where alone.landing_id is null
