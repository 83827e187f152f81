-- The signed quote of each original quote over time, as a chain of intervals from the original to the current one.
-- grain: quote_id, position
-- inputs: history.quotes, ops.change_orders
-- The API's responses give the links. If a change order was delivered between two responses, its watermark is the
-- earlier start.
with responses as (

    select * from history.quotes
    where resolution in ('signed', 'not_signed_yet')

), change_orders as (

    select * from ops.change_orders

), compared as (

    select
        *,
        lag(signed_quote_id) over earlier_first as previous_signed_quote_id,
        lag(resolved_at) over earlier_first as previous_resolved_at,
    from responses
    window earlier_first as (partition by quote_id order by resolved_at, landing_id)

), changes as (

    select * from compared
    where previous_resolved_at is null or signed_quote_id is distinct from previous_signed_quote_id

), ordered as (

    select
        changes.landing_id as landing_id,
        min(change_orders.watermark_at) as ordered_at,
    from changes
    inner join change_orders
        on
            changes.quote_id = change_orders.quote_id
            and changes.signed_quote_id = change_orders.new_quote_id
            and changes.resolved_at >= change_orders.watermark_at
            and (changes.previous_resolved_at is null or changes.previous_resolved_at < change_orders.watermark_at)
    group by changes.landing_id

), dated as (

    select
        changes.quote_id as quote_id,
        changes.signed_quote_id as signed_quote_id,
        changes.landing_id as landing_id,
        case when ordered.ordered_at is null then 'api' else 'change_order' end as told_by,
        changes.previous_resolved_at is null as is_first,
        coalesce(ordered.ordered_at, changes.resolved_at) as began_at,
        changes.resolved_at as resolved_at,
    from changes
    left join ordered using (landing_id)

), begun as (

    -- The chain starts with the original quote, unless the API reported that it was not signed then.
    select
        quote_id,
        signed_quote_id,
        landing_id,
        case when is_first and signed_quote_id = quote_id then 'original' else told_by end as told_by,
        case when is_first and signed_quote_id = quote_id then null else began_at end as valid_from_at,
        resolved_at,
    from dated

    union all

    select
        quote_id,
        quote_id as signed_quote_id,
        landing_id,
        'original' as told_by,
        null as valid_from_at,
        resolved_at,
    from dated
    where is_first and signed_quote_id <> quote_id

), ended as (

    select
        *,
        lead(valid_from_at) over (partition by quote_id order by valid_from_at nulls first) as valid_to_at,
    from begun

)

select
    quote_id,
    row_number() over (partition by quote_id order by valid_from_at nulls first) as position,
    signed_quote_id,
    landing_id,
    signed_quote_id <> quote_id as is_resigned,
    told_by,
    valid_from_at,
    valid_to_at,
    resolved_at,
from ended
where signed_quote_id is not null
