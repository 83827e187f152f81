-- The milestones that wait longest for a decision.
-- grain: milestone_id
-- inputs: marts.pending_ageing
-- Parameters: most.
with pending as (

    select * from marts.pending_ageing

)

select
    milestone_id,
    name,
    organization_name,
    age_seconds,
from pending
order by age_seconds desc nulls last, milestone_id asc
limit setting('most')
