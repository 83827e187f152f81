-- Every delivery that names a new quote, compared with the signed quote according to the API.
-- grain: landing_id
-- inputs: history.snapshots, main.quotes, staging.ranked_snapshots
-- replaced by: quote_id, landing_id
-- Only the newest one of an original quote is compared, once the API was queried after its receipt. The original quote
-- of a milestone is the last one that it was delivered with.
with roots as (

    select
        snapshots.*,
        ranked.snapshot_rank as snapshot_rank,
        max_by(snapshots.quote_id, case when snapshots.quote_id is not null then ranked.snapshot_rank end) over (
            partition by snapshots.milestone_id
        ) as milestone_quote_id,
    from history.snapshots as snapshots
    inner join staging.ranked_snapshots as ranked using (landing_id)

), quotes as (

    select * from main.quotes

), change_orders as (

    select
        landing_id,
        milestone_id,
        task_id,
        case when milestone_id is null then quote_id else milestone_quote_id end as quote_id,
        new_quote_id,
        snapshot_rank,
        watermark_at,
        received_at,
    from roots
    where new_quote_id is not null

), numbered as (

    select
        *,
        row_number() over (
            partition by quote_id, case when quote_id is null then landing_id end
            order by snapshot_rank desc
        ) as recency,
    from change_orders

)

select
    numbered.landing_id as landing_id,
    numbered.milestone_id as milestone_id,
    numbered.task_id as task_id,
    numbered.quote_id as quote_id,
    numbered.new_quote_id as new_quote_id,
    quotes.signed_quote_id as signed_quote_id,
    numbered.recency = 1 as is_newest,
    case
        when numbered.recency = 1 and quotes.resolved_at >= numbered.received_at
            then coalesce(quotes.signed_quote_id = numbered.new_quote_id, false)
    end as agrees,
    numbered.watermark_at as watermark_at,
    numbered.received_at as received_at,
from numbered
left join quotes using (quote_id)
