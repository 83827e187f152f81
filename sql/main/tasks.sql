-- The newest state of every task that its milestone still has.
-- grain: task_id
-- inputs: history.task_intervals, ops.snapshots
-- replaced by: landing_id
-- The row is the open interval, with the last delivery in this state.
with intervals as (

    select
        *,
        last_of(landing_ids) as last_landing_id,
    from history.task_intervals
    where valid_to_at is null

), snapshots as (

    select * from ops.snapshots

)

select
    intervals.task_id as task_id,
    intervals.milestone_id as milestone_id,
    snapshots.landing_id as landing_id,
    intervals.each_task_column as each_task_column,
    snapshots.received_at as received_at,
    intervals._rescued as _rescued,
from intervals
inner join snapshots on intervals.last_landing_id = snapshots.landing_id
