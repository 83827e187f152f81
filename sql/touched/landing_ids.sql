-- Every delivery about a touched key: their rows are recomputed.
-- grain: landing_id
-- inputs: cache.deliveries, touched.keys
select
    deliveries.landing_id as landing_id,
    deliveries.batch_id as batch_id,
from cache.deliveries as deliveries
inner join touched.keys using (key)
