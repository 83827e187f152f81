-- The sub_task rows of every snapshot, as delivered.
-- grain: landing_id, sub_task_id
-- inputs: staging.sub_tasks
with sub_tasks as (

    select * from staging.sub_tasks

)

select
    sub_task.sub_task_id as sub_task_id,
    landing_id,
    task_id,
    milestone_id,
    sub_task.each_sub_task_column as each_sub_task_column,
    sub_task.documents_complete as documents_complete,
    sub_task.envelopes_complete as envelopes_complete,
    sub_task.signers_complete as signers_complete,
    received_at,
    sub_task.rescued as _rescued,
from sub_tasks
