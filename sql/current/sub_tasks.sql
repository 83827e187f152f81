-- The newest state of every sub_task that its task still has.
-- grain: sub_task_id
-- inputs: history.sub_task_states, history.sub_tasks, history.tasks, main.tasks, ops.snapshots
-- It is gone when a newer snapshot with a complete list of its task's sub_tasks lacks it.
-- Its milestone is that of its task, which may have moved without a list of its sub_tasks.
with sub_tasks as (

    select * from history.sub_tasks

), states as (

    select * from history.sub_task_states

), tasks_then as (

    select * from history.tasks

), tasks_now as (

    select * from main.tasks

), snapshots as (

    select * from ops.snapshots
    where not is_duplicate

), newest as (

    select
        sub_tasks.sub_task_id as sub_task_id,
        max_by(sub_tasks.landing_id, snapshots.snapshot_rank) as landing_id,
        max(snapshots.snapshot_rank) as snapshot_rank,
    from sub_tasks
    inner join snapshots using (landing_id)
    group by sub_tasks.sub_task_id

), complete_lists as (

    select
        tasks_then.task_id as task_id,
        max(snapshots.snapshot_rank) as snapshot_rank,
    from tasks_then
    inner join snapshots using (landing_id)
    where tasks_then.sub_tasks_complete
    group by tasks_then.task_id

)

select
    states.sub_task_id as sub_task_id,
    states.task_id as task_id,
    tasks_now.milestone_id as milestone_id,
    states.landing_id as landing_id,
    states.position as position,
    states.label as label,
    states.instructions as instructions,
    states.category as category,
    states.status as status,
    states.document_status as document_status,
    states.required as required,
    states.data as data,
    states.is_checked as is_checked,
    states.received_at as received_at,
    states._rescued as _rescued,
from states
inner join newest using (sub_task_id, landing_id)
inner join tasks_now using (task_id)
left join complete_lists using (task_id)
where newest.snapshot_rank >= coalesce(complete_lists.snapshot_rank, 0)
