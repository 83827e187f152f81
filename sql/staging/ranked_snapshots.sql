-- Every snapshot that counts, with its rank: the order that determines the current state.
-- grain: landing_id
-- inputs: ops.snapshots
-- Equal content ranks by its last delivery. Ranks compare only the snapshots of one build, so none is published.
with snapshots as (

    select * from ops.snapshots
    where not is_duplicate

)

select
    landing_id,
    milestone_id,
    task_id,
    kind,
    is_rest,
    tasks_complete,
    watermark_at,
    received_at,
    row_number() over (order by watermark_at nulls first, last_received_at, last_landing_id) as snapshot_rank,
from snapshots
