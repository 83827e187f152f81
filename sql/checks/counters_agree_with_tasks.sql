-- The vendor's task counters match the milestone's tasks.
-- severity: warn
-- inputs: main.milestones, main.tasks, ops.snapshots
-- They can differ for a time, because a task-shaped delivery changes a task and not the milestone. REST returns no
-- counters, so milestones whose newest snapshot is from REST are left out.
with milestones as (

    select milestones.* from main.milestones as milestones
    left join ops.snapshots as snapshots using (landing_id)
    where not coalesce(snapshots.is_rest, false)

), tasks as (

    select * from main.tasks

), counted as (

    select
        milestone_id,
        count(*) as tasks,
        count(case when status = 'APPROVED' then 1 end) as approved_tasks,
    from tasks
    group by milestone_id

)

select
    milestones.milestone_id as milestone_id,
    milestones.task_count as task_count,
    coalesce(counted.tasks, 0) as tasks,
    milestones.approved_task_count as approved_task_count,
    coalesce(counted.approved_tasks, 0) as approved_tasks,
from milestones
left join counted using (milestone_id)
where
    milestones.task_count <> coalesce(counted.tasks, 0)
    or milestones.approved_task_count <> coalesce(counted.approved_tasks, 0)
