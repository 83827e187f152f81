-- Milestones pending a decision and their age since the last submit, by assignee.
-- grain: milestone_id
-- inputs: main.milestones, marts.approval_cycles, marts.people
with milestones as (

    select * from main.milestones

), people as (

    select * from marts.people

), pending as (

    select
        *,
        case
            when last_submitted_at is not null
                then greatest(seconds_between(last_submitted_at, cast(setting('published_at') as timestamp)), 0.0)
        end as age_seconds,
    from marts.approval_cycles
    where state = 'pending'

)

select
    pending.milestone_id as milestone_id,
    pending.milestone_definition_id as milestone_definition_id,
    pending.organization_id as organization_id,
    pending.organization_name as organization_name,
    pending.name as name,
    pending.status as status,
    milestones.assigned_to_user_id as assigned_to_user_id,
    people.email as assigned_to_email,
    pending.submits as submits,
    pending.age_seconds as age_seconds,
    case
        when pending.age_seconds is null then 'unknown'
        when pending.age_seconds < 86400 then 'under 1 day'
        when pending.age_seconds < 3 * 86400 then '1 to 3 days'
        when pending.age_seconds < 7 * 86400 then '3 to 7 days'
        when pending.age_seconds < 14 * 86400 then '7 to 14 days'
        when pending.age_seconds < 30 * 86400 then '14 to 30 days'
        else '30 days and more'
    end as age_band,
    pending.last_submitted_at as pending_since_at,
from pending
inner join milestones using (milestone_id)
left join people on milestones.assigned_to_user_id = people.user_id
