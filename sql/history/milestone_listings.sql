-- Every milestone of a changed site, one row per reconcile that queried it in Sighten's API.
-- grain: landing_id, milestone_id
-- inputs: staging.milestone_listings
with milestone_listings as (

    select * from staging.milestone_listings

)

select
    milestone_id,
    landing_id,
    site_id,
    max(status) as status,
    max(date_updated) as date_updated,
    max(site_updated_at) as site_updated_at,
    max(compared_from_at) as compared_from_at,
    max(asked_at) as asked_at,
    max(received_at) as received_at,
from milestone_listings
group by milestone_id, landing_id, site_id
