-- Every document uploaded after a rejection of its milestone and before the next submit.
-- grain: document_id
-- inputs: marts.document_turnaround, marts.rejections
-- replaced by: document_id
-- Of several rejections without a submit between them, the last one before the upload counts, so that each document
-- counts once. A document created at the moment of the next submit belongs to it.
with documents as (

    select * from marts.document_turnaround

), rejections as (

    select * from marts.rejections

), numbered as (

    select
        documents.document_id as document_id,
        documents.milestone_id as milestone_id,
        documents.task_id as task_id,
        rejections.milestone_definition_id as milestone_definition_id,
        rejections.organization_id as organization_id,
        rejections.comment_id as rejection_comment_id,
        rejections.name as name,
        documents.creation_type as creation_type,
        documents.document_type as document_type,
        documents.is_current as is_current,
        rejections.rejected_at as rejected_at,
        documents.date_created as date_created,
        rejections.next_submitted_at as next_submitted_at,
        row_number() over (
            partition by documents.document_id
            order by rejections.rejected_at desc, rejections.comment_id desc
        ) as recency,
    from documents
    inner join rejections
        on documents.milestone_id = rejections.milestone_id and documents.date_created > rejections.rejected_at
    where rejections.next_submitted_at is null or documents.date_created <= rejections.next_submitted_at

)

select
    document_id,
    milestone_id,
    task_id,
    milestone_definition_id,
    organization_id,
    rejection_comment_id,
    name,
    creation_type,
    document_type,
    is_current,
    next_submitted_at is not null as is_submitted,
    seconds_between(rejected_at, date_created) as seconds_after_rejection,
    rejected_at,
    date_created,
    next_submitted_at,
from numbered
where recency = 1
