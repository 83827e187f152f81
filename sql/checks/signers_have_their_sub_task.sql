-- Every current signer belongs to a current sub_task.
-- severity: fail
-- inputs: main.signers, main.sub_tasks
with signers as (

    select * from main.signers

), sub_tasks as (

    select * from main.sub_tasks

)

select
    signers.signer_id as signer_id,
    signers.sub_task_id as sub_task_id,
from signers
left join sub_tasks using (sub_task_id)
where sub_tasks.sub_task_id is null
