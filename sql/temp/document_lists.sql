-- Each compared snapshot of a sub_task, with the time of the next one that lists all documents of the sub_task.
-- grain: sub_task_id, snapshot_rank
-- inputs: history.sub_tasks, staging.compared_snapshots
with snapshots as (

    select
        *,
        coalesce(watermark_at, minus_infinity()) as effective_at,
    from staging.compared_snapshots

)

select
    sub_tasks.sub_task_id as sub_task_id,
    snapshots.snapshot_rank as snapshot_rank,
    snapshots.effective_at as effective_at,
    min(case when sub_tasks.documents_complete then snapshots.effective_at end) over (
        partition by sub_tasks.sub_task_id
        order by snapshots.snapshot_rank
        rows between 1 following and unbounded following
    ) as next_list_at,
from history.sub_tasks as sub_tasks
inner join snapshots using (landing_id)
