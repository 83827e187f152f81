-- The milestone of every milestone-shaped snapshot, as delivered.
-- grain: landing_id, milestone_id
-- inputs: staging.snapshots
with snapshots as (

    select * from staging.snapshots
    where kind = 'milestone'

)

select
    milestone_id,
    landing_id,
    milestone.each_milestone_column as each_milestone_column,
    watermark_at,
    received_at,
    milestone.rescued as _rescued,
from snapshots
