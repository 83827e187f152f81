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
    sub_task.position as position,
    sub_task.label as label,
    sub_task.instructions as instructions,
    sub_task.category as category,
    sub_task.status as status,
    sub_task.document_status as document_status,
    sub_task.required as required,
    sub_task.data as data,
    sub_task.is_checked as is_checked,
    sub_task.documents_complete as documents_complete,
    sub_task.envelopes_complete as envelopes_complete,
    sub_task.signers_complete as signers_complete,
    received_at,
    sub_task.rescued as _rescued,
from sub_tasks
