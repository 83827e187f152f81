-- The newest state of every sub_task that its task still has.
-- grain: sub_task_id
-- inputs: history.sub_task_intervals, ops.snapshots
-- replaced by: landing_id
-- The row is the open interval, with the last delivery in this state.
with intervals as (

    select
        *,
        last_of(landing_ids) as last_landing_id,
    from history.sub_task_intervals
    where valid_to_at is null

), snapshots as (

    select * from ops.snapshots

)

select
    intervals.sub_task_id as sub_task_id,
    intervals.task_id as task_id,
    intervals.milestone_id as milestone_id,
    snapshots.landing_id as landing_id,
    intervals.each_sub_task_column as each_sub_task_column,
    snapshots.received_at as received_at,
    intervals._rescued as _rescued,
from intervals
inner join snapshots on intervals.last_landing_id = snapshots.landing_id
