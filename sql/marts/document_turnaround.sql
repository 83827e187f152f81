-- How long each document waited from its creation until its milestone was next approved or rejected.
-- grain: document_id
-- inputs: main.documents, marts.milestone_events
with documents as (

    select * from main.documents

), decisions as (

    select * from marts.milestone_events
    where event in ('approved', 'rejected')

), next_decisions as (

    select
        documents.document_id as document_id,
        min(decisions.event_at) as decided_at,
        min_by(decisions.event, decisions.event_at) as decision,
    from documents
    inner join decisions
        on documents.milestone_id = decisions.milestone_id and documents.date_created <= decisions.event_at
    group by documents.document_id

)

select
    documents.document_id as document_id,
    documents.milestone_id as milestone_id,
    documents.task_id as task_id,
    documents.creation_type as creation_type,
    documents.document_type as document_type,
    next_decisions.decision as decision,
    seconds_between(documents.date_created, next_decisions.decided_at) as turnaround_seconds,
    documents.date_created as date_created,
    next_decisions.decided_at as decided_at,
from documents
left join next_decisions using (document_id)
