-- Every current envelope belongs to a current sub_task.
-- severity: fail
-- inputs: main.envelopes, main.sub_tasks
with envelopes as (

    select * from main.envelopes

), sub_tasks as (

    select * from main.sub_tasks

)

select
    envelopes.envelope_id as envelope_id,
    envelopes.sub_task_id as sub_task_id,
from envelopes
left join sub_tasks using (sub_task_id)
where sub_tasks.sub_task_id is null
