-- The vendor's counters agree with the tasks that a milestone has.
-- severity: warn
-- inputs: main.milestones, main.tasks
-- They may differ for a time: a task-shaped delivery changes a task and not the milestone.
with milestones as (

    select * from main.milestones

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
