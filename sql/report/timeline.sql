-- Timeline of the requested milestones: events, comments, documents and deliveries.
-- grain: milestone_id, at_ms, what, id
-- inputs: main.comments, main.documents, main.envelopes, main.tasks, marts.milestone_events, ops.deliveries,
-- ops.pseudonyms
-- Parameters: milestone_ids. If SIGHTEN_PII is masked, persons are pseudonyms and texts are left out.
with requested as (

    select unnest(setting('milestone_ids')) as milestone_id

), tasks as (

    select tasks.* from requested
    inner join main.tasks as tasks using (milestone_id)

), pseudonyms as (

    select * from ops.pseudonyms
    where kind = 'email'

), comments as (

    select comments.* from requested
    inner join main.comments as comments using (milestone_id)

), events as (

    select events.* from requested
    inner join marts.milestone_events as events using (milestone_id)

), documents as (

    select documents.* from requested
    inner join main.documents as documents using (milestone_id)

), envelopes as (

    select envelopes.* from requested
    inner join main.envelopes as envelopes using (milestone_id)

), deliveries as (

    select deliveries.* from requested
    inner join ops.deliveries as deliveries using (milestone_id)

), happened as (

    select
        events.milestone_id as milestone_id,
        events.event_at as at,
        events.event as what,
        coalesce(events.comment_id, events.milestone_id) as id,
        cast(null as varchar) as task_id,
        events.actor as person,
        events.actor_email as email,
        cast(null as varchar) as said,
        case when events.source = 'status' then 'inferred from the status' end as detail,
        cast(null as varchar) as link,
    from events

    union all

    select
        comments.milestone_id as milestone_id,
        comments.timestamp as at,
        'comment' as what,
        comments.comment_id as id,
        comments.task_id as task_id,
        nullif(trim(concat_ws(' ', comments.commentor_first_name, comments.commentor_last_name)), '') as person,
        comments.commentor as email,
        comments.comment as said,
        case when comments.private then 'private' end as detail,
        cast(null as varchar) as link,
    from comments
    left join events
        on comments.comment_id = events.comment_id and comments.milestone_id = events.milestone_id
    where events.comment_id is null

    union all

    select
        documents.milestone_id as milestone_id,
        documents.date_created as at,
        'document' as what,
        documents.document_id as id,
        documents.task_id as task_id,
        cast(null as varchar) as person,
        cast(null as varchar) as email,
        documents.name as said,
        concat_ws(' · ', lower(documents.creation_type), documents.document_type) as detail,
        documents.preview_url as link,
    from documents

    union all

    select
        envelopes.milestone_id as milestone_id,
        coalesce(envelopes.date_signed, envelopes.date_voided, envelopes.date_sent) as at,
        'envelope' as what,
        envelopes.envelope_id as id,
        envelopes.task_id as task_id,
        cast(null as varchar) as person,
        cast(null as varchar) as email,
        envelopes.name as said,
        case
            when envelopes.date_signed is not null then 'signed'
            when envelopes.date_voided is not null then 'voided'
            else 'sent'
        end as detail,
        cast(null as varchar) as link,
    from envelopes

    union all

    select
        deliveries.milestone_id as milestone_id,
        deliveries.received_at as at,
        'delivery' as what,
        deliveries.landing_id as id,
        deliveries.task_id as task_id,
        cast(null as varchar) as person,
        cast(null as varchar) as email,
        cast(null as varchar) as said,
        deliveries.outcome as detail,
        cast(null as varchar) as link,
    from deliveries

)

select
    happened.milestone_id as milestone_id,
    epoch_ms(happened.at) as at_ms,
    happened.what as what,
    happened.id as id,
    tasks.name as task,
    case
        when setting('pii') = 'full' then coalesce(happened.person, happened.email)
        when pseudonyms.pseudonym is not null then 'Person ' || substr(pseudonyms.pseudonym, 7, 8)
        when happened.person <> '' then 'Unknown person'
    end as person,
    case when setting('pii') = 'full' then happened.said end as said,
    happened.detail as detail,
    happened.link as link,
from happened
left join tasks on happened.task_id = tasks.task_id
left join pseudonyms on happened.email = pseudonyms.value
order by happened.milestone_id, happened.at nulls first, happened.what, happened.id
