-- No snapshot has a watermark a day later than it was received: it would stay current until that day.
-- severity: warn
-- inputs: ops.snapshots
with snapshots as (

    select * from ops.snapshots

)

select
    landing_id,
    milestone_id,
    watermark_at,
    received_at,
from snapshots
where seconds_between(received_at, watermark_at) > 86400
