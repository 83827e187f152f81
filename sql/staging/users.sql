-- Every mention of a user with an id: assignees of milestones and tasks, and authors of comments.
-- grain: landing_id, place (a user may be mentioned in many places)
-- inputs: staging.snapshots, staging.tasks, staging.comments
with milestones as (

    select * from staging.snapshots
    where kind = 'milestone'

), tasks as (

    select * from staging.tasks

), comments as (

    select * from staging.comments

)

select
    landing_id,
    milestone_id,
    1 as place,
    milestone.assigned_to.user_id as user_id,
    milestone.assigned_to.email as email,
    milestone.assigned_to.first_name as first_name,
    milestone.assigned_to.last_name as last_name,
    milestone.assigned_to.organization_id as organization_id,
    milestone.assigned_to.organization_name as organization_name,
    milestone.assigned_to.rescued as rescued,
    received_at,
from milestones
where milestone.assigned_to.user_id is not null or milestone.assigned_to.organization_id is not null

union all

select
    landing_id,
    milestone_id,
    1 + coalesce(task.position, 0) as place,
    task.assigned_to.user_id as user_id,
    task.assigned_to.email as email,
    task.assigned_to.first_name as first_name,
    task.assigned_to.last_name as last_name,
    task.assigned_to.organization_id as organization_id,
    task.assigned_to.organization_name as organization_name,
    task.assigned_to.rescued as rescued,
    received_at,
from tasks
where task.assigned_to.user_id is not null or task.assigned_to.organization_id is not null

union all

-- mentions of assignees come first, because those of comment authors have no organization
select
    landing_id,
    milestone_id,
    1000000 + coalesce(comment.position, 0) as place,
    comment.commentor_id as user_id,
    comment.commentor as email,
    comment.commentor_first_name as first_name,
    comment.commentor_last_name as last_name,
    cast(null as varchar) as organization_id,
    cast(null as varchar) as organization_name,
    cast(null as varchar) as rescued,
    received_at,
from comments
where comment.commentor_id is not null
