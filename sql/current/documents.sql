-- The newest state of every document that its sub_task still has.
-- grain: document_id
-- inputs: history.documents, history.sub_tasks, main.sub_tasks, ops.snapshots, ops.downloads
-- It is gone when a newer snapshot with a complete list of its sub_task's documents lacks it.
with documents as (

    select * from history.documents

), sub_tasks_then as (

    select * from history.sub_tasks

), sub_tasks_now as (

    select * from main.sub_tasks

), snapshots as (

    select * from ops.snapshots
    where not is_duplicate

), newest as (

    select
        documents.document_id as document_id,
        max_by(documents.landing_id, snapshots.snapshot_rank) as landing_id,
        max(snapshots.snapshot_rank) as snapshot_rank,
    from documents
    inner join snapshots using (landing_id)
    group by documents.document_id

), complete_lists as (

    select
        sub_tasks_then.sub_task_id as sub_task_id,
        max(snapshots.snapshot_rank) as snapshot_rank,
    from sub_tasks_then
    inner join snapshots using (landing_id)
    where sub_tasks_then.documents_complete
    group by sub_tasks_then.sub_task_id

), downloads as (

    select * from ops.downloads

)

select
    documents.document_id as document_id,
    documents.sub_task_id as sub_task_id,
    sub_tasks_now.task_id as task_id,
    sub_tasks_now.milestone_id as milestone_id,
    documents.landing_id as landing_id,
    documents.position as position,
    documents.name as name,
    documents.creation_type as creation_type,
    documents.document_type as document_type,
    documents.document_group_id as document_group_id,
    documents.date_created as date_created,
    documents.stale as stale,
    setting('api_url') || '/api/v1/document/' || documents.document_id || '/preview' as preview_url,
    downloads.download_status as download_status,
    downloads.sha256 as sha256,
    downloads.size_bytes as size_bytes,
    downloads.mime_type as mime_type,
    setting('home') || '/' || downloads.vault_path as vault_path,
    downloads.downloaded_at as downloaded_at,
    documents.received_at as received_at,
    documents._rescued as _rescued,
from documents
inner join newest using (document_id, landing_id)
inner join sub_tasks_now using (sub_task_id)
left join complete_lists using (sub_task_id)
left join downloads on documents.document_id = downloads.document_id
where newest.snapshot_rank >= coalesce(complete_lists.snapshot_rank, 0)
