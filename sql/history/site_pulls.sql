-- Every milestone pulled by REST, and every site whose milestones were all pulled.
-- grain: landing_id
-- inputs: staging.site_pulls
with site_pulls as (

    select * from staging.site_pulls

)

select
    site_id,
    milestone_id,
    landing_id,
    milestones,
    site_updated_at,
    asked_at,
    received_at,
from site_pulls
