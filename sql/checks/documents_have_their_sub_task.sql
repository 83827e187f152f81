-- Every current document belongs to a current sub_task.
-- severity: fail
-- inputs: main.documents, main.sub_tasks
with documents as (

    select * from main.documents

), sub_tasks as (

    select * from main.sub_tasks

)

select
    documents.document_id as document_id,
    documents.sub_task_id as sub_task_id,
from documents
left join sub_tasks using (sub_task_id)
where sub_tasks.sub_task_id is null
