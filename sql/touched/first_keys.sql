-- What the new deliveries are about.
-- grain: key
-- inputs: cache.deliveries, staging.commits
select distinct deliveries.key as key
from cache.deliveries as deliveries
inner join staging.commits using (batch_id)
