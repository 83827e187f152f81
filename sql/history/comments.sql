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
    comment.position as position,
    comment.comment as comment,
    comment.commentor as commentor,
    comment.commentor_first_name as commentor_first_name,
    comment.commentor_last_name as commentor_last_name,
    comment.commentor_id as commentor_id,
    comment.comment_type as comment_type,
    comment.private as private,
    comment.thread as thread,
    comment.timestamp as timestamp,
    comment.last_updated as last_updated,
    received_at,
    comment.rescued as _rescued,
from comments
