-- Every state of a task with its interval of validity; a new row starts only when something changed.
-- grain: task_id, valid_from_at
-- inputs: history.task_states, staging.alone_snapshots, staging.compared_snapshots, temp.task_intervals
-- replaced by: landing_id
-- What is read twice is read by name each time, not by CTE: DuckDB holds a CTE that is read twice in memory.
with alone as (

    select * from staging.alone_snapshots

), snapshots as (

    select * from staging.compared_snapshots

), intervals as (

    select * from temp.task_intervals

)

select
    states.task_id as task_id,
    states.milestone_id as milestone_id,
    states.landing_id as landing_id,
    states.each_replaced_task_column as each_replaced_task_column,
    intervals.each_carried_task_column as each_carried_task_column,
    intervals.landing_ids as landing_ids,
    intervals.watermarks as watermarks,
    nullif(intervals.valid_from_at, minus_infinity()) as valid_from_at,
    nullif(intervals.valid_to_at, infinity()) as valid_to_at,
    states.received_at as received_at,
    states._rescued as _rescued,
from history.task_states as states
inner join snapshots on states.landing_id = snapshots.landing_id
inner join intervals on states.task_id = intervals.task_id and snapshots.snapshot_rank = intervals.snapshot_rank

union all

-- What is alone has one state, without end.
select
    states.task_id as task_id,
    states.milestone_id as milestone_id,
    states.landing_id as landing_id,
    states.each_replaced_task_column as each_replaced_task_column,
    states.each_carried_task_column as each_carried_task_column,
    list_of(states.landing_id) as landing_ids,
    list_of(alone.watermark_at) as watermarks,
    alone.watermark_at as valid_from_at,
    cast(null as timestamp) as valid_to_at,
    states.received_at as received_at,
    states._rescued as _rescued,
from history.task_states as states
inner join alone using (landing_id)
