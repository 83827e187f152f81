-- Each compared snapshot of a task, with the time of the next one that lists all sub_tasks of the task.
-- grain: task_id, snapshot_rank
-- inputs: history.tasks, staging.compared_snapshots
with snapshots as (

    select
        *,
        coalesce(watermark_at, minus_infinity()) as effective_at,
    from staging.compared_snapshots

)

select
    tasks.task_id as task_id,
    snapshots.snapshot_rank as snapshot_rank,
    snapshots.effective_at as effective_at,
    min(case when tasks.sub_tasks_complete then snapshots.effective_at end) over (
        partition by tasks.task_id
        order by snapshots.snapshot_rank
        rows between 1 following and unbounded following
    ) as next_list_at,
from history.tasks as tasks
inner join snapshots using (landing_id)
