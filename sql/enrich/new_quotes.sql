-- Quotes that webhooks of some loads name, and no published delivery; whatever else is known, they are due.
-- grain: quote_id
-- inputs: history.snapshots, staging.loaded_snapshots
with snapshots as (

    select * from staging.loaded_snapshots
    where quote_id is not null and not is_rest

), published as (

    select * from history.snapshots

)

select
    snapshots.quote_id as quote_id,
    max(snapshots.received_at) as delivered_at,
from snapshots
left join published using (quote_id)
where published.quote_id is null
group by snapshots.quote_id
