-- Every state of a sub_task with its interval of validity; a new row starts only when something changed.
-- grain: sub_task_id, valid_from_at
-- inputs: history.sub_task_states, history.task_intervals, history.tasks, staging.alone_snapshots, staging.compared_snapshots -- noqa: LT05
-- replaced by: landing_id
-- A state ends at the sub_task's next state, or at the next complete list of the task's sub_tasks, which lacks it. It
-- holds only while its task does, and moves with the task.
-- Rows are compared by 64-bit fingerprints, so texts are read only for rows that open an interval.
with sub_tasks as (

    select * from history.sub_task_states

), contents as (

    select
        states.sub_task_id as sub_task_id,
        states.task_id as task_id,
        states.landing_id as landing_id,
        states.received_at as received_at,
        fingerprint(
            (
                states.task_id,
                states.each_sub_task_column,
                states._rescued
            )
        ) as content,
    from history.sub_task_states as states
    inner join staging.compared_snapshots using (landing_id)

), tasks as (

    select * from history.tasks

), task_intervals as (

    select
        *,
        coalesce(valid_from_at, minus_infinity()) as began_at,
        coalesce(valid_to_at, infinity()) as ended_at,
    from history.task_intervals

), snapshots as (

    select
        *,
        coalesce(watermark_at, minus_infinity()) as effective_at,
    from staging.compared_snapshots

), lists as (

    select
        tasks.task_id as task_id,
        tasks.landing_id as landing_id,
        snapshots.snapshot_rank as snapshot_rank,
        snapshots.effective_at as effective_at,
        min(case when tasks.sub_tasks_complete then snapshots.effective_at end) over (
            partition by tasks.task_id
            order by snapshots.snapshot_rank
            rows between 1 following and unbounded following
        ) as next_list_at,
    from tasks
    inner join snapshots using (landing_id)

), states as (

    select
        contents.sub_task_id as sub_task_id,
        contents.task_id as task_id,
        contents.landing_id as landing_id,
        contents.received_at as received_at,
        lists.snapshot_rank as snapshot_rank,
        lists.effective_at as effective_at,
        coalesce(
            least(
                lead(lists.effective_at) over (partition by contents.sub_task_id order by lists.snapshot_rank),
                lists.next_list_at
            ),
            infinity()
        ) as ends_at,
        contents.content as content,
    from contents
    inner join lists using (landing_id, task_id)

), held_with_task as (

    -- If the task came back or moved, the delivery of the task opens the interval.
    select
        states.sub_task_id as sub_task_id,
        states.landing_id as landing_id,
        states.snapshot_rank as snapshot_rank,
        states.effective_at as effective_at,
        states.content as content,
        task_intervals.milestone_id as milestone_id,
        task_intervals.began_at <= states.effective_at as has_parent_at_start,
        case
            when task_intervals.began_at <= states.effective_at then states.landing_id
            else task_intervals.landing_id
        end as opened_by_landing_id,
        case
            when task_intervals.began_at <= states.effective_at then states.received_at
            else task_intervals.received_at
        end as received_at,
        greatest(states.effective_at, task_intervals.began_at) as valid_from_at,
        least(states.ends_at, task_intervals.ended_at) as valid_to_at,
    from states
    inner join task_intervals
        on
            states.task_id = task_intervals.task_id
            and states.effective_at < task_intervals.ended_at
            and states.ends_at > task_intervals.began_at
    where states.effective_at < states.ends_at

), compared as (

    select
        *,
        coalesce(
            valid_from_at = lag(valid_to_at) over earlier_first
            and content = lag(content) over earlier_first
            and milestone_id is not distinct from lag(milestone_id) over earlier_first,
            false
        ) as is_same,
    from held_with_task
    window earlier_first as (partition by sub_task_id order by valid_from_at)

), numbered as (

    select
        *,
        count(case when not is_same then 1 end) over earlier_first as interval_number,
    from compared
    window earlier_first as (partition by sub_task_id order by valid_from_at)

), intervals as (

    select
        sub_task_id,
        min_by(landing_id, valid_from_at) as landing_id,
        min_by(opened_by_landing_id, valid_from_at) as opened_by_landing_id,
        min_by(received_at, valid_from_at) as received_at,
        min(milestone_id) as milestone_id,
        all_in_order(landing_id, case when has_parent_at_start or not is_same then snapshot_rank end) as landing_ids,
        all_in_order(
            nullif(effective_at, minus_infinity()),
            case when has_parent_at_start or not is_same then snapshot_rank end
        ) as watermarks,
        min(valid_from_at) as valid_from_at,
        max(valid_to_at) as valid_to_at,
    from numbered
    group by sub_task_id, interval_number

)

select
    sub_tasks.sub_task_id as sub_task_id,
    sub_tasks.task_id as task_id,
    intervals.milestone_id as milestone_id,
    intervals.opened_by_landing_id as landing_id,
    sub_tasks.each_sub_task_column as each_sub_task_column,
    intervals.landing_ids as landing_ids,
    intervals.watermarks as watermarks,
    nullif(intervals.valid_from_at, minus_infinity()) as valid_from_at,
    nullif(intervals.valid_to_at, infinity()) as valid_to_at,
    intervals.received_at as received_at,
    sub_tasks._rescued as _rescued,
from sub_tasks
inner join intervals using (sub_task_id, landing_id)

union all

-- What is alone has one state, without end.
select
    sub_tasks.sub_task_id as sub_task_id,
    sub_tasks.task_id as task_id,
    sub_tasks.milestone_id as milestone_id,
    sub_tasks.landing_id as landing_id,
    sub_tasks.each_sub_task_column as each_sub_task_column,
    list_of(sub_tasks.landing_id) as landing_ids,
    list_of(alone.watermark_at) as watermarks,
    alone.watermark_at as valid_from_at,
    cast(null as timestamp) as valid_to_at,
    sub_tasks.received_at as received_at,
    sub_tasks._rescued as _rescued,
from sub_tasks
inner join staging.alone_snapshots as alone using (landing_id)
