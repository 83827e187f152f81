-- The places at which touched deliveries drift.
-- grain: path
-- inputs: cache.drift, touched.landing_ids
select distinct drift.path as path
from cache.drift as drift
inner join touched.landing_ids using (landing_id)
