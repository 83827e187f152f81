-- Turnaround of each document, from its creation to the next approval or rejection of its milestone.
-- grain: document_id
-- inputs: history.documents, main.documents, marts.milestone_events, staging.ranked_snapshots
-- replaced by: document_id
-- Removed documents are included, because rejected documents are replaced. A decision counts for a removed document
-- only if no delivery before the decision lacks it: the rejection itself may never have been delivered.
with snapshots as (

    select
        *,
        lead(watermark_at) over (partition by milestone_id order by snapshot_rank) as next_watermark_at,
    from staging.ranked_snapshots

), documents_now as (

    select
        document_id,
        true as is_current,
    from main.documents

), documents as (

    select
        states.document_id as document_id,
        max_by(states.milestone_id, snapshots.snapshot_rank) as milestone_id,
        max_by(states.task_id, snapshots.snapshot_rank) as task_id,
        max_by(states.creation_type, snapshots.snapshot_rank) as creation_type,
        max_by(states.document_type, snapshots.snapshot_rank) as document_type,
        max_by(states.date_created, snapshots.snapshot_rank) as date_created,
        max(snapshots.watermark_at) as last_seen_at,
        max_by(snapshots.next_watermark_at, snapshots.snapshot_rank) as missed_at,
    from history.documents as states
    inner join snapshots using (landing_id)
    group by states.document_id

), decisions as (

    select * from marts.milestone_events
    where event in ('approved', 'rejected')

), next_decisions as (

    select
        documents.document_id as document_id,
        min(decisions.event_at) as decided_at,
        min_by(decisions.event, decisions.sequence) as decision,
    from documents
    left join documents_now using (document_id)
    inner join decisions
        on documents.milestone_id = decisions.milestone_id and documents.date_created <= decisions.event_at
    where
        documents_now.is_current
        or decisions.event_at <= documents.last_seen_at
        or decisions.event_at < documents.missed_at
    group by documents.document_id

)

select
    documents.document_id as document_id,
    documents.milestone_id as milestone_id,
    documents.task_id as task_id,
    documents.creation_type as creation_type,
    documents.document_type as document_type,
    coalesce(documents_now.is_current, false) as is_current,
    next_decisions.decision as decision,
    coalesce(documents_now.is_current, false) and next_decisions.decision is null as is_open,
    seconds_between(documents.date_created, next_decisions.decided_at) as turnaround_seconds,
    documents.date_created as date_created,
    next_decisions.decided_at as decided_at,
from documents
left join documents_now using (document_id)
left join next_decisions using (document_id)
