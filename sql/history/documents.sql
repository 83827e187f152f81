-- The document rows of every snapshot, as delivered.
-- grain: landing_id, document_id
-- inputs: staging.sub_tasks
with sub_tasks as (

    select * from staging.sub_tasks

), documents as (

    select
        landing_id,
        milestone_id,
        task_id,
        sub_task.sub_task_id as sub_task_id,
        explode(sub_task.documents) as document,
        received_at,
    from sub_tasks

)

select
    document.document_id as document_id,
    landing_id,
    sub_task_id,
    task_id,
    milestone_id,
    document.each_document_column as each_document_column,
    received_at,
    document.rescued as _rescued,
from documents
