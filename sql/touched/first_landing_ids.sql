-- Every delivery about what the new ones are about.
-- grain: landing_id
-- inputs: cache.deliveries, touched.first_keys
select deliveries.landing_id as landing_id
from cache.deliveries as deliveries
inner join touched.first_keys using (key)
