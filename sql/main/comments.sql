-- Every comment ever delivered, with its newest text; comments are a log and are never removed.
-- grain: comment_id
-- inputs: history.comments, staging.ranked_snapshots
-- replaced by: landing_id
with comments as (

    select * from history.comments

), snapshots as (

    select * from staging.ranked_snapshots

), newest as (

    select
        comments.comment_id as comment_id,
        max_by(comments.landing_id, snapshots.snapshot_rank) as landing_id,
    from comments
    inner join snapshots using (landing_id)
    group by comments.comment_id

)

select
    comments.comment_id as comment_id,
    comments.task_id as task_id,
    comments.milestone_id as milestone_id,
    comments.landing_id as landing_id,
    comments.each_comment_column as each_comment_column,
    comments.received_at as received_at,
    comments._rescued as _rescued,
from comments
inner join newest using (comment_id, landing_id)
