-- The touched deliveries, and all snapshots of milestones with a touched quote: of those only the root fields are read.
-- grain: landing_id
-- inputs: cache.deliveries, cache.snapshots, touched.landing_ids, touched.quotes
with keys as (

    select distinct deliveries.key as key
    from cache.snapshots as snapshots
    inner join touched.quotes using (quote_id)
    inner join cache.deliveries as deliveries on snapshots.landing_id = deliveries.landing_id

)

select landing_id from touched.landing_ids

union

select deliveries.landing_id as landing_id
from cache.deliveries as deliveries
inner join keys using (key)
