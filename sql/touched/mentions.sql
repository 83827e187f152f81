-- Further snapshots that decide what is known of touched users.
-- grain: landing_id
-- inputs: cache.deliveries, cache.mentions, touched.landing_ids, touched.users
select distinct
    mentions.landing_id as landing_id,
    deliveries.batch_id as batch_id,
from cache.mentions as mentions
inner join touched.users using (user_id)
inner join cache.deliveries as deliveries on mentions.landing_id = deliveries.landing_id
left join touched.landing_ids as known on mentions.landing_id = known.landing_id
where known.landing_id is null
