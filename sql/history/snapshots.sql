-- The root fields of every loaded snapshot, and the fields that order it.
-- grain: landing_id
-- inputs: staging.snapshots
with snapshots as (

    select * from staging.snapshots

)

select
    landing_id,
    milestone_id,
    task_id,
    kind,
    coalesce(is_rest, false) as is_rest,
    site_id,
    quote_id,
    new_quote_id,
    milestone_definition_id,
    tasks_complete,
    content_hash,
    date_updated,
    watermark_at,
    received_at,
from snapshots
