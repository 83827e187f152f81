-- Ages of pending milestones (time since the last submit), by day of the first submit and assignee.
-- grain: day, definition, organization, assignee
-- inputs: main.users, marts.pending_ageing, ops.pseudonyms, report.milestones
with milestones as (

    select * from report.milestones

), pending as (

    select * from marts.pending_ageing

), users as (

    select * from main.users

), pseudonyms as (

    select * from ops.pseudonyms
    where kind = 'email'

), assigned as (

    select
        pending.milestone_id as milestone_id,
        pending.age_seconds as age_seconds,
        pending.assigned_to_user_id as user_id,
        nullif(trim(concat_ws(' ', users.first_name, users.last_name)), '') as full_name,
        pending.assigned_to_email as email,
        'Person ' || substr(pseudonyms.pseudonym, 7, 8) as person,
    from pending
    left join users on pending.assigned_to_user_id = users.user_id
    left join pseudonyms on pending.assigned_to_email = pseudonyms.value

), named as (

    select
        milestone_id,
        age_seconds,
        case
            when user_id is null then 'Nobody'
            when setting('pii') = 'full' then coalesce(full_name, email, user_id)
            else coalesce(person, 'Somebody')
        end as assignee,
    from assigned

)

select
    date_diff('day', date '1970-01-01', milestones.start_date) as day,
    milestones.definition as definition,
    milestones.organization as organization,
    named.assignee as assignee,
    list(cast(round(named.age_seconds / 60) as bigint)) as age_minutes,
from named
inner join milestones using (milestone_id)
group by milestones.start_date, milestones.definition, milestones.organization, named.assignee
order by milestones.start_date, milestones.definition, milestones.organization, named.assignee
