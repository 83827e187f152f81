-- The comments of every snapshot as delivered, on milestones and on tasks.
-- grain: landing_id, comment_id
-- inputs: staging.comments
with comments as (

    select * from staging.comments

)

select
    comment.comment_id as comment_id,
    landing_id,
    task_id,
    milestone_id,
    comment.each_comment_column as each_comment_column,
    received_at,
    comment.rescued as _rescued,
from comments
