-- The last update of each site in Sighten, one row per API list that contained it.
-- grain: landing_id, site_id
-- inputs: staging.site_listings
with site_listings as (

    select * from staging.site_listings

)

select
    site_id,
    landing_id,
    max(is_whole_list) as is_whole_list,
    max(site_updated_at) as site_updated_at,
    max(received_at) as received_at,
from site_listings
group by site_id, landing_id
