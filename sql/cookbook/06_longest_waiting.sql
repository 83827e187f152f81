-- Which milestones have been pending longest?
select
    name,
    organization_name,
    submits,
    pending_since_at,
    milestone_id,
from marts.pending_ageing
order by pending_since_at
limit 5
