-- Every current task belongs to a current milestone.
-- severity: warn
-- inputs: main.tasks, main.milestones
with tasks as (

    select * from main.tasks

), milestones as (

    select * from main.milestones

)

select
    tasks.task_id as task_id,
    tasks.milestone_id as milestone_id,
from tasks
left join milestones using (milestone_id)
where milestones.milestone_id is null
