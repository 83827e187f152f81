-- How long each milestone took from its first submit to its approval; open ones are kept as open.
-- grain: milestone_id
-- inputs: main.milestones, marts.milestone_events
-- A milestone that was submitted or rejected again after an approval is open until it is approved once more.
with milestones as (

    select * from main.milestones

), events as (

    select * from marts.milestone_events

), decided as (

    select
        milestone_id,
        min(case when event = 'submitted' then event_at end) as submitted_at,
        max(case when event = 'submitted' then event_at end) as last_submitted_at,
        max(case when event = 'approved' then event_at end) as last_approved_at,
        max(case when event <> 'approved' then event_at end) as last_other_at,
        count(case when event = 'submitted' then 1 end) as submits,
        count(case when event = 'rejected' then 1 end) as rejections,
    from events
    group by milestone_id

), closed as (

    select
        *,
        case
            when last_other_at is null or last_approved_at >= last_other_at then last_approved_at
        end as approved_at,
    from decided

)

select
    milestones.milestone_id as milestone_id,
    milestones.milestone_definition_id as milestone_definition_id,
    milestones.name as name,
    milestones.status as status,
    coalesce(closed.submits, 0) as submits,
    coalesce(closed.rejections, 0) as rejections,
    closed.approved_at is null as is_open,
    seconds_between(closed.submitted_at, closed.approved_at) as cycle_seconds,
    seconds_between(closed.last_submitted_at, closed.approved_at) as review_seconds,
    closed.submitted_at as submitted_at,
    closed.last_submitted_at as last_submitted_at,
    closed.approved_at as approved_at,
from milestones
left join closed using (milestone_id)
