-- Every state of a sub_task with the time in which it held: a row opens only when something changed.
-- grain: sub_task_id, valid_from_at
-- inputs: history.sub_task_states, history.task_intervals, history.tasks, ops.snapshots
-- A state ends with the sub_task's next one, or with the next complete list of its task's sub_tasks, which then lacks
-- it; and it holds only while its task does.
with sub_tasks as (

    select * from history.sub_task_states

), tasks as (

    select * from history.tasks

), task_intervals as (

    select * from history.task_intervals

), snapshots as (

    select * from ops.snapshots
    where not is_duplicate

), ranked_tasks as (

    select
        tasks.task_id as task_id,
        tasks.landing_id as landing_id,
        snapshots.snapshot_rank as snapshot_rank,
        snapshots.watermark_at as watermark_at,
        min(case when tasks.sub_tasks_complete then snapshots.snapshot_rank end) over (
            partition by tasks.task_id
            order by snapshots.snapshot_rank
            rows between 1 following and unbounded following
        ) as next_list_rank,
    from tasks
    inner join snapshots using (landing_id)

), states as (

    select
        sub_tasks.*,
        ranked_tasks.watermark_at as valid_from_at,
        least(
            lead(ranked_tasks.snapshot_rank) over (
                partition by sub_tasks.sub_task_id
                order by ranked_tasks.snapshot_rank
            ),
            ranked_tasks.next_list_rank
        ) as end_rank,
    from sub_tasks
    inner join ranked_tasks using (landing_id, task_id)

), held as (

    select
        states.*,
        ends.watermark_at as valid_to_at,
    from states
    left join snapshots as ends on states.end_rank = ends.snapshot_rank
    where states.end_rank is null or states.valid_from_at is distinct from ends.watermark_at

), held_with_task as (

    select
        held.sub_task_id as sub_task_id,
        held.task_id as task_id,
        held.milestone_id as milestone_id,
        held.position as position,
        held.label as label,
        held.instructions as instructions,
        held.category as category,
        held.status as status,
        held.document_status as document_status,
        held.required as required,
        held.data as data,
        held.is_checked as is_checked,
        held._rescued as _rescued,
        case
            when coalesce(task_intervals.valid_from_at <= held.valid_from_at, task_intervals.valid_from_at is null)
                then held.landing_id
            else task_intervals.landing_id
        end as landing_id,
        case
            when coalesce(task_intervals.valid_from_at <= held.valid_from_at, task_intervals.valid_from_at is null)
                then held.received_at
            else task_intervals.received_at
        end as received_at,
        greatest(held.valid_from_at, task_intervals.valid_from_at) as valid_from_at,
        least(held.valid_to_at, task_intervals.valid_to_at) as valid_to_at,
    from held
    inner join task_intervals
        on
            held.task_id = task_intervals.task_id
            and coalesce(held.valid_from_at < task_intervals.valid_to_at, true)
            and coalesce(held.valid_to_at > task_intervals.valid_from_at, true)

), compared as (

    select
        *,
        (
            coalesce(valid_from_at = lag(valid_to_at) over earlier_first, false)
            and task_id is not distinct from lag(task_id) over earlier_first
            and milestone_id is not distinct from lag(milestone_id) over earlier_first
            and position is not distinct from lag(position) over earlier_first
            and label is not distinct from lag(label) over earlier_first
            and instructions is not distinct from lag(instructions) over earlier_first
            and category is not distinct from lag(category) over earlier_first
            and status is not distinct from lag(status) over earlier_first
            and document_status is not distinct from lag(document_status) over earlier_first
            and required is not distinct from lag(required) over earlier_first
            and data is not distinct from lag(data) over earlier_first
            and is_checked is not distinct from lag(is_checked) over earlier_first
            and _rescued is not distinct from lag(_rescued) over earlier_first
        ) as is_same,
    from held_with_task
    window earlier_first as (partition by sub_task_id order by valid_from_at nulls first)

), numbered as (

    select
        *,
        count(case when not is_same then 1 end) over earlier_first as interval_number,
    from compared
    window earlier_first as (partition by sub_task_id order by valid_from_at nulls first)

), closed as (

    select
        *,
        last_value(valid_to_at) over whole_interval as closed_at,
    from numbered
    window whole_interval as (
        partition by sub_task_id, interval_number
        order by valid_from_at nulls first
        rows between unbounded preceding and unbounded following
    )

)

select
    sub_task_id,
    task_id,
    milestone_id,
    landing_id,
    position,
    label,
    instructions,
    category,
    status,
    document_status,
    required,
    data,
    is_checked,
    valid_from_at,
    closed_at as valid_to_at,
    received_at,
    _rescued,
from closed
where not is_same
