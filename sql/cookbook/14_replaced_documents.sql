-- How many approved and rejected documents are still current?
select
    decision,
    is_current,
    count(*) as documents,
    count(distinct milestone_id) as milestones,
from marts.document_turnaround
where decision is not null
group by decision, is_current
order by decision, is_current
