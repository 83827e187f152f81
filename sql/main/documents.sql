-- The newest state of every document that its sub_task still has, with its download status.
-- grain: document_id
-- inputs: history.document_intervals, ops.downloads, ops.snapshots
-- replaced by: landing_id
-- The row is the open interval, with the last delivery in this state.
with intervals as (

    select
        *,
        last_of(landing_ids) as last_landing_id,
    from history.document_intervals
    where valid_to_at is null

), snapshots as (

    select * from ops.snapshots

), downloads as (

    select * from ops.downloads

)

select
    intervals.document_id as document_id,
    intervals.sub_task_id as sub_task_id,
    intervals.task_id as task_id,
    intervals.milestone_id as milestone_id,
    snapshots.landing_id as landing_id,
    intervals.each_document_column as each_document_column,
    setting('api_url') || '/api/v1/document/' || intervals.document_id || '/preview' as preview_url,
    downloads.download_status as download_status,
    downloads.sha256 as sha256,
    downloads.size_bytes as size_bytes,
    downloads.mime_type as mime_type,
    setting('home') || '/' || downloads.vault_path as vault_path,
    downloads.downloaded_at as downloaded_at,
    snapshots.received_at as received_at,
    intervals._rescued as _rescued,
from intervals
inner join snapshots on intervals.last_landing_id = snapshots.landing_id
left join downloads using (document_id)
