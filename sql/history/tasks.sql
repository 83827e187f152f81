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
    task.position as position,
    task.name as name,
    task.description as description,
    task.status as status,
    task.assigned_to_user_id as assigned_to_user_id,
    task.task_definition_id as task_definition_id,
    task.approver_user_id as approver_user_id,
    task.sub_tasks_complete as sub_tasks_complete,
    received_at,
    task.rescued as _rescued,
from tasks
