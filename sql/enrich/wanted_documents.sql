-- Documents to download: current ones of a wanted creation type.
-- grain: document_id
-- inputs: main.documents, staging.creation_types
-- The route by sub_task does not name a document, so it is used only for a sub_task with exactly one such document.
with documents as (

    select * from main.documents

), creation_types as (

    select * from staging.creation_types

), counted as (

    select
        documents.*,
        count(*) over (partition by documents.sub_task_id) as in_sub_task,
    from documents
    inner join creation_types using (creation_type)

)

select
    document_id,
    case when in_sub_task = 1 then sub_task_id end as sub_task_id,
    name,
    date_created,
from counted
