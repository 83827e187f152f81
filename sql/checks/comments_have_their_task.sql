-- The task or milestone of every comment is current.
-- severity: warn
-- inputs: main.comments, main.milestones, main.tasks
-- Comments are a log: they stay when their task is removed.
with comments as (

    select * from main.comments

), milestones as (

    select * from main.milestones

), tasks as (

    select * from main.tasks

)

select
    comments.comment_id as comment_id,
    comments.task_id as task_id,
    comments.milestone_id as milestone_id,
from comments
left join tasks on comments.task_id = tasks.task_id
left join milestones on comments.milestone_id = milestones.milestone_id
where
    (comments.task_id is not null and tasks.task_id is null)
    or (comments.task_id is null and milestones.milestone_id is null)
