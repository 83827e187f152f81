-- Every current sub_task belongs to a current task.
-- severity: fail
-- inputs: main.sub_tasks, main.tasks
with sub_tasks as (

    select * from main.sub_tasks

), tasks as (

    select * from main.tasks

)

select
    sub_tasks.sub_task_id as sub_task_id,
    sub_tasks.task_id as task_id,
from sub_tasks
left join tasks using (task_id)
where tasks.task_id is null
