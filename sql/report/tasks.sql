-- Open tasks and last open tasks, by day of the milestone's first submit.
-- grain: day, definition, organization, task
-- inputs: main.tasks, marts.approval_cycles, report.milestones
with milestones as (

    select * from report.milestones

), cycles as (

    select * from marts.approval_cycles

), open_tasks as (

    select
        *,
        count(*) over (partition by milestone_id) as open_siblings,
    from main.tasks
    where coalesce(status, '') <> 'APPROVED'

)

select
    date_diff('day', date '1970-01-01', milestones.start_date) as day,
    milestones.definition as definition,
    milestones.organization as organization,
    coalesce(open_tasks.name, '') as task,
    count(*) as open,
    count(case when open_tasks.open_siblings = 1 then 1 end) as last_open,
    count(case when cycles.state = 'pending' then 1 end) as in_review,
from open_tasks
inner join milestones using (milestone_id)
inner join cycles using (milestone_id)
group by milestones.start_date, milestones.definition, milestones.organization, coalesce(open_tasks.name, '')
order by milestones.start_date, milestones.definition, milestones.organization, coalesce(open_tasks.name, '')
