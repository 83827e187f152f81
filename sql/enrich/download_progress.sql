-- Number of documents to download, by status.
-- grain: download_status
-- inputs: enrich.wanted_documents, ops.downloads
with wanted as (

    select * from enrich.wanted_documents

), downloads as (

    select * from ops.downloads

)

select
    coalesce(downloads.download_status, 'not_tried') as download_status,
    count(wanted.document_id) as documents,
    sum(downloads.size_bytes) as size_bytes,
    min(downloads.next_attempt_at) as next_attempt_at,
from wanted
left join downloads using (document_id)
group by coalesce(downloads.download_status, 'not_tried')
