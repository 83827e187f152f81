-- The ids that go with an erased site or milestone: its milestones, their tasks and documents, and quotes of no other.
-- grain: id
-- inputs: history.documents, history.quotes, history.snapshots, history.tasks
-- The settings are site_id and milestone_id, one of them NULL.
with snapshots as (

    select * from history.snapshots

), tasks as (

    select * from history.tasks

), documents as (

    select * from history.documents

), quotes as (

    select * from history.quotes

), milestones as (

    select distinct milestone_id
    from snapshots
    where
        milestone_id is not null
        and (milestone_id = setting('milestone_id') or site_id = setting('site_id'))

), named as (

    select
        quote_id,
        milestone_id,
    from snapshots

    union

    select
        new_quote_id as quote_id,
        milestone_id,
    from snapshots

), own_quotes as (

    select named.quote_id as quote_id
    from named
    left join milestones using (milestone_id)
    where named.quote_id is not null
    group by named.quote_id
    having count(*) = count(milestones.milestone_id)

), signed as (

    select
        signed_quote_id,
        quote_id,
    from quotes

    union

    select
        new_quote_id as signed_quote_id,
        quote_id,
    from snapshots

), own_signed_quotes as (

    select signed.signed_quote_id as quote_id
    from signed
    left join own_quotes using (quote_id)
    where signed.signed_quote_id is not null
    group by signed.signed_quote_id
    having count(*) = count(own_quotes.quote_id)

)

select milestone_id as id
from milestones

union

select snapshots.task_id as id
from snapshots
inner join milestones using (milestone_id)
where snapshots.task_id is not null

union

select tasks.task_id as id
from tasks
inner join milestones using (milestone_id)
where tasks.task_id is not null

union

select documents.document_id as id
from documents
inner join milestones using (milestone_id)
where documents.document_id is not null

union

select quote_id as id
from own_quotes

union

select quote_id as id
from own_signed_quotes
