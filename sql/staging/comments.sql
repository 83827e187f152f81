-- The comments of every snapshot as delivered, on milestones and on tasks.
-- grain: landing_id, comment_id
-- inputs: staging.snapshots, staging.tasks
with snapshots as (

    select * from staging.snapshots

), tasks as (

    select * from staging.tasks

)

select
    landing_id,
    milestone_id,
    cast(null as varchar) as task_id,
    explode(comments) as comment,
    received_at,
from snapshots

union all

select
    landing_id,
    milestone_id,
    task.task_id as task_id,
    explode(task.comments) as comment,
    received_at,
from tasks
