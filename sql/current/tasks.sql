-- The newest state of every task that its milestone still has.
-- grain: task_id
-- inputs: history.task_states, history.tasks, ops.snapshots
-- A task is gone when a newer snapshot with a complete list of its milestone's tasks lacks it.
-- Only one of the two shapes tells its position, only the other its definition, and only REST its approver: what was
-- told last stays.
with tasks as (

    select * from history.tasks

), states as (

    select * from history.task_states

), snapshots as (

    select * from ops.snapshots
    where not is_duplicate

), newest as (

    select
        tasks.task_id as task_id,
        max_by(tasks.landing_id, snapshots.snapshot_rank) as landing_id,
        max(snapshots.snapshot_rank) as snapshot_rank,
    from tasks
    inner join snapshots using (landing_id)
    group by tasks.task_id

), told as (

    select
        tasks.task_id as task_id,
        tasks.milestone_id as milestone_id,
        max_by(
            tasks.position, case when tasks.position is not null then snapshots.snapshot_rank end
        ) as position,
        max_by(
            tasks.task_definition_id, case when tasks.task_definition_id is not null then snapshots.snapshot_rank end
        ) as task_definition_id,
        max_by(
            tasks.approver_user_id, case when tasks.approver_user_id is not null then snapshots.snapshot_rank end
        ) as approver_user_id,
    from tasks
    inner join snapshots using (landing_id)
    group by tasks.task_id, tasks.milestone_id

), complete_lists as (

    select
        milestone_id,
        max(snapshot_rank) as snapshot_rank,
    from snapshots
    where tasks_complete
    group by milestone_id

)

select
    states.task_id as task_id,
    states.milestone_id as milestone_id,
    states.landing_id as landing_id,
    told.position as position,
    states.name as name,
    states.description as description,
    states.status as status,
    states.assigned_to_user_id as assigned_to_user_id,
    told.task_definition_id as task_definition_id,
    told.approver_user_id as approver_user_id,
    states.received_at as received_at,
    states._rescued as _rescued,
from states
inner join newest using (task_id, landing_id)
inner join told
    on states.task_id = told.task_id and states.milestone_id is not distinct from told.milestone_id
left join complete_lists on states.milestone_id = complete_lists.milestone_id
where newest.snapshot_rank >= coalesce(complete_lists.snapshot_rank, 0)
