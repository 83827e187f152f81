-- The tasks of every snapshot as delivered, with nested children.
-- grain: landing_id, task_id
-- inputs: staging.snapshots
with snapshots as (

    select * from staging.snapshots

)

select
    landing_id,
    milestone_id,
    explode(tasks) as task,
    received_at,
from snapshots
