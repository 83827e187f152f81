-- The newest state of every sub_task that its task still has.
-- grain: sub_task_id
-- inputs: history.sub_tasks, history.tasks, main.tasks, ops.snapshots
-- It is gone when a newer snapshot with a complete list of its task's sub_tasks lacks it.
with sub_tasks as (

    select * from history.sub_tasks

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
    sub_tasks.sub_task_id as sub_task_id,
    sub_tasks.task_id as task_id,
    sub_tasks.milestone_id as milestone_id,
    sub_tasks.landing_id as landing_id,
    sub_tasks.position as position,
    sub_tasks.label as label,
    sub_tasks.instructions as instructions,
    sub_tasks.category as category,
    sub_tasks.status as status,
    sub_tasks.document_status as document_status,
    sub_tasks.required as required,
    sub_tasks.data as data,
    sub_tasks.is_checked as is_checked,
    sub_tasks.received_at as received_at,
    sub_tasks._rescued as _rescued,
from sub_tasks
inner join newest using (sub_task_id, landing_id)
inner join tasks_now using (task_id)
left join complete_lists using (task_id)
where newest.snapshot_rank >= coalesce(complete_lists.snapshot_rank, 0)
