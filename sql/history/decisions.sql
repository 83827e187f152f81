-- Every decision on a quarantined delivery, as recorded.
-- grain: landing_id
-- inputs: staging.decisions
with decisions as (

    select * from staging.decisions

)

select
    landing_id,
    quarantined_landing_id,
    decision,
    retried_as_landing_id,
    reason,
    received_at,
from decisions
