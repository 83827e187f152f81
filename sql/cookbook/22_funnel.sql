-- How many milestones of a definition reached each stage, and where do its tasks stop?
select
    coalesce(task, 'the milestone') as what,
    max(case when stage_number = 1 then reached end) as delivered,
    max(case when stage_number = 2 then reached end) as submitted_or_ready,
    max(case when stage_number = 3 then reached end) as decided,
    max(case when stage_number = 4 then reached end) as approved,
from marts.funnel
where name = 'Permit'
group by milestone_definition_id, task
order by task nulls first
