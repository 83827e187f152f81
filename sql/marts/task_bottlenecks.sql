-- Which tasks hold milestones up: how often each is still open, and how often it is the last one open.
-- grain: milestone_definition_id, name
-- inputs: main.milestones, main.tasks
with milestones as (

    select * from main.milestones

), tasks as (

    select
        *,
        coalesce(status, '') <> 'APPROVED' as is_open,
        count(case when coalesce(status, '') <> 'APPROVED' then 1 end) over milestone as open_siblings,
    from main.tasks
    window milestone as (partition by milestone_id)

)

select
    milestones.milestone_definition_id as milestone_definition_id,
    tasks.name as name,
    count(*) as tasks,
    count(case when tasks.is_open then 1 end) as open_tasks,
    count(case when tasks.is_open and tasks.open_siblings = 1 then 1 end) as last_open_tasks,
    count(case when tasks.is_open then 1 end) / count(*) as open_share,
from tasks
left join milestones using (milestone_id)
group by milestones.milestone_definition_id, tasks.name
