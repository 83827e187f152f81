-- Cycle time of each milestone, from the first submit to the approval; open ones included.
-- grain: milestone_id
-- inputs: main.milestones, marts.milestone_events, marts.people, marts.reviews, ops.snapshots
-- replaced by: milestone_id
-- A milestone submitted or rejected again after an approval is open until the next approval. If only REST reports a
-- status, without a date, it determines the state, and the times stay NULL.
with milestones as (

    select * from main.milestones

), people as (

    select * from marts.people

), events as (

    select * from marts.milestone_events

), reviews as (

    select
        milestone_id,
        max_by(coalesce(ended_as, 'pending'), round) as last_ended_as,
        count(case when ended_as = 'cancelled' then 1 end) as cancellations,
        -- whole microseconds, so that the sum does not depend on the order
        sum(cast(round(review_seconds * 1000000) as bigint)) / 1e6 as total_review_seconds,
        sum(cast(round(rework_seconds * 1000000) as bigint)) / 1e6 as rework_seconds,
    from marts.reviews
    group by milestone_id

), pulled as (

    select
        milestones.milestone_id as milestone_id,
        case milestones.status
            when 'SUBMITTED' then 'submitted'
            when 'REJECTED' then 'rejected'
            when 'APPROVED' then 'approved'
        end as event,
    from milestones
    inner join ops.snapshots as snapshots using (landing_id)
    where snapshots.is_rest

), decided as (

    select
        milestone_id,
        min(case when event = 'submitted' then event_at end) as submitted_at,
        max(case when event = 'submitted' then event_at end) as last_submitted_at,
        max(case when event <> 'approved' then sequence end) as last_other,
        count(case when event = 'submitted' then 1 end) as submits,
        count(case when event = 'rejected' then 1 end) as rejections,
        count(case when event = 'approved' then 1 end) as approvals,
        min_by(case when event <> 'submitted' then event end, case when event <> 'submitted' then sequence end)
            as first_decision,
        max_by(event, sequence) as last_event,
    from events
    group by milestone_id

), approvals as (

    select
        events.milestone_id as milestone_id,
        min(events.event_at) as approved_at,
    from events
    inner join decided using (milestone_id)
    where events.event = 'approved' and events.sequence > coalesce(decided.last_other, 0)
    group by events.milestone_id

)

select
    milestones.milestone_id as milestone_id,
    milestones.milestone_definition_id as milestone_definition_id,
    people.organization_id as organization_id,
    people.organization_name as organization_name,
    milestones.name as name,
    milestones.status as status,
    case
        when pulled.event <> coalesce(decided.last_event, '') and pulled.event = 'submitted' then 'pending'
        when pulled.event <> coalesce(decided.last_event, '') then pulled.event
        when decided.last_event = 'submitted' and reviews.last_ended_as = 'cancelled' then 'cancelled'
        when decided.last_event = 'submitted' then 'pending'
        else coalesce(decided.last_event, 'not_submitted')
    end as state,
    coalesce(decided.submits, 0) as submits,
    coalesce(decided.rejections, 0) as rejections,
    coalesce(decided.approvals, 0) as approvals,
    coalesce(reviews.cancellations, 0) as cancellations,
    decided.first_decision as first_decision,
    approvals.approved_at is null and coalesce(pulled.event, '') <> 'approved' as is_open,
    seconds_between(decided.submitted_at, approvals.approved_at) as cycle_seconds,
    seconds_between(decided.last_submitted_at, approvals.approved_at) as review_seconds,
    reviews.total_review_seconds as total_review_seconds,
    reviews.rework_seconds as rework_seconds,
    decided.submitted_at as submitted_at,
    decided.last_submitted_at as last_submitted_at,
    approvals.approved_at as approved_at,
from milestones
left join decided using (milestone_id)
left join approvals using (milestone_id)
left join reviews using (milestone_id)
left join pulled using (milestone_id)
left join people on milestones.assigned_to_user_id = people.user_id
