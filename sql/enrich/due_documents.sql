-- The documents to download now: current, of a wanted creation type, not stored, and not waiting for a later attempt.
-- grain: document_id
-- inputs: main.documents, ops.downloads, staging.creation_types
-- The route by sub_task names no document, so it is one of two ways only where its sub_task has one such document.
with documents as (

    select * from main.documents

), creation_types as (

    select * from staging.creation_types

), downloads as (

    select * from ops.downloads

), wanted as (

    select
        documents.*,
        count(*) over (partition by documents.sub_task_id) as in_sub_task,
    from documents
    inner join creation_types using (creation_type)

)

select
    wanted.document_id as document_id,
    wanted.milestone_id as milestone_id,
    case when wanted.in_sub_task = 1 then wanted.sub_task_id end as sub_task_id,
    wanted.name as name,
    wanted.date_created as date_created,
    downloads.attempts as attempts,
from wanted
left join downloads using (document_id)
where downloads.document_id is null or downloads.next_attempt_at <= setting('asked_at')
