-- Every quote whose contract was re-signed on another quote, with its milestones.
-- grain: quote_id, milestone_id
-- inputs: history.quote_intervals, main.milestones, main.quotes, ops.change_orders
with milestones as (

    select * from main.milestones

), quotes as (

    select * from main.quotes
    where is_resigned

), intervals as (

    select * from history.quote_intervals

), change_orders as (

    select * from ops.change_orders
    where is_newest

), chains as (

    select
        quote_id,
        count(*) as resigns,
        max(case when valid_to_at is null then valid_from_at end) as resigned_at,
        max(case when valid_to_at is null then told_by end) as told_by,
    from intervals
    where is_resigned or position > 1
    group by quote_id

)

select
    quotes.quote_id as quote_id,
    quotes.signed_quote_id as signed_quote_id,
    milestones.milestone_id as milestone_id,
    milestones.site_id as site_id,
    milestones.milestone_definition_id as milestone_definition_id,
    chains.resigns as resigns,
    change_orders.new_quote_id as new_quote_id,
    change_orders.agrees as new_quote_agrees,
    chains.resigned_at as resigned_at,
    chains.told_by as told_by,
    quotes.resolved_at as resolved_at,
from quotes
inner join milestones using (quote_id)
left join chains using (quote_id)
left join change_orders using (quote_id)
