-- No watermark is more than a day after the receipt of its snapshot, which would stay current until then.
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
