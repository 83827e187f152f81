-- Every rejection, with the rework time until the next submit.
-- grain: milestone_id, rejected_at, comment_id
-- inputs: main.milestones, marts.milestone_events, marts.people
-- replaced by: milestone_id
with milestones as (

    select * from main.milestones

), people as (

    select * from marts.people

), events as (

    select
        *,
        min(case when event = 'submitted' then event_at end) over (
            partition by milestone_id
            order by sequence
            rows between 1 following and unbounded following
        ) as next_submitted_at,
    from marts.milestone_events

)

select
    events.milestone_id as milestone_id,
    milestones.milestone_definition_id as milestone_definition_id,
    people.organization_id as organization_id,
    events.comment_id as comment_id,
    milestones.name as name,
    events.actor as actor,
    events.actor_email as actor_email,
    seconds_between(events.event_at, events.next_submitted_at) as rework_seconds,
    events.event_at as rejected_at,
    events.next_submitted_at as next_submitted_at,
from events
left join milestones using (milestone_id)
left join people on milestones.assigned_to_user_id = people.user_id
where events.event = 'rejected'
