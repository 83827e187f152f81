-- The task rows of every snapshot, as delivered.
-- grain: landing_id, task_id
-- inputs: staging.tasks
with tasks as (

    select * from staging.tasks

)

select
    task.task_id as task_id,
    landing_id,
    milestone_id,
    task.each_task_column as each_task_column,
    task.sub_tasks_complete as sub_tasks_complete,
    received_at,
    task.rescued as _rescued,
from tasks
