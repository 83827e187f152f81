-- Every submit of every milestone, with its outcome, review time and rework time.
-- grain: milestone_id, round
-- inputs: main.milestones, marts.milestone_events, marts.people
-- replaced by: milestone_id
with milestones as (

    select * from main.milestones

), people as (

    select * from marts.people

), followed as (

    select
        *,
        lead(event) over first_to_last as next_event,
        lead(event_at) over first_to_last as next_event_at,
        lead(actor) over first_to_last as next_actor,
        lead(actor_email) over first_to_last as next_actor_email,
        min(case when event = 'submitted' then event_at end) over (
            partition by milestone_id
            order by sequence
            rows between 1 following and unbounded following
        ) as next_submitted_at,
    from marts.milestone_events
    window first_to_last as (partition by milestone_id order by sequence)

), ended as (

    select
        *,
        row_number() over (partition by milestone_id order by sequence) as round,
        case
            when cancelled_at is not null then 'cancelled'
            when next_event = 'submitted' then 'repeated'
            else next_event
        end as ended_as,
        coalesce(cancelled_at, next_event_at) as ended_at,
    from followed
    where event = 'submitted'

)

select
    ended.milestone_id as milestone_id,
    ended.round as round,
    milestones.milestone_definition_id as milestone_definition_id,
    people.organization_id as organization_id,
    milestones.name as name,
    ended.ended_as as ended_as,
    ended.ended_as is null as is_open,
    ended.actor as submitted_by,
    ended.actor_email as submitted_by_email,
    case when ended.ended_as in ('approved', 'rejected') then ended.next_actor end as decided_by,
    case when ended.ended_as in ('approved', 'rejected') then ended.next_actor_email end as decided_by_email,
    case
        when ended.ended_as in ('approved', 'rejected') then seconds_between(ended.event_at, ended.ended_at)
    end as review_seconds,
    case
        when ended.ended_as = 'rejected' then seconds_between(ended.ended_at, ended.next_submitted_at)
    end as rework_seconds,
    ended.event_at as submitted_at,
    ended.ended_at as ended_at,
    ended.next_submitted_at as next_submitted_at,
from ended
left join milestones using (milestone_id)
left join people on milestones.assigned_to_user_id = people.user_id
