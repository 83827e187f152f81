-- Every state of a task with the time in which it held: a row opens only when something changed.
-- grain: task_id, valid_from_at
-- inputs: history.task_states, ops.snapshots
-- A state ends with the task's next one, or with the next complete list of its milestone's tasks, which then lacks it.
-- Only one of the two shapes tells its position, only the other its definition, and only REST its approver: what was
-- told last stays.
with tasks as (

    select * from history.task_states

), snapshots as (

    select
        *,
        min(case when tasks_complete then snapshot_rank end) over (
            partition by milestone_id
            order by snapshot_rank
            rows between 1 following and unbounded following
        ) as next_list_rank,
    from ops.snapshots
    where not is_duplicate

), states as (

    select
        tasks.task_id as task_id,
        tasks.milestone_id as milestone_id,
        tasks.landing_id as landing_id,
        max_by(
            tasks.position, case when tasks.position is not null then snapshots.snapshot_rank end
        ) over so_far as position,
        tasks.name as name,
        tasks.description as description,
        tasks.status as status,
        tasks.assigned_to_user_id as assigned_to_user_id,
        max_by(
            tasks.task_definition_id, case when tasks.task_definition_id is not null then snapshots.snapshot_rank end
        ) over so_far as task_definition_id,
        max_by(
            tasks.approver_user_id, case when tasks.approver_user_id is not null then snapshots.snapshot_rank end
        ) over so_far as approver_user_id,
        tasks.received_at as received_at,
        tasks._rescued as _rescued,
        snapshots.snapshot_rank as snapshot_rank,
        snapshots.watermark_at as valid_from_at,
        least(
            lead(snapshots.snapshot_rank) over (partition by tasks.task_id order by snapshots.snapshot_rank),
            snapshots.next_list_rank
        ) as end_rank,
    from tasks
    inner join snapshots using (landing_id)
    window so_far as (
        partition by tasks.task_id, tasks.milestone_id
        order by snapshots.snapshot_rank
        rows between unbounded preceding and current row
    )

), held as (

    select
        states.*,
        ends.watermark_at as valid_to_at,
    from states
    left join snapshots as ends on states.end_rank = ends.snapshot_rank
    where states.end_rank is null or states.valid_from_at is distinct from ends.watermark_at

), compared as (

    select
        *,
        (
            coalesce(valid_from_at = lag(valid_to_at) over earlier_first, false)
            and milestone_id is not distinct from lag(milestone_id) over earlier_first
            and position is not distinct from lag(position) over earlier_first
            and name is not distinct from lag(name) over earlier_first
            and description is not distinct from lag(description) over earlier_first
            and status is not distinct from lag(status) over earlier_first
            and assigned_to_user_id is not distinct from lag(assigned_to_user_id) over earlier_first
            and task_definition_id is not distinct from lag(task_definition_id) over earlier_first
            and approver_user_id is not distinct from lag(approver_user_id) over earlier_first
            and _rescued is not distinct from lag(_rescued) over earlier_first
        ) as is_same,
    from held
    window earlier_first as (partition by task_id order by snapshot_rank)

), numbered as (

    select
        *,
        count(case when not is_same then 1 end) over earlier_first as interval_number,
    from compared
    window earlier_first as (partition by task_id order by snapshot_rank)

), closed as (

    select
        *,
        last_value(valid_to_at) over whole_interval as closed_at,
    from numbered
    window whole_interval as (
        partition by task_id, interval_number
        order by snapshot_rank
        rows between unbounded preceding and unbounded following
    )

)

select
    task_id,
    milestone_id,
    landing_id,
    position,
    name,
    description,
    status,
    assigned_to_user_id,
    task_definition_id,
    approver_user_id,
    valid_from_at,
    closed_at as valid_to_at,
    received_at,
    _rescued,
from closed
where not is_same
