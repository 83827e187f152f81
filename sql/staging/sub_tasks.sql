-- The sub_tasks of every snapshot as delivered, with nested children.
-- grain: landing_id, sub_task_id
-- inputs: staging.tasks
with tasks as (

    select * from staging.tasks

)

select
    landing_id,
    milestone_id,
    task.task_id as task_id,
    explode(task.sub_tasks) as sub_task,
    received_at,
from tasks
