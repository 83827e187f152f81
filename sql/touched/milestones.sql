-- The milestones of the touched deliveries, listings and pulls.
-- grain: milestone_id
-- inputs: cache.milestone_listings, cache.site_pulls, cache.snapshots, touched.landing_ids
with landing_ids as (

    select * from touched.landing_ids

)

select snapshots.milestone_id as milestone_id
from cache.snapshots as snapshots
inner join landing_ids using (landing_id)

union

select milestone_listings.milestone_id as milestone_id
from cache.milestone_listings as milestone_listings
inner join landing_ids using (landing_id)

union

select site_pulls.milestone_id as milestone_id
from cache.site_pulls as site_pulls
inner join landing_ids using (landing_id)
