-- Every state of a task with its interval of validity; a new row starts only when something changed.
-- grain: task_id, valid_from_at
-- inputs: history.task_states, staging.alone_snapshots, staging.compared_snapshots
-- replaced by: landing_id
-- A state ends at the task's next state, or at the next complete list of the milestone's tasks, which lacks the task.
-- Position, definition and approver are missing in some kinds of snapshot: their last value is carried forward.
-- Rows are compared by 64-bit fingerprints, so texts are read only for rows that open an interval.
with tasks as (

    select * from history.task_states

), contents as (

    select
        states.task_id as task_id,
        states.milestone_id as milestone_id,
        states.landing_id as landing_id,
        states.each_carried_task_column as each_carried_task_column,
        fingerprint(
            (
                states.milestone_id,
                states.each_replaced_task_column,
                states._rescued
            )
        ) as content,
    from history.task_states as states
    inner join staging.compared_snapshots using (landing_id)

), snapshots as (

    select
        *,
        coalesce(watermark_at, minus_infinity()) as effective_at,
        min(case when tasks_complete then coalesce(watermark_at, minus_infinity()) end) over (
            partition by milestone_id
            order by snapshot_rank
            rows between 1 following and unbounded following
        ) as next_list_at,
    from staging.compared_snapshots

), states as (

    select
        contents.task_id as task_id,
        contents.landing_id as landing_id,
        snapshots.snapshot_rank as snapshot_rank,
        last_value(contents.each_carried_task_column ignore nulls) over so_far as each_carried_task_column,
        snapshots.effective_at as valid_from_at,
        coalesce(
            least(
                lead(snapshots.effective_at) over (partition by contents.task_id order by snapshots.snapshot_rank),
                snapshots.next_list_at
            ),
            infinity()
        ) as valid_to_at,
        contents.content as content,
    from contents
    inner join snapshots using (landing_id)
    window so_far as (
        partition by contents.task_id, contents.milestone_id
        order by snapshots.snapshot_rank
        rows between unbounded preceding and current row
    )

), compared as (

    select
        *,
        coalesce(
            valid_from_at = lag(valid_to_at) over earlier_first
            and each_carried_task_column is not distinct from lag(each_carried_task_column) over earlier_first
            and content = lag(content) over earlier_first,
            false
        ) as is_same,
    from states
    where valid_from_at < valid_to_at
    window earlier_first as (partition by task_id order by snapshot_rank)

), numbered as (

    select
        *,
        count(case when not is_same then 1 end) over earlier_first as interval_number,
    from compared
    window earlier_first as (partition by task_id order by snapshot_rank)

), intervals as (

    select
        task_id,
        min_by(landing_id, snapshot_rank) as landing_id,
        min(each_carried_task_column) as each_carried_task_column,
        all_in_order(landing_id, snapshot_rank) as landing_ids,
        all_in_order(nullif(valid_from_at, minus_infinity()), snapshot_rank) as watermarks,
        min(valid_from_at) as valid_from_at,
        max(valid_to_at) as valid_to_at,
    from numbered
    group by task_id, interval_number

)

select
    tasks.task_id as task_id,
    tasks.milestone_id as milestone_id,
    tasks.landing_id as landing_id,
    tasks.each_replaced_task_column as each_replaced_task_column,
    intervals.each_carried_task_column as each_carried_task_column,
    intervals.landing_ids as landing_ids,
    intervals.watermarks as watermarks,
    nullif(intervals.valid_from_at, minus_infinity()) as valid_from_at,
    nullif(intervals.valid_to_at, infinity()) as valid_to_at,
    tasks.received_at as received_at,
    tasks._rescued as _rescued,
from tasks
inner join intervals using (task_id, landing_id)

union all

-- What is alone has one state, without end.
select
    tasks.task_id as task_id,
    tasks.milestone_id as milestone_id,
    tasks.landing_id as landing_id,
    tasks.each_replaced_task_column as each_replaced_task_column,
    tasks.each_carried_task_column as each_carried_task_column,
    list_of(tasks.landing_id) as landing_ids,
    list_of(alone.watermark_at) as watermarks,
    alone.watermark_at as valid_from_at,
    cast(null as timestamp) as valid_to_at,
    tasks.received_at as received_at,
    tasks._rescued as _rescued,
from tasks
inner join staging.alone_snapshots as alone using (landing_id)
