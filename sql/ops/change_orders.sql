-- Every delivery that names a new quote, compared with the signed quote according to the API.
-- grain: landing_id
-- inputs: history.snapshots, main.milestones, main.quotes, staging.ranked_snapshots
-- Only the newest one of an original quote is compared, once the API was queried after its receipt.
with roots as (

    select * from history.snapshots
    where new_quote_id is not null

), snapshots as (

    select * from staging.ranked_snapshots

), milestones as (

    select * from main.milestones

), quotes as (

    select * from main.quotes

), change_orders as (

    select
        roots.landing_id as landing_id,
        roots.milestone_id as milestone_id,
        roots.task_id as task_id,
        coalesce(milestones.quote_id, roots.quote_id) as quote_id,
        roots.new_quote_id as new_quote_id,
        snapshots.snapshot_rank as snapshot_rank,
        roots.watermark_at as watermark_at,
        roots.received_at as received_at,
    from roots
    inner join snapshots using (landing_id)
    left join milestones on roots.milestone_id = milestones.milestone_id

), numbered as (

    select
        *,
        row_number() over (partition by quote_id order by snapshot_rank desc) as recency,
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
