-- Every original quote looked up in the API, with the quote signed now.
-- grain: quote_id
-- inputs: history.quotes, history.snapshots
-- replaced by: quote_id
-- Several milestones can share a quote; milestone_id is the first one delivered with it.
with quotes as (

    select * from history.quotes

), numbered as (

    select
        *,
        row_number() over (partition by quote_id order by resolved_at desc, landing_id desc) as recency,
    from quotes

), snapshots as (

    select * from history.snapshots
    where quote_id is not null and milestone_id is not null

), first_milestones as (

    select
        quote_id,
        min_by(milestone_id, (received_at, landing_id)) as milestone_id,
    from snapshots
    group by quote_id

)

select
    numbered.quote_id as quote_id,
    numbered.signed_quote_id as signed_quote_id,
    first_milestones.milestone_id as milestone_id,
    numbered.landing_id as landing_id,
    numbered.signed_quote_id <> numbered.quote_id as is_resigned,
    numbered.resolution as resolution,
    numbered.resolved_at as resolved_at,
    numbered.received_at as received_at,
    numbered._rescued as _rescued,
from numbered
left join first_milestones using (quote_id)
where numbered.recency = 1
