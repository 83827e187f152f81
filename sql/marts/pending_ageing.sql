-- Milestones that were submitted and wait for a decision, and for how long, by assignee.
-- grain: milestone_id
-- inputs: main.milestones, main.users, marts.approval_cycles, marts.milestone_events
with milestones as (

    select * from main.milestones

), users as (

    select * from main.users

), cycles as (

    select * from marts.approval_cycles
    where is_open and last_submitted_at is not null

), rejected as (

    select
        milestone_id,
        max(event_at) as rejected_at,
    from marts.milestone_events
    where event = 'rejected'
    group by milestone_id

)

select
    cycles.milestone_id as milestone_id,
    cycles.milestone_definition_id as milestone_definition_id,
    cycles.name as name,
    cycles.status as status,
    milestones.assigned_to_user_id as assigned_to_user_id,
    users.email as assigned_to_email,
    seconds_between(cycles.last_submitted_at, cast(setting('published_at') as timestamp)) as age_seconds,
    cycles.last_submitted_at as pending_since_at,
from cycles
inner join milestones using (milestone_id)
left join users on milestones.assigned_to_user_id = users.user_id
left join rejected on cycles.milestone_id = rejected.milestone_id
where rejected.rejected_at is null or rejected.rejected_at < cycles.last_submitted_at
