-- Further snapshots that decide what is known of touched organizations.
-- grain: landing_id
-- inputs: before.organizations, cache.deliveries, touched.landing_ids, touched.organizations
with published as (

    select * from before.organizations

)

select distinct
    deliveries.landing_id as landing_id,
    deliveries.batch_id as batch_id,
from published
inner join touched.organizations using (organization_id)
inner join cache.deliveries as deliveries on published.landing_id = deliveries.landing_id
left join touched.landing_ids as known on published.landing_id = known.landing_id
where known.landing_id is null
