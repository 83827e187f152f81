-- Every decision on a quarantined delivery, and whether it is in force.
-- grain: landing_id
-- inputs: history.decisions
-- replaced by: all rows
with decisions as (

    select * from history.decisions

)

select
    landing_id,
    quarantined_landing_id,
    decision,
    retried_as_landing_id,
    reason,
    row_number() over (
        partition by quarantined_landing_id
        order by received_at desc, landing_id desc
    ) = 1 as is_in_force,
    received_at as decided_at,
from decisions
