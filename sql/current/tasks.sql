-- The newest state of every task that its milestone still has.
-- grain: task_id
-- inputs: history.tasks, ops.snapshots
-- A task is gone when a newer snapshot with a complete list of its milestone's tasks lacks it.
-- Only one of the two shapes tells its position, and only the other its definition: what was told last stays.
with tasks as (

    select * from history.tasks

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
    tasks.task_id as task_id,
    tasks.milestone_id as milestone_id,
    tasks.landing_id as landing_id,
    told.position as position,
    tasks.name as name,
    tasks.description as description,
    tasks.status as status,
    tasks.assigned_to_user_id as assigned_to_user_id,
    told.task_definition_id as task_definition_id,
    tasks.received_at as received_at,
    tasks._rescued as _rescued,
from tasks
inner join newest using (task_id, landing_id)
inner join told
    on tasks.task_id = told.task_id and tasks.milestone_id is not distinct from told.milestone_id
left join complete_lists on tasks.milestone_id = complete_lists.milestone_id
where newest.snapshot_rank >= coalesce(complete_lists.snapshot_rank, 0)
