-- Every delivery with its batch and the key of what it is about.
-- grain: landing_id
-- inputs: history.deliveries, history.snapshots
-- A snapshot is about a milestone or, without one, a task; an API response about its subject. Whatever has one key is
-- recomputed together.
with deliveries as (

    select * from history.deliveries

), snapshots as (

    select * from history.snapshots

)

select
    deliveries.landing_id as landing_id,
    deliveries.batch_id as batch_id,
    fingerprint(
        case
            when snapshots.milestone_id is not null then 'milestone ' || snapshots.milestone_id
            when snapshots.landing_id is not null then 'task ' || snapshots.task_id
            when deliveries.subject is not null then deliveries.kind || ' about ' || deliveries.subject
            else 'delivery ' || deliveries.landing_id
        end
    ) as key,
from deliveries
left join snapshots using (landing_id)
