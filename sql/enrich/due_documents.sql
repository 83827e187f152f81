-- Documents to download now: never tried, or due for the next attempt.
-- grain: document_id
-- inputs: enrich.wanted_documents, ops.downloads
with wanted as (

    select * from enrich.wanted_documents

), downloads as (

    select * from ops.downloads

)

select
    wanted.document_id as document_id,
    wanted.sub_task_id as sub_task_id,
    wanted.name as name,
    wanted.date_created as date_created,
from wanted
left join downloads using (document_id)
where downloads.document_id is null or downloads.next_attempt_at <= setting('asked_at')
