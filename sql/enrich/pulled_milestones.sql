-- Milestones pulled since their site's last update, for sites with other milestones still to pull.
-- grain: site_id, milestone_id
-- inputs: enrich.listed_sites, history.site_pulls
with sites as (

    select * from enrich.listed_sites
    where not is_landed

), pulls as (

    select * from history.site_pulls
    where milestone_id is not null

)

select distinct
    pulls.site_id as site_id,
    pulls.milestone_id as milestone_id,
from pulls
inner join sites using (site_id)
where sites.site_updated_at is null or pulls.site_updated_at >= sites.site_updated_at
